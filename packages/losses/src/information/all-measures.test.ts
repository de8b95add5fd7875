/**
 * What holds for every measure of the namespace: a value worked out by hand, right derivatives, and the same compiled.
 */

import { jit } from "@chainrule/compiler";
import { checkGradients, type Tensor, tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { information } from "../index.ts";

const { log } = Math;
const double = (x: number[] | number[][]) => tensor(x, { dtype: "float64" });
const logits = double([
  [0.3, -1, 0.2],
  [1, 2, -0.5],
]);

interface Case {
  /** A call on known distributions, and its value from the formula. */
  readonly call: () => Tensor;
  readonly value: number;
  /** The measure as a function of any numbers, which it brings into distributions itself. */
  readonly ofLogits: (x: Tensor) => Tensor;
}

/** Another measure needs a row here. */
const cases: Readonly<Record<string, Case>> = {
  surprisal: {
    call: () => information.surprisal(double([0.2])).squeeze(),
    value: -log(0.2),
    ofLogits: (x) => information.surprisal(x.sigmoid()),
  },
  entropy: {
    call: () => information.entropy(double([0.2, 0.8])),
    value: -0.2 * log(0.2) - 0.8 * log(0.8),
    ofLogits: (x) => information.entropy(x.softmax()),
  },
  crossEntropy: {
    call: () => information.crossEntropy(double([0.2, 0.8]), double([0.3, 0.7])),
    value: -0.2 * log(0.3) - 0.8 * log(0.7),
    ofLogits: (x) => information.crossEntropy(x.softmax(), x.neg().softmax()),
  },
  klDivergence: {
    call: () => information.klDivergence(double([0.2, 0.8]), double([0.3, 0.7])),
    value: 0.2 * log(0.2 / 0.3) + 0.8 * log(0.8 / 0.7),
    ofLogits: (x) => information.klDivergence(x.softmax(), x.neg().softmax()),
  },
  jensenShannon: {
    call: () => information.jensenShannon(double([0.2, 0.8]), double([0.4, 0.6])),
    value: (0.2 * log(0.2 / 0.3) + 0.8 * log(0.8 / 0.7) + 0.4 * log(0.4 / 0.3) + 0.6 * log(0.6 / 0.7)) / 2,
    ofLogits: (x) => information.jensenShannon(x.softmax(), x.neg().softmax()),
  },
  mutualInformation: {
    call: () =>
      information.mutualInformation(
        double([
          [0.4, 0.1],
          [0.2, 0.3],
        ]),
      ),
    value: 0.4 * log(0.4 / 0.3) + 0.1 * log(0.1 / 0.2) + 0.2 * log(0.2 / 0.3) + 0.3 * log(0.3 / 0.2),
    ofLogits: (x) => information.mutualInformation(x.exp(), { normalize: true }),
  },
  conditionalEntropy: {
    call: () =>
      information.conditionalEntropy(
        double([
          [0.4, 0.1],
          [0.2, 0.3],
        ]),
      ),
    value: -0.4 * log(0.8) - 0.1 * log(0.2) - 0.2 * log(0.4) - 0.3 * log(0.6),
    ofLogits: (x) => information.conditionalEntropy(x.exp(), { normalize: true }),
  },
  mixture: {
    call: () =>
      information
        .mixture(
          double([
            [0.4, 0.6],
            [0.2, 0.8],
          ]),
          double([0.25, 0.75]),
        )
        .slice(0),
    value: 0.25 * 0.4 + 0.75 * 0.2,
    ofLogits: (x) => information.mixture(x.softmax(), x.sum(1).softmax()),
  },
  convert: {
    call: () => information.convert(double([3]), { from: 2, to: 10 }).squeeze(),
    value: (3 * log(2)) / log(10),
    ofLogits: (x) => information.convert(x, { to: 2 }),
  },
  bregman: {
    call: () => information.bregman(double([0.2, 0.8]), double([0.5, 0.7])),
    value: 0.2 * log(0.2 / 0.5) + 0.8 * log(0.8 / 0.7) - 1 + 1.2,
    ofLogits: (x) => information.bregman(x.exp(), x.square().add(0.5)),
  },
  perplexity: {
    call: () => information.perplexity(double([0.2, 0.8]), double([0.3, 0.7])),
    value: 0.3 ** -0.2 * 0.7 ** -0.8,
    ofLogits: (x) => information.perplexity(x.softmax(), x.neg().softmax()),
  },
};

/** Those of amounts and of vectors that need not be distributions. */
const ofAnyNumbers = ["convert", "bregman"];

it("leaves out no measure of the namespace", () => {
  expect(Object.keys(cases).sort(), "`cases` wants each measure of information/index.ts").toEqual(
    Object.keys(information).sort(),
  );
});

describe.each(Object.entries(cases))("information.%s", (name, { call, value, ofLogits }) => {
  it("has the value that its formula gives", () => {
    expect(call().item()).toBeCloseTo(value, 14);
  });

  it("has right first and second derivatives", () => {
    expect(() => checkGradients(ofLogits, [logits], { second: true })).not.toThrow();
  });

  it("is the same compiled", () => {
    const compiled = jit(ofLogits);
    for (const _call of [1, 2]) expectClose(compiled(logits), ofLogits(logits), { tolerance: 1e-13 });
  });

  it.runIf(!ofAnyNumbers.includes(name))("refuses what is no probability, and says which function did", () => {
    const measure = information[name as keyof typeof information] as (p: number[][], q?: number[][]) => Tensor;
    const ofOne = ["surprisal", "entropy", "mutualInformation", "conditionalEntropy"].includes(name);
    expect(() => (ofOne ? measure([[-0.5, 1.5]]) : measure([[-0.5, 1.5]], [[0.5, 0.5]]))).toThrow(
      new RegExp(`^information\\.${name}: expected`),
    );
  });
});
