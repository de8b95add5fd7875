/**
 * The metrics agree with scikit-learn on the reference vectors.
 */
import { tensor } from "@chainrule/core";
import { bothDTypes, referenceCases, toleranceFor } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import * as metrics from "./functions.ts";

const binary: Record<string, (p: never, t: never) => unknown> = {
  accuracy: metrics.accuracy,
  precision: metrics.precision,
  recall: metrics.recall,
  f1: metrics.f1,
  rocAuc: metrics.rocAuc,
  averagePrecision: metrics.averagePrecision,
  logLoss: metrics.logLoss,
  brier: metrics.brier,
  confusion: metrics.confusionMatrix,
  matthews: metrics.matthews,
};

const multiclass: Record<string, (p: never, t: never) => unknown> = {
  accuracy: metrics.accuracy,
  macroF1: (p, t) => metrics.f1(p, t, { average: "macro" }),
  microF1: (p, t) => metrics.f1(p, t, { average: "micro" }),
  weightedF1: (p, t) => metrics.f1(p, t, { average: "weighted" }),
  logLoss: metrics.logLoss,
  confusion: metrics.confusionMatrix,
  top2Accuracy: (p, t) => metrics.topKAccuracy(p, t, 2),
};

describe.each(bothDTypes)("the metrics of scikit-learn in %s", (dtype) => {
  for (const [op, functions] of Object.entries({ binary, multiclass }))
    for (const { name, inputs, expect: wanted } of referenceCases("metrics", op)) {
      const scores = tensor(inputs.yScore, { dtype });
      const labels = tensor(inputs.yTrue, { dtype: "int32" });
      it(`${op}, ${name}: every number of the file is checked`, () => {
        expect(Object.keys(functions).sort()).toEqual(Object.keys(wanted).sort());
      });
      for (const [metric, value] of Object.entries(wanted))
        it(`${op}, ${name}: ${metric}`, () => {
          const got = functions[metric](scores as never, labels as never);
          if (typeof value !== "number") expect(got).toEqual(value);
          else expect(Math.abs((got as number) - value)).toBeLessThan(toleranceFor(dtype) * Math.max(1, value));
        });
    }
});
