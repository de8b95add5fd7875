import { manualSeed, parameter, tensor } from "@chainrule/core";
import { binaryCrossEntropy, defineLoss, mse } from "@chainrule/losses";
import { Dense, LSTM, Sequential } from "@chainrule/nn";
import { describe, expect, it } from "vitest";
import { explainBackward } from "../index.ts";

const x = tensor([[0, 1], [1, 1], [1, 0]]); // biome-ignore format: a table
const y = tensor([[1], [0], [1]]);

function explained() {
  manualSeed(1);
  const model = new Sequential([new Dense({ units: 3, inputDim: 2, activation: "gelu" }), new Dense({ units: 1, activation: "sigmoid" })]); // biome-ignore format: short
  const p = model.call(x);
  return explainBackward(binaryCrossEntropy(p, y), { names: { x, y, p } });
}

describe("an explanation by layer", () => {
  it("has one node for each call of a layer and of the loss", () => {
    const { nodes, result } = explained().folded();
    const calls = nodes.flatMap(({ op, inputs }) =>
      op ? [`${op}(${inputs.map((id) => nodes[id].name).join(", ")})`] : [],
    );
    const hidden = nodes.find(({ op }) => op === "layers.0:Dense")!.name;
    expect(calls.slice(0, 2)).toEqual([
      "layers.0:Dense(x, layers.0.kernel, layers.0.bias)",
      `layers.1:Dense(${hidden}, layers.1.kernel, layers.1.bias)`,
    ]);
    expect(nodes[result].op).toBe("binaryCrossEntropy");
  });

  it("has the gradients of the whole, at what stays and at what is sent", () => {
    const whole = explained();
    const folded = whole.folded();
    for (const step of folded.steps) {
      const { name } = folded.nodes[step.node];
      const same = whole.steps.find(({ node }) => whole.nodes[node].name === name)!;
      expect(step.gradient).toEqual(same.gradient);
      for (const { to, sent } of step.sends) {
        const target = whole.steps.find(({ node }) => whole.nodes[node].name === folded.nodes[to].name)!;
        expect(sent.values).toEqual(target.gradient.values);
      }
    }
    const weights = folded.steps.flatMap(({ sends }) => sends.map(({ to }) => folded.nodes[to].name));
    expect(weights).toEqual(expect.arrayContaining(["layers.0.kernel", "layers.0.bias", "layers.1.kernel", "layers.1.bias"])); // biome-ignore format: short
  });

  it("is how texts tell of many steps, unless asked otherwise", () => {
    const few = explained();
    expect(few.toText({ fold: true })).toContain("layers.1:Dense(");
    expect(few.toText({ fold: true })).not.toContain("sigmoid");
    expect(few.toText({ fold: false })).toContain("sigmoid");
    expect(few.toMarkdown({ fold: true })).toContain("`layers.1:Dense`");
    manualSeed(1);
    const model = new Sequential([new LSTM({ units: 2 }), new Dense({ units: 1 })]);
    const many = explainBackward(mse(model.call(tensor([[[1], [2], [3]], [[3], [2], [1]]])), [[1], [0]])); // biome-ignore format: short
    expect(many.nodes.length).toBeGreaterThan(60);
    expect(many.toText().split("\n").length).toBeLessThan(60);
    expect(many.toText()).toContain("layers.0:LSTM(");
    expect(many.toText({ fold: false })).toContain("tanh(");
    expect(() => many.toText({ fold: 1 as never })).toThrow(/fold as true or false/);
  });

  it("adds up, and keeps apart what came from outside", () => {
    const w = parameter([[0.5], [0.25]]);
    const dense = new Dense({ units: 1, inputDim: 1 });
    const h = x.matmul(w);
    const out = dense.call(h).mul(dense.call(h)).add(h);
    const folded = explainBackward(out.mean(), { names: { h, w } }).folded();
    const step = folded.steps.find(({ node }) => folded.nodes[node].name === "h")!;
    expect(step.terms).toHaveLength(3);
    const total = step.gradient.values!.map((_, i) => step.terms.reduce((sum, { sent }) => sum + sent.values![i], 0));
    expect(total).toEqual(step.gradient.values!.map((value) => expect.closeTo(value, 6)));
  });

  it("tells the formula of a loss of one's own", () => {
    const formula = { text: "mean (prediction - target)⁴", tex: "\\overline{(p - t)^4}" };
    const fourth = defineLoss("fourthPower", (p, t) => p.sub(t).pow(4), { formula });
    const loss = fourth(parameter([1, 2]), [0, 0]);
    const { nodes, result } = explainBackward(loss).folded();
    expect(nodes[result]).toMatchObject({ op: "fourthPower", formula });
    expect(explainBackward(loss, { names: { loss } }).toText({ fold: true })).toContain(
      "= mean (prediction - target)⁴ = 8.5",
    );
    expect(() => defineLoss("third", (p) => p, { formula: "p" as never })).toThrow(/its text and its TeX/);
  });

  it("leaves a computation without layers as it is", () => {
    const plain = explainBackward(parameter([1]).square().sum());
    expect(plain.folded().toText()).toBe(plain.toText());
  });
});
