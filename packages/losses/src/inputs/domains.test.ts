import { describe, expect, it } from "vitest";
import { binaryCrossEntropy } from "../index.ts";
import { type Domain, domains } from "./domains.ts";

/** Where `checkLoss` looks, for every domain. */
const extremes: Readonly<Record<Domain, readonly number[]>> = {
  real: [-1000, 0, 1000],
  logit: [-1000, 0, 1000],
  probability: [0, 1],
  logProbability: [-1000, 0],
  logarithm: [-80, 0, 80],
  positive: [1e-6, 1000],
  nonNegative: [0, 1000],
  sign: [-1, 0, 1],
  truth: [0, 1],
  sequence: [],
  label: [],
  distribution: [],
  labelOrDistribution: [],
};

describe.each(Object.entries(domains))("the domain %s", (name, domain) => {
  it("contains its ends, and the samples that are drawn for it", () => {
    expect(domain.extremes).toEqual(extremes[name as Domain]);
    expect(domain.extremes.every(domain.contains)).toBe(true);
    for (const z of [-3, -1, -0.1, 0, 0.1, 1, 3]) expect(domain.contains(domain.sample(z))).toBe(true);
  });

  it("does not contain NaN", () => {
    expect(domain.contains(Number.NaN)).toBe(false);
  });
});

describe("domains", () => {
  it("draw both sides of a decision", () => {
    expect([-1, 0, 1].map(domains.sign.sample)).toEqual([-1, 1, 1]);
    expect([-1, 0, 1].map(domains.truth.sample)).toEqual([0, 1, 1]);
    expect(domains.probability.sample(Math.log(3))).toBeCloseTo(0.75, 15);
  });

  it("let probabilities be off by what float32 rounds, and by no more", () => {
    expect(() => binaryCrossEntropy([1 + 9e-7], [1])).not.toThrow();
    expect(() => binaryCrossEntropy([1 + 5e-6], [1])).toThrow(/got 1\.000005/);
    expect(() => binaryCrossEntropy([-5e-6], [1])).toThrow(/probabilities, from 0 to 1/);
    expect(domains.logProbability.contains(5e-6)).toBe(false);
  });
});
