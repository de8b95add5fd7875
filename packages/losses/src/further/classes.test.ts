import { grad, OptionError, type Tensor, tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import {
  asymmetric,
  binaryCrossEntropy,
  binaryFocal,
  biTempered,
  categoricalFocal,
  checkLoss,
  crossEntropy,
  generalizedCrossEntropy,
  polyCrossEntropy,
  symmetricCrossEntropy,
} from "../index.ts";

const double = (x: unknown[]) => tensor(x as number[], { dtype: "float64" });
const logits = double([
  [2, 1, -1],
  [0.5, -3, 4],
]);
const labels = [2, 0];
const none = { reduction: "none" } as const;

describe("at their limits the losses are those that they come from", () => {
  it.each<[string, Tensor, Tensor]>([
    ["poly-1 for ε = 0", polyCrossEntropy(logits, labels, { epsilon: 0 }), crossEntropy(logits, labels)],
    ["bi-tempered for t = 1", biTempered(logits, labels, { t1: 1, t2: 1 }), crossEntropy(logits, labels)],
    [
      "bi-tempered for t₂ = 1 is near it",
      biTempered(logits, labels, { t1: 1, t2: 1 + 1e-9 }),
      crossEntropy(logits, labels),
    ],
    [
      "symmetric for β = 0",
      symmetricCrossEntropy(logits, labels, { alpha: 1, beta: 0, fromLogits: true }),
      crossEntropy(logits, labels),
    ],
    [
      "symmetric for α = 0 is the absolute error",
      symmetricCrossEntropy(logits, labels, { alpha: 0, beta: 1 / -Math.log(1e-4), fromLogits: true }),
      generalizedCrossEntropy(logits, labels, { q: 1, fromLogits: true }),
    ],
    [
      "asymmetric without margin and powers",
      asymmetric([0.3, 0.8], [1, 0], { clip: 0, gammaNegative: 0, gammaPositive: 0 }),
      binaryCrossEntropy([0.3, 0.8], [1, 0]),
    ],
    [
      "asymmetric with one power",
      asymmetric([0.3, 0.8], [1, 0], { clip: 0, gammaNegative: 2, gammaPositive: 2 }),
      binaryFocal([0.3, 0.8], [1, 0]),
    ],
  ])("%s", (_, found, expected) => expectClose(found, expected, { tolerance: 1e-7 }));
});

describe("far out", () => {
  const far = [
    [1e4, -1e4, 0],
    [-1e4, 1e4, 1e4],
  ];
  it("poly-1 costs what it must", () => {
    expect(polyCrossEntropy(far, [1, 1], none).toArray()).toEqual([20002, expect.closeTo(Math.LN2 + 1, 5)]);
  });

  it("bi-tempered loss is bounded, and finite with its gradient", () => {
    for (const dtype of ["float32", "float64"] as const)
      for (const t2 of [1, 1.0001, 1.2, 2, 4, 20])
        for (const t1 of [0, 0.5, 0.99]) {
          const f = (x: Tensor) => biTempered(x, [1, 2], { t1, t2, reduction: "sum" });
          const x = tensor(far, { dtype });
          // Of one that is surely wrong: log_t₁ 1 - log_t₁ 0 + nothing of the squares, 1 / (1 - t₁).
          expect(f(x).item()).toBeLessThanOrEqual((2 / (1 - t1)) * 1.001);
          expect(grad(f)(x).toTypedArray().every(Number.isFinite)).toBe(true);
        }
  });

  it("asymmetric loss forgets what is below its margin, and stays finite", () => {
    const f = (x: Tensor) => asymmetric(x, [0, 0, 1, 1, 0], { fromLogits: true, reduction: "sum" });
    const slopes = grad(f)(double([-1e4, -4, 1e4, -1e4, 1e4])).toArray();
    expect(slopes).toEqual([0, 0, 0, expect.closeTo(-1, 6), expect.closeTo(0, 6)]);
    expect(asymmetric([0.04, 0], [0, 0], { reduction: "none" }).toArray()).toEqual([0, 0]);
    const infinite = double([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    for (const clip of [0, 0.05]) expect(asymmetric(infinite, [0, 1], { fromLogits: true, clip }).item()).toBe(0);
  });

  it("classes that are masked out cost nothing", () => {
    const masked = double([[0, Number.NEGATIVE_INFINITY, 0]]);
    for (const loss of [
      polyCrossEntropy.with({ epsilon: 1 }),
      biTempered.with({ t1: 0.5 }),
      biTempered.with({ t2: 1 }),
    ]) {
      const f = (x: Tensor) => loss(x, [0]);
      expect(f(masked).item()).toBeCloseTo(loss(double([[0, 0]]), [0]).item(), 6);
      expect(grad(f)(masked).slice(0).slice(1).item()).toBeCloseTo(0, 300);
      expect(grad(f)(masked).sum().item()).toBeCloseTo(0, 9);
    }
  });
});

describe("label smoothing of focal loss", () => {
  it("is that of the smoothed distribution", () => {
    const p = logits.softmax(-1);
    const smoothed = [
      [0.1 / 3, 0.1 / 3, 0.9 + 0.1 / 3],
      [0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3],
    ];
    const expected = categoricalFocal(p, smoothed, { gamma: 1.5, alpha: [1, 2, 3] });
    expectClose(categoricalFocal(p, labels, { gamma: 1.5, alpha: [1, 2, 3], labelSmoothing: 0.1 }), expected);
    expect(() => checkLoss(categoricalFocal.with({ labelSmoothing: 0.2, fromLogits: true }))).not.toThrow();
    expect(() => categoricalFocal(p, labels, { labelSmoothing: 2 })).toThrow(OptionError);
  });
});

it("options that make no sense are refused", () => {
  const wrong: (() => unknown)[] = [
    () => polyCrossEntropy(logits, labels, { epsilon: Number.NaN }),
    () => symmetricCrossEntropy([[0.5, 0.5]], [0], { alpha: -1 }),
    () => symmetricCrossEntropy([[0.5, 0.5]], [0], { clip: 0 }),
    () => asymmetric([0.5], [1], { gammaNegative: -1 }),
    () => asymmetric([0.5], [1], { clip: 1 }),
    () => biTempered(logits, labels, { t1: 1.5 }),
    () => biTempered(logits, labels, { t2: 0.9 }),
    () => biTempered(logits, labels, { t2: "1.2" as unknown as number }),
  ];
  for (const call of wrong) expect(call).toThrow(OptionError);
  expect(() => asymmetric([2], [1])).toThrow(/probabilities, from 0 to 1, got 2.*fromLogits/s);
});
