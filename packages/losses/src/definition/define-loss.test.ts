import { DTypeError, OptionError, ShapeError, type Tensor, tensor, ValueError, zeros } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import {
  binaryCrossEntropy,
  binaryFocal,
  checkLoss,
  crossEntropy,
  defineLoss,
  huber,
  type Loss,
  lossByName,
  mse,
} from "../index.ts";

const tukey = defineLoss("tukey", (prediction, target, { c = 4.685 } = {}) => {
  const inside = prediction.sub(target).div(c).square().neg().add(1).relu();
  return inside
    .pow(3)
    .neg()
    .add(1)
    .mul(c ** 2 / 6);
});

describe("defineLoss", () => {
  it("makes a loss of a function in ten lines: reductions, options, a name, a check", () => {
    expect(tukey([1, 2], [1, 9]).item()).toBeCloseTo(1.829102083333333, 5);
    expect(tukey([1, 2], [1, 9], { c: 2, reduction: "sum" }).item()).toBeCloseTo(2 / 3, 6);
    expect(tukey([1, 2], [1, 9], { reduction: "none" }).shape).toEqual([2]);
    expect(tukey.lossName).toBe("tukey");
    expect(tukey.name).toBe("tukey");
    expect(lossByName("tukey")).toBe(tukey);
    expect(String(checkLoss(tukey))).toContain("tukey: sound");
    expect(String(checkLoss(tukey, {}))).toContain("tukey: sound");
  });

  it("refuses options that the function does not read", () => {
    expect(() => tukey([1], [2], { d: 3 })).toThrow(OptionError);
    expect(() => tukey([1], [2], { d: 3 })).toThrow(/got "d".*\n.*c, reduction, sampleWeight/);
    expect(() => mse([1], [2], { delta: 1 } as object)).toThrow(/Known: reduction, sampleWeight/);
    expect(() => huber([1], [2], { detla: 1 } as object)).toThrow(/Did you mean "delta"/);
    expect(() => mse([1], [2], 3 as unknown as object)).toThrow(/an object of options, got the number 3/);
  });

  it("refuses what is no definition", () => {
    expect(() => defineLoss("none", 3 as unknown as () => Tensor)).toThrow(/a function from predictions/);
    expect(() => defineLoss("wrong", (p) => p, { option: [] } as object)).toThrow(/Did you mean "options"/);
  });

  it("refuses kinds of numbers that there are not, and data that is no input", () => {
    const define = (settings: object) => defineLoss("kindly", (p, t) => p.sub(t), settings as never);
    expect(() => define({ inputs: { prediction: "logits", target: "label" } })).toThrow(/prediction: .*"logit"/s);
    expect(() => define({ inputs: { prediction: "toString", target: "real" } })).toThrow(OptionError);
    expect(() => define({ inputs: {} })).toThrow(/expected its inputs in order/);
    expect(() => define({ inputs: "real" })).toThrow(OptionError);
    expect(() => define({ given: ["y"] })).toThrow(/names of its inputs: prediction, target/);
    expect(() => define({ given: "target" })).toThrow(/a list of names/);
  });

  it("says so when the function returns nothing, or fails inside", () => {
    const forgetful = defineLoss("forgetful", (() => {}) as unknown as () => Tensor);
    expect(() => forgetful([1], [2])).toThrow(DTypeError);
    expect(() => forgetful([1], [2])).toThrow(/got undefined.*\n.*return statement/);
    const broken = defineLoss("broken", (p) => p.reshape(7));
    expect(() => broken([1], [2])).toThrow(/^broken: reshape: expected/);
  });

  it("knows the options that it lists, read or not, and lets other errors through", () => {
    const listed = defineLoss<{ unused?: number }>("listed", (p, t) => p.sub(t), { options: ["unused"] });
    expect(listed([3], [1], { unused: 1 }).item()).toBe(2);
    const failing = defineLoss("failing", () => {
      throw new RangeError("not ours");
    });
    expect(() => failing([1], [2])).toThrow(RangeError);
  });

  it("says which input is missing, the first one too", () => {
    expect(() => (mse as (...args: unknown[]) => Tensor)()).toThrow(
      /2 tensors \(prediction, target\).*got no prediction/,
    );
  });

  it("refuses targets and predictions that are none, and shapes that differ", () => {
    expect(() => binaryCrossEntropy([0.5], [2])).toThrow(ValueError);
    expect(() => binaryCrossEntropy([0.5], [1, 0])).toThrow(ShapeError);
    expect(() => binaryCrossEntropy([2], [1])).toThrow(ValueError);
  });

  it("fixes options with with(), and lets a call override them", () => {
    const sharp = huber.with({ delta: 0.5 }).with({ reduction: "sum" });
    expect(sharp([3], [0]).item()).toBeCloseTo(0.5 * (3 - 0.25), 6);
    expect(sharp([3, 3], [0, 0], { delta: 1 }).item()).toBeCloseTo(5, 6);
    expect(sharp.lossName).toBe("huber");
    expect(sharp.options).toEqual({ delta: 0.5, reduction: "sum" });
    expect(huber([3], [0]).item()).toBeCloseTo(2.5, 6);
    expect(() => binaryFocal.with({ gama: 1 } as object)).toThrow(/Did you mean "gamma"/);
    expect(() => huber.with({ reduction: "avg" as "mean" })).toThrow(OptionError);
  });

  it("says the names of its options, where it has declared them", () => {
    expect(binaryFocal.optionNames).toEqual(["gamma", "alpha", "fromLogits", "labelSmoothing"]);
    expect(tukey.optionNames).toBeUndefined();
  });

  it("says what numbers its inputs take, as the options have it", () => {
    expect(binaryFocal.inputs).toEqual({ prediction: "probability", target: "probability" });
    expect(binaryFocal.with({ fromLogits: true }).inputs.prediction).toBe("logit");
  });

  it("computes in the predictions' dtype", () => {
    const double = tensor([0.1], { dtype: "float64" });
    expect(mse(double, [0.3]).dtype).toBe("float64");
    // 0.3 goes to float64 directly, not by way of float32.
    expect(mse(double, [0.3]).item()).toBe((0.1 - 0.3) ** 2);
    expect(mse([0.1], double).dtype).toBe("float32");
    expect(mse(tensor([1], { dtype: "int32" }), [3]).item()).toBe(4);
  });

  it("takes several inputs by name", () => {
    const between = defineLoss<{ scale?: number }, readonly [low: number[], x: number[], high: number[]]>(
      "between",
      (low, x, high, { scale = 1 }) => low.sub(x).relu().add(x.sub(high).relu()).mul(scale),
      { inputs: { low: "real", x: "real", high: "real" }, given: ["low", "high"], options: ["scale"] },
    );
    expect(between([0, 0], [0.5, 3], [1, 1], { scale: 2, reduction: "sum" }).item()).toBe(4);
    expect(String(checkLoss(between))).toContain("low [4, 3], x [4, 3], high [4, 3]");
    expect(() => between([0], [1], [1, 2])).toThrow(/high \[2\] and low \[1\]/);
  });

  it("accepts losses with and without options where a loss is wanted", () => {
    const table: Loss[] = [mse, huber, crossEntropy, tukey];
    expect(table.map((loss) => loss([[1, 2]], loss === crossEntropy ? [0] : [[1, 2]]).rank)).toEqual([0, 0, 0, 0]);
  });
});

describe("reductions", () => {
  const prediction = [
    [1, 2],
    [3, 4],
  ];
  const target = zeros([2, 2]);

  it("are the mean over all elements, the sum, and none", () => {
    expect(mse(prediction, target).item()).toBe(7.5);
    expect(mse(prediction, target, { reduction: "sum" }).item()).toBe(30);
    expect(mse(prediction, target, { reduction: "none" }).toArray()).toEqual([
      [1, 4],
      [9, 16],
    ]);
  });

  it("refuse other words, with the nearest", () => {
    expect(() => mse(prediction, target, { reduction: "meen" as "mean" })).toThrow(/Did you mean "mean"/);
    expect(() => mse(prediction, target, { reduction: 1 as unknown as "mean" })).toThrow(OptionError);
  });

  it("of nothing are 0 for the sum, nothing for none, and an error for the mean", () => {
    const nothing = zeros([0, 2]);
    expect(mse(nothing, nothing, { reduction: "sum" }).item()).toBe(0);
    expect(mse(nothing, nothing, { reduction: "none" }).shape).toEqual([0, 2]);
    expect(() => mse(nothing, nothing)).toThrow(ValueError);
    expect(() => mse(nothing, nothing)).toThrow(/empty batch has no mean/);
  });

  it("of one number without axes are that number", () => {
    expect(mse(3, 1).item()).toBe(4);
    expect(mse(3, 1, { reduction: "none" }).shape).toEqual([]);
  });
});

describe("sample weights", () => {
  const prediction = [
    [1, 2],
    [3, 4],
  ];
  const target = zeros([2, 2]);

  it("weigh samples, elements or everything, and the mean still divides by the number of elements", () => {
    expect(mse(prediction, target, { sampleWeight: [2, 0] }).item()).toBe(10 / 4);
    expect(mse(prediction, target, { sampleWeight: [[2], [0]] }).item()).toBe(10 / 4);
    expect(
      mse(prediction, target, {
        sampleWeight: [
          [1, 0],
          [0, 1],
        ],
      }).item(),
    ).toBe(17 / 4);
    expect(mse(prediction, target, { sampleWeight: 3, reduction: "sum" }).item()).toBe(90);
    expect(mse(prediction, target, { sampleWeight: [true, false], reduction: "sum" }).item()).toBe(5);
    expect(mse(prediction, target, { sampleWeight: [-1, 0], reduction: "sum" }).item()).toBe(-5);
  });

  it("of 0 leave a loss out though it be infinite", () => {
    expect(mse([Number.POSITIVE_INFINITY, 1], [0, 0], { sampleWeight: [0, 1], reduction: "sum" }).item()).toBe(1);
  });

  it("have gradients of their own", () => {
    const sampleWeight = tensor([1, 2], { requiresGrad: true });
    mse(prediction, target, { sampleWeight, reduction: "sum" }).backward();
    expectClose(sampleWeight.grad!, { shape: [2], data: [5, 25] });
  });

  it("refuse shapes that are no leading part of the losses', and NaN", () => {
    expect(() => mse(prediction, target, { sampleWeight: [1, 2, 3] })).toThrow(ShapeError);
    expect(() => mse(prediction, target, { sampleWeight: [1, 2, 3] })).toThrow(/shape, \[2, 2\], got \[3\].*\n.*\[2\]/);
    expect(() => mse([1, 2], [1, 2], { sampleWeight: [[1], [2]] })).toThrow(ShapeError);
    expect(() => mse(prediction, target, { sampleWeight: [1, Number.NaN] })).toThrow(ValueError);
  });
});
