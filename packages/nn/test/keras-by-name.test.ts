/**
 * What `compile` takes by name does what Keras does by that name: the numbers are those of Keras 3.15, and whole runs of
 * `fit` end at its weights.
 */
import { jit } from "@chainrule/compiler";
import { OptionError, parameter, type Tensor, tensor } from "@chainrule/core";
import { bothDTypes, type FitByName, fitsByName, optimizersByName } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { Dense, Sequential } from "../src/index.ts";
import { optimizerByName } from "../src/optimizers/by-name.ts";

/** Keras computes in float32. */
function expectNear(actual: ArrayLike<number>, expected: readonly number[], what: string, tolerance = 1e-5): void {
  expect(actual.length, what).toBe(expected.length);
  expected.forEach((wanted, i) => {
    const bound = tolerance * Math.max(1, Math.abs(wanted));
    expect(Math.abs(actual[i] - wanted), `${what}, number ${i}: ${actual[i]}, Keras ${wanted}`).toBeLessThan(bound);
  });
}

/** Keras has them and we do not. */
const missing = ["ftrl", "adafactor", "muon"];
const optimizers = Object.entries(optimizersByName()).filter(([name]) => !missing.includes(name));

it("an optimizer that only Keras has is refused by its name", () => {
  for (const name of missing) expect(() => optimizerByName(name)).toThrow(OptionError);
});

describe.each(bothDTypes)("an optimizer by name takes Keras's steps in %s", (dtype) => {
  for (const [name, { start, gradients, weights }] of optimizers)
    it.each([false, true])(`${name}, compiled: %s`, (compiled) => {
      const w = parameter(tensor(start, { dtype }));
      const optimizer = optimizerByName(name).bind([w]);
      const step = (gradient: Tensor) => {
        optimizer.zeroGrad();
        w.mul(gradient).sum().backward();
        optimizer.step();
      };
      const takeStep = compiled ? jit(step) : step;
      gradients.forEach((gradient, i) => {
        takeStep(tensor(gradient, { dtype }));
        // Steps are 1e-3 and less: rounding of Keras's float32 weights is 1.2e-7 each.
        expectNear(w.toTypedArray(), weights[i], `step ${i + 1}`, 1e-6);
      });
    });
});

describe("fit with strings alone goes where Keras's goes", () => {
  const runs = fitsByName().flatMap((run) =>
    [true, false].map((jit): [string, boolean, FitByName] => [run.label, jit, run]),
  );
  it.each(runs)("%s, jit: %s", async (_label, jit, run) => {
    const { model, history } = await fitAs(run, jit);
    for (const [key, values] of Object.entries(run.history)) expectNear(history[key], values, key);
    expect(Object.keys(history).sort()).toEqual(Object.keys(run.history).sort());
    model.parameters().forEach((weight, i) => {
      expectNear(weight.toTypedArray(), [run.weights[i]].flat(2), `weights ${i}`);
    });
  });
});

/** A model of the run's layers and weights, trained as the run was. */
async function fitAs({ activations, start, ...run }: FitByName, jit: boolean) {
  const model = new Sequential();
  activations.forEach((activation, i) => {
    const [kernel, bias] = start.slice(2 * i, 2 * i + 2);
    model.add(new Dense({ units: bias.length, inputDim: kernel.length, activation }));
  });
  model.parameters().forEach((weight, i) => {
    weight.assign(tensor(start[i] as number[][]));
  });
  const { weighted_metrics: weightedMetrics, ...compile } = run.compile;
  model.compile({ ...compile, ...(weightedMetrics && { weightedMetrics }) });
  const { history } = await model.fit(tensor(run.x as number[][]), targets(run.y), {
    epochs: run.fit.epochs,
    batchSize: run.fit.batch_size,
    shuffle: false,
    jit,
    ...(run.fit.validation_split && { validationSplit: run.fit.validation_split }),
    ...(run.fit.class_weight && { classWeight: run.fit.class_weight }),
    ...(run.sample_weight && { sampleWeight: run.sample_weight }),
  });
  return { model, history };
}

function targets(y: FitByName["y"]): Tensor {
  return typeof y[0] === "number" ? tensor(Int32Array.from(y as number[])) : tensor(y as number[][]);
}
