import { checkGradients, OptionError, tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { l1, l1l2, l2, regularizerByName, toRegularizer } from "./regularizers.ts";

const x = tensor(
  [
    [1, -2],
    [3, 0.5],
  ],
  { dtype: "float64" },
);

describe("regularisers", () => {
  it("are Keras's sums", () => {
    expect(l1(0.1)(x).item()).toBeCloseTo(0.65, 12);
    expect(l2(0.1)(x).item()).toBeCloseTo(1.425, 12);
    expect(l1l2({ l1: 0.1, l2: 0.1 })(x).item()).toBeCloseTo(2.075, 12);
  });

  it("are 0.01 strong by default, also by name", () => {
    for (const [name, sum] of [
      ["l1", 6.5],
      ["l2", 14.25],
      ["l1_l2", 20.75],
    ] as const)
      expect(regularizerByName(name)(x).item()).toBeCloseTo(0.01 * sum, 12);
    expect(toRegularizer("l2")?.(x).item()).toBeCloseTo(0.1425, 12);
    expect(l1l2()(x).item()).toBeCloseTo(0.2075, 12);
  });

  it("can be functions of one's own, or none", () => {
    const own = (w: typeof x) => w.max();
    expect(toRegularizer(own)).toBe(own);
    expect([toRegularizer(null), toRegularizer(undefined)]).toEqual([null, null]);
  });

  it("have right gradients", () => {
    checkGradients(l1(0.3), [x]);
    checkGradients(l2(0.3), [x], { second: true });
    checkGradients(l1l2(), [x]);
  });

  it("refuse strengths below 0 and names that they do not know", () => {
    expect(() => l1(-1)).toThrow(ValueError);
    expect(() => l1(Number.POSITIVE_INFINITY)).toThrow(ValueError);
    expect(l1(0)(x).item()).toBe(0);
    expect(() => l2(Number.NaN)).toThrow(ValueError);
    expect(() => l1l2({ l3: 1 } as never)).toThrow(OptionError);
    expect(() => regularizerByName("L2")).toThrow(/Did you mean "l2"/);
    expect(() => toRegularizer(0.01 as never)).toThrow(/l2\(0\.001\) makes one/);
  });
});
