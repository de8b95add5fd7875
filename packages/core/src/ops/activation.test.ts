import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import {
  elu,
  gelu,
  grad,
  hardSigmoid,
  hardSwish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  OptionError,
  relu,
  relu6,
  ShapeError,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../index.ts";

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf } = Number;

function float64(data: number[]): Tensor {
  return tensor(data, { dtype: "float64" });
}

describe("activations far from zero and at the special numbers", () => {
  const edges: [string, (x: Tensor) => Tensor, number[], number[]][] = [
    ["sigmoid", sigmoid, [0, 800, -800, inf, minusInf, nan], [0.5, 1, 0, 1, 0, nan]],
    ["relu", relu, [2, 0, -2, inf, minusInf, nan], [2, 0, 0, inf, 0, nan]],
    ["softplus", softplus, [0, 800, -800, inf, minusInf, nan], [Math.LN2, 800, 0, inf, 0, nan]],
    ["logSigmoid", logSigmoid, [0, 800, -800, inf, minusInf, nan], [-Math.LN2, 0, -800, 0, minusInf, nan]],
    ["leakyRelu", leakyRelu, [2, -2, inf, minusInf, nan], [2, -0.02, inf, minusInf, nan]],
    ["relu6", relu6, [2, -2, 9, nan], [2, 0, 6, nan]],
    ["elu", elu, [2, -800, inf, minusInf, nan], [2, -1, inf, -1, nan]],
    ["selu", selu, [1, minusInf], [1.0507009873554805, -1.7580993408473766]],
    ["gelu", gelu, [0, 40, -40, inf, nan], [0, 40, 0, inf, nan]],
    ["silu", silu, [0, 800, -800, inf, nan], [0, 800, 0, inf, nan]],
    ["mish", mish, [0, 800, -800, inf, nan], [0, 800, 0, inf, nan]],
    ["hardtanh", hardtanh, [0.5, 3, -3, nan], [0.5, 1, -1, nan]],
    ["softsign", softsign, [1, -3, 0], [0.5, -0.75, 0]],
    ["hardSigmoid", hardSigmoid, [0, 3, -3, 1.5], [0.5, 1, 0, 0.75]],
    ["hardSwish", hardSwish, [0, 3, -3, 1.5], [0, 3, 0, 1.125]],
  ];
  it.each(edges)("%s", (_name, f, x, y) => {
    expectClose(f(float64(x)), { shape: [x.length], data: y }, { tolerance: 1e-15 });
    expect(f(zeros([2, 0])).shape).toEqual([2, 0]);
    expect(f(tensor([1, 0], { dtype: "int32" })).dtype).toMatch(
      f === relu || f === hardtanh || f === relu6 ? "int32" : "float32",
    );
  });

  it("keep finite slopes where exp overflows", () => {
    for (const f of [sigmoid, softplus, logSigmoid, elu, selu, gelu, silu, mish]) {
      const slopes = grad((x) => f(x).sum())(float64([-800, 800]));
      expect(slopes.isFinite().toArray()).toEqual([true, true]);
    }
  });
});

describe("slopes of activations", () => {
  const slopes = (f: (x: Tensor) => Tensor, x: Tensor) => [...grad((t) => f(t).sum())(x).toTypedArray()];

  // PyTorch's, at and around the corners.
  it.each<[string, (x: Tensor) => Tensor, number[], number[]]>([
    ["relu6", relu6, [-1, -0, 0, 3, 6, 7, inf, minusInf], [0, 0, 0, 1, 0, 0, 0, 0]],
    ["hardtanh", hardtanh, [-2, -1, -0.5, 0, 1, 2, inf, minusInf], [0, 0, 1, 1, 0, 0, 0, 0]],
    ["hardSigmoid", hardSigmoid, [-4, -3, 0, 3, 4, inf, minusInf], [0, 0, 1 / 6, 0, 0, 0, 0]],
    ["hardSwish", hardSwish, [-4, -3, -2, 0, 3, 4], [0, 0, -1 / 6, 0.5, 1, 1]],
    ["relu", relu, [-0, 0, inf, minusInf], [0, 0, 1, 0]],
    ["elu", elu, [0, -15, inf, minusInf], [1, Math.exp(-15), 1, 0]],
  ])("%s: at its corners and beyond", (_name, f, x, expected) => {
    slopes(f, float64(x)).forEach((slope, i) => {
      expect(slope, `at ${x[i]}`).toBeCloseTo(expected[i], 12);
    });
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ["elu", elu],
    ["selu", selu],
    ["softplus", softplus],
    ["logSigmoid", logSigmoid],
    ["silu", silu],
    ["mish", mish],
    ["gelu by tanh", (x) => gelu(x, { approximate: "tanh" })],
  ])("%s: in float32 has the digits of float64 far below 0, and so has its value", (_name, f) => {
    const x = tensor([-0.01, -0.5, -2, -4, -8, -15, -40]);
    for (const of of [f, (t: Tensor) => tensor(slopes(f, t))]) {
      const [found, exact] = [of(x).toTypedArray(), of(x.cast("float64")).toTypedArray()];
      exact.forEach((y, i) => {
        expect(Math.abs(found[i] - y), `at ${x.at(i)}`).toBeLessThanOrEqual(Math.abs(y) * 2e-5 + 1e-40);
      });
    }
  });
});

it("options change the slope below zero", () => {
  expect(leakyRelu([-1, 2], 0.5).toArray()).toEqual([-0.5, 2]);
  expectClose(elu(float64([-1]), 2), { shape: [1], data: [2 * Math.expm1(-1)] });
  expect(() => gelu([1], { approximate: "fast" as "tanh" })).toThrow(OptionError);
});

describe("softmax and logSoftmax", () => {
  it("sum to 1 along the axis, also for logits that exp could not take", () => {
    const x = float64([1000, 1000 + Math.log(3), -1000]);
    expectClose(softmax(x), { shape: [3], data: [0.25, 0.75, 0] });
    expectClose(logSoftmax(x), { shape: [3], data: [Math.log(0.25), Math.log(0.75), -2000 + Math.log(0.25)] });
    expect(logSoftmax([0, 1000]).toArray()).toEqual([-1000, 0]);
  });

  it("give impossible classes probability 0", () => {
    expect(softmax([0, minusInf, 0]).toArray()).toEqual([0.5, 0, 0.5]);
    expect(logSoftmax([0, minusInf]).toArray()).toEqual([0, minusInf]);
  });

  it("are NaN where there is nothing to tell: NaN, ∞ against ∞, nothing but -∞", () => {
    for (const x of [
      [nan, 1],
      [inf, 1],
      [minusInf, minusInf],
    ])
      expect(softmax(x).isNaN().any().item()).toBe(1);
  });

  it("work along any axis, on one element, on nothing", () => {
    const columns = softmax(
      [
        [0, 1],
        [0, 1],
      ],
      0,
    );
    expect(columns.toArray()).toEqual([
      [0.5, 0.5],
      [0.5, 0.5],
    ]);
    expect(softmax([7]).toArray()).toEqual([1]);
    expect(logSoftmax([[7], [8]]).toArray()).toEqual([[0], [0]]);
    expect(softmax(zeros([0, 3])).shape).toEqual([0, 3]);
    expect(softmax(zeros([3, 0])).shape).toEqual([3, 0]);
  });

  it("refuse a scalar and an axis that is not there", () => {
    expect(() => softmax(1)).toThrow(ShapeError);
    expect(() => logSoftmax(1)).toThrow(/logSoftmax: expected a tensor with at least one axis, got a scalar/);
    expect(() => softmax([1, 2], 1)).toThrow(ValueError);
  });
});

it.each<[string, (x: Tensor) => Tensor, number, number]>([
  ["silu", silu, 0.7310585786300049, -0.2689414213699951],
  ["gelu", gelu, 0.8413447460685429, -0.15865525393145707],
  ["gelu by tanh", (x) => gelu(x, { approximate: "tanh" }), 0.8411919906082768, -0.15880800939172324],
  ["mish", mish, 0.8650983882673103, -0.30340146137410895],
  ["selu", selu, 1.0507009873554805, -1.1113307378125625],
  ["elu", elu, 1, -0.6321205588285577],
  ["softplus", softplus, 1.3132616875182228, 0.3132616875182228],
  ["logSigmoid", logSigmoid, -0.3132616875182228, -1.3132616875182228],
  ["sigmoid", sigmoid, 0.7310585786300049, 0.2689414213699951],
])("%s of 1 and -1 is what the formula gives", (_name, f, one, minusOne) => {
  const data = [one, minusOne];
  expectClose(f(tensor([1, -1], { dtype: "float64" })), { shape: [2], data }, { tolerance: 1e-12 });
});
