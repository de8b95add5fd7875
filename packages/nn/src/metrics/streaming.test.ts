/**
 * What holds for every metric: over batches, with weights, after a reset, with NaN, and by name.
 */
import { ShapeError, tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import "../index.ts";
import { metricByName, metricNames } from "./by-name.ts";
import { accuracy, confusionMatrix, f1, logLoss, meanSquaredError, r2, rocAuc } from "./functions.ts";
import {
  Accuracy,
  AveragePrecision,
  Brier,
  F1,
  LogLoss,
  Matthews,
  MeanAbsoluteError,
  MeanSquaredError,
  Metric,
  Precision,
  R2,
  Recall,
  RocAuc,
  TopKAccuracy,
} from "./index.ts";

describe("every metric", () => {
  const fresh: [string, () => Metric, "scores" | "rows"][] = [
    ["accuracy", () => new Accuracy(), "rows"],
    ["accuracy with a threshold", () => new Accuracy({ threshold: 0.3 }), "scores"],
    ["top-2 accuracy", () => new TopKAccuracy(2), "rows"],
    ["precision", () => new Precision(), "scores"],
    ["recall, weighted", () => new Recall({ average: "weighted" }), "rows"],
    ["F1, macro", () => new F1(), "rows"],
    ["matthews", () => new Matthews(), "rows"],
    ["auc", () => new RocAuc(), "scores"],
    ["average precision", () => new AveragePrecision(), "rows"],
    ["log loss", () => new LogLoss(), "rows"],
    ["brier", () => new Brier(), "scores"],
    ["mse", () => new MeanSquaredError(), "scores"],
    ["mae", () => new MeanAbsoluteError(), "scores"],
    ["r2", () => new R2(), "scores"],
  ];
  const rows = Array.from({ length: 12 }, (_, i) => {
    const raw = [((i * 7) % 5) + 1, ((i * 3) % 4) + 1, ((i * 11) % 6) + 1];
    const sum = raw[0] + raw[1] + raw[2];
    return raw.map((x) => x / sum);
  });
  const scores = rows.map(([first]) => first);
  const labels = rows.map((_, i) => (i * 5) % 3);
  const truths = rows.map((_, i) => (i * 5) % 2);
  const data = (kind: "scores" | "rows") => (kind === "rows" ? { x: rows, y: labels } : { x: scores, y: truths });

  it.each(fresh)("%s is the same in any batches as at once", (_, make, kind) => {
    const { x, y } = data(kind);
    const whole = make();
    whole.update(tensor(x), tensor(y));
    const parts = make();
    for (const [from, to] of [
      [0, 1],
      [1, 6],
      [6, 12],
    ])
      parts.update(tensor(x.slice(from, to)), tensor(y.slice(from, to)));
    expect(parts.result()).toBeCloseTo(whole.result(), 12);
    expect(whole.result()).not.toBeNaN();
  });

  it.each(fresh)("%s counts a sample of weight 2 twice, and one of weight 0 not at all", (_, make, kind) => {
    const { x, y } = data(kind);
    const weighted = make();
    weighted.update(tensor(x), tensor(y), tensor(y.map((_, i) => i % 3)));
    const repeated = make();
    const times = <T>(items: T[]) => items.flatMap((item, i) => new Array<T>(i % 3).fill(item));
    repeated.update(tensor(times<number[] | number>(x) as number[]), tensor(times(y)));
    expect(weighted.result()).toBeCloseTo(repeated.result(), 10);
  });

  it.each(fresh)("%s forgets on reset, and is NaN of nothing", (_, make, kind) => {
    const { x, y } = data(kind);
    const metric = make();
    expect(metric.result()).toBeNaN();
    metric.update(tensor(x), tensor(y));
    const value = metric.result();
    metric.reset();
    expect(metric.result()).toBeNaN();
    metric.update(tensor(x), tensor(y));
    expect(metric.result()).toBe(value);
  });

  it.each(fresh)("%s is NaN, and no error, for a model that gives NaN in the middle of a training", (_, make, kind) => {
    const { x, y } = data(kind);
    const metric = make();
    metric.update(tensor(x), tensor(y));
    const spoilt = kind === "rows" ? [[0.2, Number.NaN, 0.8]] : [Number.NaN];
    metric.update(tensor(spoilt), tensor([1]));
    expect(metric.result()).toBeNaN();
    if (kind === "rows") {
      metric.reset();
      metric.update(tensor([[Number.NaN, 0.8, 0.2]]), tensor([1]));
      expect(metric.result()).toBeNaN();
    }
    metric.reset();
    metric.update(tensor(x), tensor(y));
    expect(metric.result()).not.toBeNaN();
  });

  it.each(fresh)("%s refuses weights that are negative or not one a sample", (_, make, kind) => {
    const { x, y } = data(kind);
    expect(() => make().update(tensor(x), tensor(y), tensor(y.map(() => -1)))).toThrow(ValueError);
    expect(() => make().update(tensor(x), tensor(y), tensor([1, 1, 1, 1, 1]))).toThrow(ShapeError);
    expect(() => make().update(tensor(x), tensor(y), tensor([]))).toThrow(ShapeError);
  });

  it("as a function takes weights below 1, and some that are 0", () => {
    expect(accuracy([0.9, 0.8, 0.7], [1, 0, 0], { sampleWeight: [0.5, 0.25, 0.25] })).toBe(0.5);
    expect(accuracy([0.9, 0.8, 0.7], [1, 0, 0], { sampleWeight: [0.5, 0.5, 0] })).toBe(0.5);
  });

  it("of ranking refuses another number of classes in a later batch", () => {
    const metric = new RocAuc();
    metric.update(tensor([[0.2, 0.3, 0.5]]), tensor([2]));
    expect(() => metric.update(tensor([[0.2, 0.8]]), tensor([1]))).toThrow(/as many classes as in earlier batches/);
  });

  it("R² forgets how many samples there were, of which it needs two", () => {
    const metric = new R2();
    metric.update(tensor([1, 2, 4]), tensor([1, 2, 3]));
    metric.reset();
    metric.update(tensor([1]), tensor([2]));
    expect(metric.result()).toBeNaN();
  });

  it("as a function refuses nothing and NaN", () => {
    for (const f of [accuracy, f1, rocAuc, logLoss, meanSquaredError, r2, confusionMatrix]) {
      expect(() => f([], [])).toThrow(/at least one sample/);
      expect(() => f([0.5, Number.NaN], [0, 1])).toThrow(/predictions that are numbers, got NaN at element 1/);
      expect(() => f([Number.NaN, 0.5], [0, 1])).toThrow(/predictions that are numbers, got NaN at element 0/);
      expect(() => f([0.5, 0.5], [0, Number.NaN])).toThrow(/targets that are numbers/);
      expect(() => f([0.5, 0.5], [0, 1], { sampleWeight: [0, 0] })).toThrow(/one is above 0/);
    }
  });
});

describe("metrics by name", () => {
  it("are all there, made anew each time", () => {
    for (const name of metricNames()) {
      expect(metricByName(name)).toBeInstanceOf(Metric);
      expect(metricByName(name)).not.toBe(metricByName(name));
    }
  });

  it("binary_accuracy decides each element at 0.5", () => {
    const metric = metricByName("binary_accuracy");
    metric.update(
      tensor([
        [0.4, 0.6],
        [0.9, 0.3],
      ]),
      tensor([
        [0, 1],
        [1, 0],
      ]),
    );
    expect(metric.result()).toBe(1);
  });

  it("are told whether outputs are logits", () => {
    for (const name of ["accuracy", "precision", "recall", "f1", "matthews"]) {
      const metric = metricByName(name, { threshold: 0 });
      metric.update(tensor([-3, 0.2, 0.4]), tensor([0, 1, 1]));
      expect(metric.result()).toBeCloseTo(1, 12);
    }
  });

  it("that do not exist suggest the nearest", () => {
    expect(() => metricByName("acuracy")).toThrow(/Did you mean "accuracy"/);
  });
});
