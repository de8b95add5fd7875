/**
 * First and second derivatives against differences, in float64, and at the ends, where they must not be NaN.
 */
import { checkGradients, type NestedArray, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import type { Distribution } from "../src/index.ts";
import { kinds } from "./kinds.ts";

interface Subject {
  readonly kind: string;
  readonly parameters: Readonly<Record<string, NestedArray>>;
  /** Those of another of the kind, for the divergence. */
  readonly other: Readonly<Record<string, NestedArray>>;
  readonly x: NestedArray;
  /** Whether x may be moved. */
  readonly isDensity?: boolean;
}

const subjects: readonly Subject[] = [
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
  expect([...new Set(subjects.map(({ kind }) => kind))].sort()).toEqual(Object.keys(kinds).sort());
});

describe.each(subjects.map((subject) => [`${subject.kind} of ${Object.keys(subject.parameters)}`, subject] as const))(
  "%s",
  (_, { kind, parameters, other, x, isDensity }) => {
    const names = Object.keys(parameters);
    const values = Object.values(parameters);
    const of = (given: readonly Tensor[]) => kinds[kind](Object.fromEntries(names.map((name, i) => [name, given[i]])));
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
