/**
 * What goes wrong in training says what was expected, what came and what to try; and the model stays usable.
 */
import {
  ChainRuleError,
  DataError,
  ModelError,
  OptionError,
  ShapeError,
  type Tensor,
  ValueError,
  zeros,
} from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { column, line, x, y } from "../../test/line.ts";
import { Adam, Dense, Lambda, Metric, Model, Sequential } from "../index.ts";
import type { CompileOptions } from "./compile-options.ts";
import type { FitOptions } from "./options.ts";

type Kind = new (...parts: never[]) => ChainRuleError;

/** Expects a rejection of a kind, whose message has all the parts. */
async function refuses(promise: Promise<unknown>, kind: Kind, ...parts: (string | RegExp)[]): Promise<void> {
  const error = await promise.then(
    () => expect.unreachable("nothing was thrown"),
    (reason: unknown) => reason as ChainRuleError,
  );
  expect(error).toBeInstanceOf(kind);
  for (const part of parts)
    if (typeof part === "string") expect(error.message).toContain(part);
    else expect(error.message).toMatch(part);
}

const inputs = column(x);
const fit = (options: object, targets: unknown = y, samples: unknown = inputs) =>
  line().model.fit(samples as number[][], targets as number[], options as FitOptions);

describe("compile", () => {
  const compile = (options: object) => () => line().model.compile(options as CompileOptions);

  it("suggests the nearest of what it knows", () => {
    expect(compile({ loss: "binary_crossentrpy" })).toThrow(/"binary_crossentropy"\?/);
    expect(compile({ loss: "mse", optimizer: "adma" })).toThrow(/Did you mean "adam"/);
    expect(compile({ loss: "mse", metrics: ["acuracy"] })).toThrow(/Did you mean "accuracy"/);
    expect(compile({ loss: "mse", metric: ["accuracy"] })).toThrow(/Did you mean "metrics"/);
  });

  it("refuses what is no loss, optimizer or metric", () => {
    expect(compile({})).toThrow(/loss: expected a name such as "mse".*got undefined/);
    expect(compile({ loss: 3 })).toThrow(OptionError);
    expect(compile({ loss: "mse", optimizer: Adam })).toThrow(/Write new Adam\(\)/);
    expect(compile({ loss: "mse", metrics: "accuracy" })).toThrow(/a list such as \["accuracy"\]/);
    expect(compile({ loss: "mse", metrics: [3] })).toThrow(OptionError);
  });

  it("must come before fit and evaluate", async () => {
    const model = new Sequential([new Dense({ units: 1 })]);
    await refuses(model.fit(inputs, y), ModelError, 'fit, model "sequential"', "a compiled model", /model\.compile\(/);
    await refuses(model.evaluate(inputs, y), ModelError, "evaluate", "Compile it first");
    expect(() => model.optimizer).toThrow(ModelError);
  });
});

describe("fit's data", () => {
  it("must not be empty", async () => {
    await refuses(fit({}, [], []), DataError, "at least one sample", "x of shape [0]");
    await refuses(line().model.fit([]), DataError, "at least one batch");
    await refuses(line().model.evaluate([]), DataError, "at least one batch");
    expect(() => line().model.predict([])).toThrow(/at least one sample/);
  });

  it("must have as many targets as inputs", async () => {
    await refuses(fit({}, [1, 2, 3]), DataError, "as many targets as inputs", "5 and 3 samples");
    await refuses(line().model.fit([[[[1], [2]], [1]]]), DataError, "fit, batch 1", "2 and 1 samples");
  });

  it("must be there, rectangular and of numbers", async () => {
    await refuses(
      line().model.fit(inputs, undefined as never),
      DataError,
      "y as an array or a tensor, got undefined",
      "a list of batches",
    );
    await refuses(fit({}, y, [[1], [2, 3], [4], [5], [6]]), DataError, "fit, x", "arrays of equal length");
    await refuses(fit({}, y, ["a", "b"]), DataError, "a number at data[0]");
    await refuses(fit({}, 3, 3), DataError, "a first axis that counts samples");
    await refuses(line().model.fit([[[[1]], [1], [1], [1]]] as never), DataError);
    await refuses(line().model.fit(new Set([3]) as never), DataError, /a batch \[x, y\]/);
    await refuses(line().model.fit((() => 3) as never), DataError, "something to iterate over");
  });

  it("must come again in each epoch", async () => {
    function* once(): Generator<[number[][], number[]]> {
      yield [inputs, y];
    }
    await refuses(
      line().model.fit(once(), { epochs: 2 }),
      DataError,
      "An iterator gives its batches once",
      /\(\) => batches\(\)/,
    );
  });

  it("goes either as x and y or as batches", async () => {
    await refuses(line().model.fit((() => []) as never, y), OptionError, "batches and y");
    await refuses(line().model.fit([[inputs, y]], { batchSize: 2 }), OptionError, "batchSize with arrays");
    await refuses(
      line().model.fit([[inputs, y]], { validationSplit: 0.2 }),
      OptionError,
      "validationSplit with arrays",
    );
  });

  it("must fit the layers, which are named", async () => {
    const model = new Sequential([new Dense({ units: 4, inputDim: 2 }), new Dense({ units: 1 })]);
    model.compile({ optimizer: "sgd", loss: "mse" });
    await refuses(
      model.fit([[1, 2, 3]], [1]),
      ShapeError,
      "fit, epoch 1, batch 1",
      'layer "dense" (Dense)',
      /got \[1, 3\]/,
    );
    expect(() => model.predict([[1, 2, 3]])).toThrow(/layer "dense"/);
  });

  it("must have targets that fit the outputs, and the loss", async () => {
    const two = new Sequential([new Dense({ units: 2, inputDim: 1 })]);
    two.compile({ optimizer: "sgd", loss: "mse" });
    await refuses(two.fit(inputs, y), ShapeError, "mse", /target \[5\] and prediction \[5, 2\]/);
    const classes = new Sequential([new Dense({ units: 3, inputDim: 1, activation: "softmax" })]);
    classes.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy" });
    await refuses(classes.fit(inputs, [0, 1, 2, 3, 0]), ValueError, "whole numbers from 0 to 2, got 3");
    await refuses(classes.fit(inputs, [0, 1, 0.5, 2, 0]), ValueError, "got 0.5");
    const binary = new Sequential([new Dense({ units: 1, inputDim: 1 })]);
    binary.compile({ optimizer: "sgd", loss: "binary_crossentropy" });
    await refuses(binary.fit([[100]], [1]), ValueError, "probabilities, from 0 to 1", "logits");
  });
});

describe("fit's options", () => {
  it.each([
    [{ epochs: -1 }, /epochs as a whole number of at least 0, got the number -1/],
    [{ epochs: 1.5 }, /epochs as a whole number/],
    [{ epochs: Number.POSITIVE_INFINITY }, /stop by a callback/],
    [{ batchSize: 0 }, /batchSize as a whole number of at least 1, got the number 0/],
    [{ batchSize: "32" }, /batchSize as a whole number/],
    [{ stepsPerEpoch: 0 }, /stepsPerEpoch as a whole number of at least 1/],
    [{ initialEpoch: -2 }, /initialEpoch/],
    [{ validationSplit: 1.2 }, /a share between 0 and 1, such as 0.2, got the number 1.2/],
    [{ validationSplit: 0 }, /a share between 0 and 1/],
    [{ validationSplit: 20 }, /a share between 0 and 1/],
    [{ validationSplit: 0.999 }, /leaves samples to train on and to validate on, got 0.999 of 5 samples/],
    [
      { classWeight: { 1: 1, 2: 1, 3: 1 } },
      /a classWeight for each class that occurs, got none for class 4.*\n.*Known classes: 1, 2, 3/,
    ],
    [{ classWeight: { 1: -1 } }, /a weight of at least 0 for class 1/],
    [{ classWeight: 3 }, /an object of weights by class/],
    [{ sampleWeight: [1, 2] }, /a sampleWeight of shape \[5\], one for each sample, got \[2\]/],
    [{ sampleWeight: [1, 2, 3, 4, -1] }, /sample weights of at least 0, got -1/],
    [{ sampleWeight: [1, 2, 3, 4, Number.NaN] }, /sample weights of at least 0, got NaN/],
  ])("%o is out of range", async (options, message) => {
    await refuses(fit(options), ChainRuleError, message);
    await expect(fit(options)).rejects.toThrow(ChainRuleError);
  });

  it.each([
    [{ batchsize: 2 }, /Did you mean "batchSize"/],
    [{ epoch: 2 }, /Did you mean "epochs"/],
    [{ shuffle: "yes" }, /true or false, got "yes"/],
    [{ verbose: 3 }, /"auto", 0, 1 or 2, got the number 3/],
    [{ callbacks: {} }, /a list of callbacks/],
    [{ callbacks: [3] }, /callbacks, or objects of hooks.*got the number 3/],
    [{ callbacks: [{ onEpochend() {} }] }, /Did you mean "onEpochEnd"/],
    [{ validationSplit: 0.2, validationData: [inputs, y] }, /either validationSplit or validationData/],
    [{ validationData: 3 }, /\[x, y\], \[x, y, sampleWeight\], or batches/],
  ])("%o does not exist", async (options, message) => {
    await refuses(fit(options), OptionError, message);
  });

  it("of validationData are checked like the others", async () => {
    await refuses(fit({ validationData: [inputs, [1]] }), DataError, "fit, validationData", "5 and 1 samples");
    await refuses(fit({ validationData: [[[1, 2]], [1]] }), ShapeError, "fit, validationData", 'layer "dense"');
  });

  it("of evaluate and predict are checked too", async () => {
    await refuses(line().model.evaluate(inputs, y, { batchSize: 0 }), ValueError, "evaluate: expected batchSize");
    await refuses(line().model.evaluate(inputs, y, { batchsize: 2 } as object), OptionError, "batchSize");
    expect(() => line().model.predict(inputs, { batchSize: -1 })).toThrow(ValueError);
  });
});

describe("after an error in the middle of training", () => {
  const failing = (at: number) => {
    let calls = 0;
    const model = new Sequential([
      new Dense({ units: 1, inputDim: 1 }),
      new Lambda((input: Tensor) => {
        if (++calls === at) throw new RangeError("enough");
        return input;
      }),
    ]);
    model.compile({ optimizer: "sgd", loss: "mse" });
    calls = 0;
    return model;
  };

  it("the model is in its mode, nobody listens for Ctrl-C, and it can be trained again", async () => {
    const model = failing(3).eval();
    const listeners = process.listenerCount("SIGINT");
    await expect(model.fit(inputs, y, { batchSize: 1, jit: false })).rejects.toThrow(RangeError);
    expect(model.modules().some((module) => module.training)).toBe(false);
    expect(process.listenerCount("SIGINT")).toBe(listeners);
    expect((await model.fit(inputs, y)).epochs).toEqual([0]);
  });

  it("the batches before it are kept", async () => {
    const model = failing(3);
    const before = model.parameters().map((parameter) => parameter.toArray());
    await expect(model.fit(inputs, y, { batchSize: 1, jit: false })).rejects.toThrow("enough");
    expect(model.parameters().map((parameter) => parameter.toArray())).not.toEqual(before);
    expect(model.history).toMatchObject({ epochs: [], history: {} });
  });

  it("the epochs before it are in the history of the model", async () => {
    const { model } = line();
    const broken = {
      onEpochBegin(epoch: number) {
        if (epoch === 2) throw new RangeError("enough");
      },
    };
    await expect(model.fit(inputs, y, { epochs: 5, callbacks: [broken] })).rejects.toThrow("enough");
    expect(model.history!.epochs).toEqual([0, 1]);
    expect(model.history!.history.loss.length).toBe(2);
  });

  it("an error from a callback ends training, with the source tidied up", async () => {
    let closed = false;
    function* batches(): Generator<[number[][], number[]]> {
      try {
        for (;;) yield [inputs, y];
      } finally {
        closed = true;
      }
    }
    const { model } = line();
    const callback = {
      async onBatchEnd() {
        throw new RangeError("from the callback");
      },
    };
    await expect(model.fit(batches, { callbacks: [callback] })).rejects.toThrow("from the callback");
    expect(closed).toBe(true);
    await expect(model.fit(inputs, y)).resolves.toBeTruthy();
  });

  it("an error from a metric is told with its batch", async () => {
    class Broken extends Metric {
      constructor() {
        super("broken");
      }
      reset() {}
      update() {
        throw new ValueError({ where: "broken", expected: "luck", got: "none" });
      }
      result() {
        return 0;
      }
    }
    const { model } = line();
    model.compile({ optimizer: "sgd", loss: "mse", metrics: [new Broken()] });
    await refuses(model.fit(inputs, y), ValueError, "fit, epoch 1, batch 1: broken: expected luck, got none");
  });
});

describe("two trainings at once", () => {
  it("of one model are refused: an await is missing", async () => {
    const { model } = line();
    const first = model.fit(inputs, y, { epochs: 3, callbacks: [{ onEpochEnd: () => Promise.resolve() }] });
    await refuses(model.fit(inputs, y), ModelError, "whose training has not ended yet", "await model.fit");
    expect((await first).epochs.length).toBe(3);
  });
});

describe("a model without anything to train", () => {
  it("says so", async () => {
    class Fixed extends Model {
      forward(input: Tensor) {
        return input;
      }
    }
    const model = new Fixed();
    model.compile({ optimizer: "sgd", loss: "mse" });
    await refuses(model.fit(inputs, column(y)), ChainRuleError, "fit, epoch 1, batch 1", /requiresGrad|parameter/);
    const empty = new Sequential();
    expect(() => empty.predict(zeros([2, 1]))).toThrow(/a model with layers, got none/);
    expect(() => empty.pop()).toThrow(ModelError);
  });
});
