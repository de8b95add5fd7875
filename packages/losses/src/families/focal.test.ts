import { OptionError, tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import {
  binaryCrossEntropy,
  binaryFocal,
  categoricalCrossEntropy,
  categoricalFocal,
  checkLoss,
  crossEntropy,
} from "../index.ts";

const double = (x: number[] | number[][]) => tensor(x, { dtype: "float64" });

describe("binaryFocal", () => {
  const prediction = double([0.9, 0.8, 0.7, 0.2]);
  const target = [1, 0, 1, 0];

  it("is (1 - p_t)² times cross-entropy", () => {
    const expected = [
      0.1 ** 2 * -Math.log(0.9),
      0.8 ** 2 * -Math.log(0.2),
      0.3 ** 2 * -Math.log(0.7),
      0.2 ** 2 * -Math.log(0.8),
    ];
    expectClose(binaryFocal(prediction, target, { reduction: "none" }), { shape: [4], data: expected });
    expect(binaryFocal(prediction, target).item()).toBeCloseTo(0.2680300890303642, 12);
    expect(binaryFocal(prediction, target, { sampleWeight: 2.3 }).item()).toBeCloseTo(2.3 * 0.2680300890303642, 12);
    expect(binaryFocal(prediction, target, { sampleWeight: [1, 0, 0, 0] }).item()).toBeCloseTo(expected[0] / 4, 12);
  });

  it("is the same from logits", () => {
    const logits = prediction.div(prediction.neg().add(1)).log();
    const options = { gamma: 1.5, alpha: 0.25 };
    expectClose(
      binaryFocal(logits, target, { ...options, fromLogits: true }),
      binaryFocal(prediction, target, options),
    );
  });

  it("weighs ones with α and zeros with 1 - α where α is given", () => {
    const plain = binaryFocal(prediction, target, { reduction: "none" }).toTypedArray();
    const data = Array.from(plain, (x, i) => x * (target[i] === 1 ? 0.25 : 0.75));
    expectClose(binaryFocal(prediction, target, { alpha: 0.25, reduction: "none" }), { shape: [4], data });
  });

  it("takes an α of 0 and of 1", () => {
    const each = [0, 1].map((alpha) => binaryFocal(prediction, target, { alpha, reduction: "none" }).toTypedArray());
    const plain = binaryFocal(prediction, target, { reduction: "none" }).toTypedArray();
    plain.forEach((x, i) => {
      expect(each[target[i]][i]).toBeCloseTo(x, 14);
      expect(each[1 - target[i]][i]).toBe(0);
    });
  });

  it("cuts a probability of 1 to 1 - 1e-7 in both of its factors", () => {
    expect(binaryFocal(double([1]), [1], { gamma: 1 }).item() / 1e-14).toBeCloseTo(1, 6);
  });

  it("is binary cross-entropy for γ = 0", () => {
    expectClose(binaryFocal(prediction, target, { gamma: 0 }), binaryCrossEntropy(prediction, target));
  });

  it.each([0, 0.3, 1, 2, 5])("has right and finite gradients from logits for γ = %d", (gamma) => {
    expect(() => checkLoss(binaryFocal.with({ fromLogits: true, gamma }))).not.toThrow();
  });

  it("refuses a negative γ and an α above 1", () => {
    expect(() => binaryFocal([0.5], [1], { gamma: -1 })).toThrow(OptionError);
    expect(() => binaryFocal([0.5], [1], { alpha: 2 })).toThrow(/alpha from 0 to 1, got 2/);
  });
});

describe("categoricalFocal", () => {
  const prediction = double([
    [0.05, 0.95, 0],
    [0.1, 0.8, 0.1],
  ]);
  const target = [
    [0, 1, 0],
    [0, 0, 1],
  ];

  it("is Keras's, α = 0.25 included", () => {
    const expected = { shape: [2], data: [3.2058309e-5, 0.466273481] };
    expectClose(categoricalFocal(prediction, target, { reduction: "none" }), expected, { tolerance: 1e-8 });
    expect(categoricalFocal(prediction, target).item()).toBeCloseTo(0.23315277, 8);
    expect(categoricalFocal(prediction, target, { sampleWeight: [2, 0] }).item()).toBeCloseTo(3.2058309e-5, 12);
  });

  it("takes labels as well", () => {
    expectClose(categoricalFocal(prediction, [1, 2]), categoricalFocal(prediction, target));
  });

  it("is cross-entropy for γ = 0 and α = 1", () => {
    const options = { gamma: 0, alpha: 1 };
    expectClose(categoricalFocal(prediction, target, options), categoricalCrossEntropy(prediction, target));
    const logits = double([[1, 2, 0]]);
    expectClose(categoricalFocal(logits, [0], { ...options, fromLogits: true }), crossEntropy(logits, [0]));
  });

  it("takes a weight for each class", () => {
    const alpha = [1, 2, 3];
    const each = categoricalFocal(prediction, target, { alpha, reduction: "none" });
    expectClose(each, { shape: [2], data: [8 * 3.2058309e-5, 12 * 0.466273481] }, { tolerance: 1e-8 });
    expect(() => categoricalFocal(prediction, target, { alpha: [1, 2] })).toThrow(/\[2, 3\]/);
  });

  it("takes a weight for each class along another axis", () => {
    const images = prediction.T.unsqueeze(0);
    const [alpha, labels] = [[1, 2, 3], [[1, 2]]];
    expectClose(categoricalFocal(images, labels, { alpha, axis: 1 }), categoricalFocal(prediction, [1, 2], { alpha }));
  });

  it("has right and finite gradients from logits", () => {
    for (const gamma of [0, 0.3, 1, 2]) {
      expect(() => checkLoss(categoricalFocal.with({ fromLogits: true, gamma }))).not.toThrow();
      expect(() => checkLoss(categoricalFocal.with({ gamma }))).not.toThrow();
    }
  });
});
