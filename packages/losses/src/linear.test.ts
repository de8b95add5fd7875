/**
 * Gradients of every loss and information measure are linear in the gradient that arrives, at edges too: probabilities of 0
 * and 1, ties, infinite logits, nothing to tell apart.
 */
import * as core from "@chainrule/core";
import { ChainRuleError, isFloat, type Tensor, tensor } from "@chainrule/core";
import { checkLinear } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { sampleInputs } from "./check/sample-inputs.ts";
import * as losses from "./index.ts";
import { type Domain, information, type Loss, lossByName, lossNames } from "./index.ts";

type Call = (...args: unknown[]) => Tensor;

/** Taken at once: other tests define losses of their own. */
const names = lossNames().filter((name) => name in losses);

const infinity = Number.POSITIVE_INFINITY;
const numbers = [0, 1, -1, infinity, -0, 1, -infinity, 0.5, 1000, -1000];
const chances = [0, 1, 0.5, 0, 1, 0.25, 5e-324, 1];

/** Where the numbers of a domain end, and some between. */
function edgesOf(domain: Domain): readonly number[] {
  if (domain === "probability" || domain === "truth") return chances;
  if (domain === "positive" || domain === "nonNegative") return [1, infinity, 1e-6, 1, 1000];
  if (domain === "logProbability") return [0, -infinity, -1, 0, -1000];
  if (domain === "sign") return [-1, 1, 1];
  return numbers;
}

/** Inputs of edges by turns, or of one number throughout; labels stay, and distributions are of one class, or even. */
function atEdges(x: Tensor, domain: Domain, first: number): Tensor {
  if (!isFloat(x.dtype)) return x;
  const columns = x.shape.at(-1) ?? 1;
  const edges = edgesOf(domain);
  const data = Float64Array.from({ length: x.size }, (_, i) => {
    const row = Math.floor(i / columns);
    if (domain === "distribution")
      return (row + first) % 2 ? 1 / columns : Number(i % columns === (row + first) % columns);
    return first < 4 ? edges[(i + first) % edges.length] : edges[first % edges.length];
  });
  return tensor(data, { shape: x.shape, dtype: "float64" });
}

/** Cancelled digits of numbers of size 1. */
const rounding = 1e-12;

function domainOf(loss: Loss, role: string): Domain {
  return (loss.inputs as Record<string, Domain>)[role];
}

describe.each(names)("%s", (name) => {
  const loss = lossByName(name) as Loss;
  const { inputs, loss: sampled = loss } = sampleInputs(loss, 3);
  const roles = Object.keys(inputs);
  const samples = roles.map((role) => {
    const x = tensor(inputs[role]);
    return isFloat(x.dtype) ? x.cast("float64") : x;
  });
  const learned = roles.flatMap((role, i) => (isFloat(samples[i].dtype) && !loss.given.includes(role) ? [i] : []));
  const call = sampled as unknown as Call;

  /** The loss as a function of what is learned, there; null where it refuses the point. */
  function lossAt(points: readonly Tensor[], reduction: string): ((...xs: Tensor[]) => Tensor) | null {
    const f = (...xs: Tensor[]) => call(...points.map((x, i) => xs[learned.indexOf(i)] ?? x), { reduction });
    try {
      f(...learned.map((i) => points[i]));
      return f;
    } catch (error) {
      if (error instanceof ChainRuleError) return null;
      throw error;
    }
  }

  it("is linear, backwards and forwards", () => {
    let compared = 0;
    for (let first = 0; first < 7; first++)
      for (const targets of ["given", "at edges"])
        for (const reduction of first === 0 ? ["none", "mean"] : ["none"]) {
          const points = samples.map((x, i) =>
            learned.includes(i) || targets === "at edges" ? atEdges(x, domainOf(loss, roles[i]), first) : x,
          );
          const f = lossAt(points, reduction);
          if (!f) continue;
          const what = `${name}, ${reduction}, targets ${targets}, from ${first}`;
          compared += checkLinear<Tensor>(
            core,
            f,
            learned.map((i) => points[i]),
            what,
            rounding,
          );
        }
    expect(compared).toBeGreaterThan(0);
  });
});

/** Probabilities of distributions at edges: what never happens, what always does, ties. */
const p = tensor(
  [
    [0, 0.5, 0.5],
    [1, 0, 0],
    [0.25, 0.25, 0.5],
    [0, 1, 0],
  ],
  { dtype: "float64" },
);
const q = tensor(
  [
    [0, 1, 0],
    [0.5, 0, 0.5],
    [0.25, 0.25, 0.5],
    [0, 1, 0],
  ],
  { dtype: "float64" },
);

/** Another measure needs a row here. */
const measures: Readonly<Record<string, readonly [f: (...xs: Tensor[]) => Tensor, ...points: Tensor[]]>> = {
  surprisal: [(x) => information.surprisal(x), p],
  entropy: [(x) => information.entropy(x), p],
  crossEntropy: [(x, y) => information.crossEntropy(x, y), p, q],
  klDivergence: [(x, y) => information.klDivergence(x, y), p, q],
  jensenShannon: [(x, y) => information.jensenShannon(x, y), p, q],
  mutualInformation: [(x) => information.mutualInformation(x), p.div(4)],
  conditionalEntropy: [(x) => information.conditionalEntropy(x), p.div(4)],
  mixture: [(x, w) => information.mixture(x, w), p, tensor([0.25, 0, 0.5, 0.25], { dtype: "float64" })],
  convert: [(x) => information.convert(x, { to: 2 }), p],
  bregman: [(x, y) => information.bregman(x, y), p, q],
  perplexity: [(x, y) => information.perplexity(x, y), p, p],
};

describe.each(Object.keys(information))("information.%s", (name) => {
  it("is linear, backwards and forwards", () => {
    const [f, ...points] = measures[name];
    const compared = points.map((_, i) =>
      checkLinear<Tensor>(core, (x) => f(...points.with(i, x)), [points[i]], `information.${name}`, rounding),
    );
    expect(compared.reduce((a, b) => a + b)).toBeGreaterThan(0);
  });
});
