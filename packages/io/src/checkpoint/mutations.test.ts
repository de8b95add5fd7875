/**
 * Checkpoints whose JSON is not as it was written, though their check sum says so: a training is resumed from one, or
 * refused by an error of this library that leaves the model as it was.
 *
 * A part of the changes is tried here; `pnpm fuzz` tries them all.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChainRuleError, defaultGenerator, Generator, manualSeed, randn } from "@chainrule/core";
import {
  Adam,
  CSVLogger,
  Dense,
  Dropout,
  EarlyStopping,
  LSTM,
  ModelCheckpoint,
  ReduceLROnPlateau,
  Sequential,
} from "@chainrule/nn";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { mutations } from "../../test/mutations.ts";
import { encodeSafetensors, parseSafetensors } from "../formats/safetensors.ts";
import "../model/file.ts";
import { seal } from "./encode.ts";
import { latestCheckpoint } from "./store.ts";

const all = process.env.FUZZ_RUNS !== undefined;
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "chainrule-checkpoint-mutations-"));
  vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

const x = randn([8, 3, 2], { generator: new Generator(1) });
const y = randn([8, 1], { generator: new Generator(2) });

const make = () =>
  new Sequential([new LSTM({ units: 2, stateful: true }), new Dropout({ rate: 0.1, seed: 1 }), new Dense(1)]).compile({
    optimizer: new Adam({ lr: 0.01 }),
    loss: "mse",
  });

function train(model: Sequential, folder: string) {
  const monitor = "loss";
  return model.fit(x, y, {
    epochs: 2,
    batchSize: 4,
    stepsPerEpoch: 1,
    verbose: 0,
    jit: false,
    checkpoint: folder,
    callbacks: [
      new EarlyStopping({ monitor, restoreBestWeights: true, patience: 3 }),
      new ReduceLROnPlateau({ monitor }),
      new ModelCheckpoint(join(root, "models"), { monitor, saveBestOnly: true, saveWeightsOnly: true }),
      new CSVLogger(join(root, "log.csv")),
    ],
  });
}

const stateOf = (model: Sequential) =>
  JSON.stringify([
    Object.entries({ ...model.stateDict(), ...model.optimizer.stateDict() }).map(([name, value]) => [
      name,
      value.toArray(),
    ]),
    defaultGenerator().state,
    model.modules().map((part) => [part.training, part.isFrozen, JSON.stringify(part.extraState())]),
    model.parameters().map(({ requiresGrad }) => requiresGrad),
  ]);

describe("a checkpoint's JSON, whatever is in place of a value", () => {
  it("is a training that goes on, or an error that changes nothing", { timeout: 600_000 }, async () => {
    const folder = join(root, "run");
    manualSeed(3);
    await train(make(), folder);
    const { path } = (await latestCheckpoint(folder))!;
    for (const file of readdirSync(folder)) if (join(folder, file) !== path) rmSync(join(folder, file));
    const { tensors, metadata } = parseSafetensors(new Uint8Array(readFileSync(path)));
    const header = JSON.parse(metadata.chainrule);
    const model = make();
    model.call(x.slice([0, 4]));
    let tried = 0;
    let resumed = 0;
    let refused = 0;
    for (const { path: where, json } of mutations(header.parts.training)) {
      if (tried++ % (all ? 1 : 61) !== 0) continue;
      const text = JSON.stringify({ ...header, parts: { training: JSON.parse(json) } });
      writeFileSync(
        path,
        seal(encodeSafetensors(tensors, { metadata: { checksum: "0".repeat(16), chainrule: text } })),
      );
      manualSeed(tried);
      const before = stateOf(model);
      const start = performance.now();
      try {
        await train(model, folder);
        resumed++;
      } catch (error) {
        if (!(error instanceof ChainRuleError)) throw new Error(`${error}, for ${where}`, { cause: error });
        expect(stateOf(model), where).toBe(before);
        refused++;
      }
      expect(performance.now() - start, where).toBeLessThan(2000);
      for (const file of readdirSync(folder)) if (join(folder, file) !== path) rmSync(join(folder, file));
    }
    expect(resumed).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(resumed);
  });
});
