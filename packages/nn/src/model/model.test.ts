/**
 * Models: evaluating, predicting, and models by subclass.
 */
import { manualSeed, noGrad, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { column, line, x, y } from "../../test/line.ts";
import { Adam, Dense, Linear, Model, Module, Sequential, SGD } from "../index.ts";

describe("evaluate and predict", () => {
  it("give the same whatever the batch size", async () => {
    manualSeed(2);
    const model = new Sequential([new Dense({ units: 3, inputDim: 1, activation: "softmax" })]);
    model.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy", metrics: ["accuracy", "auc", "f1"] });
    const labels = [0, 1, 2, 1, 0];
    const whole = await model.evaluate(column(x), labels);
    const parts = await model.evaluate(column(x), labels, { batchSize: 2 });
    for (const [name, value] of Object.entries(whole)) expect(parts[name]).toBeCloseTo(value, 6);
    expect(model.predict(column(x), { batchSize: 2 }).toArray()).toEqual(model.predict(column(x)).toArray());
    expect(model.predict(column(x)).shape).toEqual([5, 3]);
  });

  it("change nothing and record nothing", async () => {
    const { model } = line();
    const before = model.stateDict();
    await model.evaluate(column(x), y);
    const predicted = model.predict(column(x));
    expect(predicted.requiresGrad).toBe(false);
    expect(model.parameters()[0].grad).toBeNull();
    expect(model.stateDict()["layers.0.kernel"].toArray()).toEqual(before["layers.0.kernel"].toArray());
  });

  it("predict needs no compile", () => {
    expect(new Sequential([new Dense({ units: 1, inputDim: 1 })]).predict([[1], [2]]).shape).toEqual([2, 1]);
  });
});

describe("models by subclass", () => {
  class Net extends Model {
    hidden = new Linear(1, 8);
    out = new Linear(8, 1);
    forward(input: Tensor) {
      return this.out.call(this.hidden.call(input).tanh());
    }
  }

  it("train like any other", async () => {
    manualSeed(1);
    const net = new Net();
    net.compile({ optimizer: new Adam({ lr: 0.05 }), loss: "mse", metrics: ["r2"] });
    const inputs = Array.from({ length: 40 }, (_, i) => i / 20 - 1);
    const { history } = await net.fit(
      column(inputs),
      inputs.map((v) => v * v),
      { epochs: 60 },
    );
    expect(history.r2.at(-1)).toBeGreaterThan(0.95);
  });

  it("any module trains within a Sequential, and functions are layers", async () => {
    manualSeed(1);
    class Double extends Module {
      forward(input: Tensor) {
        return input.mul(2);
      }
    }
    const model = new Sequential([new Double(), new Dense({ units: 1 }), (output) => output.add(1)]);
    model.compile({ optimizer: new SGD({ lr: 0.01 }), loss: "mse" });
    const { history } = await model.fit(column(x), y, { epochs: 30 });
    expect(history.loss.at(-1)).toBeLessThan(history.loss[0]);
    expect(model.layers.map((layer) => layer.name)).toEqual(["double", "dense", "lambda"]);
  });

  it("keep an optimizer that was made for them, or for some of their weights", async () => {
    const net = new Net();
    net.compile({ optimizer: new SGD(net.out, { lr: 0.1 }), loss: "mse" });
    const before = noGrad(() => net.hidden.weight.toArray());
    const after = net.out.weight.toArray();
    await net.fit(column(x), y);
    expect(net.hidden.weight.toArray()).toEqual(before);
    expect(net.out.weight.toArray()).not.toEqual(after);
  });

  it("refuse an optimizer of another model, which would change nothing", async () => {
    const optimizer = new Adam();
    const [one, two, three] = [new Net(), new Net(), new Net()];
    one.compile({ optimizer, loss: "mse" });
    expect(() => two.compile({ optimizer, loss: "mse" })).toThrow(/an optimizer of its own, got Adam of model "net"/);
    expect(() => one.compile({ optimizer, loss: "mae" })).not.toThrow();
    three.compile({ optimizer: new SGD(one), loss: "mse" });
    await expect(three.fit(column(x), y)).rejects.toThrow(/SGD of other weights.*\n.*new SGD\(\)/);
  });
});
