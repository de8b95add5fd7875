import { checkGradients, Generator, manualSeed, ones, randn, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { Dropout } from "./index.ts";

describe("Dropout", () => {
  it("drops the share it is told, and scales up the rest", () => {
    const y = new Dropout(0.25, { seed: 1 }).call(ones([100, 100])).toTypedArray();
    const values = [...new Set(y)];
    expect(values.sort()).toEqual([0, Math.fround(4 / 3)]);
    // The share of zeros among 10,000 has a standard deviation of 0.0043.
    expect(y.filter((v) => v === 0).length / y.length).toBeCloseTo(0.25, 1.5);
  });

  it("does nothing in evaluation, and at rate 0", () => {
    const x = randn([3, 3]);
    expect(new Dropout({ rate: 0.5 }).eval().call(x)).toBe(x);
    expect(new Dropout(0).call(x)).toBe(x);
  });

  it("drops others at each call, and the same again from the same seed", () => {
    const run = () => {
      const layer = new Dropout(0.5, { seed: "a" });
      return [layer.call(ones([64])).toArray(), layer.call(ones([64])).toArray()];
    };
    const [first, second] = run();
    expect(first).not.toEqual(second);
    expect(run()).toEqual([first, second]);
  });

  it("follows manualSeed where it has no seed of its own", () => {
    const run = () => {
      manualSeed(3);
      return new Dropout(0.5).call(ones([64])).toArray();
    };
    expect(run()).toEqual(run());
  });

  it("sends the gradient only through what it kept", () => {
    const generator = new Generator(4);
    const { state } = generator;
    const layer = new Dropout(0.5, { generator });
    checkGradients(
      (x) => {
        generator.state = state;
        return layer.call(x);
      },
      [randn([4, 3], { dtype: "float64" })],
    );
  });

  it("refuses a rate that is no share, and a seed besides a generator", () => {
    for (const rate of [-0.1, 1, Number.NaN, "0.5"]) expect(() => new Dropout(rate as number)).toThrow(ValueError);
    expect(() => new Dropout(0.5, { seed: 1, generator: new Generator(1) })).toThrow(/either a seed or a generator/);
    expect(() => new Dropout({ p: 0.5 } as never)).toThrow(/"p"/);
  });
});
