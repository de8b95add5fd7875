import { eye, Generator, manualSeed, OptionError, ShapeError, type Tensor, ValueError } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { functionsOf } from "../../test/public.ts";
import { initializerByName, toInitializer } from "./by-name.ts";
import * as initializers from "./functions.ts";
import {
  calculateGain,
  constant,
  fansOf,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  identity,
  kaimingNormal,
  kaimingUniform,
  lecunNormal,
  lecunUniform,
  ones,
  orthogonal,
  randomNormal,
  randomUniform,
  truncatedNormal,
  varianceScaling,
  xavierNormal,
  xavierUniform,
  zeros,
} from "./functions.ts";
import { orthonormalRows } from "./orthogonal.ts";

const draw = (initializer: Initializer, shape = [200, 300]): Tensor =>
  initializer(shape, { dtype: "float64", generator: new Generator(11) });

/** The largest size in units of the standard deviation: √3 for a uniform, 2.27 for a normal cut off, 4 or so for a normal. */
const reach = (x: Tensor): number => x.abs().max().item() / x.std().item();

describe("fans", () => {
  it("are read off dense and convolution weights in both layouts", () => {
    expect(fansOf([784, 128])).toEqual({ fanIn: 784, fanOut: 128 });
    expect(fansOf([128, 784], "out-in")).toEqual({ fanIn: 784, fanOut: 128 });
    expect(fansOf([3, 5, 16, 32])).toEqual({ fanIn: 240, fanOut: 480 });
    expect(fansOf([32, 16, 3, 5], "out-in")).toEqual({ fanIn: 240, fanOut: 480 });
    expect(fansOf([7])).toEqual({ fanIn: 7, fanOut: 7 });
    expect(fansOf([])).toEqual({ fanIn: 1, fanOut: 1 });
  });
});

describe("scaled initialisers", () => {
  it.each([
    ["glorotUniform", glorotUniform(), 2 / 500, Math.sqrt(3)],
    ["glorotNormal", glorotNormal(), 2 / 500, 2 / 0.8796],
    ["heUniform", heUniform(), 2 / 200, Math.sqrt(3)],
    ["heNormal", heNormal(), 2 / 200, 2 / 0.8796],
    ["lecunUniform", lecunUniform(), 1 / 200, Math.sqrt(3)],
    ["lecunNormal", lecunNormal(), 1 / 200, 2 / 0.8796],
    ["xavierUniform", xavierUniform({ gain: 2 }), (4 * 2) / 500, Math.sqrt(3)],
    ["kaimingUniform", kaimingUniform({ a: Math.sqrt(5) }), 1 / 3 / 200, Math.sqrt(3)],
  ])("%s has its variance and its bounds", (_name, initializer, variance, bound) => {
    const x = draw(initializer);
    // Of 60,000 draws the variance has a standard error of at most 0.6%, the mean one of 0.4% of the spread.
    expect(x.var().item() / variance).toBeCloseTo(1, 1.5);
    expect(Math.abs(x.mean().item()) / Math.sqrt(variance)).toBeLessThan(0.02);
    expect(reach(x)).toBeLessThan(bound * 1.01);
    expect(reach(x)).toBeGreaterThan(bound * 0.98);
  });

  it.each([
    ["xavierNormal", xavierNormal(), 2 / 500],
    ["kaimingNormal", kaimingNormal({ mode: "fanOut", nonlinearity: "tanh" }), 25 / 9 / 300],
  ])("%s is a whole normal", (_name, initializer, variance) => {
    const x = draw(initializer);
    expect(x.var().item() / variance).toBeCloseTo(1, 1.5);
    expect(reach(x)).toBeGreaterThan(3);
  });

  it("scale by the fans of the layout that the layer says", () => {
    const x = heUniform()([300, 200], { dtype: "float64", generator: new Generator(1), layout: "out-in" });
    expect(x.var().item() / (2 / 200)).toBeCloseTo(1, 1.5);
  });

  it("scale by a single input", () => {
    const x = draw(lecunUniform(), [1, 2000]);
    expect(x.abs().max().item()).toBeCloseTo(Math.sqrt(3), 1.5);
  });

  it("take weights without inputs", () => {
    expect(glorotUniform()([0, 3]).shape).toEqual([0, 3]);
    expect(heNormal()([0, 3]).shape).toEqual([0, 3]);
  });

  it("refuse what they do not know", () => {
    expect(() => varianceScaling({ mode: "fan_in" as never })).toThrow(/Did you mean "fanIn"/);
    expect(() => varianceScaling({ distribution: "gauss" as never })).toThrow(OptionError);
    expect(() => varianceScaling({ scale: 0 })).toThrow(ValueError);
    expect(() => kaimingUniform({ nonlinearity: "rleu" as never })).toThrow(/Did you mean "relu"/);
    expect(() => kaimingUniform({ slope: 1 } as never)).toThrow(OptionError);
  });

  it("use PyTorch's gains", () => {
    expect(calculateGain("relu")).toBe(Math.SQRT2);
    expect(calculateGain("tanh")).toBe(5 / 3);
    expect(calculateGain("leakyRelu", 0.2)).toBeCloseTo(Math.sqrt(2 / 1.04), 12);
    expect(calculateGain("leakyRelu")).toBeCloseTo(Math.sqrt(2 / 1.0001), 12);
    expect(calculateGain("sigmoid")).toBe(1);
    expect(calculateGain("selu")).toBe(0.75);
    expect(calculateGain("linear")).toBe(1);
  });
});

describe("plain initialisers", () => {
  it("fill with one number, or with the identity", () => {
    expect(zeros()([2]).toArray()).toEqual([0, 0]);
    expect(ones()([2]).toArray()).toEqual([1, 1]);
    expect(constant(0.5)([2], { dtype: "float64" }).toArray()).toEqual([0.5, 0.5]);
    expect(identity({ gain: 2 })([2, 3]).toArray()).toEqual([
      [2, 0, 0],
      [0, 2, 0],
    ]);
    expect(() => identity()([2])).toThrow(ShapeError);
  });

  it("draw with the spread that they are told, 0.05 by default", () => {
    expect(draw(randomNormal()).std().item()).toBeCloseTo(0.05, 3);
    expect(
      draw(randomNormal({ mean: 3, std: 1 }))
        .mean()
        .item(),
    ).toBeCloseTo(3, 1.5);
    const uniform = draw(randomUniform());
    expect([uniform.min().item(), uniform.max().item()].map((v) => Number(v.toFixed(3)))).toEqual([-0.05, 0.05]);
    expect(
      draw(randomUniform({ low: 2, high: 4 }))
        .mean()
        .item(),
    ).toBeCloseTo(3, 1.5);
    const cut = draw(truncatedNormal({ std: 0.1 }));
    expect(cut.abs().max().item()).toBeLessThanOrEqual(0.2);
    expect(cut.std().item()).toBeCloseTo(0.08796, 3);
    expect(() => randomNormal({ stddev: 1 } as never)).toThrow(OptionError);
    expect(() => randomUniform({ minimum: 1 } as never)).toThrow(OptionError);
    expect(() => truncatedNormal({ stddev: 1 } as never)).toThrow(OptionError);
    expect(() => varianceScaling({ gain: 1 } as never)).toThrow(OptionError);
  });
});

describe("orthogonal", () => {
  it.each([[[6, 6]], [[6, 4]], [[4, 6]], [[1, 5]], [[3, 3, 2, 5]]])("makes %s orthonormal", (shape) => {
    const w = draw(orthogonal(), shape);
    const matrix = w.reshape(-1, shape.at(-1)!);
    const [rows, columns] = matrix.shape;
    const product = rows <= columns ? matrix.matmul(matrix.T) : matrix.T.matmul(matrix);
    expectClose(product, eye(Math.min(rows, columns)), { tolerance: 1e-12 });
  });

  it("goes by the layout, and by the gain", () => {
    const w = orthogonal({ gain: 3 })([4, 2, 3], { dtype: "float64", layout: "out-in" }).reshape(4, 6);
    expectClose(w.matmul(w.T), eye(4).mul(9), { tolerance: 1e-12 });
  });

  it("stays orthogonal at sizes where a single pass would not", () => {
    const w = draw(orthogonal(), [120, 120]);
    expectClose(w.matmul(w.T), eye(120), { tolerance: 1e-12 });
  });

  it("is orthogonal to the last digits where the numbers drawn nearly depend on each other", () => {
    // Rows that are alike but for 1e-12: what a single pass leaves along the rows before is as large as what is left.
    const rows = Float64Array.from({ length: 4 * 6 }, (_, at) => {
      const [row, column] = [Math.floor(at / 6), at % 6];
      return Math.cos(1 + column) + 1e-12 * Math.sin(1 + row * 6 + column * (row + 2));
    });
    const w = orthonormalRows(rows, 4, 6);
    expectClose(w.matmul(w.T), eye(4), { tolerance: 1e-6 });
  });

  it("favours no direction: signs come up alike", () => {
    const generator = new Generator(2);
    let positive = 0;
    for (let i = 0; i < 400; i++) if (orthogonal()([2, 2], { generator }).at(0, 0) > 0) positive++;
    expect(Math.abs(positive - 200)).toBeLessThan(50);
  });

  it("takes empty weights, refuses vectors", () => {
    expect(orthogonal()([0, 3]).shape).toEqual([0, 3]);
    expect(orthogonal()([3, 0]).shape).toEqual([3, 0]);
    expect(() => orthogonal()([3])).toThrow(ShapeError);
  });
});

/** The mean and the standard deviation of each initialiser's numbers with its defaults, for weights [200, 300]. */
const statistics: Record<string, readonly [mean: number, std: number]> = {
  zeros: [0, 0],
  ones: [1, 0],
  // 200 ones among 60,000 numbers.
  identity: [1 / 300, Math.sqrt((1 / 300) * (1 - 1 / 300))],
  // Rows of length 1.
  orthogonal: [0, 1 / Math.sqrt(300)],
  randomNormal: [0, 0.05],
  randomUniform: [0, 0.05 / Math.sqrt(3)],
  truncatedNormal: [0, 0.05 * 0.8796],
  varianceScaling: [0, Math.sqrt(1 / 200)],
  glorotUniform: [0, Math.sqrt(2 / 500)],
  glorotNormal: [0, Math.sqrt(2 / 500)],
  heUniform: [0, Math.sqrt(2 / 200)],
  heNormal: [0, Math.sqrt(2 / 200)],
  lecunUniform: [0, Math.sqrt(1 / 200)],
  lecunNormal: [0, Math.sqrt(1 / 200)],
  xavierUniform: [0, Math.sqrt(2 / 500)],
  xavierNormal: [0, Math.sqrt(2 / 500)],
  kaimingUniform: [0, Math.sqrt(2 / 200)],
  kaimingNormal: [0, Math.sqrt(2 / 200)],
};

/** What is no initialiser, or has no defaults and so no name. */
const others = ["calculateGain", "constant", "fansOf"];

describe("every initialiser of the public namespace", () => {
  it("is in the table of statistics", () => {
    expect([...Object.keys(statistics), ...others].sort(), "`statistics` wants a row for each initialiser").toEqual(
      functionsOf(initializers),
    );
  });

  it.each(Object.entries(statistics))("%s has its statistics, by its name", (name, [mean, std]) => {
    const x = draw(initializerByName(name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)));
    expect([x.shape, x.dtype]).toEqual([[200, 300], "float64"]);
    // Of 60,000 draws the standard deviation has a standard error of 0.3%, the mean one of 0.4% of it.
    expect(Math.abs(x.mean().item() - mean)).toBeLessThanOrEqual(0.02 * std);
    expect(Math.abs(x.std().item() - std)).toBeLessThanOrEqual(0.02 * std);
  });
});

describe("initialisers by name", () => {
  it("draw the same after the same seed", () => {
    const run = () => {
      manualSeed(5);
      return initializerByName("he_normal")([3, 3]).toArray();
    };
    expect(run()).toEqual(run());
  });

  it("suggest the nearest", () => {
    expect(() => initializerByName("glorot_unifrom")).toThrow(/Did you mean "glorot_uniform"/);
    expect(() => toInitializer(3 as never)).toThrow(OptionError);
  });
});
