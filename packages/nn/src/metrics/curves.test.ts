import { OptionError, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { calibrationCurve, expectedCalibrationError, precisionRecallCurve, rocAuc, rocCurve } from "./functions.ts";

const scores = [0.1, 0.4, 0.35, 0.8];
const truths = [0, 0, 1, 1];
const rows = [
  [0.7, 0.2, 0.1],
  [0.1, 0.6, 0.3],
  [0.3, 0.3, 0.4],
  [0.5, 0.1, 0.4],
];

describe("rocCurve", () => {
  it("begins where nothing is predicted, and has a point for each score", () => {
    expect(rocCurve(scores, truths)).toEqual({
      falsePositiveRate: [0, 0, 0.5, 0.5, 1],
      truePositiveRate: [0, 0.5, 0.5, 1, 1],
      thresholds: [Number.POSITIVE_INFINITY, 0.8, 0.4, 0.35, 0.1],
    });
  });

  it("takes equal scores together: nothing told apart is the diagonal", () => {
    expect(rocCurve([0.5, 0.5, 0.5], [1, 0, 1])).toEqual({
      falsePositiveRate: [0, 1],
      truePositiveRate: [0, 1],
      thresholds: [Number.POSITIVE_INFINITY, 0.5],
    });
  });

  it("has the area that rocAuc says, of infinite scores as well", () => {
    const infinite = [Number.NEGATIVE_INFINITY, 2, 2, Number.POSITIVE_INFINITY, -5];
    const labels = [0, 0, 1, 1, 1];
    const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(infinite, labels);
    const area = x.slice(1).reduce((sum, _, i) => sum + ((x[i + 1] - x[i]) * (y[i + 1] + y[i])) / 2, 0);
    expect(area).toBeCloseTo(rocAuc(infinite, labels), 12);
  });

  it("is of one class: of two scores the second, of more the one that is named", () => {
    const two = scores.map((p) => [1 - p, p]);
    expect(rocCurve(two, truths)).toEqual(rocCurve(scores, truths));
    expect(rocCurve(two, truths, { class: 0 }).truePositiveRate).toEqual([0, 0.5, 0.5, 1, 1]);
    expect(() => rocCurve(rows, [0, 1, 2, 0])).toThrow(/class, from 0 to 2, for scores of 3 classes/);
    expect(rocCurve(rows, [0, 1, 2, 0], { class: 0 }).truePositiveRate).toEqual([0, 0.5, 1, 1, 1]);
    for (const wrong of [3, -1, 0.5, "1"])
      expect(() => rocCurve(rows, [0, 1, 2, 0], { class: wrong as number })).toThrow(OptionError);
    expect(() => rocCurve(scores, truths, { class: 1 })).toThrow(/no class, or 0, for one score a sample/);
  });

  it("needs samples of the class and others", () => {
    expect(() => rocCurve(scores, [0, 0, 0, 0])).toThrow(/samples of the class, got none/);
    expect(() => rocCurve(scores, [1, 1, 1, 1])).toThrow(/samples that are not of the class, got none/);
    expect(() => rocCurve([], [])).toThrow(ValueError);
    expect(() => rocCurve([Number.NaN, 1], [0, 1])).toThrow(/predictions that are numbers, got NaN/);
  });
});

describe("precisionRecallCurve", () => {
  it("begins where all is predicted, and ends where nothing is", () => {
    expect(precisionRecallCurve(scores, truths)).toEqual({
      precision: [0.5, 2 / 3, 0.5, 1, 1],
      recall: [1, 1, 0.5, 0.5, 0],
      thresholds: [0.1, 0.35, 0.4, 0.8],
    });
    expect(precisionRecallCurve([0.2, 0.3], [1, 1]).precision).toEqual([1, 1, 1]);
    expect(() => precisionRecallCurve(scores, [0, 0, 0, 0])).toThrow(/samples of the class/);
  });
});

describe("calibrationCurve", () => {
  const p = [0.1, 0.3, 0.7, 0.9];
  const t = [0, 1, 1, 1];

  it("puts probabilities in bins, an edge into the lower one, and leaves out empty bins", () => {
    expect(calibrationCurve([0, 0.5, 0.500001, 1], t, { bins: 2 })).toEqual([
      { from: 0, to: 0.5, weight: 2, predicted: 0.25, observed: 0.5 },
      { from: 0.5, to: 1, weight: 2, predicted: expect.closeTo(0.75, 5), observed: 1 },
    ]);
    expect(calibrationCurve([0.05, 0.95], [0, 1], { bins: 10 }).map(({ from, to }) => [from, to])).toEqual([
      [0, 0.1],
      [0.9, 1],
    ]);
  });

  it("of rows is the confidence in the chosen class, and whether it was right", () => {
    expect(calibrationCurve(rows, [0, 1, 0, 2], { bins: 1 })).toEqual([
      { from: 0, to: 1, weight: 4, predicted: expect.closeTo((0.7 + 0.6 + 0.4 + 0.5) / 4, 12), observed: 0.5 },
    ]);
  });

  it("weighs samples, and bins of equally many samples are of the samples", () => {
    const [low, high] = calibrationCurve(p, t, { bins: 2, strategy: "quantile", sampleWeight: [1, 3, 1, 1] });
    expect([low.weight, low.predicted, low.observed]).toEqual([4, expect.closeTo(0.25, 12), 0.75]);
    expect([low.to, high.from, high.to]).toEqual([0.5, 0.5, 0.9]);
  });

  it("refuses what is no probability, and bins that are none", () => {
    expect(() => calibrationCurve([1.5], [1])).toThrow(/probabilities in \[0, 1\]/);
    expect(() => calibrationCurve([[1, 1]], [1])).toThrow(/rows that add up to 1/);
    expect(() => calibrationCurve(p, t, { bins: 0 })).toThrow(/bins as a whole number/);
    expect(() => calibrationCurve(p, t, { strategy: "even" as "uniform" })).toThrow(/"uniform" or "quantile"/);
  });

  it("has the mean distance that expectedCalibrationError says", () => {
    expect(expectedCalibrationError(p, t, { bins: 2 })).toBeCloseTo((0.3 + 0.2) / 2, 12);
    expect(expectedCalibrationError([1, 0, 1], [1, 0, 1])).toBe(0);
    expect(expectedCalibrationError([1, 0], [0, 1])).toBe(1);
  });
});
