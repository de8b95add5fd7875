import { type Parameter, parameter, tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { clipGradNorm, clipGradValue, SGD } from "./index.ts";

function withGradient(gradient: number[] | null, dtype: "float32" | "float64" = "float64"): Parameter {
  const made = parameter(tensor([0, 0], { dtype }));
  made.grad = gradient && tensor(gradient, { dtype });
  return made;
}

describe("clipGradNorm", () => {
  it("scales all gradients to a common length, and returns what it was", () => {
    const [a, b, none] = [withGradient([3, 0]), withGradient([0, 4]), withGradient(null)];
    expect(clipGradNorm([a, b, none], 1).item()).toBe(5);
    // PyTorch divides by the length + 1e-6.
    expect(a.grad?.at(0)).toBeCloseTo(3 / (5 + 1e-6), 14);
    expect(b.grad?.at(1)).toBeCloseTo(4 / (5 + 1e-6), 14);
    expect(none.grad).toBeNull();
  });

  it("leaves gradients that are short enough as they are", () => {
    const a = withGradient([0.3, 0.4]);
    clipGradNorm([a], 1);
    expect(a.grad?.toArray()).toEqual([0.3, 0.4]);
    expect(clipGradNorm([], 1).item()).toBe(0);
    const zero = withGradient([0, 0]);
    clipGradNorm([zero], 1);
    expect(zero.grad?.toArray()).toEqual([0, 0]);
  });

  it("counts a parameter that comes twice once", () => {
    const a = withGradient([3, 4]);
    expect(clipGradNorm([a, a], 1).item()).toBe(5);
    expect(a.grad?.at(0)).toBeCloseTo(0.6, 5);
  });

  it("does not overflow where squares of float32 would", () => {
    const a = withGradient([3e30, 4e30], "float32");
    expect(clipGradNorm([a], 1).item()).toBeCloseTo(5e30, -24);
    expect(a.grad?.at(0)).toBeCloseTo(0.6, 6);
    expect(a.grad?.dtype).toBe("float32");
  });

  it("does not hide NaN", () => {
    const [a, b] = [withGradient([Number.NaN, 1]), withGradient([1, 1])];
    clipGradNorm([a, b], 1);
    expect(Number.isNaN(b.grad?.at(0))).toBe(true);
  });

  it("refuses a limit that is not above 0", () => {
    expect(() => clipGradNorm([], 0)).toThrow(ValueError);
    expect(() => clipGradNorm([], Number.NaN)).toThrow(ValueError);
  });
});

describe("clipGradValue", () => {
  it("cuts every element", () => {
    const a = withGradient([3, -0.2]);
    clipGradValue([a, withGradient(null)], 0.5);
    expect(a.grad?.toArray()).toEqual([0.5, -0.2]);
    expect(() => clipGradValue([a], -1)).toThrow(ValueError);
  });
});

describe("an optimizer that clips", () => {
  it("by the common length of all its gradients", () => {
    const [a, b] = [withGradient([3, 0]), withGradient([0, 4])];
    new SGD([a, b], { lr: 1, clipNorm: 1 }).step();
    expect(a.at(0)).toBeCloseTo(-0.6, 5);
    expect(b.at(1)).toBeCloseTo(-0.8, 5);
    expect(a.grad?.toArray()).toEqual([3, 0]);
  });

  it("to a length of its choice", () => {
    const a = withGradient([3, 4]);
    new SGD([a], { lr: 1, clipNorm: 2 }).step();
    expect(a.at(0)).toBeCloseTo(-1.2, 5);
    expect(a.at(1)).toBeCloseTo(-1.6, 5);
  });

  it("by value, before weight decay is added", () => {
    const a = withGradient([3, -0.2]);
    a.assign([1, 1]);
    new SGD([a], { lr: 1, clipValue: 0.5, weightDecay: 0.1 }).step();
    expect(a.at(0)).toBeCloseTo(1 - 0.5 - 0.1, 12);
    expect(a.at(1)).toBeCloseTo(1 + 0.2 - 0.1, 12);
  });
});
