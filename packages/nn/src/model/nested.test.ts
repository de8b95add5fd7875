/**
 * Models with several inputs and outputs: what training computes, how data is given, and what goes wrong.
 */
import { DataError, ModelError, OptionError, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { column } from "../../test/line.ts";
import { Add, Dense, Functional, input, MeanSquaredError, Model, SGD } from "../index.ts";

const one = () => new Dense({ units: 1, inputDim: 1, useBias: false, kernelInitializer: "ones", dtype: "float64" });

/** Two outputs of one input, p = v x and q = w x from v = w = 1. */
function twoTasks() {
  const x = input([1], { name: "x" });
  const [price, kind] = [one(), one()];
  const model = new Functional({ inputs: x, outputs: { price: price.call(x), kind: kind.call(x) } });
  return { model, weights: () => [price.kernel.item(), kind.kernel.item()] };
}

/** One output of two inputs, v a + w b from v = w = 1. */
function twoInputs() {
  const [a, b] = [input([1], { name: "a" }), input([1], { name: "b" })];
  const [left, right] = [one(), one()];
  const model = new Functional({ inputs: [a, b], outputs: new Add().call(left.call(a), right.call(b)) });
  model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: "mse" });
  return { model, weights: () => [left.kernel.item(), right.kernel.item()] };
}

const x = column([1, 2]);
const y = { price: column([3, 3]), kind: column([0, 4]) };
const whole = { batchSize: 2, shuffle: false } as const;

describe("a model with several outputs", () => {
  it("has the losses and metrics of each in its history, and their weighted sum", async () => {
    const { model } = twoTasks();
    model.compile({
      optimizer: new SGD({ lr: 0 }),
      loss: { price: "mse", kind: "mae" },
      lossWeights: { kind: 0.5 },
      metrics: { price: "mae", kind: ["mse", (p: Tensor, t: Tensor) => p.sub(t)] },
    });
    const { history } = await model.fit(x, y, { ...whole, validationData: [[[1]], { price: [1], kind: [3] }] });
    // Errors: price -2 and -1; kind 1 and -2. Squares 4, 1 and 1, 4.
    expect(history).toEqual({
      loss: [2.5 + 0.5 * 1.5],
      price_loss: [2.5],
      kind_loss: [1.5],
      price_mae: [1.5],
      kind_mse: [2.5],
      kind_metric: [-0.5],
      val_loss: [0.5 * 2],
      val_price_loss: [0],
      val_kind_loss: [2],
      val_price_mae: [0],
      val_kind_mse: [4],
      val_kind_metric: [-2],
    });
    expect(await model.evaluate(x, y)).toMatchObject({ loss: 3.25, price_loss: 2.5, kind_mse: 2.5 });
  });

  it("takes steps down the weighted sum, with jit and without", async () => {
    for (const jit of [true, false]) {
      const { model, weights } = twoTasks();
      model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: "mse", lossWeights: [1, 10] });
      await model.fit(x, [y.price, y.kind], { ...whole, epochs: 3, jit });
      let [v, w] = [1, 1];
      for (let i = 0; i < 3; i++) {
        // d/dv of the mean of (v x - y)² is the mean of 2 (v x - y) x.
        v -= 0.1 * (v - 3 + (2 * v - 3) * 2);
        w -= 0.1 * 10 * (w + (2 * w - 4) * 2);
      }
      expect(weights()[0]).toBeCloseTo(v, 10);
      expect(weights()[1]).toBeCloseTo(w, 10);
    }
  });

  it("weighs samples for all outputs or for each", async () => {
    const { model } = twoTasks();
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse" });
    const fit = async (sampleWeight: number[] | { price: number[]; kind: number[] } | number[][]) =>
      (await model.fit(x, y, { ...whole, sampleWeight })).history;
    expect(await fit([1, 0])).toMatchObject({ price_loss: [2], kind_loss: [0.5] });
    const each = { price: [1, 0], kind: [0, 1] };
    expect(await fit(each)).toMatchObject({ price_loss: [2], kind_loss: [2], loss: [4] });
    expect(await fit([each.price, each.kind])).toMatchObject({ price_loss: [2], kind_loss: [2] });
  });

  it("says with debugNaN where the first NaN is", async () => {
    const { model } = twoTasks();
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse" });
    expect((await model.fit(x, y, { ...whole, debugNaN: true })).history.kind_loss).toEqual([2.5]);
    const broken = { ...y, kind: column([0, Number.NaN]) };
    await expect(model.fit(x, broken, { debugNaN: true, shuffle: false })).rejects.toThrow(
      /NaN in the targets, at element 1/,
    );
  });

  it("predicts in the structure of its outputs, batch by batch", () => {
    const { model } = twoTasks();
    const { price, kind } = model.predict(column([1, 2, 3]), { batchSize: 2 });
    expect([price.toArray(), kind.shape]).toEqual([column([1, 2, 3]), [3, 1]]);
  });

  it("shuffles and splits all data alike", async () => {
    const { model } = twoTasks();
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse" });
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    const { history } = await model.fit(column(numbers), { price: numbers, kind: numbers }, { validationSplit: 0.5 });
    expect([history.loss, history.val_kind_loss]).toEqual([[0], [0]]);
  });

  it("takes batches that come from elsewhere", async () => {
    const { model } = twoTasks();
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse", metrics: ["mae"] });
    const batches = [[tensor(x), y, [1, 0]] as const];
    const { history } = await model.fit(() => batches, { epochs: 2, validationData: [[tensor(x), y]] });
    expect(history).toMatchObject({ price_loss: [2, 2], kind_mae: [1.5, 1.5], val_price_loss: [2.5, 2.5] });
    const ofRecords = await model.fit(batches, { epochs: 1 });
    expect(ofRecords.history.price_loss).toEqual([2]);
  });

  it("refuses losses, weights and metrics that are not for its outputs", () => {
    const { model } = twoTasks();
    const compile = (options: object) => () => model.compile({ loss: "mse", ...options });
    expect(compile({ loss: { price: "mse" } })).toThrow(/a loss for each output \(price, kind\), got none for "kind"/);
    expect(compile({ loss: { price: "mse", knd: "mse" } })).toThrow(/got "knd".\n {2}Did you mean "kind"/);
    expect(compile({ loss: ["mse"] })).toThrow(/one for each of the 2 outputs \(price, kind\), got 1/);
    expect(compile({ lossWeights: { kind: "2" } })).toThrow(OptionError);
    expect(compile({ metrics: { pirce: ["mae"] } })).toThrow(/Did you mean "price"/);
    expect(compile({ metrics: [new MeanSquaredError()] })).not.toThrow();
    expect(compile({ metrics: { price: [new MeanSquaredError()] } })).not.toThrow();
    expect(compile({ loss: { price: "mse", kind: "msee" } })).toThrow(/Did you mean "mse"/);
  });

  it("refuses targets that are not for its outputs", async () => {
    const { model } = twoTasks();
    model.compile({ loss: "mse" });
    const fit = (targets: never, options = {}) => model.fit(x, targets, options);
    await expect(fit({ price: y.price } as never)).rejects.toThrow(/y by the names price, kind, got none for kind/);
    await expect(fit({ ...y, size: y.kind } as never)).rejects.toThrow(/got "size"/);
    await expect(fit(tensor(y.price) as never)).rejects.toThrow(/y as a list of 2, or by name: price, kind, got one/);
    await expect(fit({ ...y, kind: [[1]] } as never)).rejects.toThrow(
      /x of shape \[2, 1\] and y "kind" of shape \[1, 1\]/,
    );
    await expect(fit(y as never, { classWeight: { 0: 1 } })).rejects.toThrow(/classWeight for a model with one output/);
  });
});

describe("a model with several inputs", () => {
  it("takes them in a list or by name, and learns from all", async () => {
    for (const data of [[column([1, 2]), column([3, 4])], { b: column([3, 4]), a: column([1, 2]) }]) {
      const { model, weights } = twoInputs();
      await model.fit(data, [2, 5], whole);
      // Errors 4 - 2 = 2 and 6 - 5 = 1; slopes are the means of 2 e x.
      expect(weights()[0]).toBeCloseTo(1 - 0.1 * (2 * 1 + 1 * 2), 6);
      expect(weights()[1]).toBeCloseTo(1 - 0.1 * (2 * 3 + 1 * 4), 6);
      expect(model.predict(data).shape).toEqual([2, 1]);
      expect((await model.evaluate(data, [2, 5])).loss).toBeGreaterThan(0);
    }
  });

  it("validates on [x, y], and trains on batches of lists and names", async () => {
    const { model } = twoInputs();
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse" });
    const [a, b] = [tensor(column([1, 2])), tensor(column([3, 4]))];
    const fit = await model.fit([a, b], [2, 5], {
      validationData: [
        [a, b],
        [2, 5],
      ],
    });
    expect([fit.history.loss, fit.history.val_loss]).toEqual([[2.5], [2.5]]);
    const batches = [
      [[a, b], tensor([2, 5])],
      [{ a, b }, tensor([2, 5])],
    ] as const;
    expect((await model.fit(batches, { validationData: batches })).history.val_loss).toEqual([2.5]);
  });

  it("refuses another number, other names and other lengths", async () => {
    const { model } = twoInputs();
    const [a, b] = [column([1, 2]), column([3, 4])];
    await expect(model.fit([a, b, a], [2, 5])).rejects.toThrow(/x as a list of 2, or by name: a, b, got a list of 3/);
    await expect(model.fit({ a, c: b }, [2, 5])).rejects.toThrow(/got "c"/);
    await expect(model.fit({ a }, [2, 5])).rejects.toThrow(/got none for b/);
    await expect(model.fit(tensor(a), [2, 5])).rejects.toThrow(DataError);
    await expect(model.fit([a, column([1])], [2, 5])).rejects.toThrow(
      /as many samples of each input, got x "a" of shape \[2, 1\] and x "b" of shape \[1, 1\]: 2 and 1 samples/,
    );
    const symbolic = input([1]);
    await expect(model.fit([symbolic, symbolic] as never, [2, 5])).rejects.toThrow(/It has no numbers yet/);
    const withOptions = model.fit([a, b], { epochs: 2 } as never);
    await expect(withOptions).rejects.toThrow(DataError);
  });
});

describe("models by subclass", () => {
  class Towers extends Model<{ sum: Tensor; product: Tensor }> {
    weight = one();
    forward(a: Tensor, b: Tensor) {
      return { sum: this.weight.call(a).add(b), product: this.weight.call(a).mul(b) };
    }
  }
  const [a, b] = [tensor(column([1, 2])), tensor(column([3, 4]))];

  it("may take and return several, and tell the names when they compute", async () => {
    const model = new Towers();
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: "mse", metrics: ["mae"] });
    const { history } = await model.fit([a, b], { product: [2, 8], sum: [4, 5] }, whole);
    expect(history).toEqual({
      loss: [1],
      sum_loss: [0.5],
      product_loss: [0.5],
      sum_mae: [0.5],
      product_mae: [0.5],
    });
    expect(model.predict([a, b]).product.toArray()).toEqual([[3], [8]]);
    await expect(model.fit({ a, b }, { sum: [1, 2], product: [1, 2] })).rejects.toThrow(/get inputNames\(\)/);
    await expect(model.fit([a, b], { sum: [1, 2], prod: [1, 2] })).rejects.toThrow(/one for each|by the names/);
  });

  it("may name their inputs, and return a list", async () => {
    class List extends Model<Tensor[]> {
      weight = one();
      override get inputNames() {
        return ["a", "b"];
      }
      forward(left: Tensor, right: Tensor) {
        return [this.weight.call(left), right];
      }
    }
    const model = new List();
    model.compile({ optimizer: new SGD({ lr: 0 }), loss: ["mse", "mae"] });
    const { history } = await model.fit({ b, a }, [column([1, 3]), column([3, 6])], whole);
    expect(history).toEqual({ loss: [1.5], output_1_loss: [0.5], output_2_loss: [1] });
    await expect(model.fit([a, b], [a, b, a])).rejects.toThrow(/y as a list of 2/);
    model.compile({ loss: { left: "mse", right: "mse", other: "mse" } });
    await expect(model.fit([a, b], { left: a, right: b, other: a })).rejects.toThrow(ModelError);
  });
});
