import { checkGradients, Generator, manualSeed, OptionError, ones, ShapeError, tensor, zeros } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { constant } from "../initializers/initializer.ts";
import { l1, l2 } from "../regularizers.ts";
import { Dense, Linear } from "./index.ts";

const x = tensor(
  [
    [1, 2],
    [-3, 0.5],
  ],
  { dtype: "float64" },
);

describe("Dense", () => {
  it("computes x W + b and then the activation", () => {
    const layer = new Dense({ units: 1, inputDim: 2, activation: "relu", dtype: "float64" });
    layer.kernel.assign([[2], [-1]]);
    layer.bias?.assign([0.5]);
    expectClose(layer.call(x), { shape: [2, 1], data: [0.5, 0] });
  });

  it("takes its units first, or among the options", () => {
    expect(new Dense(3, { useBias: false }).units).toBe(3);
    expect(new Dense({ units: 3 }).units).toBe(3);
  });

  it("makes its weights when it first sees an input, in the input's features", () => {
    const layer = new Dense(3);
    expect([...layer.namedParameters()]).toEqual([]);
    layer.call(ones([5, 4]));
    expect(layer.kernel.shape).toEqual([4, 3]);
    expect([...layer.namedParameters().keys()]).toEqual(["kernel", "bias"]);
    expect(layer.inputShape).toEqual([null, 4]);
  });

  it("makes them at once where the options name the input", () => {
    expect(new Dense({ units: 3, inputShape: [null, 4] }).kernel.shape).toEqual([4, 3]);
    expect(new Dense({ units: 3, inputDim: 4, useBias: false }).parameters()).toHaveLength(1);
  });

  it("draws the kernel by Glorot's rule and starts the bias at zero", () => {
    const { kernel, bias } = new Dense({ units: 200, inputDim: 100, generator: new Generator(1) });
    const limit = Math.sqrt(6 / 300);
    expect(kernel.abs().max().item()).toBeLessThanOrEqual(limit);
    expect(kernel.abs().max().item()).toBeGreaterThan(0.99 * limit);
    expect(bias?.toArray()).toEqual(new Array(200).fill(0));
  });

  it("starts the same after the same seed", () => {
    manualSeed(7);
    const first = new Dense({ units: 2, inputDim: 2 }).kernel.toArray();
    manualSeed(7);
    expect(new Dense({ units: 2, inputDim: 2 }).kernel.toArray()).toEqual(first);
  });

  it("works on every vector of an input with more axes", () => {
    const layer = new Dense({ units: 3 });
    expect(layer.call(zeros([2, 5, 4])).shape).toEqual([2, 5, 3]);
    expect(layer.outputShape([null, null, 4])).toEqual([null, null, 3]);
  });

  it("takes an empty batch", () => {
    expect(new Dense({ units: 3, inputDim: 4 }).call(zeros([0, 4])).shape).toEqual([0, 3]);
  });

  it("has right gradients", () => {
    const layer = new Dense({ units: 3, inputDim: 2, activation: "tanh", dtype: "float64" });
    checkGradients(
      (input, kernel, bias) => Object.assign(layer, { kernel, bias }).call(input),
      [x, layer.kernel.detach(), layer.bias!.detach()],
      { second: true },
    );
  });

  it("says which layer got what, and what it was made for", () => {
    const layer = new Dense({ units: 3, inputDim: 4, name: "hidden" });
    expect(() => layer.call(zeros([32, 5]))).toThrow(
      /^layer "hidden" \(Dense\): input: expected shape \[batch, .., 4\], got \[32, 5\]/,
    );
    expect(() => layer.call(zeros([4]))).toThrow(/unsqueeze\(0\)/);
    expect(() => layer.call(zeros([4]))).toThrow(ShapeError);
  });

  it("refuses options it does not know, and units that are no count", () => {
    expect(() => new Dense({ units: 3, activaton: "relu" } as never)).toThrow(/Did you mean "activation"/);
    expect(() => new Dense({ units: 3, activation: "rellu" as never })).toThrow(/Did you mean "relu"/);
    expect(() => new Dense({ units: 3, kernelInitializer: "glorot" as never })).toThrow(OptionError);
    for (const units of [0, 1.5, "3", undefined]) expect(() => new Dense({ units } as never)).toThrow(OptionError);
    expect(() => new Dense({ units: 1, inputDim: 0 })).toThrow(ShapeError);
    expect(() => new Dense({ units: 1, inputDim: 2, inputShape: [2] })).toThrow(/either inputShape or inputDim/);
    expect(() => new Dense({ units: 1, inputShape: [null] })).toThrow(/whose length along axis -1 is known/);
  });

  it("names an initializer whose tensor has another shape", () => {
    expect(() => new Dense({ units: 1, inputDim: 2, kernelInitializer: () => zeros([3]) })).toThrow(
      /initializer: expected a tensor of shape \[2, 1\], got \[3\]/,
    );
  });

  it("adds its regularisers to the penalty", () => {
    const layer = new Dense({
      units: 1,
      inputDim: 2,
      kernelInitializer: constant(-3),
      biasInitializer: constant(2),
      kernelRegularizer: l2(0.1),
      biasRegularizer: l1(0.5),
    });
    expect(layer.penalty()?.item()).toBeCloseTo(0.1 * 18 + 0.5 * 2, 6);
    expect(new Dense({ units: 1, inputDim: 2 }).penalty()).toBeNull();
    expect(new Dense({ units: 1, kernelRegularizer: "l2" }).penalty()).toBeNull();
  });

  it("divides the activity's penalty by the number of examples, and counts only the last call", () => {
    const layer = new Dense({ units: 1, inputDim: 2, kernelInitializer: "ones", activityRegularizer: l1(0.1) });
    layer.call(x);
    layer.call(x);
    expect(layer.penalty()?.item()).toBeCloseTo((0.1 * (3 + 2.5)) / 2, 6);
  });
});

describe("Linear", () => {
  it("has its weights at once, in PyTorch's layout", () => {
    const layer = new Linear(4, 3);
    expect(layer.weight.shape).toEqual([3, 4]);
    expect(layer.bias?.shape).toEqual([3]);
    expect(new Linear(4, 3, { bias: false }).parameters()).toHaveLength(1);
  });

  it("draws both from ±1 / √in, as PyTorch does", () => {
    const { weight, bias } = new Linear(64, 1000, { generator: new Generator(3) });
    for (const drawn of [weight, bias!]) {
      expect(drawn.abs().max().item()).toBeLessThanOrEqual(1 / 8);
      expect(drawn.abs().max().item()).toBeGreaterThan(0.99 / 8);
    }
  });

  it("takes a single vector, as PyTorch does", () => {
    expect(new Linear(4, 3).call([1, 2, 3, 4]).shape).toEqual([3]);
  });

  it("has right gradients", () => {
    const layer = new Linear(2, 3, { dtype: "float64" });
    checkGradients(
      (input, weight, bias) => Object.assign(layer, { weight, bias }).call(input),
      [x, layer.weight.detach(), layer.bias!.detach()],
      { second: true },
    );
  });

  it("refuses other inputs, and features that are no count", () => {
    expect(() => new Linear(4, 3).call(zeros([2, 3]))).toThrow(/expected shape \[.., 4\], got \[2, 3\]/);
    expect(() => new Linear(0, 3)).toThrow(OptionError);
    expect(() => new Linear(3, 2, { inputDim: 3 })).toThrow(OptionError);
    expect(() => new Linear(3, 2, { bais: true } as never)).toThrow(/Did you mean "bias"/);
  });
});
