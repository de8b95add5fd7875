import { checkGradients, Generator, randn, ShapeError, tensor, ValueError, zeros } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { BatchNorm, LayerNorm } from "./index.ts";

const dtype = "float64";
const images = randn([4, 2, 3, 3], { dtype, generator: new Generator(5) });

describe("LayerNorm", () => {
  it("brings each example to mean 0 and variance 1", () => {
    const y = new LayerNorm({ dtype, eps: 0 }).call(
      tensor(
        [
          [1, 3],
          [10, 30],
        ],
        { dtype },
      ),
    );
    expectClose(y, { shape: [2, 2], data: [-1, 1, -1, 1] });
  });

  it("works along several axes, with weights in their shape", () => {
    const layer = new LayerNorm({ axis: [1, 2, 3], dtype });
    const y = layer.call(images);
    expect(layer.gamma?.shape).toEqual([2, 3, 3]);
    expectClose(y.mean([1, 2, 3]), zeros([4]), { tolerance: 1e-12 });
  });

  it("keeps a constant example finite", () => {
    expect(new LayerNorm().call([[5, 5, 5]]).toArray()).toEqual([[0, 0, 0]]);
  });

  it("leaves out what is not wanted", () => {
    expect(new LayerNorm({ center: false, inputDim: 2 }).namedParameters().size).toBe(1);
    expect(new LayerNorm({ center: false, scale: false, inputDim: 2 }).parameters()).toEqual([]);
  });

  it("has right gradients", () => {
    const layer = new LayerNorm({ dtype, inputShape: [2, 3, 3], axis: [1, 3] });
    expect(layer.gamma?.shape).toEqual([2, 3]);
    const weights = randn([2, 3], { dtype, generator: new Generator(2) });
    checkGradients((x, gamma, beta) => Object.assign(layer, { gamma, beta }).call(x), [images, weights, weights], {
      second: true,
      tolerance: 1e-5,
    });
  });

  it("refuses inputs of another length", () => {
    const layer = new LayerNorm({ inputDim: 3 });
    expect(() => layer.call(zeros([2, 4]))).toThrow(/expected length 3 along axis 1, got 4 in \[2, 4\]/);
    expect(() => new LayerNorm({ eps: -1 })).toThrow(ValueError);
    expect(() => new LayerNorm({ axis: 3, inputDim: 3 })).toThrow(
      /^layer "layer_norm" \(LayerNorm\): axis: expected an axis/,
    );
  });
});

describe("BatchNorm", () => {
  it("brings each feature to mean 0 and variance 1 over the batch", () => {
    const y = new BatchNorm({ dtype, eps: 0 }).call(
      tensor(
        [
          [1, 10],
          [3, 30],
        ],
        { dtype },
      ),
    );
    expectClose(y, { shape: [2, 2], data: [-1, -1, 1, 1] });
  });

  it("moves the running statistics towards the batch's, with the unbiased variance", () => {
    const layer = new BatchNorm({ dtype });
    layer.call(tensor([[1], [3]], { dtype }));
    expectClose(layer.runningMean, { shape: [1], data: [0.1 * 2] });
    expectClose(layer.runningVar, { shape: [1], data: [0.9 + 0.1 * 2] });
  });

  it("keeps Keras's biased variance on request, and as much of the old as momentum says", () => {
    const layer = new BatchNorm({ dtype, correction: 0, momentum: 0.25 });
    layer.call(tensor([[1], [3]], { dtype }));
    expectClose(layer.runningMean, { shape: [1], data: [0.75 * 2] });
    expectClose(layer.runningVar, { shape: [1], data: [0.25 + 0.75 * 1] });
  });

  it("uses the running statistics in evaluation and leaves them as they are", () => {
    const layer = new BatchNorm({ dtype, inputDim: 1, eps: 0 });
    layer.runningMean.assign([2]);
    layer.runningVar.assign([4]);
    layer.gamma?.assign([3]);
    layer.beta?.assign([1]);
    expectClose(layer.eval().call(tensor([[6]], { dtype })), { shape: [1, 1], data: [7] });
    expect(layer.runningMean.toArray()).toEqual([2]);
  });

  it("has its statistics as state, not as weights", () => {
    const layer = new BatchNorm({ inputDim: 2 });
    expect([...layer.namedParameters().keys()]).toEqual(["gamma", "beta"]);
    expect([...layer.namedBuffers().keys()]).toEqual(["runningMean", "runningVar"]);
    expect(layer.countParameters()).toEqual({ total: 8, trainable: 4, nonTrainable: 4 });
  });

  it.each([true, false])("has right gradients, training: %s", (training) => {
    const layer = new BatchNorm({ axis: 1, dtype, inputShape: [2, 3, 3] }).train(training);
    const weights = randn([2], { dtype, generator: new Generator(2) });
    checkGradients((x, gamma, beta) => Object.assign(layer, { gamma, beta }).call(x), [images, weights, weights], {
      second: true,
      tolerance: 1e-5,
    });
  });

  it("does not put the running statistics on the tape", () => {
    const layer = new BatchNorm({ inputDim: 2 });
    layer.call(
      tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { requiresGrad: true },
      ),
    );
    expect(layer.runningMean.requiresGrad).toBe(false);
  });

  it("refuses a single value for each feature in training, but takes it in evaluation", () => {
    const layer = new BatchNorm({ inputDim: 2 });
    expect(() => layer.call([[1, 2]])).toThrow(/at least 2 values for each feature.*\n.*larger batches/);
    expect(layer.eval().call([[1, 2]]).shape).toEqual([1, 2]);
  });

  it("refuses other features, vectors, and options out of range", () => {
    const layer = new BatchNorm({ axis: 1, inputShape: [2, 3, 3] });
    expect(() => layer.call(zeros([4, 3, 3, 2]))).toThrow(/expected length 2 along axis 1, got 3/);
    expect(() => layer.call(zeros([4]))).toThrow(ShapeError);
    expect(() => new BatchNorm({ axis: 0 })).toThrow(ValueError);
    expect(() => new BatchNorm({ momentum: 1.5 })).toThrow(ValueError);
    expect(() => new BatchNorm({ correction: 2 as never })).toThrow(ValueError);
    expect(() => new BatchNorm({ epsilon: 1 } as never)).toThrow(/Did you mean "eps"|Known:/);
  });
});
