/**
 * L-BFGS takes PyTorch's steps, and as many evaluations for them; and it changes all or nothing.
 */
import { jit } from "@chainrule/compiler";
import {
  Generator,
  JitError,
  ModelError,
  OptionError,
  type Parameter,
  parameter,
  randn,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "@chainrule/core";
import { binaryCrossEntropyWithLogits } from "@chainrule/losses";
import { bothDTypes, expectClose, lbfgsSteps } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { Dense } from "../layers/index.ts";
import { Sequential } from "../model/index.ts";
import { LBFGS } from "./index.ts";

const double = (x: number | number[]): Parameter => parameter(tensor(x, { dtype: "float64" }));

/** What it does with a loss. */
function closureOf(optimizer: LBFGS, loss: () => Tensor): () => Tensor {
  return () => {
    optimizer.zeroGrad();
    const value = loss();
    value.backward();
    return value;
  };
}

const modes = [
  ["eager", (f: () => Tensor) => f],
  ["with a compiled closure", jit as (f: () => Tensor) => () => Tensor],
] as const;

describe.each(modes)("L-BFGS, %s,", (_mode, made) => {
  const { lbfgs, rosenbrock } = lbfgsSteps();

  it.each(lbfgs)("takes PyTorch's steps: $name", ({ inputs, options, expect: { steps } }) => {
    const make = ({ shape, data }: { shape: number[]; data: number[] }) => tensor(data, { shape, dtype: "float64" });
    const [w, b, A] = [parameter(make(inputs.w)), parameter(make(inputs.b)), make(inputs.A)];
    const optimizer = new LBFGS([w, b], options);
    const loss = () => {
      const quadratic = w.dot(A.matmul(w)).mul(0.5);
      return quadratic.add(b.sin().square().sum()).add(w.slice("0:2").matmul(b).sum().mul(0.3));
    };
    const closure = made(closureOf(optimizer, loss));
    steps.forEach((after, i) => {
      const what = `step ${i + 1}`;
      expect(Math.abs(optimizer.step(closure).item() - after.loss), what).toBeLessThan(1e-9);
      expectClose(w, { shape: [3], data: after.w.data }, { tolerance: 1e-7, what });
      expectClose(b, { shape: [2, 2], data: after.b.data }, { tolerance: 1e-7, what });
      // Where the curvature is asked for that PyTorch leaves out, the last digits come sooner.
      if (options.toleranceGrad) expect(optimizer.evaluations, what).toBeLessThan(after.evaluations);
      else expect(optimizer.evaluations, what).toBe(after.evaluations);
    });
  });

  it.each(rosenbrock)("finds its way through Rosenbrock's valley as PyTorch's: $options", ({ options, steps }) => {
    const x = double([-3, -4]);
    const optimizer = new LBFGS([x], options);
    const loss = () => {
      const [a, b] = [x.slice(0), x.slice(1)];
      return b.sub(a.square()).square().mul(100).add(a.neg().add(1).square());
    };
    const closure = made(closureOf(optimizer, loss));
    steps.forEach((after, i) => {
      const found = optimizer.step(closure).item();
      expect(Math.abs(found - after.loss), `step ${i + 1}`).toBeLessThan(1e-6 * Math.max(1, Math.abs(after.loss)));
      expect(optimizer.evaluations, `step ${i + 1}`).toBe(after.evaluations);
      expectClose(x, { shape: [2], data: [...after.x] }, { tolerance: 1e-6, what: `step ${i + 1}` });
    });
  });
});

describe.each(bothDTypes)("in %s", (dtype) => {
  it("a regression by least squares is exact to its last digits", () => {
    const x = tensor(
      [
        [1, 2],
        [3, -1],
        [0.5, 0.25],
        [-2, 1],
      ],
      { dtype },
    );
    const w = parameter(zeros([2], { dtype }));
    const target = x.matmul(tensor([0.5, -2], { dtype }));
    const optimizer = new LBFGS([w], { toleranceGrad: 0, toleranceChange: 0 });
    const closure = closureOf(optimizer, () => x.matmul(w).sub(target).square().sum());
    for (let i = 0; i < 3; i++) optimizer.step(closure);
    const tolerance = dtype === "float64" ? 1e-14 : 1e-6;
    expect(Math.abs(w.at(0) - 0.5)).toBeLessThan(tolerance);
    expect(Math.abs(w.at(1) + 2)).toBeLessThan(tolerance);
    expect(w.dtype).toBe(dtype);
  });
});

it("goes on where the loss falls by less than its last digit, and the slope still tells the way", () => {
  const generator = new Generator(1);
  // Columns that are alike, so that curvatures are far apart.
  const x = randn([80, 1], { dtype: "float64", generator }).add(
    randn([80, 12], { dtype: "float64", generator }).mul(0.1),
  );
  const y = randn([80], { dtype: "float64", generator }).greater(0).cast("float64");
  const w = parameter(zeros([12], { dtype: "float64" }));
  const optimizer = new LBFGS([w], { toleranceGrad: 1e-14, toleranceChange: 0 });
  const closure = closureOf(optimizer, () => binaryCrossEntropyWithLogits(x.matmul(w), y, { reduction: "sum" }));
  for (let i = 0; i < 12; i++) optimizer.step(closure);
  closure();
  expect(w.grad!.abs().max().item()).toBeLessThan(1e-12);
});

/** From where curvature matters. */
function quartic(w: Parameter): Tensor {
  return w.sub([1, -2]).pow(4).mul([1, 30]).sum();
}

describe("L-BFGS", () => {
  it("continues from its state to the last digit", () => {
    const [w, other] = [double([0, 0]), double([0, 0])];
    const options = { maxIter: 4, historySize: 3 };
    const optimizer = new LBFGS([w], options);
    expect(Object.keys(optimizer.stateDict())).toEqual(["iterations", "evaluations", "lr"]);
    const closure = closureOf(optimizer, () => quartic(w));
    for (let i = 0; i < 2; i++) optimizer.step(closure);
    const [values, state] = [w.detach(), optimizer.stateDict()];
    expect(state.weightChanges.shape).toEqual([3, 2]);
    const expected = Array.from({ length: 3 }, () => optimizer.step(closure).item());
    const copy = new LBFGS([other], options);
    other.assign(values);
    copy.loadStateDict(state);
    expect(copy.iterations).toBe(8);
    const again = closureOf(copy, () => quartic(other));
    expect(Array.from({ length: 3 }, () => copy.step(again).item())).toEqual(expected);
    expect(other.toArray()).toEqual(w.toArray());
    expect(copy.stateDict()).toEqual(optimizer.stateDict());
  });

  it("refuses another's state as a whole", () => {
    const w = double([0, 0]);
    const optimizer = new LBFGS([w]);
    optimizer.step(closureOf(optimizer, () => quartic(w)));
    const state = optimizer.stateDict();
    expect(() => new LBFGS([double(0)]).loadStateDict(state)).toThrow(/gradient of shape \[1\], got \[2\]/);
    const { direction: _, ...less } = state;
    expect(() => optimizer.loadStateDict(less)).toThrow(/also stepLength, gradient/);
    expect(() => optimizer.loadStateDict({ iterations: 1 } as never)).toThrow(/no evaluations, lr/);
    expect(() => optimizer.loadStateDict(null as never)).toThrow(ModelError);
    expect(() => optimizer.loadStateDict({ ...state, weightChanges: zeros([1, 1]) })).toThrow(ModelError);
    expect(optimizer.stateDict()).toEqual(state);
  });

  it("leaves the parameters and itself as they were where the closure throws", () => {
    const w = double([0, 0]);
    const optimizer = new LBFGS([w]);
    let left = 3;
    const closure = closureOf(optimizer, () => {
      if (left-- === 0) throw new Error("enough");
      return quartic(w);
    });
    expect(() => optimizer.step(closure)).toThrow("enough");
    expect(w.toArray()).toEqual([0, 0]);
    expect([optimizer.iterations, optimizer.evaluations]).toEqual([0, 0]);
  });

  it("turns back from where the loss is no number", () => {
    const w = double(1);
    const optimizer = new LBFGS([w], { lr: 100 });
    // Beyond 0 there is no logarithm.
    const closure = closureOf(optimizer, () => w.sub(w.log().mul(0.5)).mul(10));
    for (let i = 0; i < 5; i++) optimizer.step(closure);
    expect(w.item()).toBeCloseTo(0.5, 7);
    const nowhere = double(-1);
    const lost = new LBFGS([nowhere]);
    expect(() => lost.step(closureOf(lost, () => nowhere.log()))).toThrow(/a finite loss, got the number NaN/);
  });

  it("does nothing where the gradient is 0 already, and moves no frozen weight", () => {
    const [w, frozen] = [double(3), double(5)];
    frozen.requiresGrad = false;
    const optimizer = new LBFGS([w, frozen]);
    const closure = closureOf(optimizer, () => w.sub(frozen).square());
    expect(optimizer.step(closure).item()).toBe(4);
    expect([w.item(), frozen.item()]).toEqual([5, 5]);
    const before = optimizer.iterations;
    expect(optimizer.step(closure).item()).toBe(0);
    expect([optimizer.iterations, optimizer.lr, optimizer.learningRate]).toEqual([before, 1, 1]);
  });

  it("trains a module whose layers make their weights at the first call", () => {
    const model = new Sequential([new Dense({ units: 1, dtype: "float64" })]);
    const x = tensor([[0], [1], [2]], { dtype: "float64" });
    model.call(x);
    const optimizer = new LBFGS(model);
    const closure = closureOf(optimizer, () => model.call(x).sub(x.mul(3).add(1)).square().mean());
    for (let i = 0; i < 3; i++) optimizer.step(closure);
    expect(optimizer.parameters.map((each) => each.item())).toEqual([expect.closeTo(3, 4), expect.closeTo(1, 4)]);
  });

  it("says what it needs", () => {
    const w = double([0, 0]);
    const optimizer = new LBFGS([w]);
    expect(() => optimizer.step(undefined as never)).toThrow(OptionError);
    expect(() => optimizer.step(undefined as never)).toThrow(/optimizer\.step\(\(\) => \{ optimizer\.zeroGrad\(\)/);
    expect(() => optimizer.step(class {} as never)).toThrow(OptionError);
    expect(() => optimizer.step(() => 3 as never)).toThrow(/returns the loss/);
    expect(() => optimizer.step(() => quartic(w))).toThrow(/leaves none\.\n.*backward/);
    expect(() => jit(() => optimizer.step(closureOf(optimizer, () => quartic(w))))()).toThrow(JitError);
    expect(() => new Sequential([new Dense(1)]).compile({ optimizer: optimizer as never, loss: "mse" })).toThrow(
      /optimizer: expected a name such as "adam".*\n.*optimizer\.step\(\(\) =>/,
    );
    expect(() => new LBFGS([w], { lineSearchFn: "wolfe" as never })).toThrow(/"strong_wolfe" or null/);
    for (const [name, value] of Object.entries({ lr: 0, maxIter: 0, maxEval: 0.5, historySize: -1, toleranceGrad: -1 }))
      expect(() => new LBFGS([w], { [name]: value }), name).toThrow(ValueError);
    expect(() => new LBFGS([w], { lr: (() => 1) as never })).toThrow(ValueError);
    expect(() => new LBFGS([w], { betas: [0, 1] } as never)).toThrow(/"betas"/);
    expect(() => new LBFGS([tensor(1)] as never)).toThrow(OptionError);
    optimizer.learningRate = 0.5;
    expect(optimizer.lr).toBe(0.5);
    expect(() => {
      optimizer.lr = -1;
    }).toThrow(ValueError);
  });
});
