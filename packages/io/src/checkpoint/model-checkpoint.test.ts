import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator, manualSeed, randn, type Tensor } from "@chainrule/core";
import {
  Dense,
  type FitOptions,
  type Hooks,
  Model,
  ModelCheckpoint,
  type ModelCheckpointOptions,
  Sequential,
} from "@chainrule/nn";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadModel } from "../model/file.ts";
import { loadWeights } from "../model/weights.ts";
import { latestCheckpoint } from "./store.ts";

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "chainrule-model-checkpoint-"));
  folder = join(root, "models");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const x = randn([12, 2], { generator: new Generator(1) });
const y = x.sum(-1).unsqueeze(-1);
const files = () => readdirSync(folder).sort();

/** Trains with a number in the logs that is as given, and notes the weights of each epoch. */
async function train(values: number[], options: ModelCheckpointOptions, fit: FitOptions = {}) {
  manualSeed(3);
  const model = new Sequential([new Dense({ units: 1, inputDim: 2 })]).compile({ optimizer: "sgd", loss: "mse" });
  const weights: unknown[] = [];
  const scripted: Hooks = {
    onEpochEnd(epoch, logs) {
      logs.score = values[epoch];
      weights[epoch] = model.layers[0].parameters()[0].toArray();
    },
  };
  const checkpoint = new ModelCheckpoint(folder, options);
  await model.fit(x, y, { epochs: values.length, verbose: 0, ...fit, callbacks: [scripted, checkpoint] });
  return { model, checkpoint, weights };
}

const kernelOf = async (name: string) => (await loadModel<Sequential>(join(folder, name))).parameters()[0].toArray();

describe("ModelCheckpoint", () => {
  it("writes a model every so many epochs, of which the last ones stay", async () => {
    const { weights } = await train([1, 2, 3, 4, 5], {});
    expect(files()).toEqual([1, 2, 3, 4, 5].map((epoch) => `epoch-00000${epoch}.safetensors`));
    expect(await kernelOf("epoch-000002.safetensors")).toEqual(weights[1]);
    rmSync(folder, { recursive: true });
    await train([1, 2, 3, 4, 5, 6, 7], { every: 2, keep: 2 });
    expect(files()).toEqual(["epoch-000004.safetensors", "epoch-000006.safetensors"]);
  });

  it("keeps the best beside them, or the best alone", async () => {
    const { weights, checkpoint } = await train([1, 3, 2], {
      monitor: "score",
      mode: "max",
      keep: 1,
      optimizerState: true,
    });
    expect(files()).toEqual(["best.safetensors", "epoch-000003.safetensors"]);
    expect([checkpoint.best, checkpoint.bestEpoch]).toEqual([3, 1]);
    expect(await kernelOf("best.safetensors")).toEqual(weights[1]);
    expect((await loadModel(join(folder, "best.safetensors"))).optimizer.iterations).toBe(2);
    rmSync(folder, { recursive: true });
    await train([Number.NaN, 3, 2], { monitor: "score", mode: "max", saveBestOnly: true });
    expect(files()).toEqual(["best.safetensors"]);
    expect(new ModelCheckpoint(folder).best).toBeNaN();
  });

  it("goes on where a training is resumed", async () => {
    const checkpoint = join(root, "run");
    const options = { monitor: "score", mode: "max", keep: 2 } as const;
    await train([5, 1, 2], options, { checkpoint });
    const { checkpoint: callback } = await train([5, 1, 2, 3, 4], options, { checkpoint });
    expect(files()).toEqual(["best.safetensors", "epoch-000004.safetensors", "epoch-000005.safetensors"]);
    expect([callback.best, callback.bestEpoch]).toEqual([5, 0]);
    expect((await latestCheckpoint(checkpoint))!.history.score).toEqual([5, 1, 2, 3, 4]);
  });

  it("writes the weights alone of models that have parts without names", async () => {
    class Net extends Model {
      readonly #factor: number;
      dense = new Dense({ units: 1, inputDim: 2 });
      constructor(factor: number) {
        super();
        this.#factor = factor;
      }
      forward(input: Tensor) {
        return this.dense.call(input).mul(this.#factor);
      }
    }
    const net = new Net(2).compile({ loss: "mse" });
    const fit = (options: ModelCheckpointOptions) =>
      net.fit(x, y, { verbose: 0, callbacks: [new ModelCheckpoint(folder, options)] });
    await expect(fit({})).rejects.toThrow(/says what its constructor was given/);
    expect(files()).toEqual([]);
    await fit({ saveWeightsOnly: true });
    const other = new Net(2);
    await loadWeights(other, join(folder, "epoch-000001.safetensors"));
    expect(other.parameters()[0].toArray()).toEqual(net.parameters()[0].toArray());
  });

  it("refuses what it cannot do, before training begins", async () => {
    expect(() => new ModelCheckpoint("")).toThrow(/a folder, got ""/);
    expect(() => new ModelCheckpoint(folder, { evry: 1 } as object)).toThrow(/Did you mean "every"/);
    expect(() => new ModelCheckpoint(folder, { every: 0 })).toThrow(/every as a whole number of at least 1/);
    expect(() => new ModelCheckpoint(folder, { keep: 0 })).toThrow(/keep as a whole number of at least 1/);
    expect(() => new ModelCheckpoint(folder, { saveBestOnly: 1 as never })).toThrow(/saveBestOnly as true or false/);
    await expect(train([1], { monitor: "val_loss" })).rejects.toThrow(/a monitor that is in the logs/);
    await expect(train([1], { saveBestOnly: true })).rejects.toThrow(/a monitor that is in the logs, got "val_loss"/);
    await train([1], {});
    folder = join(folder, "epoch-000001.safetensors", "in");
    await expect(train([1], {})).rejects.toThrow(/expected a file that can be written, got E/);
  });
});
