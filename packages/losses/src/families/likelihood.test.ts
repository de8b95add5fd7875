import { tensor, ValueError } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkLoss, defineLoss, gaussianNll, poisson, poissonNll } from "../index.ts";

const double = (x: number[] | number[][]) => tensor(x, { dtype: "float64" });

describe("poisson", () => {
  it("is Keras's: unweighted, with a scalar weight, with sample weights, without reduction", () => {
    const rates = double([
      [1, 9, 2],
      [5, 2, 6],
    ]);
    const counts = [
      [4, 8, 12],
      [8, 1, 3],
    ];
    expect(poisson(rates, counts).item()).toBeCloseTo(-3.30658217033581, 12);
    expect(poisson(rates, counts, { sampleWeight: 2.3 }).item()).toBeCloseTo(2.3 * -3.30658217033581, 12);
    expect(poisson(rates, counts, { sampleWeight: [1.2, 3.4] }).item()).toBeCloseTo(-6.147339291899172, 12);
    const each = poisson(rates, counts, { reduction: "none" });
    expectClose(each.mean(-1), { shape: [2], data: [-4.63185462, -1.98130972] }, { tolerance: 1e-8 });
  });

  it("refuses negative rates and counts", () => {
    expect(() => poisson([-1], [1])).toThrow(/predictions of 0 or more, got -1.*\n.*softplus/);
    expect(() => poisson([1], [-1])).toThrow(ValueError);
  });
});

describe("poissonNll", () => {
  it("takes log-rates, or rates with logInput: false", () => {
    expect(poissonNll(double([Math.log(2)]), [3]).item()).toBeCloseTo(2 - 3 * Math.log(2), 14);
    expect(poissonNll(double([2]), [3], { logInput: false }).item()).toBeCloseTo(2 - 3 * Math.log(2 + 1e-8), 14);
    expect(() => poissonNll([-2], [3], { logInput: false })).toThrow(/of 0 or more/);
    expect(() => checkLoss(poissonNll.with({ logInput: false }))).not.toThrow();
  });

  it("adds Stirling's log y! for counts above 1", () => {
    const each = poissonNll(double([0, 0, 0, 0]), [0, 1, 2, 5], { full: true, reduction: "none" });
    expectClose(each, { shape: [4], data: [1, 1, 1.6518064846045359, 5.7708470515922246] });
    expect(() => checkLoss(poissonNll.with({ full: true }))).not.toThrow();
  });
});

describe("gaussianNll", () => {
  it("is [log σ² + (y - μ)² / σ²] / 2, and with full the whole of -log of the density", () => {
    const [mean, target, variance] = [double([1, 2]), double([3, 2]), double([4, 1])];
    expectClose(gaussianNll(mean, target, variance, { reduction: "none" }), {
      shape: [2],
      data: [(Math.log(4) + 1) / 2, 0],
    });
    const density = Math.exp(-0.5) / Math.sqrt(2 * Math.PI * 4);
    expect(gaussianNll(double([1]), [3], [4], { full: true }).item()).toBeCloseTo(-Math.log(density), 14);
  });

  it("stays finite where the variance is 0, and pushes it up where it is wrong", () => {
    const variance = tensor([0], { requiresGrad: true });
    const loss = gaussianNll([1], [2], variance);
    loss.backward();
    expect(loss.item()).toBeCloseTo((Math.log(1e-6) + 1e6) / 2, -1);
    expect(variance.grad!.item()).toBeLessThan(-1e11);
  });

  it("refuses a negative variance and shapes that differ", () => {
    expect(() => gaussianNll([1], [2], [-1])).toThrow(/variance.*of 0 or more, got -1/);
    expect(() => gaussianNll([[1], [2]], [1, 2], [[1], [1]])).toThrow(/target \[2\] and mean \[2, 1\]/);
    expect(() => gaussianNll([1, 2], [1, 2], [1])).toThrow(/variance \[1\] and mean \[2\]/);
  });

  it("can be wrapped for models that return mean and log-variance side by side", () => {
    const spread = defineLoss(
      "spread",
      (output, target) => {
        const [mean, logVariance] = output.split(2, -1);
        return gaussianNll(mean, target, logVariance.exp(), { reduction: "none" });
      },
      { check: () => {} },
    );
    const output = double([
      [1, Math.log(4)],
      [2, 0],
    ]);
    expect(spread(output, [[3], [2]]).item()).toBeCloseTo((Math.log(4) + 1) / 4, 14);
  });
});
