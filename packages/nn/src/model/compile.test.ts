/**
 * What `compile` makes of losses and metrics.
 */
import { type Tensor, tensor } from "@chainrule/core";
import type { LossName } from "@chainrule/losses";
import { describe, expect, it } from "vitest";
import { column, line, x, y } from "../../test/line.ts";
import { Dense, type MetricName, Sequential, SGD } from "../index.ts";

describe("metrics by name", () => {
  const run = async (
    layer: Dense,
    loss: LossName,
    inputs: number[][],
    targets: never,
    metrics: MetricName[] = ["accuracy"],
  ) => {
    const model = new Sequential([layer]);
    model.compile({ optimizer: new SGD({ lr: 0 }), loss, metrics });
    return await model.evaluate(inputs, targets);
  };
  const identity = { kernelInitializer: "ones", useBias: false } as const;

  it('"accuracy" splits probabilities at 0.5, and logits at 0', async () => {
    const inputs = column([-2, 0.2, 3]);
    const targets = [0, 1, 1] as never;
    const sigmoid = new Dense({ units: 1, inputDim: 1, activation: "sigmoid", ...identity });
    expect((await run(sigmoid, "binary_crossentropy", inputs, targets)).accuracy).toBe(1);
    const logits = () => new Dense({ units: 1, inputDim: 1, ...identity });
    expect((await run(logits(), "binaryCrossEntropyWithLogits", inputs, targets)).accuracy).toBe(1);
    expect((await run(logits(), "hinge", inputs, [-1, 1, 1] as never)).accuracy).toBe(1);
    expect((await run(logits(), "mse", inputs, targets)).accuracy).toBeCloseTo(2 / 3, 12);
  });

  it('"accuracy" takes the largest of several scores, for labels and one-hot rows', async () => {
    const inputs = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 1, 0],
    ];
    const layer = () =>
      new Dense({
        units: 3,
        inputDim: 3,
        useBias: false,
        activation: "softmax",
        kernelInitializer: () =>
          tensor([
            [5, 0, 0],
            [0, 5, 0],
            [0, 0, 5],
          ]),
      });
    expect((await run(layer(), "sparse_categorical_crossentropy", inputs, [0, 1, 2] as never)).accuracy).toBeCloseTo(
      2 / 3,
      12,
    );
    const oneHot = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ] as never;
    expect((await run(layer(), "categorical_crossentropy", inputs, oneHot)).accuracy).toBeCloseTo(2 / 3, 12);
    for (const loss of ["kl_divergence", "jensenShannon"] as const)
      expect((await run(layer(), loss, inputs, oneHot)).accuracy).toBeCloseTo(2 / 3, 12);
  });

  it('"accuracy" takes each output for itself where the loss is binary', async () => {
    const layer = new Dense({ units: 2, inputDim: 1, activation: "sigmoid", ...identity });
    const found = await run(layer, "binary_crossentropy", column([3, -3]), [
      [1, 1],
      [0, 1],
    ] as never);
    expect(found.accuracy).toBe(0.75);
  });

  it("are those of losses too, and those of functions by their names", async () => {
    const { model } = line(0);
    const worst = (prediction: Tensor, target: Tensor) => prediction.sub(target).abs();
    model.compile({ loss: "mse", metrics: ["log_cosh", worst, worst], optimizer: "sgd" });
    const found = await model.evaluate(column(x), y);
    expect(Object.keys(found)).toEqual(["loss", "log_cosh", "worst", "worst_1"]);
    expect(found.worst).toBeCloseTo(16 / 5, 12);
    const logCosh = y.reduce((sum, d) => sum + Math.log(Math.cosh(d)), 0) / 5;
    expect(found.log_cosh).toBeCloseTo(logCosh, 9);
  });

  it("do not count weights unless they are weightedMetrics", async () => {
    const { model } = line(0);
    model.compile({ optimizer: "sgd", loss: "mse", metrics: ["mae"], weightedMetrics: ["mae", "mse"] });
    const found = await model.evaluate(column([1, 1]), [1, 3], { sampleWeight: [3, 1] });
    expect(found).toEqual({ loss: (3 + 9) / 2, mae: 2, mae_1: 1.5, mse: 3 });
  });
});

describe("a loss that is any function", () => {
  it("may return a loss for each sample, or their mean", async () => {
    const [each, mean, wanted] = [line(0.01), line(0.01), line(0.01)];
    each.model.compile({ optimizer: new SGD({ lr: 0.01 }), loss: (p, t) => p.sub(t).square() });
    mean.model.compile({ optimizer: new SGD({ lr: 0.01 }), loss: (p, t) => p.sub(t).square().mean() });
    for (const { model } of [each, mean, wanted]) await model.fit(column(x), y, { shuffle: false });
    expect(each.weight()).toBeCloseTo(wanted.weight(), 12);
    expect(mean.weight()).toBeCloseTo(wanted.weight(), 12);
  });

  it("can be weighted only if it returns a loss for each sample", async () => {
    const sampleWeight = [1, 2, 3, 4, 5];
    const [each, wanted, mean] = [line(0.01), line(0.01), line(0.01)];
    each.model.compile({ optimizer: new SGD({ lr: 0.01 }), loss: (p, t) => p.sub(t).square() });
    await each.model.fit(column(x), y, { shuffle: false, sampleWeight });
    await wanted.model.fit(column(x), y, { shuffle: false, sampleWeight });
    expect(each.weight()).toBeCloseTo(wanted.weight(), 12);
    mean.model.compile({ optimizer: "sgd", loss: (p, t) => p.sub(t).square().mean() });
    await expect(mean.model.fit(column(x), y, { sampleWeight })).rejects.toThrow(/a loss for each sample/);
  });
});
