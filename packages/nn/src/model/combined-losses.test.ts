/**
 * Models that are compiled with several losses as one: the parts stand in the logs beside the sum.
 */
import { manualSeed, type Tensor, tensor } from "@chainrule/core";
import { combineLosses, crossEntropy, dice, huber, mae, mse } from "@chainrule/losses";
import { describe, expect, it } from "vitest";
import { column } from "../../test/line.ts";
import { Dense, Functional, input, type MetricName, Sequential, SGD } from "../index.ts";

const x = tensor([
  [0, 1],
  [1, 0],
  [1, 1],
  [2, 1],
  [0, 3],
]);
const labels = tensor([0, 1, 2, 1, 0], { dtype: "int32" });

function classifier(metrics: MetricName[] = []) {
  manualSeed(4);
  const model = new Sequential([new Dense({ units: 3, inputDim: 2 })]);
  model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: combineLosses({ crossEntropy: 1, dice: 0.5 }), metrics });
  return model;
}

describe("a combined loss in fit", () => {
  it("has its parts in the history, whose weighted sum is the loss, with the validation's", async () => {
    const model = classifier(["accuracy"]);
    const logits = model.call(x) as Tensor;
    const oneHot = labels
      .unsqueeze(1)
      .equal(tensor([0, 1, 2], { dtype: "int32" }))
      .cast("float32");
    const { history } = await model.fit(x, labels, {
      epochs: 4,
      batchSize: 5,
      shuffle: false,
      validationData: [x, labels],
      verbose: 0,
    });
    expect(Object.keys(history)).toEqual([
      "loss",
      "crossEntropy",
      "dice",
      "accuracy",
      "val_loss",
      "val_crossEntropy",
      "val_dice",
      "val_accuracy",
    ]);
    expect(history.crossEntropy[0]).toBeCloseTo(crossEntropy(logits, labels).item(), 6);
    expect(history.dice[0]).toBeCloseTo(dice(logits.softmax(-1), oneHot).item(), 6);
    history.loss.forEach((loss, epoch) => {
      expect(loss).toBeCloseTo(history.crossEntropy[epoch] + 0.5 * history.dice[epoch], 6);
    });
    // What was validated after an epoch is what the next one begins with.
    expect(history.val_dice.slice(0, 3)).toEqual(history.dice.slice(1).map((value) => expect.closeTo(value, 6)));
  });

  it("means batches of different size by it", async () => {
    const model = classifier();
    model.optimizer.lr = 0;
    const { history } = await model.fit(x, labels, { epochs: 1, batchSize: 2, shuffle: false, verbose: 0 });
    expect(history.crossEntropy[0]).toBeCloseTo(crossEntropy(model.call(x) as Tensor, labels).item(), 6);
  });

  it("is the same compiled, with functions of the user's among the parts", async () => {
    const train = async (jit: boolean) => {
      manualSeed(4);
      const model = new Sequential([new Dense({ units: 1, inputDim: 2 })]);
      const spread = (p: Tensor) => p.square();
      const loss = combineLosses({ huber: [huber.with({ delta: 0.5 }), 2], mae: 1, spread: [spread, 0.01] });
      model.compile({ optimizer: new SGD({ lr: 0.05 }), loss });
      const { history } = await model.fit(x, [1, 2, 3, 5, 4], { epochs: 12, batchSize: 5, jit, verbose: 0 });
      return history;
    };
    const [compiled, eager] = [await train(true), await train(false)];
    expect(Object.keys(compiled)).toEqual(["loss", "huber", "mae", "spread"]);
    for (const [name, values] of Object.entries(eager))
      expect(compiled[name]).toEqual(values.map((value) => expect.closeTo(value, 5)));
  });

  it("counts samples by their weight in each part", async () => {
    const model = new Sequential([new Dense({ units: 1, inputDim: 2, kernelInitializer: "ones" })]);
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: combineLosses({ mse: 1, far: ["mae", 3] }) });
    const sampleWeight = [1, 0, 2, 0, 0.5];
    const logs = await model.evaluate(x, [1, 9, 3, 9, 4], { sampleWeight });
    const [p, t] = [model.call(x) as Tensor, column([1, 9, 3, 9, 4])];
    expect(logs).toMatchObject({
      mse: expect.closeTo(mse(p, t, { sampleWeight }).item(), 6),
      far: expect.closeTo(mae(p, t, { sampleWeight }).item(), 6),
    });
  });

  it("has them under the names of several outputs", async () => {
    const inputs = input([2], { name: "x" });
    const outputs = {
      a: new Dense({ units: 1 }).call(inputs),
      b: new Dense({ units: 3 }).call(inputs),
    };
    const model = new Functional({ inputs, outputs });
    const loss = { a: "mse", b: combineLosses({ crossEntropy: 1, dice: 0.5 }) } as const;
    model.compile({ optimizer: new SGD({ lr: 0.01 }), loss, lossWeights: { b: 2 } });
    const { history } = await model.fit(x, { a: column([1, 2, 3, 4, 5]), b: labels }, { epochs: 3, verbose: 0 });
    expect(Object.keys(history)).toEqual(["loss", "a_loss", "b_loss", "b_crossEntropy", "b_dice"]);
    const { loss: sum, a_loss, b_loss, b_crossEntropy, b_dice } = history;
    expect(b_loss[2]).toBeCloseTo(b_crossEntropy[2] + 0.5 * b_dice[2], 5);
    expect(sum[2]).toBeCloseTo(a_loss[2] + 2 * b_loss[2], 5);
  });

  it("numbers a metric that has the name of a part, and a callback finds the parts", async () => {
    manualSeed(1);
    const model = new Sequential([new Dense({ units: 1, inputDim: 2 })]);
    model.compile({ optimizer: "sgd", loss: combineLosses({ mse: 1, mae: 0.1 }), metrics: ["mae"] });
    const { history } = await model.fit(x, [1, 2, 3, 5, 4], { epochs: 2, batchSize: 5, verbose: 0 });
    expect(Object.keys(history)).toEqual(["loss", "mse", "mae", "mae_1"]);
    expect(history.mae_1).toEqual(history.mae.map((value) => expect.closeTo(value, 6)));
  });
});
