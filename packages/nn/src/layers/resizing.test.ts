import { OptionError, ShapeError, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { GEGLU, GLU, InstanceNorm, PixelShuffle, Resizing, SwiGLU, UpSampling1d } from "../index.ts";

describe("Resizing", () => {
  const x = [[[[1, 2, 3]]]];

  it("gives the same where the size is", () => {
    expect(new Resizing({ height: 1, width: 3 }).call(x).toArray()).toEqual(x);
  });

  it("takes no other interpolation, size or rank", () => {
    expect(() => new Resizing({ height: 2, width: 2, interpolation: "cubic" as never })).toThrow(/nearest-exact/);
    expect(() => new Resizing({ height: 0, width: 2 })).toThrow(OptionError);
    expect(() => new Resizing({ width: 2 } as never)).toThrow(/height/);
    expect(() => new Resizing({ height: 2, width: 2 }).call(zeros([2, 3, 4]))).toThrow(ShapeError);
    expect(() => new UpSampling1d({ size: 1.5 })).toThrow(OptionError);
  });
});

describe("PixelShuffle", () => {
  it("refuses channels that do not make squares", () => {
    expect(() => new PixelShuffle(2).call(zeros([1, 6, 2, 2]))).toThrow(/that 4 divides/);
    expect(new PixelShuffle(3).outputShape([null, 9, null, 2])).toEqual([null, 1, null, 6]);
  });
});

describe("gated linear units", () => {
  it("refuse odd numbers of features and the batch's axis", () => {
    for (const Class of [GLU, GEGLU, SwiGLU]) {
      expect(() => new Class().call(zeros([2, 3]))).toThrow(/an even length/);
      expect(() => new Class({ axis: 0 })).toThrow(OptionError);
      expect(new Class({ axis: 1 }).outputShape([null, 4, null])).toEqual([null, 2, null]);
    }
  });
});

describe("InstanceNorm", () => {
  it("has weights only where it is told", () => {
    expect(new InstanceNorm({ inputShape: [3, 4] }).parameters()).toEqual([]);
    expect(new InstanceNorm({ center: true, inputShape: [3, 4] }).parameters().length).toBe(1);
    expect(() => new InstanceNorm().call(zeros([2, 3]))).toThrow(/at least one axis of places/);
  });
});
