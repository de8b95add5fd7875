import { tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkLoss, crossEntropy, gaussianKl, jensenShannon, klDivergence } from "../index.ts";

const double = (x: number[] | number[][]) => tensor(x, { dtype: "float64" });

describe("klDivergence", () => {
  it("is Keras's: unweighted, with a scalar weight, with sample weights, without reduction", () => {
    const q = double([
      [0.4, 0.9, 0.12],
      [0.36, 0.3, 0.4],
    ]);
    const p = double([
      [0.5, 0.8, 0.12],
      [0.7, 0.43, 0.8],
    ]);
    expect(klDivergence(q, p).item()).toBeCloseTo(0.5960738398643668, 14);
    expect(klDivergence(q, p, { sampleWeight: 2.3 }).item()).toBeCloseTo(1.3709698316880434, 14);
    expect(klDivergence(q, p, { sampleWeight: [1.2, 3.4] }).item()).toBeCloseTo(2.0075711736936492, 14);
    const each = klDivergence(q, p, { reduction: "none" });
    expectClose(each, { shape: [2], data: [0.01734535, 1.17480233] }, { tolerance: 1e-8 });
  });

  it("is the same from logarithms of both", () => {
    const [q, p] = [double([[0.2, 0.8]]), double([[0.7, 0.3]])];
    const expected = 0.5826853020432394;
    expect(klDivergence(q, p).item()).toBeCloseTo(expected, 14);
    expect(klDivergence(q.log(), p, { logInput: true }).item()).toBeCloseTo(expected, 14);
    expect(klDivergence(q, p.log(), { logTarget: true }).item()).toBeCloseTo(expected, 14);
    expect(klDivergence(q.log(), p.log(), { logInput: true, logTarget: true }).item()).toBeCloseTo(expected, 14);
  });

  it("takes 0 log 0 as exactly 0, from probabilities and from logarithms", () => {
    const never = Number.NEGATIVE_INFINITY;
    expect(klDivergence(double([[0, 1]]), [[0, 1]]).item()).toBe(0);
    expect(klDivergence(double([[0.5, 0.5]]), [[0, 1]]).item()).toBeCloseTo(Math.LN2, 15);
    expect(klDivergence(double([[never, 0]]), [[0, 1]], { logInput: true }).item()).toBe(0);
    expect(klDivergence(double([[never, 0]]), [[never, 0]], { logInput: true, logTarget: true }).item()).toBe(0);
  });

  it("stays finite where the prediction is 0 and the target is not; from logarithms it is Infinity", () => {
    expect(klDivergence(double([[0, 1]]), [[1, 0]]).item()).toBeCloseTo(-Math.log(1e-7), 12);
    const x = double([[Number.NEGATIVE_INFINITY, 0]]);
    expect(klDivergence(x, [[1, 0]], { logInput: true }).item()).toBe(Number.POSITIVE_INFINITY);
  });

  it("differs from cross-entropy by the entropy of the target, and has the same gradient", () => {
    const target = double([[0.6, 0.4]]);
    const [x, y] = [0, 1].map(() => tensor([[0.3, -1]], { dtype: "float64", requiresGrad: true }));
    const kl = klDivergence(x.logSoftmax(), target, { logInput: true });
    const ce = crossEntropy(y, target);
    kl.backward();
    ce.backward();
    expect(ce.item() - kl.item()).toBeCloseTo(0.6730116670092565, 14);
    expectClose(x.grad!, y.grad!);
  });

  it("passes checkLoss in all its forms", () => {
    for (const options of [{ logInput: true }, { logTarget: true }, { elementwise: true }, { axis: 0 }])
      expect(() => checkLoss(klDivergence.with(options))).not.toThrow();
  });

  it("refuses what is no probability or log-probability", () => {
    expect(() => klDivergence([[1.2, -0.2]], [[0.5, 0.5]])).toThrow(/got 1\.2/);
    expect(() => klDivergence([[0.5, 0.5]], [[0.5, 0.5]], { logInput: true })).toThrow(/log-probabilities, 0 or less/);
  });
});

describe("jensenShannon", () => {
  it("is symmetric, log 2 for what has nothing in common, and exactly 0 for equals", () => {
    const [p, q] = [double([[0.7, 0.3]]), double([[0.2, 0.8]])];
    expect(jensenShannon(q, p).item()).toBeCloseTo(0.13250545091704782, 14);
    expect(jensenShannon(p, q).item()).toBeCloseTo(0.13250545091704782, 14);
    expect(jensenShannon(double([[1, 0]]), [[0, 1]]).item()).toBeCloseTo(Math.LN2, 15);
    expect(jensenShannon(p, p).item()).toBe(0);
    expect(jensenShannon([[0, 1]], [[0, 1]]).item()).toBe(0);
  });

  it("has a finite gradient that pulls up a prediction of 0", () => {
    const q = tensor([[0, 1]], { requiresGrad: true });
    jensenShannon(q, [[0.5, 0.5]]).backward();
    expect(q.grad!.at(0, 0)).toBeLessThan(-10);
    expect(q.grad!.isFinite().all().item()).toBe(1);
  });
});

describe("gaussianKl", () => {
  it("is the closed form, by default against the standard normal", () => {
    expect(gaussianKl(double([[1]]), [[2]]).item()).toBeCloseTo(0.6534264097200273, 14);
    const against = { targetMean: 0.5, targetVariance: 4 };
    expect(gaussianKl(double([[1]]), [[2]], against).item()).toBeCloseTo(0.1278235902799727, 14);
    expect(gaussianKl(double([[1, 1]]), double([[2, 2]]), against).item()).toBeCloseTo(2 * 0.1278235902799727, 14);
  });

  it("is exactly 0 for equals, and keeps its digits nearby", () => {
    expect(gaussianKl(double([[0]]), [[1]]).item()).toBe(0);
    // log-variance h: (e^h - 1 - h) / 2 = h²/4 + h³/12 + …
    const h = 1e-4;
    const near = gaussianKl(double([[0]]), double([[h]]), { logVariance: true }).item();
    expect(near / (h ** 2 / 4 + h ** 3 / 12)).toBeCloseTo(1, 8);
  });

  it("agrees with the definition, ∫ p log(p / q), integrated numerically", () => {
    const [m, v, m0, v0] = [0.3, 0.8, -0.5, 1.7];
    const logDensity = (x: number, mean: number, variance: number) =>
      -((x - mean) ** 2) / (2 * variance) - 0.5 * Math.log(2 * Math.PI * variance);
    let integral = 0;
    for (let x = -12; x < 12; x += 0.001)
      integral += Math.exp(logDensity(x, m, v)) * (logDensity(x, m, v) - logDensity(x, m0, v0)) * 0.001;
    const closed = gaussianKl(double([[m]]), double([[v]]), { targetMean: m0, targetVariance: v0 });
    expect(closed.item()).toBeCloseTo(integral, 6);
  });

  it("passes checkLoss with log-variances, and refuses variances of 0", () => {
    expect(() => checkLoss(gaussianKl.with({ logVariance: true }))).not.toThrow();
    expect(() => gaussianKl([[0]], [[0]])).toThrow(/variance.*above 0, got 0/);
  });
});
