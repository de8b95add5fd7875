/**
 * Everything of the public index that a model can be made of becomes JSON and comes back, and does the same: layers,
 * activations, initialisers, regularisers, constraints, losses, metrics, optimizers, schedules.
 */
import { Generator, isFloat, manualSeed, randn, type Tensor, tensor } from "@chainrule/core";
import { combineLosses, dice, lossByName, lossNames } from "@chainrule/losses";
import * as nn from "@chainrule/nn";
import { registerSerializable } from "@chainrule/nn";
import { describe, expect, it } from "vitest";
import * as everySchedule from "../../../nn/src/schedules/index.ts";
import { basesAndModels, type LayerCase, layerTable } from "../../../nn/test/layer-table.ts";
import { functionsOf, subclassesOf } from "../../../nn/test/public.ts";
import { Decoding, decodeValue } from "../config/decode.ts";
import { Encoding, encodeValue } from "../config/encode.ts";
import { type Json, parseJson } from "../formats/json.ts";
import { encodeModel, parseModel } from "./file.ts";

/** What a value is after it was JSON. */
function throughJson<T>(x: T): T {
  const encoding = new Encoding("test");
  encoding.isInModel = true;
  const text = JSON.stringify(encodeValue(encoding, x));
  const decoding = new Decoding("test", encoding.tensors, {});
  return nn.withoutInitialization(1e6, () => decodeValue(decoding, parseJson("test", text))) as T;
}

const json = (x: unknown) => {
  const encoding = new Encoding("test");
  encoding.isInModel = true;
  return JSON.parse(JSON.stringify(encodeValue(encoding, x)));
};

/** All arrays of numbers in a result. */
function numbersOf(x: unknown): unknown {
  if (x !== null && typeof x === "object" && "toTypedArray" in x) return (x as Tensor).toTypedArray();
  return Array.isArray(x) ? x.map(numbersOf) : x;
}

const square = (x: Tensor) => x.square();
registerSerializable({ square });
/** The table's function has no name; here it has one. */
const named = layerTable.map((each) =>
  each.name === "Lambda" ? { ...each, make: () => new nn.Lambda(square) as nn.Module<unknown> } : each,
);

describe("every layer", () => {
  it.each(named.map((each) => [each.name, each] as const))(
    "does after loading what it did, bit by bit: %s",
    (_name, each: LayerCase) => {
      for (const dtype of ["float32", "float64"] as const) {
        const layer = each.make({ dtype, generator: new Generator(3) });
        const inputs = each.inputs.map((x) => (isFloat(x.dtype) ? x.cast(dtype) : x));
        const run = (module: nn.Module<unknown>) => {
          manualSeed(5);
          return numbersOf(each.call(module, ...inputs));
        };
        run(layer);
        const loaded = parseModel<nn.Module<unknown>>(encodeModel(layer));
        expect(loaded.constructor).toBe(layer.constructor);
        expect(loaded.stateDict()).toEqual(layer.stateDict());
        expect(run(loaded)).toEqual(run(layer));
        expect(numbersOf(run(loaded.eval()))).toEqual(numbersOf(run(layer.eval())));
        expect(json(loaded)).toEqual(json(layer));
        // Before it has weights it is its configuration alone.
        const unbuilt = each.make({ dtype, generator: new Generator(3) });
        expect(json(throughJson(unbuilt))).toEqual(json(unbuilt));
      }
    },
  );

  it("is in the table, but for bases and models", () => {
    const made = named.map(({ make }) => make({ dtype: "float32", generator: new Generator(1) }).constructor.name);
    expect(
      [...new Set([...made, ...basesAndModels])].sort(),
      "nn/test/layer-table.ts wants a case for each layer",
    ).toEqual(subclassesOf(nn.Module));
  });

  it("keeps options that are functions, tensors, generators and special numbers", () => {
    const layer = new nn.Conv2d({
      filters: 2,
      kernelSize: [3, 2],
      kernelInitializer: nn.initializers.truncatedNormal({ std: 0.3 }),
      biasInitializer: nn.initializers.constant(-0),
      kernelRegularizer: nn.l1l2({ l1: 0.01, l2: 0.5 }),
      biasRegularizer: "l2",
      activityRegularizer: nn.l1(0.2),
      generator: new Generator(8),
      name: "edges",
    });
    const loaded = throughJson(layer);
    const x = randn([2, 1, 6, 6]);
    const [a, b] = [layer, loaded].map((each) => [each.call(x).toArray(), each.penalty()!.item(), each.name]);
    expect(b).toEqual(a);
  });
});

describe("every activation by name", () => {
  it.each(["relu", "gelu", "softmax", "hard_swish"] as const)("stays: %s", (activation) => {
    const x = randn([2, 3]);
    const layer = new nn.Dense({ units: 3, activation, inputDim: 3 });
    expect(parseModel<nn.Dense>(encodeModel(layer)).call(x).toArray()).toEqual(layer.call(x).toArray());
  });
});

describe("every initialiser", () => {
  const options: Readonly<Record<string, unknown[]>> = {
    constant: [0.3],
    identity: [{ gain: 2 }],
    orthogonal: [{ gain: 0.5 }],
    randomNormal: [{ mean: 1, std: 0.2 }],
    randomUniform: [{ low: 1, high: 2 }],
    truncatedNormal: [{ mean: 3, std: 0.1 }],
    varianceScaling: [{ scale: 2, mode: "fanOut", distribution: "normal" }],
    xavierUniform: [{ gain: 3 }],
    xavierNormal: [{ gain: 3 }],
    kaimingUniform: [{ a: 0.2, mode: "fanOut" }],
    kaimingNormal: [{ nonlinearity: "tanh" }],
  };
  const others = ["calculateGain", "fansOf"];
  const names = functionsOf(nn.initializers).filter((name) => !others.includes(name));
  it.each(names)("draws the same after loading: %s", (name) => {
    const make = nn.initializers[name as "constant"] as (...args: unknown[]) => nn.Initializer;
    const initializer = make(...(options[name] ?? []));
    const loaded = throughJson(initializer);
    const draw = (f: nn.Initializer) => f([4, 4], { generator: new Generator(1), layout: "out-in" }).toArray();
    expect(draw(loaded)).toEqual(draw(initializer));
  });
});

describe("every regulariser", () => {
  it.each([nn.l1(0.1), nn.l2(0.2), nn.l1l2({ l1: 0.3 })])("is as strong after loading", (regularizer) => {
    expect(throughJson(regularizer)(tensor([1, -2])).item()).toBe(regularizer(tensor([1, -2])).item());
  });
});

describe("every constraint", () => {
  const makers = [nn.maxNorm({ maxValue: 0.5, axis: 0 }), nn.nonNegative(), nn.unitNorm()];
  it.each(makers)("holds weights as before after loading", (constraint) => {
    const w = tensor([
      [1, -2],
      [3, 4],
    ]);
    expect(throughJson(constraint)(w).toArray()).toEqual(constraint(w).toArray());
    const layer = new nn.Dense({ units: 2, inputDim: 2, kernelConstraint: constraint });
    const loaded = parseModel<nn.Dense>(encodeModel(layer));
    for (const each of [layer, loaded]) {
      each
        .call([[1, 2]])
        .sum()
        .backward();
      new nn.SGD(each, { lr: 0.1 }).step();
    }
    expect(loaded.kernel.toArray()).toEqual(layer.kernel.toArray());
  });
});

describe("every schedule", () => {
  const schedules: Readonly<Record<string, nn.Schedule>> = {
    stepDecay: nn.stepDecay({ lr: 0.1, every: 3, gamma: 0.5 }),
    multiStepDecay: nn.multiStepDecay({ lr: 0.1, milestones: [2, 5] }),
    exponentialDecay: nn.exponentialDecay({ lr: 0.1, gamma: 0.9 }),
    polynomialDecay: nn.polynomialDecay({ lr: 0.1, steps: 9, power: 2 }),
    linearDecay: nn.linearDecay({ lr: 0.1, steps: 7, endLr: 0.01 }),
    cosineDecay: nn.cosineDecay({ lr: 0.1, steps: 8 }),
    cosineRestarts: nn.cosineRestarts({ lr: 0.1, steps: 3, growth: 2 }),
    warmup: nn.warmup(nn.cosineDecay({ lr: 0.1, steps: 8 }), { steps: 3, from: 0.1 }),
    inverseTimeDecay: nn.inverseTimeDecay({ lr: 0.1, decay: 0.5, every: 3, staircase: true }),
    piecewiseConstant: nn.piecewiseConstant({ boundaries: [2, 5], values: [0.1, 0.2, 0.05] }),
    cyclic: nn.cyclic({ baseLr: 0.1, maxLr: 0.5, stepsUp: 2, stepsDown: 3, cycleFactor: 0.5 }),
    sequential: nn.sequential([nn.cosineDecay({ lr: 0.1, steps: 4 }), nn.stepDecay({ lr: 0.1, every: 3 })], {
      milestones: [4],
    }),
    chained: nn.chained([nn.exponentialDecay({ lr: 0.1, gamma: 0.9 }), nn.warmup(1, { steps: 5, from: 0.2 })]),
    oneCycle: nn.oneCycle({ maxLr: 0.1, steps: 10, annealStrategy: "linear" }),
    oneCycleMomentum: nn.oneCycleMomentum({ steps: 10, maxMomentum: 0.95 }),
  };
  it.each(Object.entries(schedules))("says the same after loading: %s", (_name, schedule) => {
    const steps = Array.from({ length: 15 }, (_, i) => i);
    expect(steps.map(throughJson(schedule))).toEqual(steps.map(schedule));
  });

  it("is in the table", () => {
    expect(Object.keys(schedules).sort(), "`schedules` wants one of each").toEqual(functionsOf(everySchedule).sort());
  });
});

describe("every loss", () => {
  it.each(lossNames())("comes back, with its options: %s", (name) => {
    const loss = lossByName(name);
    expect(throughJson(loss)).toBe(loss);
    const { lossName, options } = throughJson(loss.with({ reduction: "sum" }));
    expect([lossName, options]).toEqual([loss.lossName, { reduction: "sum" }]);
  });
});

describe("a combined loss", () => {
  const square = (p: Tensor) => p.square();
  const make = () =>
    combineLosses({ crossEntropy: 1, dice: [dice.with({ smooth: 0.5 }), -0.25], square: [square, 1e-3] });
  const inputs = [
    [
      [2, 0],
      [1, 1],
    ],
    [0, 1],
  ] as const;

  it("comes back with its parts, their options and weights, and its own options", () => {
    const loss = make().with({ reduction: "sum" });
    const decoded = decodeValue(new Decoding("test", [], { square }), parseJson("test", JSON.stringify(json(loss))));
    expect((decoded as typeof loss)(...inputs).item()).toBe(loss(...inputs).item());
    expect((decoded as typeof loss).lossName).toBe("crossEntropy + -0.25 dice + 0.001 square");
    expect((decoded as typeof loss).options).toEqual({ reduction: "sum" });
  });

  it("says what is damaged, and which function is missing", () => {
    const decode = (fields: object) => decodeValue(new Decoding("test", [], {}), fields as Json);
    expect(() => decode({ $: "combined", parts: [["a", 3, 1]], options: {} })).toThrow(/a weight, or \[loss, weight\]/);
    expect(() => decode({ $: "combined", parts: [7], options: {} })).toThrow(/a loss with its name and weight/);
    expect(() => decode({ $: "combined", parts: [], options: {} })).toThrow(/no losses/);
    const nobodys = (p: Tensor) => p.abs();
    expect(() => decode(json(combineLosses({ mae: [nobodys, 1] })))).toThrow(/"nobodys"/);
  });
});

describe("every metric", () => {
  it("that takes nothing is read from files that hold its name, as the first ones did", () => {
    const fields = json(new nn.MeanSquaredError());
    const [key] = Object.keys(fields).filter((each) => JSON.stringify(fields[each]) === "[]");
    const decoding = new Decoding("test", [], {});
    const loaded = decodeValue(decoding, parseJson("test", JSON.stringify({ ...fields, [key]: ["mse"] })));
    expect(loaded).toBeInstanceOf(nn.MeanSquaredError);
  });

  const metrics: readonly nn.Metric[] = [
    new nn.Accuracy({ threshold: 0.3 }),
    new nn.TopKAccuracy(2),
    new nn.Matthews({ threshold: 0.4 }),
    new nn.F1({ average: "macro" }),
    new nn.FBeta(2, { average: "weighted" }),
    new nn.Precision({ average: "micro" }),
    new nn.Recall({ average: "macro", threshold: 0.1 }),
    new nn.CosineSimilarity(),
    new nn.Brier(),
    new nn.TruePositives({ threshold: 0.4 }),
    new nn.FalsePositives({ threshold: 0.4 }),
    new nn.TrueNegatives({ threshold: 0.4 }),
    new nn.FalseNegatives({ threshold: 0.4 }),
    new nn.Specificity({ average: "micro" }),
    new nn.IoU({ average: "macro" }),
    new nn.MeanIoU({ threshold: 0.3 }),
    new nn.BalancedAccuracy({ threshold: 0.3 }),
    new nn.CohenKappa({ weights: "linear" }),
    new nn.ExactMatch({ threshold: 0.3 }),
    new nn.HammingLoss({ threshold: 0.3 }),
    new nn.PrecisionAtRecall(0.9),
    new nn.RecallAtPrecision(0.6),
    new nn.SensitivityAtSpecificity(0.3),
    new nn.SpecificityAtSensitivity(0.3),
    new nn.RootMeanSquaredError(),
    new nn.ExplainedVariance(),
    new nn.Pearson(),
    new nn.Spearman(),
    new nn.Mean(nn.metrics.meanAbsoluteError, { name: "mean of errors" }),
    new nn.ExpectedCalibrationError({ bins: 3, strategy: "quantile" }),
    new nn.LogLoss(),
    new nn.AveragePrecision(),
    new nn.RocAuc(),
    new nn.MeanAbsoluteError(),
    new nn.MeanSquaredError(),
    new nn.R2(),
  ];
  it.each(metrics.map((metric) => [metric.name, metric] as const))(
    "counts the same after loading: %s",
    (_name, metric) => {
      const loaded = throughJson(metric);
      expect(loaded.constructor).toBe(metric.constructor);
      const isOfRows = ["TopKAccuracy", "CosineSimilarity"].includes(metric.constructor.name);
      const rows = tensor([
        [0.2, 0.3, 0.5],
        [0.6, 0.3, 0.1],
      ]);
      const [p, y] = isOfRows
        ? [rows, metric instanceof nn.TopKAccuracy ? tensor([0, 2]) : rows.flip(0)]
        : [tensor([0.2, 0.35, 0.8, 0.9]), tensor([0, 1, 0, 1])];
      const results = [metric, loaded].map((each) => {
        each.reset();
        each.update(p, y);
        return each.result();
      });
      expect(results[1]).toBe(results[0]);
    },
  );

  it("is in the table", () => {
    expect(
      metrics.map((metric) => metric.constructor.name).sort(),
      "`metrics` wants one of each class, in the order of their names",
    ).toEqual(subclassesOf(nn.Metric).filter((name) => name !== "MeanMetric"));
  });
});

describe("every optimizer", () => {
  const around = { gradientAccumulationSteps: 2, useEma: true, emaOverwriteFrequency: 1, maximize: true };
  const cases = subclassesOf(nn.Optimizer).map((name): [string, object] => [name, { clipNorm: 3 }]);
  cases.push(["Adam", around], ["SGD", { clipNormPerVariable: 0.1 }]);
  cases.push(["Adam", { momentumSchedule: nn.oneCycleMomentum({ steps: 4 }) }]);
  it.each(cases)("steps the same after loading: %s, %o", (name, options) => {
    const Class = Object.entries(nn).find(([key]) => key === name)![1] as typeof nn.Adam;
    const optimizer = new Class({ lr: nn.stepDecay({ lr: 0.01, every: 1 }), weightDecay: 0.1, ...options });
    const loaded = throughJson(optimizer);
    expect(loaded.constructor).toBe(Class);
    const weights = [optimizer, loaded].map((each) => {
      const layer = nn.withoutInitialization(6, () => new nn.Linear(2, 2));
      each.bind(layer);
      for (let step = 0; step < 3; step++) {
        layer.zeroGrad();
        layer
          .call([[1, 2]])
          .sub(3)
          .square()
          .sum()
          .backward();
        each.step();
      }
      return layer.weight.toArray();
    });
    expect(weights[1]).toEqual(weights[0]);
  });
});
