import {
  DTypeError,
  defineOp,
  GraphError,
  noGrad,
  OptionError,
  parameter,
  ShapeError,
  type Tensor,
  tensor,
  value,
} from "@chainrule/core";
import { binaryCrossEntropy } from "@chainrule/losses";
import { Dense, Sequential } from "@chainrule/nn";
import { describe, expect, it } from "vitest";
import type { BackwardData, BackwardStep, ExplainedNode } from "../explanation/types.ts";
import { BackwardExplanation } from "../text/backward-explanation.ts";
import { explainBackward } from "./explain-backward.ts";

const nodeNamed = ({ nodes }: BackwardData, name: string): ExplainedNode => nodes.find((node) => node.name === name)!;
const stepAt = (data: BackwardData, name: string): BackwardStep =>
  data.steps.find(({ node }) => node === nodeNamed(data, name).id)!;
const flat = (x: Tensor | null) => [...x!.toTypedArray()];

function twoLayers() {
  const x = tensor([[0, 1], [1, 1], [1, 0]]); // biome-ignore format: a table
  const y = tensor([[1], [0], [1]]);
  const [W, b, V] = [parameter([[0.5, -1], [0.25, 2]]), parameter([0.1, -0.2]), parameter([[1], [-0.5]])]; // biome-ignore format: a table
  const z = x.matmul(W).add(b);
  const h = z.tanh();
  const p = h.matmul(V).sigmoid();
  const loss = p.sub(y).square().mean();
  return { x, y, W, b, V, z, h, p, loss };
}

describe("explainBackward", () => {
  it("arrives at the gradients that backward leaves, and leaves none itself", () => {
    const names = twoLayers();
    const explained = explainBackward(names.loss, { names });
    expect([names.W.grad, names.loss.grad]).toEqual([null, null]);
    names.loss.backward();
    for (const name of ["W", "b", "V"] as const)
      expect(stepAt(explained, name).gradient.values).toEqual(flat(names[name].grad));
  });

  it("tells of each op its formula, the local derivative in both, and what is sent", () => {
    const names = twoLayers();
    const explained = explainBackward(names.loss, { names });
    expect(nodeNamed(explained, "z")).toMatchObject({
      op: "add",
      formula: { text: "v1 + b", tex: "{v_{1}} + b" },
      value: { shape: [3, 2] },
    });
    const [toH, toV] = stepAt(explained, "v2").sends;
    expect(toH.local.formula).toEqual({
      text: "∂v2[i,j]/∂h[i,k] = V[k,j]",
      tex: "\\frac{\\partial {v_{2}}_{i j}}{\\partial h_{i k}} = V_{k j}",
    });
    expect(toV.formula).toEqual({ text: "hᵀ @ dloss/dv2", tex: "h^{\\top} {\\frac{d \\text{loss}}{d {v_{2}}}}" });
    const { local, sent, isSummed } = stepAt(explained, "h").sends[0];
    expect(local.formula?.text).toBe("∂h/∂z = 1 - h²");
    const g = stepAt(explained, "h").gradient.values!;
    expect(local.form).toBe("elementwise");
    expect(sent.values).toEqual(g.map((number, i) => expect.closeTo(number * local.numbers!.values![i], 7)));
    expect(isSummed).toBe(false);
    expect(stepAt(explained, "z").sends.map((each) => [explained.nodes[each.to].name, each.isSummed])).toEqual([
      ["v1", false],
      ["b", true],
    ]);
  });

  it("shows a small jacobian in the shapes of the result and the input", () => {
    const a = parameter([1, 2, 4]);
    const explained = explainBackward(a.softmax().slice(0), { names: { a } });
    const { local } = explained.steps.find(({ node }) => explained.nodes[node].op === "softmax")!.sends[0];
    expect([local.form, local.numbers?.shape]).toEqual(["jacobian", [3, 3]]);
    const p = flat(a.softmax());
    expect(local.numbers!.values![1]).toBeCloseTo(-p[0] * p[1], 6);
    expect(local.numbers!.values![4]).toBeCloseTo(p[1] * (1 - p[1]), 6);
  });

  it("adds up where paths meet, term by term", () => {
    const x = parameter([1, 2]);
    const y = x.mul(x).add(x).sum();
    const { terms, gradient } = stepAt(explainBackward(y, { names: { x } }), "x");
    expect(terms.map(({ sent }) => sent.values)).toEqual([[1, 1], [1, 2], [1, 2]]); // biome-ignore format: a table
    expect(gradient.values).toEqual([3, 5]);
  });

  it("says the same before backward, after it, and after the optimizer's step", () => {
    const names = twoLayers();
    const before = JSON.stringify(explainBackward(names.loss, { names }));
    names.loss.backward();
    expect(JSON.stringify(explainBackward(names.loss, { names }))).toBe(before);
    names.W.assign(names.W.sub(names.W.grad!));
    expect(JSON.stringify(explainBackward(names.loss, { names }))).toBe(before);
  });

  it("says how to keep a graph that is forgotten", () => {
    const [loss, kept] = [twoLayers().loss, twoLayers().loss];
    loss.backward();
    kept.backward(undefined, { retainGraph: true });
    for (let i = 0; i < 4; i++) twoLayers().loss.backward();
    expect(() => explainBackward(loss)).toThrow(GraphError);
    expect(() => explainBackward(loss)).toThrow(
      /a step \(div\) that an earlier backward pass released.*retainGraph: true/s,
    );
    expect(explainBackward(kept).nodes.length).toBeGreaterThan(5);
  });

  it("summarizes more numbers than asked for", () => {
    const x = parameter(Array.from({ length: 10 }, (_, i) => i - 3));
    const explained = explainBackward(x.square().sum(), { names: { x }, maxElements: 9 });
    const { value } = nodeNamed(explained, "x");
    expect(value).toEqual({
      shape: [10],
      dtype: "float32",
      min: -3,
      max: 6,
      mean: 1.5,
      norm: expect.closeTo(10.247, 3),
    });
    expect(explained.toText()).toContain("x = 10 numbers [10] from -3 to 6, mean 1.5, length 10.247");
    expect(explained.toText()).toContain("times as long as");
  });

  it("writes the first rows of many", () => {
    const x = parameter(Array.from({ length: 13 }, (_, i) => [i, 1000 * i]));
    const lines = explainBackward(x.sum(), { names: { x } }).toText().split("\n");
    expect(lines[1]).toBe("  x, [13, 2]:");
    expect(lines.slice(8, 12)).toEqual([
      "      6  6000",
      "      7  7000",
      "      … and 5 more rows",
      expect.any(String),
    ]);
  });

  it("calls weights by their path in the model, and knows the layer and the loss of each step", () => {
    const model = new Sequential([new Dense({ units: 2, inputDim: 2, activation: "relu" }), new Dense({ units: 1 })]);
    const loss = binaryCrossEntropy(model.call([[1, 2]]).sigmoid(), [[1]]);
    const explained = explainBackward(loss);
    expect(explained.nodes.filter(({ kind }) => kind === "parameter").map(({ name }) => name)).toEqual([
      "layers.0.kernel",
      "layers.0.bias",
      "layers.1.kernel",
      "layers.1.bias",
    ]);
    const layersOf = (op: string) => explained.nodes.find((node) => node.op === op)?.layers?.map(({ path }) => path);
    expect([layersOf("relu"), layersOf("sigmoid"), layersOf("log")]).toEqual([
      ["", "layers.0"],
      undefined,
      ["binaryCrossEntropy"],
    ]);
  });

  it("begins with the gradient given where the result has several numbers", () => {
    const x = parameter([1, 2]);
    expect(() => explainBackward(x.square())).toThrow(/a loss, which is one number, got a tensor of shape \[2\]/);
    expect(stepAt(explainBackward(x.square(), { names: { x }, gradient: [1, 10] }), "x").gradient.values).toEqual([
      2, 40,
    ]);
    expect(() => explainBackward(x.square(), { gradient: [1] })).toThrow(ShapeError);
  });

  it("shows what a hook made of a gradient", () => {
    const x = parameter([1, 2]);
    const y = x.mul(3);
    y.onGradient((g) => g.mul(10));
    const { gradient, beforeHooks } = stepAt(explainBackward(y.sum(), { names: { x, y } }), "y");
    expect([gradient.values, beforeHooks?.values]).toEqual([[10, 10], [1, 1]]); // biome-ignore format: a table
  });

  it("gives zeros where a rule sends nothing", () => {
    const x = parameter([1.5]);
    const { terms, gradient } = stepAt(explainBackward(x.floor().sum(), { names: { x } }), "x");
    expect([terms, gradient.values]).toEqual([[], [0]]);
  });

  it("takes the formula of a user's op, and shows numbers without one", () => {
    const definition = {
      name: "cube",
      inferShape: ([x]: readonly { shape: readonly number[]; dtype: "float32" }[]) => x,
      kernel: (out: { storage: { [i: number]: number } }, [x]: readonly { storage: ArrayLike<number> }[]) => {
        for (let i = 0; i < x.storage.length; i++) out.storage[i] = x.storage[i] ** 3;
      },
      gradient: (g: Tensor, { inputs: [x] }: { inputs: readonly Tensor[] }) => g.mul(x.square()).mul(3),
    };
    const x = parameter([2]);
    const plain = explainBackward(defineOp(definition as never)([x], undefined as never).sum(), { names: { x } });
    expect(nodeNamed(plain, "v1")).toMatchObject({ op: "cube", note: expect.stringContaining("give it a formula") });
    expect(stepAt(plain, "v1").sends[0].local).toMatchObject({ form: "jacobian", numbers: { values: [12] } });
    const formula = { text: ["a³", "3 · a²"], tex: ["a^3", "3 a^2"] };
    const told = explainBackward(defineOp({ ...definition, formula } as never)([x], undefined as never).sum(), {
      names: { x },
    });
    expect(nodeNamed(told, "v1").formula).toEqual({ text: "x³", tex: "x^3" });
    expect(stepAt(told, "v1").sends[0]).toMatchObject({
      formula: { text: "dv3/dv1 · (3 · x²)" },
      local: { formula: { text: "∂v1/∂x = 3 · x²" } },
    });
  });

  it("is the same data after JSON, and names what JSON has no number for", () => {
    const { x, loss } = twoLayers();
    const explained = explainBackward(loss, { names: { x, loss } });
    const again = new BackwardExplanation(JSON.parse(JSON.stringify(explained)));
    expect([again.toText(), again.toMarkdown()]).toEqual([explained.toText(), explained.toMarkdown()]);
    const zero = parameter([0]);
    const infinite = JSON.parse(JSON.stringify(explainBackward(zero.reciprocal().sum(), { names: { zero } })));
    expect(nodeNamed(infinite, "v1").value.values).toEqual(["Infinity"]);
  });

  it("takes a Value, with its own numbers", () => {
    const x = value(3, "x");
    const explained = explainBackward(x.mul(x));
    expect(explained.steps.map(({ node, gradient }) => [explained.nodes[node].name, gradient.values])).toEqual([
      ["v1", [1]],
      ["x", [6]],
    ]);
  });

  it("refuses what it cannot tell about, and says what to do", () => {
    expect(() => explainBackward(tensor(1))).toThrow(/depends on nothing with requiresGrad.*parameter\(…\)/s);
    expect(() => explainBackward(noGrad(() => twoLayers().loss))).toThrow(GraphError);
    expect(() => explainBackward(3 as never)).toThrow(DTypeError);
    expect(() => explainBackward(twoLayers().loss, { name: {} } as never)).toThrow(OptionError);
    expect(() => explainBackward(twoLayers().loss, { names: { x: 3 } } as never)).toThrow(/tensors by name as names/);
  });
});
