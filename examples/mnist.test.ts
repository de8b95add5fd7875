/**
 * The convolutional networks' other way to their data: a folder of IDX files in the form of MNIST.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readCsv, trainTestSplit, writeIdx } from "chainrule";
import { afterAll, beforeAll, expect, it } from "vitest";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "chainrule-mnist-"));
  const { features, target } = await readCsv(new URL("data/digits.csv", import.meta.url));
  // Greys from 0 to 255 on 10 x 10 pixels, so that the size is clearly the files' own.
  const pixels = features
    .mul(15)
    .cast("int32")
    .reshape(-1, 8, 8)
    .pad([
      [0, 0],
      [1, 1],
      [1, 1],
    ]);
  const [xTrain, xTest, yTrain, yTest] = trainTestSplit(pixels, target, { testSize: 0.2, stratify: target, seed: 1 });
  const write = (name: string, values: typeof xTrain) => writeIdx(join(folder, name), values, { type: "ubyte" });
  await write("train-images-idx3-ubyte.gz", xTrain);
  await write("train-labels-idx1-ubyte.gz", yTrain);
  await write("t10k-images-idx3-ubyte", xTest);
  await write("t10k-labels-idx1-ubyte", yTest);
});

afterAll(() => rm(folder, { recursive: true }));

async function outputOf(example: string): Promise<string> {
  const script = fileURLToPath(new URL(example, import.meta.url));
  const args = ["--import", "tsx", script, "--quick", "--mnist", folder];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
  });
  expect(stdout).toContain("[null, 16, 10, 10]");
  expect(Number(/accuracy (\d+\.\d)%/.exec(stdout)?.[1])).toBeGreaterThan(85);
  return stdout;
}

const whatever = "learns from the IDX files in a folder, whatever the size of their images";

it(`10-cnn.ts ${whatever}`, { timeout: 300_000 }, async () => {
  expect(await outputOf("10-cnn.ts")).toContain("1437 images to learn from, 360 held out");
});

it(`29-mnist.ts ${whatever}`, { timeout: 300_000 }, async () => {
  expect(await outputOf("29-mnist.ts")).toContain("1437 images of 10 x 10 pixels to learn from, 360 held out");
});
