/**
 * Every distribution against PyTorch's and SciPy's numbers and gradients, eagerly and compiled.
 */
import { jit } from "@chainrule/compiler";
import type { Tensor } from "@chainrule/core";
import * as core from "@chainrule/core";
import { bothDTypes, checkReference, type ReferenceCase, referenceCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import * as distributions from "../src/index.ts";
import { Distribution } from "../src/index.ts";
import { kinds, withPrefix } from "./kinds.ts";

type Inputs = Readonly<Record<string, Tensor>>;

const asked: Readonly<Record<string, (p: Distribution, x: Tensor) => Tensor>> = {
  logProb: (p, x) => p.logProb(x),
  entropy: (p) => p.entropy(),
  mean: (p) => p.mean,
  variance: (p) => p.variance,
};

const cases = referenceCases("peers/distributions").filter(({ op }) => op !== "gammaMove") as ReferenceCase[];

describe.each(bothDTypes)("distributions as peers compute them, in %s", (dtype) => {
  for (const reference of cases) {
    const { kind, p, q } = reference.options as Record<string, string>;
    const name = `${reference.op} of ${kind ?? ""} ${reference.name}`;
    it(name, () => {
      checkReference(
        { ...core, jit },
        reference,
        dtype,
        ({ x, ...inputs }: Inputs) => {
          if (kind) return asked[reference.op](kinds[kind](inputs), x);
          return kinds[p](withPrefix(inputs, "p_")).klDivergence(kinds[q](withPrefix(inputs, "q_")));
        },
        { tolerance: toleranceOf(dtype, name) },
      );
    });
  }
});

/** PyTorch's derivative of digamma has nine digits. Narrow densities ask for more digits of x than float32 has. */
function toleranceOf(dtype: string, name: string): number | undefined {
  if (dtype === "float32") return /small and large/.test(name) ? 1e-3 : undefined;
  return /(entropy|klDivergence) of.*(Beta|Gamma|Dirichlet)/.test(name) ? 1e-8 : undefined;
}

const isConcrete = (x: unknown) => typeof x === "function" && x.prototype instanceof Distribution;

it("has cases of every distribution, but for that of the data itself", () => {
  const made = Object.entries(distributions).flatMap(([name, x]) => (isConcrete(x) ? [name] : []));
  expect(Object.keys(kinds).sort(), "test/kinds.ts wants each distribution").toEqual(
    made.filter((name) => name !== "Empirical").sort(),
  );
  for (const kind of Object.keys(kinds))
    for (const op of ["logProb", "entropy"])
      expect(
        cases.some(({ op: other, options }) => other === op && options.kind === kind) || kind === "MixtureSameFamily",
        `${op} of ${kind}`,
      ).toBe(true);
});

it("has a divergence for each pair that PyTorch has one for, and refuses the others of the same shapes", () => {
  const known = cases.filter(({ op }) => op === "klDivergence").map(({ options: { p, q } }) => `${p} ${q}`);
  const { Bernoulli, Beta, Categorical, Dirichlet, Gamma, MixtureSameFamily, MultivariateNormal, Normal, Poisson } =
    distributions;
  const mixture = new Categorical({ probs: [1, 1] });
  const ones: Readonly<Record<string, Distribution>> = {
    Bernoulli: new Bernoulli({ probs: 0.5 }),
    Beta: new Beta(1, 1),
    Categorical: mixture,
    Dirichlet: new Dirichlet([1, 1]),
    Gamma: new Gamma(1, 1),
    MixtureSameFamily: new MixtureSameFamily(mixture, new Normal([0, 1], 1)),
    MultivariateNormal: new MultivariateNormal([0, 0], { scaleTril: core.eye(2) }),
    Normal: new Normal(0, 1),
    Poisson: new Poisson(1),
  };
  expect(Object.keys(ones).sort(), "`ones` wants one of each").toEqual(Object.keys(kinds).sort());
  // A mixture of normals has values that these exclude, which is no matter of formulas.
  const excluded = ["MixtureSameFamily Beta", "MixtureSameFamily Gamma"];
  for (const [p, first] of Object.entries(ones))
    for (const [q, second] of Object.entries(ones)) {
      const pair = `${p} ${q}`;
      if (first.eventShape.length !== second.eventShape.length) continue;
      if (known.includes(pair)) expect(first.klDivergence(second).item(), pair).toBeGreaterThanOrEqual(-1e-6);
      else if (excluded.includes(pair)) expect(first.klDivergence(second).item()).toBe(Number.POSITIVE_INFINITY);
      else expect(() => first.klDivergence(second), pair).toThrow(core.OptionError);
    }
});
