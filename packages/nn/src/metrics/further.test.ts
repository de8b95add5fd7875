/**
 * What the tables of all metrics do not see: several classes, nothing to compare, and by name in compile.
 */
import { DTypeError, OptionError, ShapeError, type Tensor, tensor, ValueError } from "@chainrule/core";
import { type LossName, mae } from "@chainrule/losses";
import { describe, expect, it } from "vitest";
import { Activation, Mean, MeanSquaredError, metrics, Sequential } from "../index.ts";

const rows = [
  [0.7, 0.2, 0.1],
  [0.1, 0.6, 0.3],
  [0.3, 0.3, 0.4],
  [0.5, 0.1, 0.4],
];
const labels = [0, 1, 1, 2];

describe("counts of decisions", () => {
  it("are of class 1, of elements with a threshold, and of no more than two classes", () => {
    expect(
      metrics.truePositives(
        rows,
        [1, 1, 0, 1].map((y) => [y, 0, 1]),
        { threshold: 0.35 },
      ),
    ).toBe(4);
    expect(metrics.trueNegatives([0, 0], [0, 0])).toBe(2);
    expect(metrics.truePositives([0, 0], [0, 0])).toBe(0);
    expect(() => metrics.falsePositives(rows, labels)).toThrow(/two classes, 0 and 1, got 3 classes.*threshold/s);
    expect(metrics.falsePositives([1, 1], [0, 1], { sampleWeight: [2.5, 1] })).toBe(2.5);
  });

  it("specificity of several classes, averaged in each way", () => {
    // Predicted 0 1 2 0 for 0 1 1 2: TN of 3, 2, 3 others are 2, 2, 2.
    const [a, b, c] = [2 / 3, 2 / 2, 2 / 3];
    const of = (average?: "macro" | "micro" | "weighted") => metrics.specificity(rows, labels, { average });
    expect(of()).toBeCloseTo((a + b + c) / 3, 12);
    expect(of("macro")).toBe(of());
    expect(of("weighted")).toBeCloseTo((a + 2 * b + c) / 4, 12);
    expect(of("micro")).toBeCloseTo(6 / 8, 12);
  });

  it("kappa of one class alone is nothing", () => {
    expect(() => metrics.cohenKappa([1, 1], [1, 1])).toThrow(/two classes, got one class/);
    expect(metrics.cohenKappa([1, 1], [1, 0])).toBe(0);
    expect(() => metrics.cohenKappa([1, 0], [1, 0], { weights: "cubic" as "linear" })).toThrow(OptionError);
    expect(metrics.cohenKappa([0, 1, 2, 3], [0, 1, 2, 3], { weights: "quadratic" })).toBe(1);
  });

  it("IoU is of pixels as well", () => {
    const image = (x: number[][]) => tensor([x, x], { dtype: "int32" });
    expect(
      metrics.iou(
        image([
          [1, 1],
          [0, 0],
        ]),
        image([
          [1, 0],
          [1, 0],
        ]),
      ),
    ).toBeCloseTo(1 / 3, 12);
    expect(metrics.meanIoU([0, 0], [0, 0])).toBe(1);
  });
});

describe("several labels", () => {
  it("are decisions above a threshold, which may be another one", () => {
    const logits = [
      [2, -1],
      [0.2, -3],
    ];
    const truths = [
      [1, 0],
      [0, 0],
    ];
    expect(metrics.exactMatch(logits, truths, { threshold: 0 })).toBe(0.5);
    expect(metrics.hammingLoss(logits, truths, { threshold: 0 })).toBe(0.25);
    expect(() => metrics.exactMatch(logits, [1, 0])).toThrow(ShapeError);
    expect(metrics.hammingLoss([0.9, 0.1], [1, 1])).toBe(0.5);
    expect(metrics.hammingLoss(logits, truths, { threshold: 0, sampleWeight: [3, 1] })).toBe(1 / 8);
  });
});

describe("operating points", () => {
  it("take equal scores together, and say 0 where nothing is reached", () => {
    expect(metrics.recallAtPrecision([0.5, 0.5], [1, 0], 0.6)).toBe(0);
    expect(metrics.precisionAtRecall([0.5, 0.5], [1, 0], 1)).toBe(0.5);
    expect(metrics.specificityAtSensitivity([0.9, 0.1], [1, 0], 0)).toBe(1);
    // Eight of ten are below: 1 - 0.8 in floating point would be less than 0.2.
    const scores = Array.from({ length: 20 }, (_, i) => i / 20);
    const truths = scores.map((_, i) => Number(i % 2 === 1));
    expect(metrics.sensitivityAtSpecificity(scores, truths, 0.2)).toBe(0.9);
  });

  it("refuse shares that are none, and one class alone", () => {
    for (const least of [-0.1, 1.1, Number.NaN, "0.5"])
      expect(() => metrics.precisionAtRecall([1, 0], [1, 0], least as number)).toThrow(ValueError);
    expect(() => metrics.precisionAtRecall([1, 0], [0, 0], 0.5)).toThrow(/a class without one or the other/);
    expect(() => metrics.sensitivityAtSpecificity([1, 0], [1, 1], 0.5)).toThrow(/a class without one or the other/);
  });
});

describe("correlations", () => {
  it("do not lose digits far from 0, nor overflow", () => {
    const far = [1e9, 1e9 + 1, 1e9 + 2];
    expect(metrics.pearson(far, [1, 2, 6])).toBeCloseTo(metrics.pearson([0, 1, 2], [1, 2, 6]), 9);
    expect(metrics.explainedVariance(far, [1, 2, 3])).toBeCloseTo(1, 9);
    expect(metrics.pearson([1e150, -1e150], [1e150, -1e150])).toBeCloseTo(1, 12);
    expect(metrics.spearman([Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY], [3, 2, 1])).toBeCloseTo(-1, 12);
  });

  it("of what never varies are nothing", () => {
    for (const metric of [metrics.pearson, metrics.spearman]) {
      expect(() => metric([1, 1], [1, 2])).toThrow(/always the same/);
      expect(() => metric([1], [1])).toThrow(ValueError);
    }
    expect(metrics.explainedVariance([2, 2], [1, 1])).toBe(1);
    expect(metrics.explainedVariance([2, 3], [1, 1])).toBe(0);
  });
});

describe("Mean", () => {
  const off = (prediction: Tensor, target: Tensor) => prediction.sub(target).abs();

  it("is of what a function returns for each sample, by weight, or of the batch", () => {
    const metric = new Mean(off);
    expect([metric.name, metric.higherIsBetter]).toEqual(["off", null]);
    metric.update(tensor([1, 2]), tensor([1, 4]), tensor([1, 3]));
    metric.update(tensor([5]), tensor([0]));
    expect(metric.result()).toBe((0 + 6 + 5) / 5);
    const whole = new Mean((p) => p.shape[0], { name: "size", higherIsBetter: true });
    whole.update(tensor([1, 2]), tensor([1, 4]));
    whole.update(tensor([5]), tensor([0]));
    expect([whole.result(), whole.higherIsBetter]).toEqual([(2 * 2 + 1) / 3, true]);
  });

  it("of a loss counts before its mean, in training too", async () => {
    const metric = new Mean(mae, { name: "distance" });
    expect(metric.higherIsBetter).toBe(false);
    const model = new Sequential([new Activation("linear")]);
    model.compile({ loss: "mse", metrics: [metric, new MeanSquaredError(), "rmse"] });
    const found = await model.evaluate([[1], [2], [6]], [[1], [4], [5]], { batchSize: 2 });
    expect(found).toEqual({ loss: expect.closeTo(5 / 3, 6), distance: 1, mse: 5 / 3, rmse: Math.sqrt(5 / 3) });
  });

  it("does not call its function with samples of weight 0", () => {
    const metric = new Mean((p, t) => p.div(t).log());
    metric.update(tensor([2, Number.NaN]), tensor([2, 0]), tensor([1, 0]));
    expect(metric.result()).toBe(0);
    expect(() => metric.update([1] as never, tensor([1]))).toThrow(DTypeError);
  });

  it("refuses what is no function, and what a function returns that is no number", () => {
    expect(() => new Mean("mae" as never)).toThrow(OptionError);
    expect(() => new Mean(off, { name: 3 as never })).toThrow(/a text as name/);
    expect(() => new Mean(() => "x" as never).update(tensor([1]), tensor([1]))).toThrow(/a number or a tensor/);
  });
});

describe("by name in compile", () => {
  it("decisions are at 0 for logits, at 0.5 for probabilities", async () => {
    const counted = async (loss: LossName, x: number[][]) => {
      const model = new Sequential([new Activation("linear")]);
      model.compile({ loss, metrics: ["true_positives", "balanced_accuracy", "exact_match", "iou"] });
      return model.evaluate(x, [[1], [0], [1]]);
    };
    const expected = { true_positives: 1, balanced_accuracy: 0.75, exact_match: 2 / 3, iou: 0.5 };
    expect(await counted("binary_crossentropy", [[0.9], [0.2], [0.4]])).toMatchObject(expected);
    expect(await counted("binaryCrossEntropyWithLogits", [[0.3], [-2], [-0.1]])).toMatchObject(expected);
  });
});

describe("classificationReport", () => {
  it("names classes, and leaves out those that do not occur", () => {
    const report = metrics.classificationReport([0, 2], [0, 2], { labels: ["a", "never", "a long name of a class"] });
    expect(report).toContain("a long name of a class       1.00");
    expect(report).not.toContain("never");
    expect(() => metrics.classificationReport([0, 2], [0, 2], { labels: ["a"] })).toThrow(
      /labels for 3 classes, got 1/,
    );
    expect(() => metrics.classificationReport([0], [0], { digits: -1 })).toThrow(/digits as a whole number/);
  });
});
