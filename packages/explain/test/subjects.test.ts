/**
 * What may be explained and drawn: results, models with a batch, functions with their arguments, jitted ones too.
 */
import { jit } from "@chainrule/compiler";
import {
  buffer,
  customGradient,
  DTypeError,
  manualSeed,
  noGrad,
  OptionError,
  parameter,
  type Tensor,
  tensor,
  value,
} from "@chainrule/core";
import { mse } from "@chainrule/losses";
import { Adam, BatchNorm, Dense, Dropout, Module, Sequential } from "@chainrule/nn";
import { graphOf, graphSvg, toDot } from "@chainrule/viz";
import { describe, expect, it } from "vitest";
import { explain, explainBackward } from "../src/index.ts";

const x = tensor([[0, 1], [1, 1], [1, 0], [0, 0]]); // biome-ignore format: a table
const y = tensor([[1], [0], [1], [0]]);
const gradientOf = (explained: ReturnType<typeof explainBackward>, name: string) =>
  explained.steps.find(({ node }) => explained.nodes[node].name === name)?.gradient.values;

function compiled() {
  manualSeed(3);
  const layers = [
    new Dense({ units: 3, inputDim: 2, activation: "tanh" }),
    new Dense({ units: 1, activation: "sigmoid" }),
  ];
  return new Sequential(layers).compile({ optimizer: new Adam({ lr: 0.1 }), loss: "binary_crossentropy" });
}

describe("a model with a batch", () => {
  it("is explained as fit computes its loss, and left as it was", async () => {
    const model = compiled();
    const explained = explainBackward(model, [x, y]);
    expect(model.parameters().map(({ grad }) => grad)).toEqual([null, null, null, null]);
    const { kernel } = model.layers[0] as Dense;
    const before = kernel!.toArray();
    const loss = explained.nodes[explained.result].value.values![0];
    expect(loss).toBeCloseTo((await model.evaluate(x, y)).loss, 6);
    model.optimizer.zeroGrad();
    model.lookAtBatch("test", [x, y], undefined, (result) => result.backward());
    expect(kernel!.toArray()).toEqual(before);
    expect(gradientOf(explained, "layers.0.kernel")!.length).toBe(6);
  });

  it("is drawn with its loss, or up to its prediction", () => {
    const model = compiled();
    const [whole, prediction] = [graphOf(model, [x, y]), graphOf(model, [x])];
    expect(whole.nodes.some(({ label }) => label === "log")).toBe(true);
    expect(prediction.nodes.at(-1)).toMatchObject({ label: "sigmoid", shape: [4, 1] });
    expect(graphSvg(prediction)).toContain("<svg");
    expect(toDot(whole)).toContain("digraph");
  });

  it("may be a module that is not compiled, with a loss given, and not built", () => {
    class Net extends Module {
      fc = new Dense({ units: 1 });
      forward(input: Tensor) {
        return this.fc.call(input);
      }
    }
    const net = new Net();
    const explained = explainBackward(net, [x, y], { loss: mse });
    expect(gradientOf(explained, "fc.kernel")!.length).toBe(2);
    expect(() => net.parameters()).toThrow(/weights that have been made/);
    expect(explain(net, [x, y], { loss: "mse" })).toContain("dfc.bias");
    expect(() => explainBackward(net, [x, y])).toThrow(/expected a loss, got a Net that is not compiled.*loss: "mse"/s);
    expect(() => explainBackward(net, [x])).toThrow(/a loss, which is one number, got a tensor of shape \[4, 1\]/);
  });

  it("keeps its statistics, modes and random numbers", () => {
    manualSeed(1);
    const model = new Sequential([new Dense({ units: 4, inputDim: 2 }), new BatchNorm(), new Dropout({ rate: 0.5 }), new Dense({ units: 1 })]); // biome-ignore format: a list
    model.compile({ optimizer: "sgd", loss: "mse" });
    model.eval();
    const state = () => JSON.stringify([...model.buffers(), ...model.parameters()]);
    const before = state();
    const first = JSON.stringify(explainBackward(model, [x, y]));
    expect(JSON.stringify(explainBackward(model, [x, y]))).toBe(first);
    expect([state(), model.training]).toEqual([before, false]);
  });

  it("wants a batch", () => {
    expect(() => explainBackward(compiled(), undefined as never)).toThrow(/a batch, \[x, y\], or \[x\]/);
    expect(() => graphOf(compiled(), { names: {} } as never)).toThrow(OptionError);
  });
});

describe("a function with its arguments", () => {
  const w = parameter([[1], [2]]);

  it("is explained and drawn, jitted or not, with the lines where its steps are made", () => {
    const f = (input: Tensor, target: Tensor) => {
      const prediction = input.matmul(w).sigmoid();
      return prediction.sub(target).square().mean();
    };
    const plain = explainBackward(f, [x, y]);
    expect(plain.nodes.find(({ op }) => op === "sigmoid")!.line).toMatch(/subjects\.test\.ts:\d+:\d+$/);
    const step = jit(f);
    noGrad(() => step(x, y));
    expect(JSON.stringify(explainBackward(step, [x, y]))).toBe(JSON.stringify(plain));
    expect(graphOf(step, [x, y])).toEqual(graphOf(f(x, y)));
  });

  it("may take a whole step of training, which is undone", () => {
    const model = compiled();
    const steps = buffer(0);
    const optimizer = new Adam(model, { lr: 0.1 });
    const step = jit((input: Tensor, target: Tensor) => {
      optimizer.zeroGrad();
      const loss = mse(model.call(input), target);
      loss.backward();
      optimizer.step();
      steps.assign(steps.add(1));
      return loss;
    });
    const before = JSON.stringify(model.parameters());
    const explained = explainBackward(step, [x, y]);
    expect([JSON.stringify(model.parameters()), steps.item()]).toEqual([before, 0]);
    expect(gradientOf(explained, "layers.1.bias")).toHaveLength(1);
    expect(model.parameters()[0].grad).toBeNull();
  });

  it("is differentiated by its arguments where nothing else requires a gradient", () => {
    const explained = explainBackward(
      jit((t: Tensor) => t.exp().sum()),
      [tensor([0, 1])],
    );
    expect(explained.steps.at(-1)!.gradient.values).toEqual([1, expect.closeTo(Math.E, 6)]);
    expect(explained.nodes[0].kind).toBe("input");
  });

  it("is what to explain in place of the result of a compiled one", () => {
    const f = jit((t: Tensor) => t.matmul(w).sum());
    expect(() => explainBackward(f(x))).toThrow(/got one of a compiled function.*explainBackward\(f, \[x, y\]\)/s);
    expect(() => jit((t: Tensor) => t.mul(explainBackward(t.matmul(w).sum()).result))(x)).toThrow(
      /inside a jitted function/,
    );
  });

  it("may have a gradient rule of its own, which the text says", () => {
    const round = customGradient((t) => t.round(), (g) => g, "roundStraight"); // biome-ignore format: short
    const text = explain(round(w).sum(), { names: { w } });
    expect(text).toContain(
      "roundStraight has a gradient rule of its own (customGradient); its result, v1, was computed apart",
    );
    expect(text).toContain("dv4/dw = [[1], [1]]");
  });

  it("may return a Value", () => {
    expect(explain(() => value(2, "a").square(), [])).toContain("dv1/da = 4");
  });

  it("returns one result", () => {
    expect(() => explainBackward((() => 3) as never, [])).toThrow(
      /a function that returns a tensor.*got one that returns the number 3/s,
    );
    expect(() => graphOf((t: Tensor) => t.argmax(), [x])).toThrow(/remembers how it was made/);
    expect(() => explainBackward(3 as never, [])).toThrow(DTypeError);
  });
});
