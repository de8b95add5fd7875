import { ModelError, ones, type Parameter, parameter, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { subclassesOf } from "../../test/public.ts";
import { Linear } from "../layers/index.ts";
import { Module } from "../module/module.ts";
import { exponentialDecay } from "../schedules/index.ts";
import { optimizerByName } from "./by-name.ts";
import { Adam, Optimizer, SGD } from "./index.ts";

const double = (x: number | number[]): Parameter => parameter(tensor(x, { dtype: "float64" }));

/** Takes a step with the given gradient. */
function stepWith(optimizer: Optimizer, weight: Parameter, gradient: number): void {
  weight.grad = tensor(gradient, { dtype: weight.dtype });
  optimizer.step();
}

describe("an optimizer's state", () => {
  class Two extends Module {
    a = new Linear(2, 2, { dtype: "float64" });
    b = new Linear(2, 1, { dtype: "float64" });
    forward(x: Tensor) {
      return this.b.call(this.a.call(x).tanh());
    }
  }

  function train(model: Two, optimizer: Optimizer, steps: number): number[] {
    const x = tensor(
      [
        [1, 2],
        [3, -1],
        [0.5, 0.2],
      ],
      { dtype: "float64" },
    );
    return Array.from({ length: steps }, () => {
      optimizer.zeroGrad();
      const loss = model.call(x).square().sum();
      loss.backward();
      optimizer.step();
      return loss.item();
    });
  }

  const taken: [name: string, options: object][] = [
    ["sgd", { momentum: 0.9, dampening: 0.1 }],
    ["adam", { amsgrad: true }],
    ["adamw", {}],
    ["adamax", {}],
    ["nadam", {}],
    ["rmsprop", { momentum: 0.5, centered: true }],
    ["adagrad", { lrDecay: 0.1 }],
    ["adadelta", {}],
    ["lion", {}],
    ["ftrl", { l1: 0.01 }],
    ["adafactor", {}],
    ["muon", {}],
    ["radam", { betas: [0.9, 0.8] }],
    ["rprop", {}],
  ];

  it("is tried of every optimizer", () => {
    expect(taken.map(([name]) => optimizerByName(name).name).sort(), "`taken` wants a row for each optimizer").toEqual(
      subclassesOf(Optimizer),
    );
  });

  it.each(taken)("of %s continues where it was taken, to the last digit", (name, options) => {
    const make = (model: Two) =>
      new (optimizerByName(name).constructor as typeof Adam)(model, { lr: 0.01, ...options });
    const model = new Two();
    const optimizer = make(model);
    train(model, optimizer, 3);
    const [weights, state] = [model.stateDict(), optimizer.stateDict()];
    const expected = train(model, optimizer, 3);
    const copy = new Two();
    const other = make(copy);
    copy.loadStateDict(weights);
    other.loadStateDict(state);
    expect(train(copy, other, 3)).toEqual(expected);
    expect(other.iterations).toBe(6);
  });

  it("lists the counts, rates and slots by name", () => {
    const model = new Two();
    const optimizer = new Adam(model);
    expect(Object.keys(optimizer.stateDict())).toEqual(["iterations", "lr", "groups.0.lr"]);
    train(model, optimizer, 2);
    const state = optimizer.stateDict();
    expect(Object.keys(state).slice(2, 7)).toEqual(["groups.0.lr", "0.step", "0.m", "0.v", "1.step"]);
    expect([state.iterations.item(), state["3.step"].item(), state["groups.0.lr"].item()]).toEqual([2, 2, 0.001]);
    expect(state["0.m"].shape).toEqual([2, 2]);
  });

  it("continues a schedule", () => {
    const w = double(0);
    const make = () => new SGD([w], { lr: exponentialDecay({ lr: 1, gamma: 0.5 }) });
    const optimizer = make();
    stepWith(optimizer, w, 1);
    stepWith(optimizer, w, 1);
    const other = make();
    other.loadStateDict(optimizer.stateDict());
    stepWith(other, w, 1);
    expect(other.lr).toBe(0.25);
  });

  it("has the learning rate, as it was when it was taken", () => {
    const w = double(0);
    const optimizer = new SGD([{ params: [w] }], { lr: 0.5 });
    optimizer.lr = 0.25;
    const state = optimizer.stateDict();
    optimizer.lr = 1;
    expect(state["groups.0.lr"].item()).toBe(0.25);
    const other = new SGD([{ params: [w] }], { lr: 0.5 });
    other.loadStateDict(state);
    expect(other.lr).toBe(0.25);
    stepWith(other, w, 1);
    expect(w.item()).toBe(-0.25);
  });

  it("continues after a single step, in an optimizer that has taken none", () => {
    const [w, other] = [double(0), double(0)];
    const make = (weight: Parameter) => new Adam([weight, double(0)], { lr: 0.1 });
    const optimizer = make(w);
    stepWith(optimizer, w, 4);
    const [state, after] = [optimizer.stateDict(), w.item()];
    stepWith(optimizer, w, -1);
    const fresh = make(other);
    fresh.loadStateDict(state);
    // The second weight has had no step, and so no state.
    expect(Object.keys(fresh.stateDict())).toEqual(Object.keys(state));
    other.assign(after);
    stepWith(fresh, other, -1);
    expect(other.item()).toBe(w.item());
  });

  it("can be taken back to, also to before the first step", () => {
    const w = double(0);
    const optimizer = new Adam([w], { lr: 0.1 });
    const start = optimizer.stateDict();
    stepWith(optimizer, w, 1);
    const first = w.item();
    stepWith(optimizer, w, -3);
    optimizer.loadStateDict(start);
    w.assign(0);
    stepWith(optimizer, w, 1);
    expect(w.item()).toBe(first);
    expect(optimizer.iterations).toBe(1);
  });

  it("gives what is there new values, and leaves the variables the same", () => {
    const weights = [double(0), double(0)];
    const optimizer = new Adam(weights, { lr: 0.1 });
    for (const weight of weights) weight.grad = tensor(1, { dtype: "float64" });
    optimizer.step();
    const state = optimizer.stateDict();
    const before = optimizer.variables();
    optimizer.step();
    optimizer.loadStateDict(state);
    expect(optimizer.variables()).toEqual(before);
    expect(optimizer.variables().every((variable, i) => variable === before[i])).toBe(true);
    expect(optimizer.stateDict()).toEqual(state);
    optimizer.loadStateDict({ ...state, "1.step": 5 });
    expect(Object.values(optimizer.stateDict()).map((value) => value.item())).toContain(5);
    expect(optimizer.stateDict()["0.step"].item()).toBe(1);
  });

  it("of another optimizer or of other parameters is refused as a whole", () => {
    const model = new Two();
    const adam = new Adam(model);
    train(model, adam, 1);
    const state = adam.stateDict();
    const sgd = new SGD(model, { momentum: 0.9 });
    expect(() => sgd.loadStateDict(state)).toThrow(
      /expected the state of SGD with 4 parameters, got no 0\.velocity.*also 0\.m/,
    );
    expect(() => new Adam(model.b).loadStateDict(state)).toThrow(ModelError);
    expect(() => new Adam(model).loadStateDict({ ...state, "1.m": ones([7]) })).toThrow(
      /expected 1\.m of shape \[2\], got \[7\]/,
    );
    expect(() => new Adam(model).loadStateDict({})).toThrow(/no iterations, lr, groups\.0\.lr/);
    const { "0.m": gone, ...rest } = state;
    expect(() => adam.loadStateDict(rest)).toThrow(/got no 0\.m/);
    expect(() => adam.loadStateDict({ ...rest, "0.M": gone })).toThrow(/also 0\.M.*\n.*"0\.m"/);
    expect(adam.iterations).toBe(1);
  });
});
