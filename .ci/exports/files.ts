/**
 * Files to Python and back, where there is a Python: NumPy, safetensors and TensorBoard read what is written here, and what
 * they write is read here.
 *
 * `npx -y pnpm@12 exports files` runs it. PYTHON names another Python than `python3`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  Dense,
  Dropout,
  eye,
  type Hooks,
  randn,
  readNpz,
  readSafetensors,
  Sequential,
  type Tensor,
  TensorBoard,
  tensor,
  writeNpy,
  writeNpz,
  writeSafetensors,
  zeros,
} from "chainrule";
import { layerGraph } from "../../packages/io/src/logging/layer-graph.ts";

const tensors: Readonly<Record<string, Tensor>> = {
  floats: tensor([
    [1.5, -0, 3e-45],
    [Number.POSITIVE_INFINITY, Number.NaN, 1 / 3],
  ]),
  doubles: tensor([1 / 3, 5e-324, -1.7976931348623157e308], { dtype: "float64" }),
  whole: tensor(
    [
      [
        [0, -1],
        [2147483647, -2147483648],
      ],
    ],
    { dtype: "int32" },
  ),
  truths: tensor([true, false, true]),
  empty: zeros([0, 3]),
  scalar: tensor(2.5),
  grün: zeros([2, 1, 2]),
};
const metadata = { made: "here", für: "Python" };

/** A tensor as JSON, its numbers as Python writes them. */
const plain = (x: Tensor) => ({
  dtype: x.dtype,
  shape: x.shape,
  data: [...x.toTypedArray()].map((n) => (Object.is(n, -0) ? "-0.0" : String(n).replace("Infinity", "inf"))),
});

async function writeTensors(folder: string): Promise<void> {
  await writeSafetensors(join(folder, "ours.safetensors"), tensors, { metadata });
  await writeNpz(join(folder, "stored.npz"), tensors);
  await writeNpz(join(folder, "deflated.npz"), tensors, { compress: true });
  for (const [name, x] of Object.entries(tensors)) await writeNpy(join(folder, `${name}.npy`), x);
}

/** Trains for five epochs in two parts; returns what the event files must say. */
async function writeEvents(folder: string): Promise<object> {
  const model = new Sequential([
    new Dense({ units: 4, inputDim: 3, activation: "tanh" }),
    new Dropout(0.2),
    new Dense(1),
  ]);
  model.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });
  const images = () => ({
    "kernels/first": { pixels: model.parameters()[0], colors: "viridis" } as const,
    colors: randn([5, 4, 3]),
    grey: eye(6),
  });
  const batchLosses: [step: number, loss: number][] = [];
  const keepLosses: Hooks = {
    onBatchEnd(_batch, { loss }) {
      if (model.optimizer.iterations % 4 === 0) batchLosses.push([model.optimizer.iterations, loss]);
    },
  };
  const fit = (initialEpoch: number, epochs: number) =>
    model.fit(randn([20, 3]), randn([20, 1]), {
      initialEpoch,
      epochs,
      batchSize: 4,
      validationSplit: 0.2,
      verbose: 0,
      callbacks: [keepLosses, new TensorBoard({ logDir: join(folder, "runs"), histograms: 1, images, updateFreq: 4 })],
    });
  const parts = [await fit(0, 3), await fit(3, 5)];
  const all = (name: string) =>
    parts.flatMap(({ epochs, history }) => epochs.map((epoch, i) => [epoch, history[name][i]]));
  const losses = ["loss", "mae"];
  const scalars = (prefix: string) => Object.fromEntries(losses.map((name) => [`epoch_${name}`, all(prefix + name)]));
  const sizes = { "dense/kernel": 12, "dense/bias": 4, "dense_1/kernel": 4, "dense_1/bias": 1 };
  const histograms = Object.entries(sizes).flatMap(([name, size]) => [
    [`${name}/histogram`, size],
    [`${name}/gradient`, size],
  ]);
  return {
    train: {
      scalars: {
        ...scalars(""),
        batch_loss: batchLosses,
        epoch_learning_rate: [0, 1, 2, 3, 4].map((epoch) => [epoch, 0.001]),
      },
      nodes: layerGraph(model).map(({ name }) => name),
      histograms: Object.fromEntries(histograms),
      images: { "kernels/first": [3, 4], colors: [5, 4], grey: [6, 6] },
    },
    validation: { scalars: scalars("val_"), nodes: [], histograms: {}, images: {} },
  };
}

function same(problems: string[], what: string, x: Tensor | undefined, wanted: Tensor): void {
  const equal = x && x.dtype === wanted.dtype && String(x.shape) === String(wanted.shape);
  const numbers = wanted.toTypedArray();
  if (!equal || !x.toTypedArray().every((n, i) => Object.is(n, numbers[i])))
    problems.push(`${what}: ${x?.dtype} [${x?.shape}] in place of ${wanted.dtype} [${wanted.shape}]`);
}

/** What Python wrote. */
async function readBack(folder: string, problems: string[]): Promise<void> {
  for (const name of ["python.npz", "python-deflated.npz"]) {
    const found = await readNpz(join(folder, name));
    for (const [key, x] of Object.entries(tensors)) same(problems, `${name}, ${key}`, found[key], x);
  }
  const wide = tensor(
    [
      [0, 1],
      [2, 100],
    ],
    { dtype: "int32" },
  );
  for (const [key, x] of Object.entries(await readNpz(join(folder, "python-wide.npz"))))
    same(problems, `wide, ${key}`, x, wide);
  if (existsSync(join(folder, "python.safetensors"))) {
    const ours = readFileSync(join(folder, "ours.safetensors"));
    if (!readFileSync(join(folder, "python.safetensors")).equals(ours)) {
      // Metadata have no order there.
      const { tensors: found } = await readSafetensors(join(folder, "python.safetensors"));
      for (const [key, x] of Object.entries(tensors)) same(problems, `python.safetensors, ${key}`, found[key], x);
    }
  }
  if (!existsSync(join(folder, "torch.json"))) return;
  const { tensors: found } = await readSafetensors(join(folder, "torch.safetensors"));
  const wanted = JSON.parse(readFileSync(join(folder, "torch.json"), "utf8")) as Record<string, string[]>;
  for (const [key, numbers] of Object.entries(wanted)) {
    const right = numbers.map((n) => Number(n.replace("inf", "Infinity")));
    const got = [...found[key].toTypedArray()];
    if (!got.every((n, i) => Object.is(Number(n), right[i]))) problems.push(`torch.safetensors, ${key}: ${got}`);
  }
}

/** Says in `problems` what does not come through. */
export async function exchangeFiles(problems: string[]): Promise<void> {
  const python = process.env.PYTHON ?? "python3";
  if (spawnSync(python, ["-c", "import numpy"]).status !== 0) {
    console.log(`Files: ${python} has no NumPy, so that none are exchanged (PYTHON names another Python)`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "chainrule-files-"));
  await writeTensors(folder);
  const expected = {
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, plain(x)])),
    metadata,
    events: await writeEvents(folder),
  };
  writeFileSync(join(folder, "expected.json"), JSON.stringify(expected));
  const script = fileURLToPath(new URL("files.py", import.meta.url));
  const { stdout, stderr, status } = spawnSync(python, [script, folder], { encoding: "utf8", maxBuffer: 1 << 26 });
  problems.push(...stdout.split("\n").filter(Boolean));
  if (status !== 0) problems.push(stderr.slice(-800));
  else await readBack(folder, problems);
  const versions = stderr.split("\n").filter((line) => /^(\w+ \d|without)/.test(line));
  console.log(`Files to Python and back: ${versions.join(", ")}`);
  if (!process.env.KEEP) rmSync(folder, { recursive: true, force: true });
}
