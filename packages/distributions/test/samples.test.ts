/**
 * Draws: their laws and moments, seeds, shapes, compiled as eagerly, and gradients through them.
 */
import { jit } from "@chainrule/compiler";
import { Generator, manualSeed, OptionError, ShapeError, tensor } from "@chainrule/core";
import { bothDTypes, expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import * as distributions from "../src/index.ts";
import {
  Bernoulli,
  Beta,
  Categorical,
  Dirichlet,
  Distribution,
  Gamma,
  MixtureSameFamily,
  MultivariateNormal,
  Normal,
  Poisson,
} from "../src/index.ts";
import { chiSquareScore, kolmogorov, kolmogorovAtDeciles, kolmogorovLimit } from "./fit.ts";
import { laws } from "./laws.ts";

const n = 40_000;

describe.each(bothDTypes)("draws in %s", (dtype) => {
  it.each(laws)("of $name follow it", ({ make, cdf, deciles, probabilities }) => {
    const p = make(dtype);
    const x = p.sample([n], { generator: new Generator("laws") });
    expect(x.shape).toEqual([n]);
    expect(x.requiresGrad).toBe(false);
    const draws = x.toTypedArray();
    if (cdf) expect(kolmogorov(draws, cdf)).toBeLessThan(kolmogorovLimit);
    if (deciles) expect(kolmogorovAtDeciles(draws, deciles)).toBeLessThan(kolmogorovLimit);
    if (probabilities && Math.max(...probabilities) < 1) expect(chiSquareScore(draws, probabilities)).toBeLessThan(4);
    if (probabilities) expect(draws.every((k) => probabilities[k] > 0)).toBe(true);
    if (p instanceof Categorical) return;
    expect(x.dtype).toBe(dtype);
    const [mean, variance] = [p.mean.item(), p.variance.item()];
    expect(Math.abs(x.mean().item() - mean)).toBeLessThanOrEqual(4 * Math.sqrt(variance / n));
    if (variance > 0) expect(Math.abs(x.sub(mean).square().mean().item() / variance - 1)).toBeLessThan(0.06);
  });

  it.each(laws)("of $name are the same from the same seed, and compiled", ({ make }) => {
    const p = make(dtype);
    const draw = (seed: number) => p.sample([7, 5], { generator: new Generator(seed) }).toArray();
    expect(draw(1)).toEqual(draw(1));
    manualSeed(5);
    const eager = [0, 1, 2].map(() => p.sample([7, 5]));
    manualSeed(5);
    const compiled = jit(() => make(dtype).sample([7, 5]));
    for (const draws of eager) expectClose(compiled(), { shape: draws.shape, data: draws.toTypedArray() }, { dtype });
  });

  it.each(laws)("of $name have log-probabilities, whose mean is the entropy", ({ name, make }) => {
    const p = make(dtype);
    const x = p.sample([n], { generator: new Generator("entropy") });
    const surprisal = p.logProb(x).neg();
    expect(surprisal.isFinite().all().item()).toBe(1);
    if (name.startsWith("Mixture")) return;
    const spread = surprisal.sub(surprisal.mean()).square().mean().sqrt().item();
    expect(Math.abs(surprisal.mean().item() - p.entropy().item())).toBeLessThanOrEqual(
      (4 * spread) / Math.sqrt(n) + 1e-5,
    );
  });
});

it("draws of every distribution are looked at", () => {
  const made = Object.values(distributions).filter(
    (x) => typeof x === "function" && x.prototype instanceof Distribution,
  );
  const vectors = ["Dirichlet", "MultivariateNormal"];
  for (const { name } of made)
    if (!vectors.includes(name))
      expect(
        laws.some((law) => law.name.startsWith(name)),
        name,
      ).toBe(true);
});

describe("shapes of draws", () => {
  it("are those asked for, then the batch's, then the event's", () => {
    expect(new Normal([0, 1], [[1], [2], [3]]).sample([4, 5]).shape).toEqual([4, 5, 3, 2]);
    expect(new Normal(0, 1).sample().shape).toEqual([]);
    expect(new Bernoulli({ probs: [0.5, 0.5] }).sample([0]).shape).toEqual([0, 2]);
    expect(
      new Categorical({
        logits: [
          [0, 1, 2],
          [0, 0, 0],
        ],
      }).sample([4]).shape,
    ).toEqual([4, 2]);
  });

  it("are refused where they are none", () => {
    const p = new Normal(0, 1);
    for (const shape of [3, [-1], [0.5], "x", null]) expect(() => p.sample(shape as never)).toThrow(ShapeError);
    expect(() => p.sample([1], { seed: 1 } as never)).toThrow(OptionError);
  });
});

it("components of a batch are chosen for each of it, and in each draw", () => {
  const mixture = new Categorical({ probs: [0.5, 0.5] });
  const p = new MixtureSameFamily(
    mixture,
    new Normal(
      tensor([
        [0, 10],
        [20, 30],
        [40, 50],
      ]),
      1e-3,
    ),
  );
  const x = p.sample([400], { generator: new Generator(2) });
  expect(x.shape).toEqual([400, 3]);
  const chosen = x.div(10).round().sub([0, 2, 4]);
  for (const share of chosen.mean(0).toTypedArray()) expect(Math.abs(share - 0.5)).toBeLessThan(0.1);
  // Of two independent ones, half are the same.
  expect(Math.abs(chosen.slice(null, 0).equal(chosen.slice(null, 1)).cast("float32").mean().item() - 0.5)).toBeLessThan(
    0.1,
  );
});

describe("vectors that are drawn", () => {
  it("sum to 1, with the mean and the variance of each part", () => {
    const p = new Dirichlet(tensor([0.4, 2, 5], { dtype: "float64" }));
    const x = p.sample([n], { generator: new Generator("vectors") });
    expect(x.sum(-1).sub(1).abs().max().item()).toBeLessThan(1e-14);
    const [mean, variance] = [p.mean.toTypedArray(), p.variance.toTypedArray()];
    mean.forEach((m, i) => {
      const part = x.slice(null, i);
      expect(Math.abs(part.mean().item() - m)).toBeLessThan(4 * Math.sqrt(variance[i] / n));
      expect(Math.abs(part.sub(m).square().mean().item() / variance[i] - 1)).toBeLessThan(0.06);
      // Each part by itself is a beta draw.
      expect(kolmogorovAtDeciles(part.toTypedArray(), decilesOfParts[i])).toBeLessThan(kolmogorovLimit);
    });
    expect(Math.abs(p.logProb(x).mean().item() + p.entropy().item())).toBeLessThan(0.05);
  });

  it("of a multivariate normal have its mean and its covariance", () => {
    const covarianceMatrix = [
      [4, 1.2],
      [1.2, 1],
    ];
    const p = new MultivariateNormal(tensor([1, -2], { dtype: "float64" }), { covarianceMatrix });
    const x = p.sample([n], { generator: new Generator("normals") });
    const away = x.sub([1, -2]);
    const found = away.transpose().matmul(away).div(n);
    expect(x.mean(0).sub([1, -2]).abs().max().item()).toBeLessThan(0.04);
    expect(found.sub(covarianceMatrix).abs().max().item()).toBeLessThan(0.1);
    // Mahalanobis distances are chi-square of two degrees of freedom: exponential of rate ½.
    const squares = p
      .logProb(x)
      .sub(p.logProb([1, -2]))
      .mul(-2);
    expect(kolmogorov(squares.toTypedArray(), (d) => 1 - Math.exp(-d / 2))).toBeLessThan(kolmogorovLimit);
    expect(Math.abs(p.logProb(x).mean().item() + p.entropy().item())).toBeLessThan(0.02);
    manualSeed(1);
    const eager = p.rsample([3]);
    manualSeed(1);
    const compiled = jit(() => p.rsample([3]))();
    expectClose(compiled, { shape: [3, 2], data: eager.toTypedArray() }, { dtype: "float64" });
  });

  it("have no 0 and no NaN, however small the concentrations", () => {
    for (const dtype of bothDTypes)
      for (const tiny of [0.1, 1e-3, 1e-30]) {
        const x = new Dirichlet(tensor([tiny, tiny, tiny], { dtype })).sample([200], { generator: new Generator(1) });
        expect(x.greater(0).all().item()).toBe(1);
        expect(new Beta(tensor(tiny, { dtype }), tiny).sample([200]).less(1).all().item()).toBe(1);
        expect(new Gamma(tensor(tiny, { dtype }), 10).sample([200]).greater(0).all().item()).toBe(1);
      }
  });
});

/** Of Beta(0.4, 7), Beta(2, 5.4) and Beta(5, 2.4), by scipy.stats 1.17.1. */
const decilesOfParts = [
  [0.000350245, 0.00199528, 0.00558315, 0.0117656, 0.0214025, 0.0358389, 0.0575129, 0.0917582, 0.154982],
  [0.0865448, 0.130964, 0.170481, 0.209051, 0.24879, 0.291667, 0.340411, 0.400213, 0.485601],
  [0.450982, 0.535458, 0.596186, 0.646774, 0.692206, 0.735228, 0.778003, 0.823144, 0.876095],
];

it("rsample is refused where draws jump, with what to do instead", () => {
  for (const p of [new Bernoulli({ probs: 0.5 }), new Categorical({ logits: [0, 0] }), new Poisson(2)])
    expect(() => p.rsample()).toThrow(/rsample.*\n.*logProb/);
});

describe("gradients through draws", () => {
  it("of a normal are 1 and the noise", () => {
    const [loc, scale] = [tensor(2, { requiresGrad: true }), tensor(3, { requiresGrad: true })];
    const x = new Normal(loc, scale).rsample([], { generator: new Generator(1) });
    x.backward();
    expect(loc.grad!.item()).toBe(1);
    expect(scale.grad!.item()).toBeCloseTo((x.item() - 2) / 3, 6);
  });
});
