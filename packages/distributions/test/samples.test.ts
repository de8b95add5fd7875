/**
 * Draws: their laws and moments, seeds, shapes, compiled as eagerly, and gradients through them.
 */
import { jit } from "@chainrule/compiler";
import { Generator, manualSeed, OptionError, ShapeError, tensor } from "@chainrule/core";
import { bothDTypes } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import * as distributions from "../src/index.ts";
import { Bernoulli, Categorical, Distribution, Normal } from "../src/index.ts";
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
    const eager = [0, 1, 2].map(() => p.sample([7, 5]).toArray());
    manualSeed(5);
    const compiled = jit(() => make(dtype).sample([7, 5]));
    expect([0, 1, 2].map(() => compiled().toArray())).toEqual(eager);
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

it("rsample is refused where draws jump, with what to do instead", () => {
  for (const p of [new Bernoulli({ probs: 0.5 }), new Categorical({ logits: [0, 0] })])
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
