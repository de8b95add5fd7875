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
  for (const reference of cases.filter(({ options: { kind, p, q } }) =>
    [kind, p, q].every((k) => !k || (k as string) in kinds),
  )) {
    const { kind, p, q } = reference.options as Record<string, string>;
    const name = `${reference.op} of ${kind ?? ""} ${reference.name}`;
    it(name, () => {
      checkReference({ ...core, jit }, reference, dtype, ({ x, ...inputs }: Inputs) => {
        if (kind) return asked[reference.op](kinds[kind](inputs), x);
        return kinds[p](withPrefix(inputs, "p_")).klDivergence(kinds[q](withPrefix(inputs, "q_")));
      });
    });
  }
});

const isConcrete = (x: unknown) => typeof x === "function" && x.prototype instanceof Distribution;

it("has cases of every distribution, but for that of the data itself", () => {
  const made = Object.entries(distributions).flatMap(([name, x]) => (isConcrete(x) ? [name] : []));
  expect(Object.keys(kinds).sort()).toEqual(made.filter((name) => name !== "Empirical").sort());
  for (const kind of Object.keys(kinds))
    for (const op of ["logProb", "entropy"])
      expect(
        cases.some(({ op: other, options }) => other === op && options.kind === kind) || kind === "MixtureSameFamily",
        `${op} of ${kind}`,
      ).toBe(true);
});
