import { Generator, type Parameter, parameter, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { subclassesOf } from "../../test/public.ts";
import { exponentialDecay } from "../schedules/index.ts";
import {
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  defineOptimizer,
  Ftrl,
  type Hyperparameters,
  Lion,
  Muon,
  NAdam,
  Optimizer,
  type OptimizerOptions,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
  type UpdateRule,
} from "./index.ts";

/** Large enough for the third step to be compiled. */
const many = 300_000;
const steps = 6;

const generator = new Generator(3);
const drawn = Array.from({ length: 4 }, () => generator.fillNormal(new Float32Array(many)));

/** Weights of many numbers and of few, the same each time. */
function weights(): Parameter[] {
  return [parameter(tensor(drawn[0])), parameter(tensor(drawn[1].subarray(0, 3)))];
}

/** Gives the weights the gradients of a step; which of them, if not all. */
function giveGradients(of: readonly Parameter[], step: number, which: readonly boolean[] = [true, true]): void {
  of.forEach((weight, i) => {
    weight.grad = which[i] ? tensor(drawn[2 + (step % 2)].subarray(0, weight.size)) : null;
  });
}

interface Watched<H extends Hyperparameters> {
  readonly optimizer: Optimizer<H>;
  readonly weights: readonly Parameter[];
  /** How often the rule's `update` has been called. */
  calls: number;
}

/** An optimizer of the rule; told whether the rule is pure. */
function watched<H extends Hyperparameters>(
  rule: UpdateRule<H>,
  pure: boolean,
  options: OptimizerOptions<H>,
): Watched<H> {
  const own = weights();
  const update: typeof rule.update = (...args) => {
    result.calls++;
    return rule.update(...args);
  };
  const result = { optimizer: new (defineOptimizer({ ...rule, pure, update }))(own, options), weights: own, calls: 0 };
  return result;
}

function expectSame(a: Tensor, b: Tensor): void {
  const [x, y] = [a.toTypedArray(), b.toTypedArray()];
  for (let i = 0; i < x.length; i++)
    if (!Number.isFinite(y[i]) || !(Math.abs(x[i] - y[i]) <= 1e-6 * Math.max(1, Math.abs(y[i]))))
      expect.fail(`number ${i}: ${x[i]}, not ${y[i]}`);
}

/** Takes the same steps with a pure rule, which is compiled on the way, and with one that is not. */
function compare<H extends Hyperparameters>(
  rule: UpdateRule<H>,
  options: OptimizerOptions<H> = {},
  during: (one: Watched<H>, step: number) => void = () => {},
): Watched<H> {
  const [compiled, plain] = [true, false].map((pure) => {
    const one = watched(rule, pure, options);
    for (let step = 0; step < steps; step++) {
      giveGradients(one.weights, step);
      during(one, step);
      one.optimizer.step();
    }
    return one;
  });
  compiled.weights.forEach((weight, i) => {
    expectSame(weight, plain.weights[i]);
  });
  const [state, expected] = [compiled.optimizer.stateDict(), plain.optimizer.stateDict()];
  expect(Object.keys(state)).toEqual(Object.keys(expected));
  for (const name of Object.keys(state)) expectSame(state[name], expected[name]);
  expect(compiled.calls).toBeLessThan(plain.calls);
  return compiled;
}

describe("updates that are compiled", () => {
  const compared: [name: string, check: () => void][] = [
    ["SGD", () => compare(SGD.rule, { lr: 0.1 })],
    ["SGD, dampened", () => compare(SGD.rule, { lr: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.01 })],
    ["SGD, Nesterov", () => compare(SGD.rule, { lr: 0.1, momentum: 0.9, nesterov: true })],
    ["Adagrad", () => compare(Adagrad.rule, { lrDecay: 0.1 })],
    ["RMSprop", () => compare(RMSprop.rule, { momentum: 0.5, centered: true })],
    ["Adadelta", () => compare(Adadelta.rule)],
    ["Adam", () => compare(Adam.rule, { lr: 0.01 })],
    ["Adam, clipped by norm", () => compare(Adam.rule, { amsgrad: true, weightDecay: 0.1, clipNorm: 1 })],
    ["Adam, averaged", () => compare(Adam.rule, { useEma: true, emaOverwriteFrequency: 2, maximize: true })],
    ["SGD, each clipped", () => compare(SGD.rule, { lr: 0.1, momentum: 0.9, clipNormPerVariable: 1 })],
    ["AdamW, clipped by value", () => compare(AdamW.rule, { clipValue: 0.1 })],
    ["Adamax", () => compare(Adamax.rule)],
    ["NAdam", () => compare(NAdam.rule)],
    ["Ftrl", () => compare(Ftrl.rule, { lr: 0.1, l1: 0.01 })],
    ["Adafactor", () => compare(Adafactor.rule, { lr: 0.01 })],
    ["Muon", () => compare(Muon.rule, { lr: 0.01 })],
    ["RAdam", () => compare(RAdam.rule, { lr: 0.01, betas: [0.9, 0.8] })],
    ["Rprop", () => compare(Rprop.rule)],
    ["Lion", () => compare(Lion.rule, { weightDecay: 0.1 })],
  ];

  it("are tried of every optimizer", () => {
    const names = new Set(compared.map(([name]) => name.split(",")[0]));
    expect([...names].sort(), "`compared` wants a row for each optimizer").toEqual(subclassesOf(Optimizer));
  });

  it.each(compared)("do what they do one operation after another: %s", (_, check) => {
    check();
  });

  it("are not looked at again once compiled", () => {
    expect(compare(Adam.rule).calls).toBe(2 * 3);
  });

  it("follow the learning rate, set or by a schedule", () => {
    compare(SGD.rule, { lr: exponentialDecay({ lr: 0.1, gamma: 0.5 }) });
    compare(SGD.rule, { lr: 0.1 }, ({ optimizer }, step) => {
      if (step === 4) optimizer.lr = 0.7;
    });
  });

  it("go on from weights that were assigned, and from a state that was loaded", () => {
    compare(Adam.rule, {}, ({ weights: [weight] }, step) => {
      if (step === 4) weight.assign(tensor(drawn[3]));
    });
    let kept: Record<string, Tensor>;
    compare(Adam.rule, {}, ({ optimizer }, step) => {
      if (step === 1) kept = optimizer.stateDict();
      if (step === 5) optimizer.loadStateDict(kept);
    });
  });

  it("follow a setting of a group that is changed", () => {
    compare(SGD.rule, {}, ({ optimizer }, step) => {
      if (step === 4) optimizer.groups[0].hyper.weightDecay = 0.5;
    });
  });

  it("are those that come after gradients were added up", () => {
    const both = [true, false].map((pure) => {
      const one = watched(Adam.rule, pure, { gradientAccumulationSteps: 2 });
      for (let step = 0; step < 2 * steps; step++) {
        giveGradients(one.weights, step % 3);
        one.optimizer.step();
      }
      return one;
    });
    both[0].weights.forEach((weight, i) => {
      expectSame(weight, both[1].weights[i]);
    });
    expect(both[0].calls).toBeLessThan(both[1].calls);
  });

  it("count a weight's steps as they are, whichever weights have gradients", () => {
    const both = [true, true];
    const turns = [both, both, both, both, [true, false], both, [true, false], both, both, both];
    const results = [true, false].map((pure) => {
      const one = watched(Adam.rule, pure, { lr: 0.1 });
      turns.forEach((which, step) => {
        giveGradients(one.weights, step, which);
        one.optimizer.step();
      });
      return one;
    });
    const [state, expected] = results.map(({ optimizer }) => optimizer.stateDict());
    expect([state["0.step"].item(), state["1.step"].item()]).toEqual([10, 8]);
    for (const name of Object.keys(expected)) expectSame(state[name], expected[name]);
    expect(results[0].calls).toBeLessThan(results[1].calls);
  });

  it("leave gradients where they are, and old values with who holds them", () => {
    const { weights: own, optimizer } = compare(SGD.rule, { lr: 1 });
    const [weight] = own;
    giveGradients(own, 0);
    const [before, gradient] = [weight.detach(), weight.grad!];
    const numbers = before.toTypedArray();
    optimizer.step();
    expect(weight.grad).toBe(gradient);
    expect(before.toTypedArray()).toEqual(numbers);
    expect(weight.at(0)).toBeCloseTo(numbers[0] - gradient.at(0), 6);
  });

  it("leave frozen weights alone", () => {
    const { weights: own, optimizer } = compare(AdamW.rule);
    own[0].requiresGrad = false;
    const [first, second] = own.map((weight) => weight.toTypedArray());
    giveGradients(own, 0, [false, true]);
    optimizer.step();
    expect(own[0].toTypedArray()).toEqual(first);
    expect(own[1].toTypedArray()).not.toEqual(second);
  });
});

it("updates of one's own are run as they are written, unless they say that they are pure", () => {
  const one = watched(Adam.rule, false, {});
  for (let step = 0; step < steps; step++) {
    giveGradients(one.weights, step);
    one.optimizer.step();
  }
  expect(one.calls).toBe(2 * steps);
});
