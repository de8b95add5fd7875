/**
 * Training: what it computes, in which order, and what it returns.
 */
import { manualSeed, type Tensor } from "@chainrule/core";
import type { LossName } from "@chainrule/losses";
import { describe, expect, it } from "vitest";
import { column, line, lineByHand, x, y } from "../../test/line.ts";
import { BatchNorm, Dense, Dropout, Module, Sequential, SGD } from "../index.ts";

describe("a training step", () => {
  it("is gradient descent on the batch's mean loss, batch after batch, the last one smaller", async () => {
    const { model, weight } = line(0.01);
    await model.fit(column(x), column(y), { batchSize: 2, shuffle: false, epochs: 2 });
    const epoch = [[0, 1], [2, 3], [4]];
    expect(weight()).toBeCloseTo(lineByHand(x, y, [...epoch, ...epoch], 0.01), 12);
  });

  it("weights samples as Keras does: the sum of the weighted losses divided by their number", async () => {
    const { model, weight } = line(0.01);
    const sampleWeight = [1, 0, 2, 0.5, 3];
    await model.fit(column(x), column(y), { batchSize: 3, shuffle: false, sampleWeight });
    expect(weight()).toBeCloseTo(
      lineByHand(
        x,
        y,
        [
          [0, 1, 2],
          [3, 4],
        ],
        0.01,
        sampleWeight,
      ),
      6,
    );
  });

  it("weights classes by their label, one-hot or not, on top of sample weights", async () => {
    const make = (loss: LossName, units: number) => {
      const dense = new Dense({
        units,
        inputDim: 1,
        kernelInitializer: "zeros",
        activation: units > 1 ? "softmax" : "sigmoid",
      });
      const model = new Sequential([dense]);
      model.compile({ optimizer: new SGD({ lr: 0.1 }), loss });
      return { model, dense };
    };
    const options = { shuffle: false, batchSize: 4 };
    const inputs = column([1, 2, 3, 4]);
    const truths = [0, 1, 1, 0];
    const weights = [0.5, 6, 9, 2];
    const oneHot = truths.map((truth) => [1 - truth, truth]);
    for (const [loss, units, targets] of [
      ["binary_crossentropy", 1, truths],
      ["sparse_categorical_crossentropy", 2, truths],
      ["sparse_categorical_crossentropy", 2, column(truths)],
      ["categorical_crossentropy", 2, oneHot],
    ] as const) {
      const [byClass, bySample] = [make(loss, units), make(loss, units)];
      const sampleWeight = [1, 2, 3, 4];
      await byClass.model.fit(inputs, targets, { ...options, sampleWeight, classWeight: { 0: 0.5, 1: 3 } });
      await bySample.model.fit(inputs, targets, { ...options, sampleWeight: weights });
      expect(byClass.dense.kernel.toArray()).toEqual(bySample.dense.kernel.toArray());
      expect(byClass.dense.kernel.toTypedArray()[0]).not.toBe(0);
    }
  });

  it("adds the penalties of regularisers to the loss", async () => {
    const dense = new Dense({
      units: 1,
      inputDim: 1,
      useBias: false,
      kernelInitializer: "ones",
      kernelRegularizer: "l2",
    });
    const model = new Sequential([dense]);
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse" });
    const { history } = await model.fit([[1]], [[1]], { epochs: 1 });
    expect(history.loss[0]).toBeCloseTo(0.01, 6);
    expect((await model.evaluate([[1]], [[1]])).loss).toBeCloseTo(0.01, 6);
  });

  it("leaves frozen weights as they are", async () => {
    const [first, second] = [new Dense({ units: 2, inputDim: 1 }), new Dense({ units: 1 })];
    const model = new Sequential([first, second]);
    model.compile({ optimizer: "sgd", loss: "mse" });
    first.kernel.requiresGrad = false;
    const before = [first.kernel.toArray(), second.kernel.toArray()];
    await model.fit(column(x), column(y));
    expect(first.kernel.toArray()).toEqual(before[0]);
    expect(second.kernel.toArray()).not.toEqual(before[1]);
  });
});

describe("the order of the samples", () => {
  const seen = async (options: object) => {
    const { model } = line(0);
    const order: number[] = [];
    const spy = (_: Tensor, target: Tensor) => {
      order.push(...target.toTypedArray());
      return 0;
    };
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse", metrics: [spy] });
    const numbers = Array.from({ length: 10 }, (_, i) => i);
    await model.fit(column(numbers), numbers, { batchSize: 3, ...options });
    return order;
  };

  it("is their own without shuffling", async () => {
    expect(await seen({ shuffle: false })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("is new in each epoch, and has each sample once", async () => {
    const order = await seen({ epochs: 2 });
    const [first, second] = [order.slice(0, 10), order.slice(10)];
    expect(first).not.toEqual(second);
    for (const epoch of [first, second])
      expect(epoch.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("is the same again with the same seed, by option or by manualSeed", async () => {
    expect(await seen({ seed: 7 })).toEqual(await seen({ seed: 7 }));
    expect(await seen({ seed: 7 })).not.toEqual(await seen({ seed: 8 }));
    manualSeed(3);
    const first = await seen({});
    expect(await seen({})).not.toEqual(first);
    manualSeed(3);
    expect(await seen({})).toEqual(first);
  });

  it("with a seed of its own leaves the default generator alone", async () => {
    manualSeed(3);
    const undisturbed = await seen({});
    manualSeed(3);
    await seen({ seed: 1 });
    expect(await seen({})).toEqual(undisturbed);
  });

  it("keeps inputs, targets and weights together", async () => {
    const { model } = line(0);
    let together = true;
    const check = (prediction: Tensor, target: Tensor) => {
      together &&= target
        .sub(prediction)
        .toTypedArray()
        .every((difference: number) => difference === 0);
      return 0;
    };
    model.layers[0].parameters()[0].assign([[1]]);
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse", metrics: [check] });
    const numbers = Array.from({ length: 50 }, (_, i) => i);
    await model.fit(column(numbers), numbers, { batchSize: 7, epochs: 3 });
    expect(together).toBe(true);
  });
});

describe("the history", () => {
  it("has the mean loss over the samples, batches counting by their size", async () => {
    const { model } = line(0, ["mse", "mae"]);
    const { history, epochs } = await model.fit(column(x), y, { batchSize: 2, epochs: 2 });
    expect(epochs).toEqual([0, 1]);
    expect(Object.keys(history)).toEqual(["loss", "mse", "mae"]);
    expect(history.loss[0]).toBeCloseTo((4 + 1 + 16 + 9 + 36) / 5, 12);
    expect(history.mse[1]).toBeCloseTo(66 / 5, 12);
    expect(history.mae[1]).toBeCloseTo(16 / 5, 12);
  });

  it("has the validation data's numbers too, from the end of the data or from elsewhere", async () => {
    const { model } = line(0, ["mae"]);
    const split = await model.fit(column(x), y, { validationSplit: 0.4 });
    expect(Object.keys(split.history)).toEqual(["loss", "mae", "val_loss", "val_mae"]);
    expect(split.history.loss[0]).toBeCloseTo((4 + 1 + 16) / 3, 12);
    expect(split.history.val_loss[0]).toBeCloseTo((9 + 36) / 2, 12);
    const given = await model.fit(column(x), y, { validationData: [column([1, 1]), [1, 3]] });
    expect(given.history.val_mae[0]).toBeCloseTo(2, 12);
    const weighted = await model.fit(column(x), y, { validationData: [column([1, 1]), [1, 3], [1, 0]] });
    expect(weighted.history.val_loss[0]).toBeCloseTo(0.5, 12);
    const batches = await model.fit(column(x), y, { validationData: () => [[[[1]], [2]] as const], epochs: 2 });
    expect(batches.history.val_loss).toEqual([4, 4]);
  });

  it("counts from initialEpoch, is empty for no epochs, and is kept by the model", async () => {
    const { model } = line();
    expect(model.history).toBeNull();
    expect((await model.fit(column(x), y, { initialEpoch: 3, epochs: 5 })).epochs).toEqual([3, 4]);
    const none = await model.fit(column(x), y, { epochs: 0 });
    expect([none.epochs, none.history]).toEqual([[], {}]);
    expect(model.history).toBe(none);
    expect([none.interrupted, none.stopReason]).toEqual([false, null]);
  });

  it("says why training ended early", async () => {
    const { model } = line();
    const stop = (reason: boolean | string) => ({
      onEpochEnd() {
        model.stopTraining = reason;
      },
    });
    const first = await model.fit(column(x), y, { epochs: 9, callbacks: [stop("enough")] });
    expect([first.epochs, first.stopReason]).toEqual([[0], "enough"]);
    const second = await model.fit(column(x), y, { epochs: 9, callbacks: [stop(true)] });
    expect(second.stopReason).toBe("stopTraining was set");
  });
});

describe("modes", () => {
  it("training for training, evaluation for validation, and afterwards as before", async () => {
    const seen: boolean[] = [];
    class Spy extends Module {
      forward(input: Tensor) {
        seen.push(this.training);
        return input;
      }
    }
    const model = new Sequential([new Dense({ units: 1, inputDim: 1 }), new Spy()]);
    model.compile({ optimizer: "sgd", loss: "mse" });
    model.eval();
    seen.length = 0;
    await model.fit(column(x), y, { validationSplit: 0.4, epochs: 2 });
    expect(seen).toEqual([true, false, true, false]);
    expect(model.modules().some((module) => module.training)).toBe(false);
    model.train();
    model.predict(column(x));
    expect(seen.at(-1)).toBe(false);
    expect(model.modules().every((module) => module.training)).toBe(true);
  });

  it("dropout drops in training only, and batch normalisation keeps statistics", async () => {
    manualSeed(0);
    const norm = new BatchNorm();
    const model = new Sequential([
      new Dense({ units: 4, inputDim: 1 }),
      norm,
      new Dropout(0.5),
      new Dense({ units: 1 }),
    ]);
    model.compile({ optimizer: "sgd", loss: "mse" });
    const before = norm.buffers().map((buffer) => buffer.toArray());
    await model.fit(column(x), y, { epochs: 2 });
    expect(norm.buffers().map((buffer) => buffer.toArray())).not.toEqual(before);
    expect(model.predict(column(x)).toArray()).toEqual(model.predict(column(x)).toArray());
  });
});

describe("long trainings", () => {
  it("let timers and others have a turn", async () => {
    const { model } = line(0);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await model.fit(column(x), y, { batchSize: 1, epochs: 4000 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
  });
});
