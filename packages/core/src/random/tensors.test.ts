import { describe, expect, it } from "vitest";
import {
  bernoulli,
  categorical,
  DTypeError,
  Generator,
  manualSeed,
  OptionError,
  rand,
  randBeta,
  randExponential,
  randGamma,
  randGumbel,
  randint,
  randLaplace,
  randn,
  randPoisson,
  randperm,
  ShapeError,
  truncatedNormal,
  ValueError,
} from "../index.ts";

const generator = () => new Generator(7);

/** Mean and standard deviation that each distribution must come near to, from its formula. */
const moments: [string, (n: number) => ReturnType<typeof rand>, number, number][] = [
  ["rand", (n) => rand([n], { generator: generator() }), 0.5, Math.sqrt(1 / 12)],
  ["rand from -1 to 3", (n) => rand([n], { low: -1, high: 3, generator: generator() }), 1, 4 * Math.sqrt(1 / 12)],
  ["randn", (n) => randn([n], { generator: generator() }), 0, 1],
  ["randn with mean and std", (n) => randn([n], { mean: 3, std: 2, generator: generator() }), 3, 2],
  ["truncatedNormal", (n) => truncatedNormal([n], { generator: generator() }), 0, 0.87962566],
  ["randint", (n) => randint(0, 10, [n], { generator: generator() }), 4.5, Math.sqrt(99 / 12)],
  ["bernoulli", (n) => bernoulli(0.3, [n], { generator: generator() }), 0.3, Math.sqrt(0.21)],
  ["categorical", (n) => categorical([1, 1, 2], [n], { generator: generator() }), 1.25, Math.sqrt(0.6875)],
  ["randPoisson", (n) => randPoisson(4, [n], { generator: generator() }), 4, 2],
  ["randExponential", (n) => randExponential(2, [n], { generator: generator() }), 0.5, 0.5],
  ["randGamma", (n) => randGamma(3, [n], { rate: 2, generator: generator() }), 1.5, Math.sqrt(3) / 2],
  ["randBeta", (n) => randBeta(2, 3, [n], { generator: generator() }), 0.4, 0.2],
  ["randGumbel", (n) => randGumbel([n], { generator: generator() }), 0.5772157, Math.PI / Math.sqrt(6)],
  ["randLaplace", (n) => randLaplace([n], { scale: 2, generator: generator() }), 0, 2 * Math.SQRT2],
];

describe("random tensors", () => {
  it.each(moments)("%s has the mean and spread of its formula", (_name, make, mean, std) => {
    const x = make(40_000).cast("float64");
    expect(Math.abs(x.mean().item() - mean)).toBeLessThan(4 * (std / Math.sqrt(40_000)));
    expect(Math.abs(x.std().item() / std - 1)).toBeLessThan(0.03);
  });

  it.each(moments)("%s draws the same from the same seed", (_name, make) => {
    expect(make(10).toArray()).toEqual(make(10).toArray());
  });

  it("draws from the global generator that manualSeed sets", () => {
    manualSeed(3);
    const first = randn([4]).toArray();
    const second = randn([4]).toArray();
    manualSeed(3);
    expect(randn([4]).toArray()).toEqual(first);
    expect(second).not.toEqual(first);
  });

  it("comes in the dtype asked for", () => {
    expect(rand([2]).dtype).toBe("float32");
    expect(rand([2], { dtype: "float64" }).dtype).toBe("float64");
    expect(randint(0, 2, [2]).dtype).toBe("int32");
    expect(randint(0, 2, [2], { dtype: "float32" }).dtype).toBe("float32");
    expect(bernoulli(0.5, [2]).dtype).toBe("bool");
  });

  it("can be a leaf that requires a gradient", () => {
    const w = randn([3], { requiresGrad: true });
    w.sum().backward();
    expect(w.grad?.toArray()).toEqual([1, 1, 1]);
  });

  it("permutes every number once", () => {
    expect(randperm(20, { generator: generator() }).sort().toArray(1).join()).toBe(
      Array.from({ length: 20 }, (_, i) => i).join(),
    );
    expect(randperm(0).shape).toEqual([0]);
  });

  it("takes empty shapes and scalars", () => {
    expect(randn([0, 3]).size).toBe(0);
    expect(randn([]).rank).toBe(0);
  });

  it("says what is wrong with what it was given", () => {
    expect(() => rand([-1])).toThrow(ShapeError);
    expect(() => rand([2], { dtype: "int32" })).toThrow(DTypeError);
    expect(() => rand([2], { low: 1, high: 0 })).toThrow(ValueError);
    expect(() => randn([2], { std: -1 })).toThrow(ValueError);
    expect(() => bernoulli(1.5, [2])).toThrow(ValueError);
    expect(() => categorical([[0.5]], [2])).toThrow(ShapeError);
    expect(() => randn([2], { sdt: 2 } as object)).toThrow(OptionError);
  });
});
