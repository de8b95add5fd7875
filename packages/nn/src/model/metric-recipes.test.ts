/**
 * Metric objects given to `compile` are recipes: each epoch and each evaluation counts for itself.
 */
import { ModelError, manualSeed, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { column } from "../../test/line.ts";
import {
  Dense,
  F1,
  FBeta,
  type Hooks,
  Metric,
  type MetricLike,
  RocAuc,
  Sequential,
  SGD,
  TopKAccuracy,
} from "../index.ts";

const inputs = column([-2, -1, -0.5, 0.2, 0.5, 1, 1.5, 3]);
const truths = [0, 1, 0, 0, 1, 0, 1, 1];
const otherTruths = truths.map((truth) => 1 - truth);

/** The share of predictions above a half, by a class with its own way of remembering. */
class Positives extends Metric {
  #count = 0;
  #all = 0;
  constructor() {
    super("positives");
  }
  reset() {
    this.#count = this.#all = 0;
  }
  update(prediction: Tensor) {
    for (const p of prediction.toTypedArray()) this.#count += Number(p > 0.5);
    this.#all += prediction.size;
  }
  result() {
    return this.#count / this.#all;
  }
}

/** One without a constructor of its own. */
class Counter extends Metric {
  seen = 0;
  reset() {
    this.seen = 0;
  }
  update(prediction: Tensor) {
    this.seen += prediction.size;
  }
  result() {
    return this.seen;
  }
}

class Named extends Counter {
  readonly #factor: number;
  constructor(factor: number) {
    super(`times_${factor}`);
    this.#factor = factor;
  }
  override result() {
    return this.#factor * this.seen;
  }
}

class Said extends Named {
  readonly #given: number;
  constructor(factor: number) {
    super(factor);
    this.#given = factor;
  }
  protected override constructorArguments() {
    return [this.#given];
  }
}

function build(metrics: readonly MetricLike[]) {
  manualSeed(4);
  const model = new Sequential([new Dense({ units: 1, inputDim: 1, activation: "sigmoid" })]);
  return model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: "binary_crossentropy", metrics });
}

const train = (model: Sequential, callbacks: readonly Hooks[] = []) =>
  model.fit(inputs, truths, { epochs: 2, batchSize: 3, shuffle: false, callbacks });

describe.each<[string, () => Metric]>([
  ["of the library", () => new RocAuc()],
  ["of the library, with options", () => new F1({ average: "macro" })],
  ["of the library, with an argument", () => new FBeta(2, { threshold: 0.3 })],
  ["of a user", () => new Positives()],
  ["of a user, without a constructor", () => new Counter("counter")],
  ["of a user, that says its constructor's arguments", () => new Said(3)],
])("a metric %s", (_, make) => {
  it("counts the same whatever is evaluated in hooks and beside the training", async () => {
    const metric = make();
    const { history: undisturbed } = await train(build([metric]));
    const model = build([metric]);
    const evaluations: Promise<unknown>[] = [];
    const meddle: Hooks = {
      async onBatchEnd(batch) {
        if (batch === 1) await model.evaluate(inputs, otherTruths);
        else evaluations.push(model.evaluate(inputs, otherTruths));
      },
    };
    const { history } = await train(model, [meddle]);
    expect(history).toEqual(undisturbed);
    const alone = await model.evaluate(inputs, otherTruths);
    for (const logs of (await Promise.all(evaluations)).slice(-1)) expect(logs).toEqual(alone);
  });

  it("may be given to two models, or twice", async () => {
    const metric = make();
    const { history: undisturbed } = await train(build([make()]));
    const [a, b] = [build([metric]), build([metric, metric])];
    const [first, second] = await Promise.all([train(a), train(b)]);
    expect(first.history).toEqual(undisturbed);
    expect(second.history[metric.name]).toEqual(undisturbed[metric.name]);
    expect(second.history[`${metric.name}_1`]).toEqual(undisturbed[metric.name]);
  });
});

describe("a metric of which no other can be made", () => {
  const plain = () => {
    let seen = 0;
    return {
      name: "plain",
      higherIsBetter: null,
      reset() {
        seen = 0;
      },
      update(prediction: Tensor) {
        seen += prediction.size;
      },
      result: () => seen,
    } as unknown as Metric;
  };

  it.each([
    ["because its constructor has parameters", () => new Named(3), /constructorArguments\(\).*what Named was given/],
    ["because it is of no class", plain, /or await what uses it/],
  ])("%s: is for one use at a time, and says so", async (_, make, hint) => {
    const metric = make();
    const model = build([metric]);
    const { history } = await train(model, [{ onEpochEnd: async () => void (await model.evaluate(inputs, truths)) }]);
    expect(history[metric.name]).toEqual([8, 8].map((n) => n * (metric instanceof Named ? 3 : 1)));
    const meddle = { onBatchEnd: async () => void (await model.evaluate(inputs, truths)) };
    await expect(train(model, [meddle])).rejects.toThrow(ModelError);
    await expect(train(model, [meddle])).rejects.toThrow(hint);
    await expect(train(build([metric, metric]))).rejects.toThrow(/nobody else counts with/);
    await expect(train(model)).resolves.toBeTruthy();
  });
});

describe("a metric class of the library, extended", () => {
  it("is made anew with its own constructor, not its base's", async () => {
    class BestOfTwo extends TopKAccuracy {
      constructor() {
        super(2);
      }
    }
    class Renamed extends F1 {}
    const model = new Sequential([new Dense({ units: 3, inputDim: 1, activation: "softmax" })]);
    model.compile({
      optimizer: "sgd",
      loss: "sparse_categorical_crossentropy",
      metrics: [new BestOfTwo(), new Renamed()],
    });
    const logs = await model.evaluate(inputs, [0, 1, 2, 0, 1, 2, 0, 1]);
    expect(Object.keys(logs)).toEqual(["loss", "top_2_accuracy", "f1"]);
  });
});
