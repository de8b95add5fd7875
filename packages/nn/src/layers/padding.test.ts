import { OptionError, ShapeError, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { Cropping1d, Cropping2d, ReflectionPad1d, ReflectionPad2d, ZeroPadding1d, ZeroPadding2d } from "../index.ts";

describe("padding and cropping", () => {
  it("say what comes out, as far as lengths are known", () => {
    expect(new ZeroPadding2d([1, 2]).outputShape([null, 3, null, 5])).toEqual([null, 3, null, 9]);
    expect(new Cropping1d([1, 2]).outputShape([null, 3, 5])).toEqual([null, 3, 2]);
    expect(new ReflectionPad1d(2).outputShape([null, 3, null])).toEqual([null, 3, null]);
  });

  it("undo each other", () => {
    const x = zeros([1, 2, 3, 4]).add(5);
    const around = [
      [1, 2],
      [0, 3],
    ] as const;
    expect(new Cropping2d(around).call(new ZeroPadding2d(around).call(x)).toArray()).toEqual(x.toArray());
    expect(new ZeroPadding1d(0).call([[[1, 2]]]).toArray()).toEqual([[[1, 2]]]);
  });

  it("have one number by default, as in Keras", () => {
    expect(new ZeroPadding2d().call(zeros([1, 1, 2, 2])).shape).toEqual([1, 1, 4, 4]);
    expect(new Cropping1d().call([[[1, 2, 3]]]).toArray()).toEqual([[[2]]]);
  });

  it("refuse words, fractions, negative numbers and other counts", () => {
    for (const wrong of ["same", 0.5, -1, [1, 2, 3], [[1, 2]], null])
      for (const Class of [ZeroPadding2d, ReflectionPad2d, Cropping2d])
        expect(() => new Class(wrong as never), `${Class.name} ${wrong}`).toThrow(OptionError);
    expect(() => new Cropping1d([1, -1])).toThrow(/cropping as a whole number/);
  });

  it("refuse inputs of another rank, and lengths that are too short", () => {
    expect(() => new ZeroPadding1d(1).call(zeros([1, 2, 3, 4]))).toThrow(ShapeError);
    expect(() => new ReflectionPad1d([0, 3]).call(zeros([1, 1, 3]))).toThrow(/lengths above the padding/);
    expect(() => new ReflectionPad2d(2).call(zeros([1, 1, 3, 2]))).toThrow(ShapeError);
    expect(() => new Cropping1d([1, 2]).call(zeros([1, 1, 3]))).toThrow(/something is left/);
  });
});
