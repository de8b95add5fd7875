/**
 * Metrics, and curves as data, are those of scikit-learn, SciPy and Keras.
 */
import { tensor } from "@chainrule/core";
import { type PeerValue, peerMetricCases } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import * as metrics from "./functions.ts";

type Compute = (prediction: number[], target: number[], options: object) => unknown;

const ofBins = (...[prediction, target, options]: Parameters<typeof metrics.calibrationCurve>) => {
  const bins = metrics.calibrationCurve(prediction, target, options);
  return { observed: bins.map(({ observed }) => observed), predicted: bins.map(({ predicted }) => predicted) };
};

/** By the name in the file: the metric, and a variant of it. */
const computed: Record<string, Compute> = {
  rocCurve: metrics.rocCurve,
  "rocCurve class 1": (p, t, options) => metrics.rocCurve(p, t, { class: 1, ...options }),
  "rocCurve class 2": (p, t, options) => metrics.rocCurve(p, t, { class: 2, ...options }),
  precisionRecallCurve: metrics.precisionRecallCurve,
  "precisionRecallCurve class 1": (p, t, options) => metrics.precisionRecallCurve(p, t, { class: 1, ...options }),
  "precisionRecallCurve class 2": (p, t, options) => metrics.precisionRecallCurve(p, t, { class: 2, ...options }),
  "calibrationCurve uniform 10": (p, t, options) => ofBins(p, t, { bins: 10, ...options }),
  "calibrationCurve quantile 5": (p, t, options) => ofBins(p, t, { bins: 5, strategy: "quantile", ...options }),
  truePositives: metrics.truePositives,
  falsePositives: metrics.falsePositives,
  trueNegatives: metrics.trueNegatives,
  falseNegatives: metrics.falseNegatives,
  specificity: metrics.specificity,
  balancedAccuracy: metrics.balancedAccuracy,
  cohenKappa: metrics.cohenKappa,
  "cohenKappa linear": (p, t, options) => metrics.cohenKappa(p, t, { weights: "linear", ...options }),
  "cohenKappa quadratic": (p, t, options) => metrics.cohenKappa(p, t, { weights: "quadratic", ...options }),
  iou: metrics.iou,
  "iou micro": (p, t, options) => metrics.iou(p, t, { average: "micro", ...options }),
  "iou weighted": (p, t, options) => metrics.iou(p, t, { average: "weighted", ...options }),
  meanIoU: metrics.meanIoU,
  exactMatch: metrics.exactMatch,
  hammingLoss: metrics.hammingLoss,
  report: (p, t, options) => `${metrics.classificationReport(p, t, options)}\n`,
  "report digits": (p, t, options) => `${metrics.classificationReport(p, t, { digits: 4, ...options })}\n`,
  rootMeanSquaredError: metrics.rootMeanSquaredError,
  explainedVariance: metrics.explainedVariance,
  pearson: metrics.pearson,
  spearman: metrics.spearman,
  rocAuc: metrics.rocAuc,
  averagePrecision: metrics.averagePrecision,
};

const { precisionAtRecall, recallAtPrecision, sensitivityAtSpecificity, specificityAtSensitivity } = metrics;
for (const metric of [precisionAtRecall, recallAtPrecision, sensitivityAtSpecificity, specificityAtSensitivity])
  for (const least of [0.3, 0.6, 0.9])
    computed[`${metric.name} ${least}`] = (p, t, options) => metric(p, t, least, options);

function expectAlike(found: unknown, expected: PeerValue): void {
  if (typeof expected === "number" && Number.isFinite(expected)) expect(found).toBeCloseTo(expected, 10);
  else if (typeof expected === "object") {
    expect(Object.keys(found as object)).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) expectAlike((found as Record<string, unknown>)[key], value);
  } else expect(found).toBe(expected);
}

describe.each(peerMetricCases().map((one) => [one.name, one] as const))("metrics of peers: %s", (_, given) => {
  const { prediction, target, sampleWeight } = given.inputs;
  const options = sampleWeight ? { sampleWeight } : {};

  it.each(Object.entries(given.expect))("%s", (name, value) => {
    expectAlike(computed[name](prediction, target, options), value);
    const tensors = [prediction, target].map((x) => tensor(x, { dtype: "float64" })) as unknown as [number[], number[]];
    expectAlike(computed[name](...tensors, options), value);
  });
});
