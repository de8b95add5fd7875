import { OptionError, ones, type Parameter, parameter, ShapeError, scalar, tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { Dense, Linear } from "../layers/index.ts";
import { exponentialDecay } from "../schedules/index.ts";
import { optimizerByName } from "./by-name.ts";
import { Adam, AdamW, defineOptimizer, Optimizer, RMSprop, SGD } from "./index.ts";

const double = (x: number | number[]): Parameter => parameter(tensor(x, { dtype: "float64" }));

/** Takes a step with the given gradients, null for none. */
function stepWith(optimizer: Optimizer, weights: readonly Parameter[], gradients: readonly (number | null)[]): void {
  optimizer.zeroGrad();
  weights.forEach((weight, i) => {
    const g = gradients[i];
    if (g !== null) weight.grad = tensor(g, { dtype: weight.dtype });
  });
  optimizer.step();
}

describe("an optimizer", () => {
  it("updates parameters, a module's, or groups of them", () => {
    const layer = new Linear(1, 1);
    for (const target of [layer, layer.parameters(), [{ params: layer }], [{ params: layer.parameters() }]]) {
      layer.weight.assign([[1]]);
      layer.bias?.assign([0]);
      const optimizer = new SGD(target, { lr: 0.5 });
      optimizer.zeroGrad();
      layer
        .call([[3]])
        .sum()
        .backward();
      optimizer.step();
      expect(layer.weight.toArray()).toEqual([[-0.5]]);
      expect(layer.bias?.toArray()).toEqual([-0.5]);
    }
  });

  it("asks anything that has parameters for them", () => {
    const w = double(1);
    const source = { parameters: () => [w] };
    for (const target of [source, [{ params: source }]]) {
      w.assign(1);
      stepWith(new SGD(target, { lr: 0.5 }), [w], [1]);
      expect(w.item()).toBe(0.5);
    }
  });

  it("can be made first and bound later", () => {
    const w = double(1);
    const optimizer = new SGD({ lr: 0.5 });
    expect(optimizer.isBound).toBe(false);
    expect(() => optimizer.step()).toThrow(/SGD\.step: expected parameters to update, got none\.\n.*bind\(model\)/);
    expect(optimizer.bind([w])).toBe(optimizer);
    stepWith(optimizer, [w], [1]);
    expect(w.item()).toBe(0.5);
  });

  it("keeps a learning rate that was set before it was bound", () => {
    const optimizer = new SGD({ lr: 0.5 });
    optimizer.lr = 0.25;
    expect(optimizer.bind([double(1)]).lr).toBe(0.25);
  });

  it("finds the weights that a module's layers make at their first call", () => {
    const layer = new Dense({ units: 1, kernelInitializer: "ones" });
    const optimizer = new SGD(layer, { lr: 1 });
    optimizer.zeroGrad();
    layer
      .call([[2]])
      .sum()
      .backward();
    optimizer.step();
    expect(layer.kernel.toArray()).toEqual([[-1]]);
  });

  it("leaves parameters without a gradient as they are, frozen ones among them", () => {
    const [w, frozen] = [double(1), double(1)];
    frozen.requiresGrad = false;
    const optimizer = new SGD([w, frozen], { lr: 1, weightDecay: 0.1 });
    w.mul(frozen).backward();
    optimizer.step();
    expect([w.item(), frozen.item()]).toEqual([1 - 1.1, 1]);
  });

  it("counts for each parameter only the steps in which it had a gradient, as PyTorch does", () => {
    const [together, late] = [double(0), double(0)];
    const optimizer = new Adam([together, late], { lr: 0.1 });
    stepWith(optimizer, [together, late], [1, null]);
    stepWith(optimizer, [together, late], [1, 1]);
    // The first step of Adam is lr · g / (|g| + eps), whenever it comes.
    expect(late.item()).toBeCloseTo(-0.1 / (1 + 1e-7), 12);
    const alone = double(0);
    const other = new Adam([alone], { lr: 0.1 });
    stepWith(other, [alone], [1]);
    stepWith(other, [alone], [1]);
    expect(together.item()).toBe(alone.item());
    stepWith(optimizer, [together, late], [null, 1]);
    stepWith(optimizer, [together, late], [1, 1]);
    stepWith(other, [alone], [1]);
    expect(together.item()).toBe(alone.item());
    expect(late.item()).toBe(alone.item());
  });

  it("shares one count among parameters that are always updated together", () => {
    const weights = [double(0), double(0), double(0)];
    const optimizer = new Adam(weights);
    stepWith(optimizer, weights, [1, 1, 1]);
    const counts = () => optimizer.variables().filter((variable) => variable.rank === 0 && variable.item() >= 1);
    expect(counts()).toHaveLength(1);
    stepWith(optimizer, weights, [1, 1, null]);
    expect(counts().map((count) => count.item())).toEqual([2, 1]);
  });

  it("keeps the counters of weights that take turns", () => {
    const weights = [double(0), double(0)];
    const optimizer = new Adam(weights);
    for (const turn of [0, 1]) stepWith(optimizer, weights, turn === 0 ? [1, null] : [null, 1]);
    const before = optimizer.variables();
    for (const turn of [0, 1]) stepWith(optimizer, weights, turn === 0 ? [1, null] : [null, 1]);
    expect(optimizer.variables().every((kept, i) => kept === before[i])).toBe(true);
  });

  it("records nothing for a backward pass, and shows NaN in a gradient", () => {
    const w = parameter([1, 2]);
    const optimizer = new Adam([w]);
    w.grad = tensor([Number.NaN, 1]);
    optimizer.step();
    expect(w.isLeaf).toBe(true);
    expect(Number.isNaN(w.at(0))).toBe(true);
    expect(w.at(1)).toBeCloseTo(2 - 0.001, 6);
  });

  it("keeps every variable in its parameter's dtype, and counts and rates in float64", () => {
    const w = parameter([1, 2]);
    const optimizer = new Adam([w]);
    w.grad = ones([2]);
    optimizer.step();
    expect(w.dtype).toBe("float32");
    expect(optimizer.variables().map((variable) => variable.dtype)).toEqual([
      "float64",
      "float64",
      "float32",
      "float32",
    ]);
  });

  it("leaves the old value with graphs that were made before the step", () => {
    const w = double(3);
    const optimizer = new SGD([w], { lr: 1 });
    const loss = w.square();
    w.grad = scalar(1, "float64");
    optimizer.step();
    w.zeroGrad();
    loss.backward();
    expect(w.grad?.item()).toBe(6);
  });

  it("refuses a gradient of another shape, and changes nothing", () => {
    const [a, b] = [double([1, 2]), double([1, 2])];
    const optimizer = new SGD([a, b]);
    a.grad = ones([2]);
    b.grad = ones([3]);
    expect(() => optimizer.step()).toThrow(ShapeError);
    expect(a.toArray()).toEqual([1, 2]);
    expect(optimizer.iterations).toBe(0);
  });
});

describe("targets", () => {
  it("that are none are refused with a word on what is", () => {
    expect(() => new SGD([])).toThrow(/expected parameters to update.*got an array of 0/);
    expect(() => new SGD([tensor([1])] as never)).toThrow(/a tensor that is no parameter\.\n.*parameter\(…\)/);
    expect(() => new SGD("model" as never)).toThrow(OptionError);
    expect(() => new SGD(3 as never)).toThrow(OptionError);
    expect(() => new SGD({ lr: 0.1 } as never, { momentum: 0.9 })).toThrow(/got two objects of options/);
  });

  it("are parameters or groups, and not some of both", () => {
    const w = double(1);
    for (const item of [null, undefined, "w", 3, { params: [w] }])
      expect(() => new SGD([w, item] as never)).toThrow(OptionError);
    for (const item of [null, "w", 3]) expect(() => new SGD([item] as never)).toThrow(OptionError);
  });

  it("name each parameter once", () => {
    const w = double(1);
    expect(() => new SGD([{ params: [w] }, { params: [w] }])).toThrow(/one that is in two/);
    expect(() => new SGD([{ params: new Linear(1, 1) }, { params: [w] }, { params: [w] }])).toThrow(
      /one that is in two/,
    );
    const optimizer = new SGD([w, w], { lr: 1 });
    stepWith(optimizer, [w], [1]);
    expect(w.item()).toBe(0);
  });
});

describe("groups", () => {
  it("have options of their own, and the optimizer's for the rest", () => {
    const [a, b, c] = [double(1), double(1), double(1)];
    const optimizer = new SGD([{ params: [a], lr: 1 }, { params: [b], weightDecay: 1 }, { params: [c] }], { lr: 0.1 });
    stepWith(optimizer, [a, b, c], [1, 1, 1]);
    expect(a.item()).toBe(0);
    expect(b.item()).toBeCloseTo(1 - 0.1 * 2, 12);
    expect(c.item()).toBeCloseTo(0.9, 12);
  });

  it("keep their proportions when the learning rate is set", () => {
    const optimizer = new SGD([{ params: [double(1)] }, { params: [double(1)], lr: 0.01 }], { lr: 0.1 });
    optimizer.lr = 0;
    optimizer.lr = 1;
    const rates = optimizer.groups.map((group) => group.lr.item());
    expect(rates[0]).toBe(1);
    expect(rates[1]).toBeCloseTo(0.1, 12);
    const turned = new SGD([{ params: [double(1)], lr: 0.01 }, { params: [double(1)] }], { lr: 0.1 });
    turned.lr *= 0.5;
    expect(turned.groups[0].lr.item()).toBeCloseTo(0.005, 12);
    expect(turned.lr).toBe(0.05);
  });

  it("of a rate of their own keep it where the optimizer's is 0", () => {
    const optimizer = new SGD([{ params: [double(1)], lr: 0.5 }], { lr: 0 });
    optimizer.lr = 0.2;
    expect(optimizer.groups[0].lr.item()).toBe(0.2);
  });

  it("that follow a schedule start at its first rate, and are not set with the others", () => {
    const schedule = (step: number) => 0.25 / (1 + step);
    const optimizer = new SGD([{ params: [double(1)], lr: schedule }, { params: [double(1)] }], { lr: 0.1 });
    expect(optimizer.groups.map((group) => group.lr.item())).toEqual([0.25, 0.1]);
    optimizer.lr = 0.7;
    expect(optimizer.groups.map((group) => group.lr.item())).toEqual([0.25, 0.7]);
  });

  it("refuse options they do not know, and rules that do not go together", () => {
    expect(() => new SGD([{ params: [double(1)], momentun: 0.9 } as never])).toThrow(/SGD, group.*\n.*"momentum"/);
    expect(() => new SGD([{ params: [double(1)], nesterov: true }])).toThrow(/a momentum above 0 and no dampening/);
    expect(() => new SGD([{ params: [double(1)], clipNorm: 1 } as never])).toThrow(OptionError);
  });
});

describe("options", () => {
  it("go by PyTorch's names, and Keras's for the learning rate and epsilon", () => {
    const optimizer = new Adam({ learningRate: 0.5, epsilon: 0.25 });
    expect(optimizer.lr).toBe(0.5);
    expect(optimizer.options.eps).toBe(0.25);
    expect(() => new Adam({ learningRate: 0.5, lr: 0.1 })).toThrow(/either lr or learningRate/);
  });

  it("that are misspelt or out of range are refused", () => {
    expect(() => new SGD({ momentun: 0.9 } as never)).toThrow(
      /SGD: expected options it knows, got "momentun".*\n.*"momentum"/,
    );
    expect(() => new Adam({ beta1: 0.9 } as never)).toThrow(/Did you mean "betas"/);
    expect(() => new SGD({ eps: 1 } as never)).toThrow(OptionError);
    for (const options of [
      { lr: -1 },
      { lr: Number.NaN },
      { lr: Number.POSITIVE_INFINITY },
      { lr: "0.1" },
      { betas: [0.9] },
      { betas: [0.9, 1] },
      { eps: -1e-8 },
      { weightDecay: -0.1 },
      { amsgrad: 1 },
      { clipNorm: 0 },
    ])
      expect(() => new Adam(options as never)).toThrow(ValueError);
    expect(() => new RMSprop({ alpha: 1.5 })).toThrow(
      /RMSprop, alpha: expected a number from 0 to 1, got the number 1.5/,
    );
    for (const alpha of [-0.1, "0.5"]) expect(() => new RMSprop({ alpha } as never)).toThrow(ValueError);
    expect(new RMSprop({ alpha: 1 }).options.alpha).toBe(1);
    expect(() => new SGD({ clipNorm: 1, clipValue: 1 })).toThrow(/either clipNorm or clipValue/);
    expect(() => new SGD({ nesterov: true })).toThrow(OptionError);
  });

  it("that are undefined count as not given", () => {
    expect(new SGD({ lr: undefined }).lr).toBe(0.01);
  });
});

describe("the learning rate", () => {
  it("can be read and set", () => {
    const w = double(1);
    const optimizer = new SGD([w], { lr: 1 });
    optimizer.lr = 0.5;
    stepWith(optimizer, [w], [1]);
    expect([optimizer.lr, w.item()]).toEqual([0.5, 0.5]);
    expect(() => {
      optimizer.lr = -1;
    }).toThrow(ValueError);
  });

  it("follows a schedule, which says the rate of each step from 0 on", () => {
    const w = double(0);
    const optimizer = new SGD([w], { lr: exponentialDecay({ lr: 1, gamma: 0.5 }) });
    const rates: number[] = [];
    for (let i = 0; i < 3; i++) {
      stepWith(optimizer, [w], [1]);
      rates.push(optimizer.lr);
    }
    expect(rates).toEqual([1, 0.5, 0.25]);
    expect(w.item()).toBe(-1.75);
    expect(() => {
      optimizer.lr = 1;
    }).toThrow(/one that follows a schedule/);
  });

  it("of a schedule that goes wrong is refused", () => {
    const w = double(0);
    const optimizer = new SGD([w], { lr: (step) => 1 - step });
    stepWith(optimizer, [w], [1]);
    stepWith(optimizer, [w], [1]);
    expect(() => stepWith(optimizer, [w], [1])).toThrow(
      /schedule: expected a learning rate of at least 0, got the number -1/,
    );
    const endless = new SGD([w], { lr: (step) => (step === 0 ? 1 : Number.POSITIVE_INFINITY) });
    stepWith(endless, [w], [1]);
    expect(() => stepWith(endless, [w], [1])).toThrow(/schedule: expected a learning rate/);
  });
});

describe("optimizers by name", () => {
  it("are the classes with their defaults", () => {
    expect(optimizerByName("adam")).toBeInstanceOf(Adam);
    expect(optimizerByName("AdamW")).toBeInstanceOf(AdamW);
    expect(optimizerByName("sgd")).toBeInstanceOf(Optimizer);
    expect(optimizerByName("sgd").lr).toBe(0.01);
    expect(optimizerByName("rmsprop").name).toBe("RMSprop");
    expect(() => optimizerByName("adan")).toThrow(/Did you mean "adam"/);
    expect(() => optimizerByName(3 as never)).toThrow(OptionError);
  });
});

describe("an optimizer of one's own", () => {
  const SignSGD = defineOptimizer({
    name: "SignSGD",
    defaults: { lr: 0.5, weightDecay: 0, power: 1 },
    update: (weight, gradient, _slots, { lr }, { power }) => ({
      weight: weight.sub(gradient.sign().mul(power).mul(lr.cast(weight.dtype))),
    }),
  });

  it("is a rule and its defaults", () => {
    const w = parameter([1, 1]);
    w.grad = tensor([-3, 3]);
    const optimizer = new SignSGD([w], { power: 2 });
    optimizer.step();
    expect(w.toArray()).toEqual([2, 0]);
    expect(SignSGD.name).toBe("SignSGD");
    expect(optimizer.name).toBe("SignSGD");
    expect(() => new SignSGD([w], { power: "2" } as never)).toThrow(/SignSGD, power: expected a number, got "2"/);
  });

  it("has its scalars computed once for all weights that have been updated together", () => {
    let calls = 0;
    const Counting = defineOptimizer({
      ...SignSGD.rule,
      scalars: (lr) => {
        calls++;
        return { lr };
      },
    });
    const weights = [double(0), double(0), double(0)];
    const optimizer = new Counting(weights);
    stepWith(optimizer, weights, [1, 1, 1]);
    expect(calls).toBe(1);
    stepWith(optimizer, weights, [1, 1, null]);
    expect(calls).toBe(2);
    stepWith(optimizer, weights, [1, 1, 1]);
    expect(calls).toBe(4);
  });

  it("needs a name, defaults and an update", () => {
    const rule = SignSGD.rule;
    for (const lacking of [{}, { ...rule, name: "" }, { ...rule, update: undefined }, { ...rule, defaults: {} }])
      expect(() => defineOptimizer(lacking as never)).toThrow(OptionError);
  });
});
