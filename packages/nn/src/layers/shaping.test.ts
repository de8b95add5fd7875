import { checkGradients, ModelError, OptionError, ones, randn, ShapeError, Tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { Dense, Flatten, Identity, Lambda, Permute, RepeatVector, Reshape } from "./index.ts";
import { toModule } from "./shaping.ts";

describe("a class where a layer is wanted", () => {
  it("is refused, of layers and of anything else", () => {
    for (const Class of [Lambda, Tensor, class {}]) {
      expect(() => toModule(Class as never)).toThrow(/a layer, a module or a function of a tensor.*\n.*new /);
      expect(() => new Lambda(Class as never)).toThrow(/a function of a tensor/);
    }
  });
});

describe("Flatten", () => {
  it("joins all axes but the batch's", () => {
    expect(new Flatten().call(zeros([2, 3, 4])).shape).toEqual([2, 12]);
    expect(new Flatten().call(zeros([2])).shape).toEqual([2, 1]);
    expect(new Flatten().call(zeros([0, 3, 4])).shape).toEqual([0, 12]);
  });

  it("says what comes out, where that can be known", () => {
    expect(new Flatten().outputShape([null, 3, 4])).toEqual([null, 12]);
    expect(new Flatten().outputShape([null, null, 4])).toEqual([null, null]);
  });

  it("refuses a scalar", () => {
    expect(() => new Flatten().call(3)).toThrow(ShapeError);
  });

  it("has right gradients", () => {
    checkGradients((x) => new Flatten().call(x), [randn([2, 3, 2])]);
  });
});

describe("Reshape", () => {
  it("puts each example into another shape", () => {
    expect(new Reshape([2, 6]).call(zeros([5, 3, 4])).shape).toEqual([5, 2, 6]);
    expect(new Reshape({ targetShape: [-1, 2] }).call(zeros([5, 3, 4])).shape).toEqual([5, 6, 2]);
    expect(new Reshape([-1, 2]).call(zeros([0, 3, 4])).shape).toEqual([0, 6, 2]);
    expect(new Reshape([-1, 2]).outputShape([null, null])).toEqual([null, null, 2]);
  });

  it("refuses examples that do not fill the shape", () => {
    expect(() => new Reshape([5]).call(zeros([2, 3]))).toThrow(
      /examples of 5 numbers.*got 3, in an input of shape \[2, 3\]/,
    );
    expect(() => new Reshape([2, -1]).call(zeros([2, 3]))).toThrow(/a multiple of 2/);
    expect(() => new Reshape([-1, -1])).toThrow(OptionError);
    expect(() => new Reshape([0])).toThrow(ShapeError);
    expect(() => new Reshape("2" as never)).toThrow(OptionError);
  });

  it("has right gradients", () => {
    checkGradients((x) => new Reshape([3, -1]).call(x), [randn([2, 6])]);
  });
});

describe("Lambda", () => {
  it("is a function as a layer", () => {
    const layer = new Lambda((x) => x.mul(2));
    expect(layer.call([1, 2]).toArray()).toEqual([2, 4]);
    expect(layer.name).toBe("lambda");
  });

  it("finds out the shape of its output by trying", () => {
    expect(new Lambda((x) => x.sum(1)).outputShape([null, 3, 4])).toEqual([null, 4]);
    expect(new Lambda((x) => x.unsqueeze(1)).outputShape([null, null])).toEqual([null, 1, null]);
  });

  it("refuses what is no function, and functions that return nothing", () => {
    expect(() => new Lambda(3 as never)).toThrow(OptionError);
    expect(() => new Lambda((() => undefined) as never).call([1])).toThrow(/Is a return missing/);
  });
});

describe("toModule", () => {
  it("takes modules as they are and functions as layers of their name", () => {
    const dense = new Dense(1);
    expect(toModule(dense)).toBe(dense);
    function double(x: Tensor) {
      return x.mul(2);
    }
    const layer = toModule(double);
    expect(layer.call(ones([1])).toArray()).toEqual([2]);
    expect(layer.name).toBe("double");
  });

  it("refuses a class and anything else", () => {
    expect(() => toModule(Dense as never)).toThrow(/Make one with new Dense/);
    expect(() => toModule("dense" as never)).toThrow(ModelError);
  });
});

describe("Identity", () => {
  it("gives what it is given", () => {
    const x = randn([2, 3]);
    expect(new Identity().call(x)).toBe(x);
    expect(new Identity().outputShape([null, 3])).toEqual([null, 3]);
  });
});

describe("Permute", () => {
  it("turns the axes behind the batch's", () => {
    expect(new Permute([2, 1]).call([[[1, 2, 3]]]).toArray()).toEqual([[[1], [2], [3]]]);
    expect(new Permute({ dims: [3, 1, 2] }).outputShape([null, 4, null, 6])).toEqual([null, 6, 4, null]);
    expect(new Permute([1]).call(zeros([0, 3])).shape).toEqual([0, 3]);
  });

  it("refuses axes that are missing, there twice or the batch's, and inputs of another rank", () => {
    for (const dims of [[1, 1], [2], [], "12", [0.5]]) expect(() => new Permute(dims as never)).toThrow(OptionError);
    expect(() => new Permute([0, 1])).toThrow(/Axis 0 is the batch's/);
    expect(() => new Permute([2, 1]).call(zeros([2, 3]))).toThrow(ShapeError);
  });
});

describe("RepeatVector", () => {
  it("makes a sequence of each vector", () => {
    expect(
      new RepeatVector(2)
        .call([
          [1, 2],
          [3, 4],
        ])
        .toArray(),
    ).toEqual([
      [
        [1, 2],
        [1, 2],
      ],
      [
        [3, 4],
        [3, 4],
      ],
    ]);
  });

  it("refuses sequences, and numbers of times that are not whole", () => {
    expect(() => new RepeatVector(2).call(zeros([2, 3, 4]))).toThrow(ShapeError);
    expect(() => new RepeatVector(0)).toThrow(OptionError);
  });
});
