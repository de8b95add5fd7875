import { parameter, tensor } from "@chainrule/core";
import { enterScope, leaveScope } from "@chainrule/core/internal";
import { describe, expect, it } from "vitest";
import { graphOf } from "./computation.ts";
import { foldGraph } from "./fold.ts";
import { graphSvg } from "./svg.ts";

/** Stands for a module: what is asked of one. */
function moduleLike(
  name: string,
  parts: Record<string, object> = {},
  weights: Record<string, ReturnType<typeof parameter>> = {},
) {
  const module = {
    name,
    constructor: { name: name[0].toUpperCase() + name.slice(1) },
    namedModules: () => [["", module], ...Object.entries(parts)] as [string, object][],
    namedParameters: () => new Map(Object.entries(weights)),
    namedBuffers: () => new Map(),
  };
  return module;
}

function within<T>(owner: object, f: () => T): T {
  const around = enterScope(owner);
  try {
    return f();
  } finally {
    leaveScope(around);
  }
}

function network() {
  const [w, v] = [parameter([[1, 2]]), parameter([[3], [4]])]; // biome-ignore format: short
  const [first, second] = [moduleLike("dense"), moduleLike("dense")];
  const model = moduleLike("net", { "layers.0": first, "layers.1": second }, { "layers.0.w": w, "layers.1.w": v });
  const mse = { lossName: "mse" };
  const x = tensor([[1], [2]]);
  return within(model, () => {
    const h = within(first, () => x.matmul(w).tanh());
    const y = within(second, () => h.matmul(v).sigmoid());
    return within(mse, () => y.sub(h).square().mean());
  });
}

describe("graphs of models", () => {
  it("know weights by their path, and in which layer each step was made", () => {
    const { nodes } = graphOf(network());
    expect(nodes.filter(({ kind }) => kind === "parameter").map(({ label }) => label)).toEqual([
      "layers.0.w",
      "layers.1.w",
    ]);
    expect(nodes.find(({ label }) => label === "tanh")?.layers).toEqual([
      { call: 0, path: "", kind: "Net" },
      { call: 1, path: "layers.0", kind: "Dense" },
    ]);
  });
});

describe("foldGraph", () => {
  it("has a node for each call, and edges between them", () => {
    const { nodes, edges } = foldGraph(graphOf(network()));
    const labels = nodes.map(({ label, kind, shape }) => label || `${kind} ${shape}`);
    expect(labels).toEqual([
      "input 2,1",
      "layers.0.w",
      "layers.0 (Dense)",
      "layers.1.w",
      "layers.1 (Dense)",
      "mse (loss)",
    ]);
    expect(edges.map(({ from, to }) => `${labels[from]} > ${labels[to]}`)).toEqual([
      "input 2,1 > layers.0 (Dense)",
      "layers.0.w > layers.0 (Dense)",
      "layers.0 (Dense) > layers.1 (Dense)",
      "layers.1.w > layers.1 (Dense)",
      "layers.0 (Dense) > mse (loss)",
      "layers.1 (Dense) > mse (loss)",
    ]);
  });

  it("leaves a graph without layers as it is", () => {
    const graph = graphOf(parameter([1]).square().sum());
    expect(foldGraph(graph)).toEqual(graph);
  });

  it("is what graphSvg draws of many nodes, or when asked to", () => {
    const loss = network();
    expect(graphSvg(loss)).toContain("tanh");
    expect(graphSvg(loss, { fold: true })).not.toContain("tanh");
    expect(graphSvg(loss, { fold: true })).toContain("layers.1 (Dense)");
    const deep = within(moduleLike("chain"), () => {
      let x = parameter(1).mul(2);
      within(moduleLike("inner"), () => {
        for (let i = 0; i < 700; i++) x = x.neg();
      });
      return x;
    });
    expect(graphSvg(deep)).toContain("inner (Inner)");
    expect(() => graphSvg(deep, { fold: false })).toThrow(/at most 500 nodes, got 70\d/);
    expect(() => graphSvg(deep, { fold: 1 as never })).toThrow(/fold as true or false/);
  });
});
