/**
 * Modes belong to a call: whatever runs beside a training, its steps are in training mode and those of an evaluation are
 * not, and afterwards everything is as the user had it.
 */
import { manualSeed, ShapeError, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { column, x, y } from "../../test/line.ts";
import { BatchNorm, Dense, Dropout, type Hooks, Model, Module, Sequential, SGD } from "../index.ts";

/** Notes the modes in which it runs. */
class Spy extends Module {
  readonly seen: boolean[] = [];
  forward(input: Tensor) {
    this.seen.push(this.training);
    return input;
  }
}

const many = Array.from({ length: 64 }, (_, i) => [i / 64]);
const targets = many.map(([value]) => 2 * value);

function spied(shared = new Dense({ units: 1, inputDim: 1 })) {
  const spy = new Spy();
  const model = new Sequential([shared, spy]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  spy.seen.length = 0;
  return { model, spy };
}

const modesOf = (model: Module) => model.modules().map((module) => module.training);
/** Leaves the event loop to others after every batch. */
const pausing: Hooks = { onBatchEnd: () => new Promise((resolve) => setImmediate(resolve)) };

describe.each([true, false])("with jit: %s", (jit) => {
  it("an evaluation that is not awaited does not switch dropout off in training", async () => {
    const losses = async (disturb: boolean) => {
      manualSeed(1);
      const model = new Sequential([new Dense({ units: 16, inputDim: 1 }), new Dropout(0.5), new Dense({ units: 1 })]);
      model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse" });
      const found: number[] = [];
      const evaluations: Promise<unknown>[] = [];
      const noted: Hooks = {
        onBatchEnd(batch, { loss }) {
          found.push(loss);
          if (disturb && batch === 2) evaluations.push(model.evaluate(slowBatches()));
          return pausing.onBatchEnd!(batch, { loss, size: 1 });
        },
      };
      await model.fit(many, targets, { batchSize: 8, epochs: 2, shuffle: false, callbacks: [noted], jit });
      await Promise.all(evaluations);
      return found;
    };
    async function* slowBatches() {
      for (let i = 0; i < 8; i++) {
        await new Promise((resolve) => setImmediate(resolve));
        yield [many, targets] as const;
      }
    }
    expect(await losses(true)).toEqual(await losses(false));
  });
});

describe("modes in training", () => {
  it("are those of training in every batch, whatever is predicted and evaluated in hooks", async () => {
    const { model, spy } = spied();
    const meddle: Hooks = {
      async onBatchEnd() {
        model.predict(many, { jit: false });
        await model.evaluate(many, targets, { jit: false });
      },
    };
    await model.fit(many, targets, { batchSize: 32, epochs: 2, callbacks: [meddle], jit: false });
    expect(spy.seen).toEqual(Array.from({ length: 4 }, () => [true, ...new Array<boolean>(4).fill(false)]).flat());
    expect(modesOf(model)).toEqual([true, true, true]);
  });

  it("are those of training for a generator that calls the model, too", async () => {
    const { model, spy } = spied();
    function* batches() {
      for (let i = 0; i < 2; i++) {
        model.call(many);
        model.predict(many);
        yield [many, targets] as const;
      }
    }
    await model.fit(batches, { jit: false });
    expect(spy.seen.filter((_, i) => i % 4 !== 1 && i % 4 !== 2)).toEqual([true, true, true, true]);
  });

  it("of two models with common layers do not depend on which training ends first", async () => {
    for (const [first, second] of [
      [1, 3],
      [3, 1],
    ]) {
      const shared = new Dense({ units: 1, inputDim: 1 });
      const norm = new Spy();
      const make = () => new Sequential([shared, norm]).compile({ optimizer: "sgd", loss: "mse" });
      const [a, b] = [make(), make()];
      a.eval();
      norm.seen.length = 0;
      b.eval();
      const options = { batchSize: 16, callbacks: [pausing], jit: false };
      await Promise.all([
        a.fit(many, targets, { ...options, epochs: first }),
        b.fit(many, targets, { ...options, epochs: second }),
      ]);
      expect(norm.seen).toEqual(new Array<boolean>(16).fill(true));
      expect([...modesOf(a), ...modesOf(b)]).toEqual(new Array<boolean>(6).fill(false));
    }
  });

  it("are as the user had them after an error, of the step or of a hook, and after an end before time", async () => {
    const refuse: Hooks = { onBatchEnd: () => Promise.reject(new RangeError("enough")) };
    const fail: Hooks = {
      onBatchEnd() {
        throw new RangeError("enough");
      },
    };
    for (const broken of [refuse, fail]) {
      const { model } = spied();
      await expect(model.eval().fit(many, targets, { callbacks: [broken] })).rejects.toThrow("enough");
      expect(modesOf(model)).toEqual([false, false, false]);
    }
    const { model } = spied();
    await expect(model.evaluate([[1, 2]], [1])).rejects.toThrow(ShapeError);
    expect(modesOf(model)).toEqual([true, true, true]);
    const { model: stopped } = spied();
    const stop: Hooks = {
      onBatchEnd() {
        stopped.stopTraining = true;
      },
    };
    await stopped.eval().fit(many, targets, { callbacks: [stop] });
    expect(modesOf(stopped)).toEqual([false, false, false]);
  });
});

describe("a layer that the user switches", () => {
  const build = () => {
    const [norm, dropout] = [new BatchNorm(), new Dropout(0.5)];
    const model = new Sequential([new Dense({ units: 4, inputDim: 1 }), norm, dropout, new Dense({ units: 1 })]);
    return { model: model.compile({ optimizer: "sgd", loss: "mse" }), norm, dropout };
  };

  it("in the middle of training stays so, in training and afterwards", async () => {
    const { model, norm } = build();
    const means: unknown[] = [];
    const freeze: Hooks = {
      onEpochEnd(epoch) {
        if (epoch === 0) norm.eval();
        means.push(norm.runningMean.toArray());
      },
    };
    await model.fit(column(x), y, { epochs: 3, callbacks: [freeze], jit: false });
    expect(means[1]).toEqual(means[0]);
    expect(means[2]).toEqual(means[0]);
    expect([model.training, norm.training]).toEqual([true, false]);
  });

  it("before training is left alone, as long as the model itself is in training mode", async () => {
    const { model, norm } = build();
    norm.eval();
    const before = norm.runningMean.toArray();
    await model.fit(column(x), y, { epochs: 2 });
    expect(norm.runningMean.toArray()).toEqual(before);
    expect(norm.training).toBe(false);
    model.eval();
    await model.fit(column(x), y, { epochs: 2 });
    expect(norm.runningMean.toArray()).not.toEqual(before);
    expect([model.training, norm.training]).toEqual([false, false]);
  });

  it("by a train() of the model's own is as that has it", async () => {
    class Careful extends Model {
      dense = new Dense({ units: 2, inputDim: 1 });
      norm = new BatchNorm({ inputDim: 2 });
      override train(mode = true) {
        super.train(mode);
        this.norm.training = false;
        return this;
      }
      forward(input: Tensor) {
        return this.norm.call(this.dense.call(input)).sum(1, { keepDims: true });
      }
    }
    const model = new Careful().eval().compile({ optimizer: "sgd", loss: "mse" });
    await model.fit(column(x), y, { epochs: 2 });
    expect(model.norm.runningMean.toArray()).toEqual([0, 0]);
    expect(modesOf(model)).toEqual([false, false, false]);
  });
});
