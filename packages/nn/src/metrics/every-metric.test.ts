/**
 * Every metric of the public index has its number computed by hand, as a function and over batches, and its names.
 */
import { tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { functionsOf, subclassesOf } from "../../test/public.ts";
import * as nn from "../index.ts";
import { metricByName, metricNames } from "./by-name.ts";
import { freshMetric } from "./fresh.ts";

const { metrics } = nn;

/** What a metric is of some predictions and targets, and how its class is made. */
interface ByHand {
  readonly prediction: number[] | number[][];
  readonly target: number[] | number[][];
  readonly expected: number;
  readonly compute: (prediction: number[] | number[][], target: number[] | number[][]) => number;
  readonly make: () => nn.Metric;
}

// Of class 1 two are found, one is missed (the third), one is wrong (the fifth): TP 2, FN 1, FP 1, TN 1.
const probabilities = [0.9, 0.6, 0.2, 0.4, 0.8];
const truths = [1, 1, 1, 0, 0];
const decisions = { prediction: probabilities, target: truths };
const rows = [
  [0.5, 0.3, 0.2],
  [0.2, 0.3, 0.5],
  [0.6, 0.1, 0.3],
];
const numbers = { prediction: [1, 2, 5, 4], target: [2, 2, 3, 5] };

const byHand: Record<string, ByHand> = {
  accuracy: { ...decisions, expected: 3 / 5, compute: metrics.accuracy, make: () => new nn.Accuracy() },
  topKAccuracy: {
    // The right classes are first, second and third.
    prediction: rows,
    target: [0, 1, 1],
    expected: 2 / 3,
    compute: (p, t) => metrics.topKAccuracy(p, t, 2),
    make: () => new nn.TopKAccuracy(2),
  },
  precision: { ...decisions, expected: 2 / 3, compute: metrics.precision, make: () => new nn.Precision() },
  recall: { ...decisions, expected: 2 / 3, compute: metrics.recall, make: () => new nn.Recall() },
  f1: { ...decisions, expected: 4 / 6, compute: metrics.f1, make: () => new nn.F1() },
  fBeta: {
    // (1 + 9) TP / (10 TP + 9 FN + FP), with both of class 1 found, and two of class 0 with them.
    prediction: [1, 1, 1, 1, 0],
    target: [1, 1, 0, 0, 0],
    expected: 20 / 22,
    compute: (p, t) => metrics.fBeta(p, t, 3),
    make: () => new nn.FBeta(3),
  },
  // (TP TN - FP FN) / √((TP + FP)(TP + FN)(TN + FP)(TN + FN)) = (2 - 1) / √(3 · 3 · 2 · 2).
  matthews: { ...decisions, expected: 1 / 6, compute: metrics.matthews, make: () => new nn.Matthews() },
  // Of the 3 · 2 pairs the positive is above in (0.9, 0.4), (0.9, 0.8), (0.6, 0.4).
  rocAuc: { ...decisions, expected: 3 / 6, compute: metrics.rocAuc, make: () => new nn.RocAuc() },
  averagePrecision: {
    // Downwards: right, wrong, right, wrong, right. The precision at the right ones is 1, 2/3 and 3/5.
    ...decisions,
    expected: (1 + 2 / 3 + 3 / 5) / 3,
    compute: metrics.averagePrecision,
    make: () => new nn.AveragePrecision(),
  },
  logLoss: {
    ...decisions,
    expected: -(Math.log(0.9) + Math.log(0.6) + Math.log(0.2) + Math.log(0.6) + Math.log(0.2)) / 5,
    compute: metrics.logLoss,
    make: () => new nn.LogLoss(),
  },
  brier: {
    ...decisions,
    expected: (0.01 + 0.16 + 0.64 + 0.16 + 0.64) / 5,
    compute: metrics.brier,
    make: () => new nn.Brier(),
  },
  // Of 15 bins each holds one of them: |1 - 0.9|, |1 - 0.6|, |1 - 0.2|, 0.4 and 0.8.
  expectedCalibrationError: {
    ...decisions,
    expected: (0.1 + 0.4 + 0.8 + 0.4 + 0.8) / 5,
    compute: metrics.expectedCalibrationError,
    make: () => new nn.ExpectedCalibrationError(),
  },
  // Decisions: 1 1 0 0 1 for 1 1 1 0 0.
  truePositives: { ...decisions, expected: 2, compute: metrics.truePositives, make: () => new nn.TruePositives() },
  falsePositives: { ...decisions, expected: 1, compute: metrics.falsePositives, make: () => new nn.FalsePositives() },
  trueNegatives: { ...decisions, expected: 1, compute: metrics.trueNegatives, make: () => new nn.TrueNegatives() },
  falseNegatives: { ...decisions, expected: 1, compute: metrics.falseNegatives, make: () => new nn.FalseNegatives() },
  specificity: { ...decisions, expected: 1 / 2, compute: metrics.specificity, make: () => new nn.Specificity() },
  iou: { ...decisions, expected: 2 / 4, compute: metrics.iou, make: () => new nn.IoU() },
  meanIoU: {
    ...decisions,
    expected: (2 / 4 + 1 / 3) / 2,
    compute: metrics.meanIoU,
    make: () => new nn.MeanIoU(),
  },
  balancedAccuracy: {
    ...decisions,
    expected: (2 / 3 + 1 / 2) / 2,
    compute: metrics.balancedAccuracy,
    make: () => new nn.BalancedAccuracy(),
  },
  // By chance 3/5 · 3/5 + 2/5 · 2/5 agree.
  cohenKappa: {
    ...decisions,
    expected: (3 / 5 - 13 / 25) / (1 - 13 / 25),
    compute: metrics.cohenKappa,
    make: () => new nn.CohenKappa(),
  },
  exactMatch: {
    prediction: [
      [0.9, 0.2],
      [0.6, 0.7],
      [0.1, 0.4],
    ],
    target: [
      [1, 0],
      [1, 0],
      [0, 0],
    ],
    expected: 2 / 3,
    compute: metrics.exactMatch,
    make: () => new nn.ExactMatch(),
  },
  hammingLoss: {
    prediction: [
      [0.9, 0.2],
      [0.6, 0.7],
      [0.1, 0.4],
    ],
    target: [
      [1, 0],
      [1, 0],
      [0, 0],
    ],
    expected: 1 / 6,
    compute: metrics.hammingLoss,
    make: () => new nn.HammingLoss(),
  },
  // Downwards: right, wrong, right, wrong, right.
  precisionAtRecall: {
    ...decisions,
    expected: 2 / 3,
    compute: (p, t) => metrics.precisionAtRecall(p, t, 0.5),
    make: () => new nn.PrecisionAtRecall(0.5),
  },
  recallAtPrecision: {
    ...decisions,
    expected: 1,
    compute: (p, t) => metrics.recallAtPrecision(p, t, 0.6),
    make: () => new nn.RecallAtPrecision(0.6),
  },
  sensitivityAtSpecificity: {
    ...decisions,
    expected: 2 / 3,
    compute: (p, t) => metrics.sensitivityAtSpecificity(p, t, 0.5),
    make: () => new nn.SensitivityAtSpecificity(0.5),
  },
  specificityAtSensitivity: {
    ...decisions,
    expected: 1 / 2,
    compute: (p, t) => metrics.specificityAtSensitivity(p, t, 0.6),
    make: () => new nn.SpecificityAtSensitivity(0.6),
  },
  rootMeanSquaredError: {
    ...numbers,
    expected: Math.sqrt(6 / 4),
    compute: metrics.rootMeanSquaredError,
    make: () => new nn.RootMeanSquaredError(),
  },
  // Errors 1, 0, -2, 1 of mean 0; targets of variance 6 / 4.
  explainedVariance: {
    ...numbers,
    expected: 1 - 6 / 6,
    compute: metrics.explainedVariance,
    make: () => new nn.ExplainedVariance(),
  },
  // Deviations -2, -1, 2, 1 and -1, -1, 0, 2.
  pearson: {
    ...numbers,
    expected: (2 + 1 + 0 + 2) / Math.sqrt(10 * 6),
    compute: metrics.pearson,
    make: () => new nn.Pearson(),
  },
  // Ranks 1, 2, 4, 3 and 1.5, 1.5, 3, 4, whose deviations are -1.5, -0.5, 1.5, 0.5 and -1, -1, 0.5, 1.5.
  spearman: {
    ...numbers,
    expected: (1.5 + 0.5 + 0.75 + 0.75) / Math.sqrt(5 * 4.5),
    compute: metrics.spearman,
    make: () => new nn.Spearman(),
  },
  meanSquaredError: {
    ...numbers,
    expected: (1 + 0 + 4 + 1) / 4,
    compute: metrics.meanSquaredError,
    make: () => new nn.MeanSquaredError(),
  },
  meanAbsoluteError: {
    ...numbers,
    expected: (1 + 0 + 2 + 1) / 4,
    compute: metrics.meanAbsoluteError,
    make: () => new nn.MeanAbsoluteError(),
  },
  cosineSimilarity: {
    // Cosines of 45°, 180° and, to a vector without a direction, 0.
    prediction: [
      [2, 0],
      [1, -3],
      [0, 0],
    ],
    target: [
      [1, 1],
      [-2, 6],
      [1, 2],
    ],
    expected: (Math.SQRT1_2 - 1 + 0) / 3,
    compute: metrics.cosineSimilarity,
    make: () => new nn.CosineSimilarity(),
  },
  // The targets' mean is 3: 1 - (1 + 0 + 4 + 1) / (1 + 1 + 0 + 4).
  r2: { ...numbers, expected: 0, compute: metrics.r2, make: () => new nn.R2() },
};

/** Functions that give no single number. */
const matrices: Record<string, () => void> = {
  // Downwards: right, wrong, right, wrong, right.
  rocCurve: () =>
    expect(metrics.rocCurve(probabilities, truths)).toEqual({
      falsePositiveRate: [0, 0, 1 / 2, 1 / 2, 1, 1],
      truePositiveRate: [0, 1 / 3, 1 / 3, 2 / 3, 2 / 3, 1],
      thresholds: [Number.POSITIVE_INFINITY, 0.9, 0.8, 0.6, 0.4, 0.2],
    }),
  precisionRecallCurve: () =>
    expect(metrics.precisionRecallCurve(probabilities, truths)).toEqual({
      precision: [3 / 5, 2 / 4, 2 / 3, 1 / 2, 1, 1],
      recall: [1, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 0],
      thresholds: [0.2, 0.4, 0.6, 0.8, 0.9],
    }),
  calibrationCurve: () =>
    expect(metrics.calibrationCurve(probabilities, truths, { bins: 2 })).toEqual([
      { from: 0, to: 0.5, weight: 2, predicted: expect.closeTo(0.3, 12), observed: 0.5 },
      { from: 0.5, to: 1, weight: 3, predicted: expect.closeTo(2.3 / 3, 12), observed: 2 / 3 },
    ]),
  confusionMatrix: () =>
    expect(metrics.confusionMatrix(probabilities, truths)).toEqual([
      [1, 1],
      [1, 2],
    ]),
  classificationReport: () =>
    expect(metrics.classificationReport(probabilities, truths, { digits: 1 })).toBe(
      [
        "              precision    recall  f1-score   support",
        "",
        "           0        0.5       0.5       0.5         2",
        "           1        0.7       0.7       0.7         3",
        "",
        "    accuracy                            0.6         5",
        "   macro avg        0.6       0.6       0.6         5",
        "weighted avg        0.6       0.6       0.6         5",
      ].join("\n"),
    ),
  formatConfusionMatrix: () =>
    expect(metrics.formatConfusionMatrix([[1, 12]].concat([[0, 2]]))).toBe(
      ["true \\ predicted  0   1", "               0  1  12", "               1  0   2"].join("\n"),
    ),
};

/** Bases for metrics of one's own. */
const bases = ["MeanMetric"];
/** Those that a name cannot make: they want a number, or a function. */
const withParameters = [
  "FBeta",
  "Mean",
  "PrecisionAtRecall",
  "RecallAtPrecision",
  "SensitivityAtSpecificity",
  "SpecificityAtSensitivity",
];

describe("every metric of the public index", () => {
  it("has a number computed by hand as a function", () => {
    expect([...Object.keys(byHand), ...Object.keys(matrices)].sort(), "`byHand` wants a row for each metric").toEqual(
      functionsOf(metrics),
    );
  });

  it("has one as a class", () => {
    const made = Object.values(byHand).map(({ make }) => make().constructor.name);
    expect([...made, ...bases, "Mean"].sort(), "`byHand` wants a row for each metric's class").toEqual(
      subclassesOf(nn.Metric),
    );
  });

  it("says whether more is better", () => {
    const lower = [
      "logLoss",
      "brier",
      "expectedCalibrationError",
      "falsePositives",
      "falseNegatives",
      "hammingLoss",
      "rootMeanSquaredError",
      "meanSquaredError",
      "meanAbsoluteError",
    ];
    for (const [name, { make }] of Object.entries(byHand))
      expect(make().higherIsBetter, `${name}: \`lower\` wants it, where less is better`).toBe(!lower.includes(name));
  });

  it("is without samples of weight 0 what it is without those samples, whatever they hold", () => {
    for (const [name, { make, compute, prediction, target }] of Object.entries(byHand)) {
      const rows = (all: number[] | number[][]) => all as (number | number[])[];
      const filled = (all: number[] | number[][], value: number) => {
        const [first] = all;
        return Array.isArray(first) ? first.map(() => value) : value;
      };
      for (const held of [Number.NaN, Number.POSITIVE_INFINITY, -7.5]) {
        const p = [filled(prediction, held), ...rows(prediction), filled(prediction, held)] as number[];
        const t = [filled(target, held), ...rows(target), filled(target, held)] as number[];
        const weight = p.map((_, i) => Number(i > 0 && i < p.length - 1));
        const whole = make();
        whole.update(tensor(prediction), tensor(target));
        for (const sampleWeight of [weight, weight.map((each) => [each])]) {
          const metric = make();
          metric.update(tensor(p), tensor(t), tensor(sampleWeight));
          expect(metric.result(), name).toBe(whole.result());
          // A batch of nothing that counts, as well.
          metric.update(tensor(p), tensor(t), tensor(sampleWeight).mul(0));
          expect(metric.result(), name).toBe(whole.result());
        }
        const weighted = compute as (...args: unknown[]) => number;
        const args =
          ["topKAccuracy", "fBeta"].includes(name) || /At[RPS]/.test(name) ? null : [p, t, { sampleWeight: weight }];
        if (args) expect(weighted(...args), name).toBeCloseTo(compute(prediction, target), 12);
      }
    }
    const options = { sampleWeight: [1, 0, 1] };
    expect(
      metrics.topKAccuracy(
        [
          [1, 0],
          [Number.NaN, 0],
          [0, 1],
        ],
        [0, -3, 0],
        1,
        options,
      ),
    ).toBe(1 / 2);
    expect(metrics.fBeta([1, Number.NaN, 0], [1, 0.5, 1], 2, options)).toBe(metrics.fBeta([1, 0], [1, 1], 2));
    expect(metrics.confusionMatrix([1, 9, 0], [1, 8, 1], options)).toEqual(metrics.confusionMatrix([1, 0], [1, 1]));
    expect(() => metrics.accuracy([1, 0], [1, 0], { sampleWeight: [0, 0] })).toThrow(/one is above 0/);
  });

  it("is a recipe: another one with the same settings is made of it", () => {
    for (const { make, prediction, target } of Object.values(byHand)) {
      const given = make();
      given.update(tensor(prediction), tensor(target));
      const { metric } = freshMetric(given);
      expect(metric).not.toBe(given);
      expect([metric.constructor, metric.name]).toEqual([given.constructor, given.name]);
      metric.update(tensor(prediction), tensor(target));
      expect(metric.result()).toBe(given.result());
    }
  });

  it.each(Object.entries(byHand))("%s", (_name, { prediction, target, expected, compute, make }) => {
    expect(compute(prediction, target)).toBeCloseTo(expected, 12);
    const metric = make();
    const options = { dtype: "float64" } as const;
    for (const [from, to] of [
      [0, 2],
      [2, target.length],
    ])
      metric.update(
        tensor(prediction.slice(from, to) as number[], options),
        tensor(target.slice(from, to) as number[], options),
      );
    expect(metric.result()).toBeCloseTo(expected, 12);
  });

  it.each(Object.entries(matrices))("%s", (_name, check) => check());
});

describe("the name of every metric", () => {
  const names: Record<string, string> = {
    accuracy: "accuracy",
    topKAccuracy: "top_2_accuracy",
    precision: "precision",
    recall: "recall",
    f1: "f1",
    fBeta: "f3",
    matthews: "matthews",
    rocAuc: "auc",
    averagePrecision: "average_precision",
    logLoss: "log_loss",
    brier: "brier",
    expectedCalibrationError: "expected_calibration_error",
    truePositives: "true_positives",
    falsePositives: "false_positives",
    trueNegatives: "true_negatives",
    falseNegatives: "false_negatives",
    specificity: "specificity",
    iou: "iou",
    meanIoU: "mean_iou",
    balancedAccuracy: "balanced_accuracy",
    cohenKappa: "cohen_kappa",
    exactMatch: "exact_match",
    hammingLoss: "hamming_loss",
    precisionAtRecall: "precision_at_recall",
    recallAtPrecision: "recall_at_precision",
    sensitivityAtSpecificity: "sensitivity_at_specificity",
    specificityAtSensitivity: "specificity_at_sensitivity",
    rootMeanSquaredError: "rmse",
    explainedVariance: "explained_variance",
    pearson: "pearson",
    spearman: "spearman",
    meanSquaredError: "mse",
    meanAbsoluteError: "mae",
    cosineSimilarity: "cosine_similarity",
    r2: "r2",
  };

  it("is what histories call it", () => {
    const made = Object.entries(byHand).map(([name, { make }]) => [name, make().name]);
    expect(Object.fromEntries(made), "`names` wants each metric").toEqual(names);
  });
});

describe("an option that a metric does not know", () => {
  const p = [0.9, 0.2];
  const t = [1, 0];
  const given: Record<string, (options: object) => unknown> = {
    accuracy: (options) => metrics.accuracy(p, t, options),
    topKAccuracy: (options) => metrics.topKAccuracy([p], [1], 1, options),
    precision: (options) => metrics.precision(p, t, options),
    recall: (options) => metrics.recall(p, t, options),
    f1: (options) => metrics.f1(p, t, options),
    fBeta: (options) => metrics.fBeta(p, t, 2, options),
    matthews: (options) => metrics.matthews(p, t, options),
    rocAuc: (options) => metrics.rocAuc(p, t, options),
    averagePrecision: (options) => metrics.averagePrecision(p, t, options),
    logLoss: (options) => metrics.logLoss(p, t, options),
    brier: (options) => metrics.brier(p, t, options),
    expectedCalibrationError: (options) => metrics.expectedCalibrationError(p, t, options),
    calibrationCurve: (options) => metrics.calibrationCurve(p, t, options),
    rocCurve: (options) => metrics.rocCurve(p, t, options),
    precisionRecallCurve: (options) => metrics.precisionRecallCurve(p, t, options),
    truePositives: (options) => metrics.truePositives(p, t, options),
    falsePositives: (options) => metrics.falsePositives(p, t, options),
    trueNegatives: (options) => metrics.trueNegatives(p, t, options),
    falseNegatives: (options) => metrics.falseNegatives(p, t, options),
    specificity: (options) => metrics.specificity(p, t, options),
    iou: (options) => metrics.iou(p, t, options),
    meanIoU: (options) => metrics.meanIoU(p, t, options),
    balancedAccuracy: (options) => metrics.balancedAccuracy(p, t, options),
    cohenKappa: (options) => metrics.cohenKappa(p, t, options),
    exactMatch: (options) => metrics.exactMatch(p, t, options),
    hammingLoss: (options) => metrics.hammingLoss(p, t, options),
    rootMeanSquaredError: (options) => metrics.rootMeanSquaredError(p, t, options),
    explainedVariance: (options) => metrics.explainedVariance(p, t, options),
    pearson: (options) => metrics.pearson(p, t, options),
    spearman: (options) => metrics.spearman(p, t, options),
    classificationReport: (options) => metrics.classificationReport(p, t, options),
    precisionAtRecall: (options) => metrics.precisionAtRecall(p, t, 0.5, options),
    recallAtPrecision: (options) => metrics.recallAtPrecision(p, t, 0.5, options),
    sensitivityAtSpecificity: (options) => metrics.sensitivityAtSpecificity(p, t, 0.5, options),
    specificityAtSensitivity: (options) => metrics.specificityAtSensitivity(p, t, 0.5, options),
    meanSquaredError: (options) => metrics.meanSquaredError(p, t, options),
    meanAbsoluteError: (options) => metrics.meanAbsoluteError(p, t, options),
    cosineSimilarity: (options) => metrics.cosineSimilarity([p], [p], options),
    r2: (options) => metrics.r2(p, t, options),
    confusionMatrix: (options) => metrics.confusionMatrix(p, t, options),
    formatConfusionMatrix: (options) => metrics.formatConfusionMatrix([[1]], options),
  };

  it("is tried of every function", () => {
    expect(Object.keys(given).sort(), "`given` wants a row for each metric").toEqual(functionsOf(metrics));
  });

  it.each(Object.entries(given))("is refused: %s", (_name, call) => {
    expect(() => call({})).not.toThrow();
    expect(() => call({ simpleWeight: [1, 1] })).toThrow(/options it knows, got "simpleWeight"/);
  });

  it("is refused by classes", () => {
    for (const Class of [nn.Accuracy, nn.Precision, nn.Recall, nn.F1, nn.Matthews])
      expect(() => new Class({ treshold: 1 } as object)).toThrow(/Did you mean "threshold"/);
  });
});

describe("every name of a metric", () => {
  const classByName: Record<string, abstract new (...args: never[]) => nn.Metric> = {
    accuracy: nn.Accuracy,
    acc: nn.Accuracy,
    binary_accuracy: nn.Accuracy,
    categorical_accuracy: nn.Accuracy,
    sparse_categorical_accuracy: nn.Accuracy,
    top_k_categorical_accuracy: nn.TopKAccuracy,
    sparse_top_k_categorical_accuracy: nn.TopKAccuracy,
    precision: nn.Precision,
    recall: nn.Recall,
    f1: nn.F1,
    f1_score: nn.F1,
    matthews: nn.Matthews,
    auc: nn.RocAuc,
    roc_auc: nn.RocAuc,
    average_precision: nn.AveragePrecision,
    log_loss: nn.LogLoss,
    brier: nn.Brier,
    expected_calibration_error: nn.ExpectedCalibrationError,
    ece: nn.ExpectedCalibrationError,
    true_positives: nn.TruePositives,
    false_positives: nn.FalsePositives,
    true_negatives: nn.TrueNegatives,
    false_negatives: nn.FalseNegatives,
    specificity: nn.Specificity,
    iou: nn.IoU,
    jaccard: nn.IoU,
    mean_iou: nn.MeanIoU,
    balanced_accuracy: nn.BalancedAccuracy,
    cohen_kappa: nn.CohenKappa,
    exact_match: nn.ExactMatch,
    hamming_loss: nn.HammingLoss,
    rmse: nn.RootMeanSquaredError,
    root_mean_squared_error: nn.RootMeanSquaredError,
    explained_variance: nn.ExplainedVariance,
    pearson: nn.Pearson,
    spearman: nn.Spearman,
    mse: nn.MeanSquaredError,
    mean_squared_error: nn.MeanSquaredError,
    mae: nn.MeanAbsoluteError,
    mean_absolute_error: nn.MeanAbsoluteError,
    cosine_similarity: nn.CosineSimilarity,
    r2: nn.R2,
    r2_score: nn.R2,
  };

  it("is in the table", () => {
    expect(Object.keys(classByName).sort(), "`classByName` wants each name").toEqual(metricNames().sort());
  });

  it.each(Object.entries(classByName))("%s makes its class", (name, metric) => {
    expect(metricByName(name).constructor).toBe(metric);
  });

  it("there is one for every class without a parameter of its own", () => {
    const named = metricNames().map((name) => metricByName(name).constructor.name);
    expect(
      [...new Set([...named, ...bases, ...withParameters])].sort(),
      "metrics/by-name.ts wants a name for each class",
    ).toEqual(subclassesOf(nn.Metric));
  });
});
