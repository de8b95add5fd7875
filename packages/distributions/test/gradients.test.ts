/**
 * First and second derivatives against differences, in float64, and at the ends, where they must not be NaN.
 */
import { jit } from "@chainrule/compiler";
import {
  allClose,
  checkGradients,
  Generator,
  GraphError,
  grad,
  manualSeed,
  type NestedArray,
  type Tensor,
  tensor,
} from "@chainrule/core";
import { tril } from "@chainrule/functions";
import { expectClose, referenceCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { moveOf } from "../src/draws/random-ops.ts";
import { Beta, Dirichlet, type Distribution, Gamma, Poisson } from "../src/index.ts";
import { poissonEntropy } from "../src/poisson-sums.ts";
import { kinds } from "./kinds.ts";

interface Subject {
  readonly kind: string;
  readonly parameters: Readonly<Record<string, NestedArray>>;
  /** Those of another of the kind, for the divergence. */
  readonly other: Readonly<Record<string, NestedArray>>;
  readonly x: NestedArray;
  /** Whether its matrices have zeros above the diagonal, which are no parameters. */
  readonly isTriangular?: boolean;
  /** Whether x may be moved. */
  readonly isDensity?: boolean;
}

const subjects: readonly Subject[] = [
  {
    kind: "Gamma",
    parameters: { concentration: [[0.5], [2], [20]], rate: [0.7, 2] },
    other: { concentration: [1.5, 3], rate: [1, 0.5] },
    x: [
      [0.3, 2],
      [1, 0.1],
      [9, 11],
    ],
    isDensity: true,
  },
  {
    kind: "Beta",
    parameters: { concentration1: [[0.5], [2]], concentration0: [0.7, 3] },
    other: { concentration1: [1.5, 3], concentration0: [1, 0.5] },
    x: [
      [0.3, 0.5],
      [0.9, 0.2],
    ],
    isDensity: true,
  },
  {
    kind: "Dirichlet",
    parameters: { concentration: [[0.5, 1, 3]] },
    other: { concentration: [1, 1, 2] },
    x: [
      [0.2, 0.3, 0.5],
      [0.6, 0.3, 0.1],
    ],
  },
  {
    kind: "MultivariateNormal",
    parameters: {
      loc: [[0.5, -1]],
      scale_tril: [
        [0.7, 0],
        [0.3, 1.2],
      ],
    },
    other: {
      loc: [0, 0],
      scale_tril: [
        [1, 0],
        [-0.5, 0.8],
      ],
    },
    x: [
      [0.2, 0.3],
      [-1, 2],
    ],
    isDensity: true,
    isTriangular: true,
  },
  {
    kind: "MixtureSameFamily",
    parameters: { mixture_logits: [0.5, -0.2], component_loc: [-1, 2], component_scale: [0.7, 1.5] },
    other: { mixture_logits: [0, 0], component_loc: [0, 1], component_scale: [1, 1] },
    x: [-2, 0, 3],
    isDensity: true,
  },
  { kind: "Poisson", parameters: { rate: [0.2, 2.5, 30.5] }, other: { rate: [1, 2, 3] }, x: [0, 3, 25] },
  {
    kind: "Normal",
    parameters: { loc: [[0.5], [-1]], scale: [0.7, 2] },
    other: { loc: [0.1, 0.2], scale: [1.5, 0.8] },
    x: [[[1, -2]], [[0, 3]]],
    isDensity: true,
  },
  {
    kind: "Bernoulli",
    parameters: { probs: [0.2, 0.7] },
    other: { probs: [0.6, 0.5] },
    x: [
      [0, 1],
      [1, 0],
    ],
  },
  {
    kind: "Bernoulli",
    parameters: { logits: [0, -2] },
    other: { logits: [1, -1] },
    x: [
      [0, 1],
      [1, 0],
    ],
  },
  {
    kind: "Categorical",
    parameters: {
      probs: [
        [0.2, 0.5, 0.6],
        [1, 2, 3],
      ],
    },
    other: { probs: [0.3, 0.3, 0.4] },
    x: [
      [0, 2],
      [1, 1],
    ],
  },
  { kind: "Categorical", parameters: { logits: [0, -1, 2] }, other: { logits: [0.1, 0.2, 0.3] }, x: [0, 2, 2, 1] },
];

it("has every distribution", () => {
  expect([...new Set(subjects.map(({ kind }) => kind))].sort(), "`subjects` wants each distribution").toEqual(
    Object.keys(kinds).sort(),
  );
});

describe.each(subjects.map((subject) => [`${subject.kind} of ${Object.keys(subject.parameters)}`, subject] as const))(
  "%s",
  (_, { kind, parameters, other, x, isDensity, isTriangular }) => {
    const names = Object.keys(parameters);
    const values = Object.values(parameters);
    const lower = (y: Tensor) => (isTriangular && y.shape[0] === 2 ? tril(y) : y);
    const of = (given: readonly Tensor[]) =>
      kinds[kind](Object.fromEntries(names.map((name, i) => [name, lower(given[i])])));
    const exact = { dtype: "float64" } as const;
    const q = () => kinds[kind](Object.fromEntries(names.map((name) => [name, tensor(other[name], exact)])));

    it("has the derivatives of log-probabilities", () => {
      checkGradients((...given) => of(given).logProb(tensor(x, exact)), values, { second: true });
      if (isDensity) {
        const p = of(values.map((value) => tensor(value, exact)));
        checkGradients((at) => p.logProb(at), [x], { second: true });
      }
    });

    const asked: Record<string, (p: Distribution) => Tensor> = {
      entropies: (p) => p.entropy(),
      "divergences by p": (p) => p.klDivergence(q()),
      "divergences by q": (p) => q().klDivergence(p),
      "cross-entropies": (p) => p.crossEntropy(q()),
    };
    it.each(Object.entries(asked))("has the derivatives of %s", (__, f) => {
      if (kind === "MixtureSameFamily") return expect(() => f(of(values.map((value) => tensor(value))))).toThrow();
      checkGradients((...given) => f(of(given)), values, { second: true });
    });
  },
);

describe("the entropy of counts", () => {
  it("has derivatives of any order, also where counts are many", () => {
    checkGradients((rate) => new Poisson(rate).entropy(), [[0.3, 5.7, 80.2]], { second: true });
    const second = grad((rate: Tensor) => grad((r: Tensor) => new Poisson(r).entropy().sum())(rate).sum());
    checkGradients(second, [[0.9, 5.7]], { second: true });
    checkGradients((rate) => new Poisson(rate).entropy().mul(100), [[12_000, 3e4]], { second: true, step: 1 });
  });

  it("is the same by sums and by the series that takes over", () => {
    for (const order of [0, 1, 2, 3, 4]) {
      const [sum, series] = [poissonEntropy(1e4, order), poissonEntropy(1e4 + 1e-8, order)];
      expect(Math.abs(series / sum - 1)).toBeLessThan(1e-6);
    }
    // mpmath's sum at 10⁴, to 17 digits.
    expect(poissonEntropy(1e4, 0)).toBeCloseTo(6.0241003854427113, 13);
    expect(poissonEntropy(1e300, 0)).toBeCloseTo(0.5 * (Math.log(2 * Math.PI) + 1 + 300 * Math.LN10), 10);
  });
});

describe("draws that move", () => {
  const concentrations = [[0.3, 1, 7]];

  it("as their quantile does, with the concentration", () => {
    const [{ inputs, expect: found }] = referenceCases("peers/distributions", "gammaMove");
    const of = ({ data }: { data: readonly number[] }) => tensor([...data], { dtype: "float64" });
    const x = of(inputs.x);
    const moves = moveOf(of(inputs.concentration), x.log()).mul(x);
    const ratio = moves.div(of(found.value));
    expectClose(ratio, { shape: ratio.shape, data: ratio.toTypedArray().map(() => 1) }, { tolerance: 1e-11 });
  });

  it("have the mean's derivative on average", () => {
    const n = 20_000;
    const a = tensor([0.3, 2, 9], { dtype: "float64", requiresGrad: true });
    const rate = tensor(2, { dtype: "float64", requiresGrad: true });
    const generator = new Generator(8);
    const near = (y: Tensor, expected: number[], tolerance: number) => {
      a.grad = null;
      y.backward();
      for (const [i, e] of expected.entries()) expect(Math.abs(a.grad!.at(i) - e)).toBeLessThan(tolerance);
    };
    // E[x] = a / b.
    near(new Gamma(a, rate).rsample([n], { generator }).mean(0).sum(), [0.5, 0.5, 0.5], 0.02);
    expect(rate.grad!.item()).toBeCloseTo(-11.3 / 4, 1);
    // E[x] = a / (a + 2), whose derivative is 2 / (a + 2)².
    near(new Beta(a, 2).rsample([n], { generator }).mean(0).sum(), [2 / 5.29, 0.125, 2 / 121], 0.01);
    // E[x₀] = a₀ / Σ a.
    const total = 11.3;
    const first = new Dirichlet(a).rsample([n], { generator }).mean(0).slice(0);
    near(first, [(total - 0.3) / total ** 2, -0.3 / total ** 2, -0.3 / total ** 2], 0.01);
  });

  it("have no second derivative, and say so", () => {
    const once = grad((a: Tensor) => new Gamma(a, 1).rsample([], { generator: new Generator(3) }).sum());
    expect(() => grad((a: Tensor) => once(a).sum())(tensor(concentrations))).toThrow(GraphError);
  });

  it("move compiled as eagerly", () => {
    const a = tensor(concentrations, { dtype: "float64" });
    const both = (b: Tensor) =>
      new Beta(b, 2)
        .rsample([4])
        .add(new Dirichlet(b).rsample([4]))
        .square()
        .sum();
    const f = (c: Tensor) => grad(both)(c);
    manualSeed(2);
    const eager = [f(a), f(a), f(a)].map((g) => g.toArray());
    manualSeed(2);
    const compiled = jit(f);
    // Sums are taken in another order.
    [compiled(a), compiled(a), compiled(a)].forEach((g, i) => {
      expect(allClose(g, tensor(eager[i], { dtype: "float64" }), { rtol: 1e-13, atol: 1e-13 })).toBe(true);
    });
  });
});
