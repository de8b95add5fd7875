/**
 * Every optimizer, eager and compiled, takes the steps that PyTorch takes, or those of its definition in plain numbers.
 */

import { jit } from "@chainrule/compiler";
import { type Parameter, parameter, type Tensor, tensor } from "@chainrule/core";
import {
  bothDTypes,
  expectClose,
  type FloatDType,
  muonSteps,
  type OptimizerCase,
  referenceCases,
} from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { subclassesOf } from "../../test/public.ts";
import { optimizerByName } from "./by-name.ts";
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Ftrl,
  Lion,
  Muon,
  NAdam,
  Optimizer,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
} from "./index.ts";

/** PyTorch's eps, which the cases rely on where they name none. */
const adamEps = { eps: 1e-8 };

/** By the name of the class, which is that of the reference vectors. */
const byOp: Record<string, (parameters: Parameter[], options: object) => Optimizer> = {
  SGD: (parameters, options) => new SGD(parameters, options),
  Adam: (parameters, options) => new Adam(parameters, { ...adamEps, ...options }),
  AdamW: (parameters, options) => new AdamW(parameters, { ...adamEps, ...options }),
  Adamax: (parameters, options) => new Adamax(parameters, { ...adamEps, ...options }),
  // The vectors come from PyTorch 1.13, whose product of momenta had one factor too many.
  NAdam: (parameters, options) => new NAdam(parameters, { ...adamEps, exactProduct: false, ...options }),
  RMSprop: (parameters, options) => new RMSprop(parameters, options),
  Adagrad: (parameters, options) => new Adagrad(parameters, options),
  Adadelta: (parameters, options) => new Adadelta(parameters, options),
  RAdam: (parameters, options) => new RAdam(parameters, options),
  Rprop: (parameters, options) => new Rprop(parameters, options),
};

/** Those of the reference, and those of a newer PyTorch. */
const cases = [...referenceCases("optimizers"), ...referenceCases("peers/optimizers")];

/** 0.5 wᵀ A w + Σ sin²(b) + 0.3 Σ (w[0:2] @ b). */
function objective(w: Tensor, b: Tensor, A: Tensor): Tensor {
  const quadratic = w.dot(A.matmul(w)).mul(0.5);
  return quadratic.add(b.sin().square().sum()).add(w.slice("0:2").matmul(b).sum().mul(0.3));
}

function run({ op, name, inputs, options, expect }: OptimizerCase, dtype: FloatDType, compile: boolean): void {
  const make = (key: string) => tensor([...inputs[key].data], { shape: inputs[key].shape, dtype });
  const [w, b] = [parameter(make("w")), parameter(make("b"))];
  const A = make("A");
  const optimizer = byOp[op]([w, b], options);
  const step = (matrix: Tensor) => {
    const lowered = objective(w, b, matrix);
    const loss = options.maximize ? lowered.neg() : lowered;
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const takeStep = compile ? jit(step) : step;
  expect.steps.forEach((after, i) => {
    const close = (actual: Tensor, expected: Parameters<typeof expectClose>[1], what: string) =>
      expectClose(actual, expected, { dtype, file: "optimizers", what: `${name}, step ${i + 1}: ${what}` });
    close(takeStep(A), { shape: [], data: [after.loss] }, "loss");
    close(w, after.w, "w");
    close(b, after.b, "b");
  });
}

/** Optimizers that PyTorch had none of when the vectors were made: the next value of one weight, in plain numbers. */
const byDefinition: Record<string, { make: (parameters: Parameter[]) => Optimizer; next: () => NextValue }> = {
  Lion: {
    make: (parameters) => new Lion(parameters, { lr: 0.1, betas: [0.8, 0.6], weightDecay: 0.2 }),
    next: () => {
      let m = 0;
      return (w, g) => {
        const direction = Math.sign(0.8 * m + 0.2 * g);
        m = 0.6 * m + 0.4 * g;
        return w * (1 - 0.1 * 0.2) - 0.1 * direction;
      };
    },
  },
  Ftrl: {
    make: (parameters) =>
      new Ftrl(parameters, { lr: 0.5, lrPower: -0.7, l1: 0.3, l2: 0.2, l2Shrinkage: 0.1, beta: 0.4, weightDecay: 0.1 }),
    next: () => {
      let [sum, z] = [0.1, 0];
      return (before, g) => {
        const w = before * (1 - 0.5 * 0.1);
        const after = sum + g * g;
        z += g + 2 * 0.1 * w - ((after ** 0.7 - sum ** 0.7) / 0.5) * w;
        sum = after;
        return (Math.min(Math.max(z, -0.3), 0.3) - z) / (after ** 0.7 / 0.5 + 2 * (0.2 + 0.4 / (2 * 0.5)));
      };
    },
  },
};

/** Whose numbers depend on each other: Keras's steps, of matrices too, are in test/keras-by-name.test.ts. */
const byKeras = ["Adafactor", "Muon"];

describe.each(bothDTypes)("Muon's steps of a matrix in %s", (dtype) => {
  const cases = muonSteps().flatMap((one) => [false, true].map((compile) => ({ ...one, compile })));
  it.each(cases)("are PyTorch's that have the size of Adam's: $options, compiled: $compile", (one) => {
    const { lr, weightDecay, momentum, nesterov, nsSteps: iterations } = one.options as Record<string, never>;
    const w = parameter(tensor(one.start, { dtype }));
    const optimizer = new Muon([w], { lr, weightDecay, momentum, nesterov, iterations });
    const step = (gradient: Tensor) => {
      optimizer.zeroGrad();
      w.mul(gradient).sum().backward();
      optimizer.step();
    };
    const takeStep = one.compile ? jit(step) : step;
    one.gradients.forEach((gradient, i) => {
      takeStep(tensor(gradient, { dtype }));
      const expected = { shape: [3, 2], data: one.weights[i].flat() };
      // Both keep the division by the norm finite with 1e-7, at other places, and the iteration makes it no smaller.
      expectClose(w, expected, { dtype, tolerance: dtype === "float64" ? 1e-6 : 1e-4, what: `step ${i + 1}` });
    });
  });
});

type NextValue = (w: number, g: number) => number;

function runByDefinition(name: string, dtype: FloatDType, compile: boolean): void {
  const { make, next } = byDefinition[name];
  const starts = [0.5, -1, 2];
  const gradients = [
    [1, -2, 0.5],
    [-0.2, 3, 0.1],
    [-0.9, 0.4, -4],
    [0.3, 0, -0.2],
    [2, -5, 0.7],
  ];
  const w = parameter(tensor(starts, { dtype }));
  const optimizer = make([w]);
  const step = (gradient: Tensor) => {
    optimizer.zeroGrad();
    w.mul(gradient).sum().backward();
    optimizer.step();
  };
  const takeStep = compile ? jit(step) : step;
  const [values, rules] = [[...starts], starts.map(next)];
  for (const row of gradients) {
    takeStep(tensor(row, { dtype }));
    row.forEach((g, i) => {
      values[i] = rules[i](values[i], g);
    });
    expectClose(w, { shape: [3], data: values }, { dtype, file: "optimizers", what: name });
  }
}

describe("every optimizer of the public index", () => {
  const names = subclassesOf(Optimizer);

  it("has reference vectors, or its definition in plain numbers", () => {
    expect(
      [...Object.keys(byOp), ...Object.keys(byDefinition), ...byKeras].sort(),
      "`byOp` or `byDefinition` wants a row for each optimizer",
    ).toEqual(names);
    for (const op of Object.keys(byOp))
      expect(
        cases.filter((one) => one.op === op),
        op,
      ).not.toHaveLength(0);
  });

  it.each(names)("%s is known by its name", (name) => {
    expect(optimizerByName(name.toLowerCase()).name).toBe(name);
  });
});

describe.each(bothDTypes)("steps in %s", (dtype) => {
  for (const name of Object.keys(byDefinition))
    it.each([
      ["eager", false],
      ["compiled", true],
    ])(`are those of the definition: ${name}, %s`, (_mode, compile) => runByDefinition(name, dtype, compile));
});

describe.each(bothDTypes)("twelve steps in %s", (dtype) => {
  for (const reference of cases)
    it.each([
      ["eager", false],
      ["compiled", true],
    ])(`are PyTorch's: ${reference.name}, %s`, (_mode, compile) => run(reference, dtype, compile));
});
