/**
 * What `compile` takes by name does what Keras does by that name: the numbers are those of Keras 3.15, and whole runs of
 * `fit` end at its weights.
 */
import { jit } from "@chainrule/compiler";
import { Generator, OptionError, parameter, type Tensor, tensor } from "@chainrule/core";
import { type LossName, lossByName } from "@chainrule/losses";
import { bothDTypes, type FitByName, fitsByName, namesOfKeras, optimizersByName } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { activationByName } from "../src/activations.ts";
import {
  Activation,
  type CompileOptions,
  Dense,
  type DenseOptions,
  type MetricName,
  Sequential,
} from "../src/index.ts";
import { initializerByName } from "../src/initializers/by-name.ts";
import { optimizerByName } from "../src/optimizers/by-name.ts";
import { regularizerByName } from "../src/regularizers.ts";

/** Keras computes in float32. */
function expectNear(actual: ArrayLike<number>, expected: readonly number[], what: string, tolerance = 1e-5): void {
  expect(actual.length, what).toBe(expected.length);
  expected.forEach((wanted, i) => {
    const bound = tolerance * Math.max(1, Math.abs(wanted));
    expect(Math.abs(actual[i] - wanted), `${what}, number ${i}: ${actual[i]}, Keras ${wanted}`).toBeLessThan(bound);
  });
}

const flat = (x: unknown): number[] => [x].flat(4) as number[];

const optimizers = Object.entries(optimizersByName());

describe.each(bothDTypes)("an optimizer by name takes Keras's steps in %s", (dtype) => {
  const vectors = optimizers.map(([name, steps]) => ({ name, ...steps }));
  const matrices = Object.entries(namesOfKeras().matrixSteps).map(([name, steps]) => ({ name, ...steps }));
  const cases = [...vectors, ...matrices].flatMap((one) => [false, true].map((compiled) => ({ ...one, compiled })));
  it.each(cases)("$name, compiled: $compiled", ({ name, start, gradients, weights, compiled }) => {
    const w = parameter(tensor(start as number[], { dtype }));
    const optimizer = optimizerByName(name).bind([w]);
    const step = (gradient: Tensor) => {
      optimizer.zeroGrad();
      w.mul(gradient).sum().backward();
      optimizer.step();
    };
    const takeStep = compiled ? jit(step) : step;
    gradients.forEach((gradient, i) => {
      takeStep(tensor(gradient as number[], { dtype }));
      // Steps are 1e-3 and less: rounding of Keras's float32 weights is 1.2e-7 each.
      expectNear(w.toTypedArray(), flat(weights[i]), `step ${i + 1}`, 1e-6);
    });
  });
});

describe("fit with strings alone goes where Keras's goes", () => {
  /** The longest is run compiled alone; model/keras.test.ts has the same program. The shortest say enough of eager runs. */
  const ways = ({ fit }: FitByName) => (fit.epochs > 100 ? [true] : fit.epochs > 3 ? [true, false] : [false]);
  const runs = fitsByName().flatMap((run) =>
    ways(run).map((jit): [string, boolean, FitByName] => [run.label, jit, run]),
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

const keras = namesOfKeras();

/** Whether the name is refused, rather than taken for something else. */
function isRefused(make: () => unknown): boolean {
  try {
    make();
    return false;
  } catch (error) {
    if (error instanceof OptionError) return true;
    throw error;
  }
}

/** Names that mean something else here than in Keras: the reasons are in docs/keras-and-pytorch.md. */
const ours = {
  metrics: ["precision", "recall", "auc", "f1_score"],
  // Keras's adds up sums where two classes are above 0; compared with optax in losses/src/peers.test.ts.
  activations: ["sparsemax"],
  // Keras's takes no strength by its string, and so penalises nothing.
  regularizers: ["l1l2"],
};

describe("a name of Keras's is Keras's, or refused", () => {
  it.each(keras.names.activations)("activation %s", (name) => {
    if (ours.activations.includes(name)) return expect(name in keras.activations.values).toBe(false);
    if (isRefused(() => activationByName(name))) return expect(refusedActivations).toContain(name);
    for (const dtype of bothDTypes) {
      const found = activationByName(name)(tensor(keras.activations.rows as number[][], { dtype }));
      expectNear(found.toTypedArray(), flat(keras.activations.values[name]), name);
    }
  });

  const refusedActivations =
    "celu glu hard_shrink soft_shrink sparse_plus sparse_sigmoid squareplus tanh_shrink threshold";

  it.each(keras.losses.map((one): [string, string, typeof one] => [one.loss, one.data, one]))(
    "loss %s of %s",
    (name, kind, { value, gradient, weighted }) => {
      for (const dtype of bothDTypes) {
        const prediction = parameter(tensor(keras.data[kind].prediction as number[][], { dtype }));
        const target = targets(keras.data[kind].target);
        const loss = () => lossByName(name)(prediction, target);
        if (`${name} of ${kind}` in refusedData) {
          expect(loss).toThrow(refusedData[`${name} of ${kind}`]);
          continue;
        }
        const found = loss();
        found.backward();
        // Keras cuts at the float32 nearest to 1 - 1e-7.
        expectNear([found.item()], [value], name, kind === "sure" && dtype === "float64" ? 1e-2 : 1e-5);
        // A probability that is cut keeps its gradient here, so that what is surely wrong can still be mended.
        if (kind !== "sure") expectNear(prediction.grad!.toTypedArray(), flat(gradient), `${name}, gradient`);
        if (weighted === undefined) continue;
        const sampleWeight = tensor(keras.weights as number[], { dtype });
        expectNear([lossByName(name)(prediction, target, { sampleWeight }).item()], [weighted], `${name}, weighted`);
      }
    },
  );

  /** What Keras clips or divides by its sum is an error here. */
  const refusedData: Readonly<Record<string, RegExp>> = {
    "msle of real": /targets of 0 or more/,
    "categorical_crossentropy of unnormalized": /probabilities/,
    "categorical_focal_crossentropy of unnormalized": /probabilities/,
  };

  it("every loss", () => {
    const compared = new Set(keras.losses.map(({ loss }) => loss));
    const left = keras.names.losses.filter((name) => !compared.has(name) && !isRefused(() => lossByName(name)));
    // Compared with PyTorch's and Keras's elsewhere.
    expect(left).toEqual(["circle", "ctc"]);
    for (const name of ["crossentropy", "ce"]) expect(() => lossByName(name)).toThrow(/"binary_crossentropy"/);
  });

  it.each(keras.metrics.map((one): [string, string, string, typeof one] => [one.metric, one.data, one.loss, one]))(
    "metric %s of %s with the loss %s",
    async (metric, kind, loss, { value, weighted }) => {
      const model = new Sequential([new Activation("linear")]);
      const compile = (names: object) => model.compile({ loss: loss as LossName, ...names });
      if (isRefused(() => compile({ metrics: [metric] }))) return;
      if (ours.metrics.includes(metric) && (kind !== "binary" || metric === "f1_score")) return;
      const x = tensor(keras.data[kind].prediction as number[][]);
      const y = targets(keras.data[kind].target);
      const evaluate = async (options: object) => {
        const { loss: _, ...found } = await model.evaluate(x, y, { batchSize: 4, ...options });
        return Object.values(found) as number[];
      };
      const refused = loss === "mse" && /^msle|^mean_squared_log/.test(metric);
      if (refused) return expect(evaluate({})).rejects.toThrow(/targets of 0 or more/);
      expectNear(await evaluate({}), flat(value), metric);
      compile({ weightedMetrics: [metric] });
      expectNear(await evaluate({ sampleWeight: keras.weights }), flat(weighted), `${metric}, weighted`);
    },
  );

  it("every metric", () => {
    const compared = new Set(keras.metrics.map(({ metric }) => metric));
    const compile = (name: string) =>
      new Sequential([new Dense(1)]).compile({ loss: "mse", metrics: [name as MetricName] });
    const left = keras.names.metrics.filter((name) => !compared.has(name) && !isRefused(() => compile(name)));
    expect(left).toEqual([]);
  });

  it.each(Object.entries(keras.initializers.random))("initialiser %s", (name, { largest, std, mean }) => {
    const generator = new Generator(3);
    const drawn: readonly number[] = [...initializerByName(name)([50, 80], { generator }).toTypedArray()];
    const average = (f: (x: number) => number) =>
      drawn.reduce((sum: number, x: number) => sum + f(x), 0) / drawn.length;
    // Of 4,000 numbers the standard deviation has a standard error of 1.1%, and so has Keras's.
    expect(Math.abs(Math.sqrt(average((x) => x * x)) / Math.hypot(std, mean) - 1)).toBeLessThan(0.05);
    expect(Math.abs(average((x) => x) - mean)).toBeLessThan(0.1 * std);
    // The bounds of uniform and of truncated numbers are almost met.
    const largestDrawn = drawn.reduce((most: number, x: number) => Math.max(most, Math.abs(x)), 0);
    if (!["random_normal", "normal", "orthogonal"].includes(name))
      expect(Math.abs(largestDrawn / largest - 1)).toBeLessThan(0.01);
  });

  it.each(Object.entries(keras.initializers.constant))("initialiser %s", (name, values) => {
    expect(initializerByName(name)([2, 3]).toArray()).toEqual(values);
  });

  it("every initialiser and regulariser", () => {
    const { random, constant } = keras.initializers;
    const left = keras.names.initializers.filter((name) => !(name in random || name in constant));
    expect(left.filter((name) => !isRefused(() => initializerByName(name)))).toEqual([]);
    const { weight, values } = keras.regularizers;
    for (const name of keras.names.regularizers)
      if (name in values)
        expectNear([regularizerByName(name)(tensor(weight as number[][])).item()], [values[name]], name);
      else if (!ours.regularizers.includes(name))
        expect(
          isRefused(() => regularizerByName(name)),
          name,
        ).toBe(true);
  });
});

/** A model of the run's layers and weights, trained as the run was. */
async function fitAs({ activations, regularizer, start, ...run }: FitByName, jit: boolean) {
  const model = new Sequential();
  activations.forEach((activation, i) => {
    const [kernel, bias] = start.slice(2 * i, 2 * i + 2);
    const kernelRegularizer = (i === 0 && regularizer) || undefined;
    model.add(
      new Dense({ units: bias.length, inputDim: kernel.length, activation, kernelRegularizer } as DenseOptions),
    );
  });
  model.parameters().forEach((weight, i) => {
    weight.assign(tensor(start[i] as number[][]));
  });
  const { weighted_metrics: weightedMetrics, ...compile } = run.compile;
  model.compile({ ...compile, ...(weightedMetrics && { weightedMetrics }) } as CompileOptions);
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
