import { type Parameter, parameter, tensor, ValueError, zeros } from "@chainrule/core";
import { bothDTypes } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { subclassesOf } from "../../test/public.ts";
import { Embedding } from "../layers/index.ts";
import { cosineDecay } from "../schedules/index.ts";
import { optimizerByName } from "./by-name.ts";
import {
  Adadelta,
  Adafactor,
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
  type UpdateRule,
} from "./index.ts";

const double = (x: number): Parameter => parameter(tensor(x, { dtype: "float64" }));

/** Where a weight that starts at `start` goes under the gradients. */
function path(make: (weights: Parameter[]) => Optimizer, start: number, gradients: readonly number[]): number[] {
  const weight = double(start);
  const optimizer = make([weight]);
  return gradients.map((gradient) => {
    weight.grad = tensor(gradient, { dtype: "float64" });
    optimizer.step();
    return weight.item();
  });
}

function expectPath(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 12);
  });
}

describe("update rules, by hand", () => {
  it("SGD: w - lr g", () => {
    expectPath(
      path((w) => new SGD(w, { lr: 0.1 }), 1, [2, -1]),
      [0.8, 0.9],
    );
  });

  it("SGD with momentum: v = 0.5 v + g", () => {
    expectPath(
      path((w) => new SGD(w, { lr: 0.1, momentum: 0.5 }), 1, [2, 2]),
      [0.8, 0.5],
    );
  });

  it("SGD with dampening, which the first gradient escapes: v = 2, then 0.5 · 2 + 0.75 · 2", () => {
    expectPath(
      path((w) => new SGD(w, { lr: 0.1, momentum: 0.5, dampening: 0.25 }), 1, [2, 2]),
      [0.8, 0.55],
    );
  });

  it("SGD with Nesterov's momentum: w - lr (g + 0.5 v)", () => {
    expectPath(
      path((w) => new SGD(w, { lr: 0.1, momentum: 0.5, nesterov: true }), 1, [2, 2]),
      [0.7, 0.35],
    );
  });

  it("weight decay in the gradient, g + 0.1 w, and decoupled, (1 - lr 0.1) w", () => {
    expectPath(
      path((w) => new SGD(w, { lr: 0.5, weightDecay: 0.1 }), 2, [1]),
      [2 - 0.5 * 1.2],
    );
    const first = 0.5 / (1 + 1e-7 / 3);
    expectPath(
      path((w) => new AdamW(w, { lr: 0.5, weightDecay: 0.1 }), 2, [3]),
      [2 * 0.95 - first],
    );
    expectPath(
      path((w) => new Lion(w, { lr: 0.5, weightDecay: 0.1 }), 2, [3]),
      [2 * 0.95 - 0.5],
    );
  });

  it("Adagrad: the sum of squares is 1 + 4, then 1 + 4 + 16", () => {
    const make = (w: Parameter[]) => new Adagrad(w, { lr: 1, initialAccumulator: 1, eps: 0 });
    expectPath(path(make, 0, [2, 4]), [-2 / Math.sqrt(5), -2 / Math.sqrt(5) - 4 / Math.sqrt(21)]);
  });

  it("eps with Keras's placement: in the root of Adagrad and RMSprop, beside the uncorrected root of Adam, beside u of Adamax", () => {
    const epsPlacement = "keras" as const;
    expectPath(
      path((w) => new Adagrad(w, { lr: 1, eps: 7, epsPlacement }), 0, [3]),
      [-3 / 4],
    );
    expectPath(
      path((w) => new RMSprop(w, { lr: 1, alpha: 0.5, eps: 7, epsPlacement }), 0, [2]),
      [-2 / 3],
    );
    expectPath(
      path((w) => new RMSprop(w, { lr: 1, alpha: 0.5, eps: 3, centered: true, epsPlacement }), 0, [2]),
      [-1],
    );
    // m / (1 - β₁) is 4, √v is 4 · 0.5 and √(1 - β₂) 0.5.
    expectPath(
      path((w) => new Adam(w, { lr: 1, betas: [0.9, 0.75], eps: 2, epsPlacement }), 0, [4]),
      [-4 / ((2 + 2) / 0.5)],
    );
    expectPath(
      path((w) => new Adamax(w, { lr: 0.1, betas: [0, 0.5], eps: 1, epsPlacement }), 0, [3, 0.5]),
      [-0.1 * (3 / 4), -0.1 * (3 / 4) - 0.1 * (0.5 / 2.5)],
    );
    expect(() => new Adam({ epsPlacement: "torch" as "keras" })).toThrow(/"pytorch" or "keras"/);
  });

  it("Adagrad: eps is added to the root", () => {
    expectPath(
      path((w) => new Adagrad(w, { lr: 1, eps: 2 }), 0, [3]),
      [-3 / (3 + 2)],
    );
  });

  it("SGD with a dampening of 1: the first gradient is all the velocity ever gets", () => {
    expectPath(
      path((w) => new SGD(w, { lr: 1, momentum: 0.5, dampening: 1 }), 0, [2, 8, 8]),
      [-2, -3, -3.5],
    );
  });

  it("RMSprop: the mean square is 0.5 · 4, centered 2 - 1", () => {
    expectPath(
      path((w) => new RMSprop(w, { lr: 1, alpha: 0.5, eps: 0 }), 0, [2]),
      [-2 / Math.sqrt(2)],
    );
    expectPath(
      path((w) => new RMSprop(w, { lr: 1, alpha: 0.5, eps: 0, centered: true }), 0, [2]),
      [-2],
    );
  });

  it("RMSprop, centered, stays finite where rounding makes the variance negative", () => {
    const weight = parameter(0);
    const optimizer = new RMSprop([weight], { alpha: 0.5, centered: true, eps: 0.1 });
    for (let i = 0; i < 200; i++) {
      // In float32 the mean square of this gradient comes out below the square of its mean.
      weight.grad = tensor(0.01);
      optimizer.step();
    }
    expect(Number.isFinite(weight.item())).toBe(true);
  });

  it("Adadelta: √eps / √(0.1 · 4 + eps) of the gradient first", () => {
    const step = (2 * Math.sqrt(1e-6)) / Math.sqrt(0.4 + 1e-6);
    expectPath(
      path((w) => new Adadelta(w), 0, [2]),
      [-step],
    );
  });

  it("Adam: the first step is lr · g / (|g| + eps) whatever the betas", () => {
    for (const betas of [
      [0.9, 0.999],
      [0, 0],
      [0.5, 0.99],
    ] as const)
      expectPath(
        path((w) => new Adam(w, { lr: 0.1, betas, eps: 1 }), 0, [3]),
        [-0.1 * (3 / 4)],
      );
  });

  it("Adam's second step, from its definition", () => {
    const [m, v] = [(0.9 * 0.1 * 1 + 0.1 * -2) / (1 - 0.81), (0.999 * 0.001 * 1 + 0.001 * 4) / (1 - 0.999 ** 2)];
    const first = -0.1 / (1 + 1e-7);
    expectPath(
      path((w) => new Adam(w, { lr: 0.1 }), 0, [1, -2]),
      [first, first - (0.1 * m) / (Math.sqrt(v) + 1e-7)],
    );
  });

  it("AMSGrad divides by the largest size so far", () => {
    const make = (amsgrad: boolean) => (w: Parameter[]) => new Adam(w, { lr: 0.1, betas: [0, 0.5], eps: 0, amsgrad });
    const v = 0.5 * 100;
    const largest = -0.1 - (0.1 * 1) / Math.sqrt(v / 0.75);
    expectPath(path(make(true), 0, [10, 1]), [-0.1, largest]);
    expectPath(path(make(false), 0, [10, 1]), [-0.1, -0.1 - 0.1 / Math.sqrt((0.5 * v + 0.5) / 0.75)]);
  });

  it("Adamax: u is the larger of 0.5 u and |g| + eps", () => {
    const make = (w: Parameter[]) => new Adamax(w, { lr: 0.1, betas: [0, 0.5], eps: 1 });
    expectPath(path(make, 0, [3, 0.5]), [-0.1 * (3 / 4), -0.1 * (3 / 4) - 0.1 * (0.5 / 2)]);
  });

  it("NAdam with the exact product is PyTorch's from 2.0 on, from its definition", () => {
    const gradients = [3, -1, 0.5];
    let [w, m, v, product] = [0, 0, 0, 1];
    const expected = gradients.map((g, i) => {
      const [now, next] = [i + 1, i + 2].map((t) => 0.9 * (1 - 0.5 * 0.96 ** (t * 0.004)));
      product *= now;
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      const size = Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8;
      w -= (0.1 * (((1 - now) * g) / (1 - product) + (next * m) / (1 - product * next))) / size;
      return w;
    });
    expectPath(
      path((weights) => new NAdam(weights, { lr: 0.1, eps: 1e-8, exactProduct: true }), 0, gradients),
      expected,
    );
  });

  it("RAdam: m̂ alone as long as ρ is at most 5, from then on m̂ r √(1 - β₂ᵗ) / √v", () => {
    // β₂ = 0.5 has ρ∞ = 3, and ρ never gets to 5; β₂ = 0.9 has ρ = 1, 1.95, 2.86, 3.74, 4.58, 5.40.
    expectPath(
      path((w) => new RAdam(w, { lr: 0.1, betas: [0, 0.5] }), 0, [3, 5]),
      [-0.3, -0.8],
    );
    const path6 = path((w) => new RAdam(w, { lr: 0.1, betas: [0, 0.9], eps: 0 }), 0, new Array(6).fill(2));
    const rho = 19 - (12 * 0.9 ** 6) / (1 - 0.9 ** 6);
    const r = Math.sqrt(((rho - 4) * (rho - 2) * 19) / (15 * 17 * rho));
    expectPath(path6, [-0.2, -0.4, -0.6, -0.8, -1, -1 - 0.1 * r]);
  });

  it("Rprop: 1.2 times the step while the sign stays, half of it and no step when it turns, the same after that", () => {
    expectPath(
      path((w) => new Rprop(w, { lr: 1 }), 0, [3, 0.1, -5, -7, -1, 0, -1]),
      [-1, -2.2, -2.2, -1.6, -0.88, -0.88, -0.88 + 0.72],
    );
    expectPath(
      path((w) => new Rprop(w, { lr: 1, stepSizes: [0.8, 1.1] }), 0, [1, 1, -1, -1]),
      [-1, -2.1, -2.1, -1.3],
    );
    expectPath(
      path((w) => new Rprop(w, { lr: (step) => 1 / (1 + step) }), 0, [1, 1]),
      [-1, -2.2],
    );
    for (const etas of [[0.5], [0, 1.2], [0.5, 1], [1.2, 0.5], [Symbol("x"), 2], 3])
      expect(() => new Rprop({ etas: etas as never })).toThrow(ValueError);
    for (const stepSizes of [[1], [-1, 1], [2, 1], [0, Number.NaN]])
      expect(() => new Rprop({ stepSizes: stepSizes as never })).toThrow(ValueError);
  });

  it("Adagrad with lrDecay: lr / (1 + (t - 1) lrDecay)", () => {
    const make = (w: Parameter[]) => new Adagrad(w, { lr: 1, lrDecay: 0.5, eps: 0 });
    expectPath(path(make, 0, [3, 4, 12]), [-1, -1 - 4 / 5 / 1.5, -1 - 4 / 5 / 1.5 - 12 / 13 / 2]);
  });

  it("Lion: the sign of 0.9 m + 0.1 g, then m = 0.99 m + 0.01 g", () => {
    // m is 0.1 after the first gradient; 0.9 · 0.1 - 0.1 · 0.5 is positive still, and with -2 it is not.
    expectPath(
      path((w) => new Lion(w, { lr: 0.1 }), 0, [10, -0.5]),
      [-0.1, -0.2],
    );
    expectPath(
      path((w) => new Lion(w, { lr: 0.1 }), 0, [10, -2]),
      [-0.1, 0],
    );
  });

  it("Lion does not move without a gradient's sign", () => {
    expectPath(
      path((w) => new Lion(w), 1, [0, 0]),
      [1, 1],
    );
  });
});

describe.each(bothDTypes)("in %s", (dtype) => {
  it("the bias correction keeps its digits after many steps and early ones", () => {
    const weight = parameter(tensor(0, { dtype }));
    const optimizer = new Adam([weight], { lr: 1, eps: 0 });
    const digits = dtype === "float32" ? 5 : 12;
    for (let i = 1; i <= 20; i++) {
      weight.grad = tensor(0.5, { dtype });
      optimizer.step();
      // With gradients all alike, every step of Adam is lr. float32's own 1 - 0.999 is off in the 5th digit.
      expect(weight.item() / i).toBeCloseTo(-1, digits);
    }
  });
});

describe("every optimizer", () => {
  const adam = { lr: 0.001, betas: [0.9, 0.999], eps: 1e-7, weightDecay: 0 };
  const defaults: Record<string, { rule: UpdateRule; options: object }> = {
    SGD: { rule: SGD.rule, options: { lr: 0.01, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 } },
    Adagrad: {
      rule: Adagrad.rule,
      options: { lr: 0.01, lrDecay: 0, initialAccumulator: 0, eps: 1e-10, epsPlacement: "pytorch", weightDecay: 0 },
    },
    RMSprop: {
      rule: RMSprop.rule,
      options: {
        lr: 0.01,
        alpha: 0.99,
        eps: 1e-8,
        epsPlacement: "pytorch",
        momentum: 0,
        centered: false,
        weightDecay: 0,
      },
    },
    Adadelta: { rule: Adadelta.rule, options: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 } },
    Adam: { rule: Adam.rule, options: { ...adam, epsPlacement: "pytorch", amsgrad: false } },
    AdamW: {
      rule: AdamW.rule,
      options: { ...adam, epsPlacement: "pytorch", amsgrad: false, weightDecay: 0.01 },
    },
    Adamax: { rule: Adamax.rule, options: { ...adam, epsPlacement: "pytorch", lr: 0.002 } },
    NAdam: { rule: NAdam.rule, options: { ...adam, lr: 0.002, momentumDecay: 0.004, exactProduct: true } },
    Ftrl: {
      rule: Ftrl.rule,
      options: {
        lr: 0.001,
        lrPower: -0.5,
        initialAccumulator: 0.1,
        l1: 0,
        l2: 0,
        l2Shrinkage: 0,
        beta: 0,
        weightDecay: 0,
      },
    },
    Adafactor: {
      rule: Adafactor.rule,
      options: { lr: 0.001, beta2Decay: -0.8, eps: 1e-30, minSize: 1e-3, clipThreshold: 1, weightDecay: 0 },
    },
    Muon: {
      rule: Muon.rule,
      options: { ...adam, momentum: 0.95, nesterov: true, iterations: 5, size: 0.2, weightDecay: 0.004 },
    },
    RAdam: { rule: RAdam.rule, options: { ...adam, eps: 1e-8 } },
    Rprop: { rule: Rprop.rule, options: { lr: 0.01, etas: [0.5, 1.2], stepSizes: [1e-6, 50], weightDecay: 0 } },
    Lion: { rule: Lion.rule, options: { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0 } },
  } as never;

  it("has its defaults in the table", () => {
    expect(Object.keys(defaults).sort(), "`defaults` wants a row for each optimizer").toEqual(subclassesOf(Optimizer));
  });

  it.each(Object.entries(defaults))("%s has the defaults that its documentation names, and is pure", (name, one) => {
    expect(one.rule.name).toBe(name);
    expect(one.rule.defaults).toEqual(one.options);
    expect(one.rule.pure).toBe(true);
    expect(optimizerByName(name.toLowerCase()).rule).toBe(one.rule);
  });

  it("remembers no velocity where there is no momentum", () => {
    const weight = double(0);
    expect(Object.keys(SGD.rule.slots!(weight, SGD.rule.defaults))).toEqual([]);
    expect(Object.keys(RMSprop.rule.slots!(weight, RMSprop.rule.defaults))).toEqual(["squareAvg"]);
    expect(Object.keys(RMSprop.rule.slots!(weight, { ...RMSprop.rule.defaults, momentum: 1 }))).toEqual([
      "squareAvg",
      "velocity",
    ]);
  });
});

describe("Muon", () => {
  it("makes steps of matrices as long in every direction, and leaves tables of embeddings to Adam", () => {
    const step = (weight: Parameter, make: (weights: Parameter[]) => Optimizer) => {
      const before = weight.detach();
      // A matrix of one direction nearly, and nothing like a sign.
      weight.grad = tensor([
        [100, 1, 0],
        [1, 0.02, 0.5],
      ]);
      make([weight]).step();
      return weight.sub(before).mul(-1);
    };
    const options = { lr: 0.1, weightDecay: 0 };
    const taken = step(parameter(zeros([2, 3])), (w) => new Muon(w, options));
    const gram = taken.matmul(taken.T).div((0.1 * 0.2) ** 2 * 3);
    for (const i of [0, 1]) expect(Math.abs(Math.sqrt(gram.at(i, i)) - 0.95)).toBeLessThan(0.3);
    expect(Math.abs(gram.at(0, 1))).toBeLessThan(0.3);
    const { embeddings } = new Embedding({ inputDim: 2, outputDim: 3 });
    const adam = step(parameter(zeros([2, 3])), (w) => new Adam(w, { lr: 0.1, epsPlacement: "keras" }));
    expect(
      step(embeddings, (w) => new Muon(w, options))
        .sub(adam)
        .abs()
        .max()
        .item(),
    ).toBeLessThan(1e-6);
  });
});

describe("training", () => {
  const trained: [name: string, make: (w: Parameter[]) => Optimizer][] = [
    ["SGD", (w: Parameter[]) => new SGD(w, { lr: 0.05, momentum: 0.9, nesterov: true })],
    ["Adagrad", (w: Parameter[]) => new Adagrad(w, { lr: 1 })],
    ["RMSprop", (w: Parameter[]) => new RMSprop(w, { lr: 0.01, momentum: 0.5 })],
    ["Adadelta", (w: Parameter[]) => new Adadelta(w, { lr: 20 })],
    ["Adam", (w: Parameter[]) => new Adam(w, { lr: 0.05, amsgrad: true })],
    ["AdamW", (w: Parameter[]) => new AdamW(w, { lr: 0.05, weightDecay: 0 })],
    ["Adamax", (w: Parameter[]) => new Adamax(w, { lr: 0.05 })],
    ["NAdam", (w: Parameter[]) => new NAdam(w, { lr: 0.05 })],
    ["Ftrl", (w: Parameter[]) => new Ftrl(w, { lr: 1 })],
    ["Adafactor", (w: Parameter[]) => new Adafactor(w, { lr: 0.05 })],
    ["Muon", (w: Parameter[]) => new Muon(w, { lr: 0.05, weightDecay: 0 })],
    ["RAdam", (w: Parameter[]) => new RAdam(w, { lr: 0.05 })],
    ["Rprop", (w: Parameter[]) => new Rprop(w)],
    ["Lion", (w: Parameter[]) => new Lion(w, { lr: cosineDecay({ lr: 0.05, steps: 500 }) })],
  ];

  it("is tried of every optimizer", () => {
    expect(trained.map(([name]) => name).sort(), "`trained` wants a row for each optimizer").toEqual(
      subclassesOf(Optimizer),
    );
  });

  it.each(trained)("%s finds the bottom of a bowl", (_name, make) => {
    const w = parameter([3, -2]);
    const optimizer = make([w]);
    for (let i = 0; i < 500; i++) {
      optimizer.zeroGrad();
      w.sub([1, 1]).square().mul([1, 5]).sum().backward();
      optimizer.step();
    }
    expect(w.at(0)).toBeCloseTo(1, 1);
    expect(w.at(1)).toBeCloseTo(1, 1);
  });
});
