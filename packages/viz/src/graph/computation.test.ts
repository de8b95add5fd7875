import { DTypeError, GraphError, noGrad, parameter, type Tensor, tensor, value } from "@chainrule/core";
import { mostReleased } from "@chainrule/core/internal";
import { describe, expect, it } from "vitest";
import { graphOf } from "./computation.ts";

describe("graphOf a tensor", () => {
  it("has every tensor that led to it, in an order in which they could be computed", () => {
    const w = parameter([1, 2]);
    const x = tensor([3, 4]);
    const y = w.mul(x).tanh();
    expect(graphOf(y, { names: { w, x, y } })).toEqual({
      nodes: [
        { id: 0, kind: "parameter", label: "w", shape: [2], dtype: "float32" },
        { id: 1, kind: "input", label: "x", shape: [2], dtype: "float32" },
        { id: 2, kind: "op", label: "mul", shape: [2], dtype: "float32" },
        { id: 3, kind: "op", label: "tanh", name: "y", shape: [2], dtype: "float32" },
      ],
      edges: [
        { from: 0, to: 2, argument: 0 },
        { from: 1, to: 2, argument: 1 },
        { from: 2, to: 3, argument: 0 },
      ],
    });
  });

  it("shows plain numbers as constants, and what requires a gradient as a parameter", () => {
    const { nodes } = graphOf(tensor([1, 2], { requiresGrad: true }).mul(0.5));
    expect(nodes.map(({ kind }) => kind)).toEqual(["parameter", "constant", "op"]);
    expect(nodes[1].value).toBe(0.5);
  });

  it("has a tensor that is used twice once, with two edges", () => {
    const w = parameter([1, 2]);
    const { nodes, edges } = graphOf(w.mul(w));
    expect(nodes).toHaveLength(2);
    expect(edges).toEqual([
      { from: 0, to: 1, argument: 0 },
      { from: 0, to: 1, argument: 1 },
    ]);
  });

  it("has a parameter once though its value was replaced in between", () => {
    const w = parameter([1, 2]);
    const before = w.square();
    w.assign([3, 4]);
    const { nodes } = graphOf(before.add(w.square()), { names: { w } });
    expect(nodes.map(({ label }) => label)).toEqual(["w", "square", "square", "add"]);
  });

  it("survives JSON", () => {
    const graph = graphOf(parameter([1, 2]).exp().sum());
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
  });

  it("is of one node for a parameter alone", () => {
    expect(graphOf(parameter([1])).nodes).toEqual([
      { id: 0, kind: "parameter", label: "", shape: [1], dtype: "float32" },
    ]);
  });

  it("goes as deep as the computation", () => {
    let x: Tensor = parameter([1]);
    for (let i = 0; i < 20_000; i++) x = x.neg();
    const { nodes, edges } = graphOf(x);
    expect(nodes).toHaveLength(20_001);
    expect(edges[19_999]).toEqual({ from: 19_999, to: 20_000, argument: 0 });
  });

  it("is there before backward and after it, and gone after several others, which the error says", () => {
    const loss = parameter([1, 2]).square().sum();
    const before = graphOf(loss);
    loss.backward();
    expect(graphOf(loss)).toEqual(before);
    for (let i = 0; i < mostReleased.passes; i++) parameter(1).neg().backward();
    expect(() => graphOf(loss)).toThrow(GraphError);
    expect(() => graphOf(loss)).toThrow(/that an earlier backward pass released.*retainGraph/s);
  });

  it("is not there where nothing required a gradient", () => {
    expect(() => graphOf(tensor([1]).add(1))).toThrow(GraphError);
    expect(() => graphOf(noGrad(() => parameter([1]).add(1)))).toThrow("outside noGrad");
  });

  it("is of nothing else", () => {
    expect(() => graphOf(3 as unknown as Tensor)).toThrow(DTypeError);
  });
});

describe("graphOf a Value", () => {
  it("has names, numbers, gradients and local derivatives", () => {
    const x = value(3, "x");
    const y = x.mul(2).add(x).named("y");
    y.backward();
    expect(graphOf(y)).toEqual({
      nodes: [
        { id: 0, kind: "input", label: "x", value: 3, gradient: 3 },
        { id: 1, kind: "constant", label: "", value: 2 },
        { id: 2, kind: "op", label: "mul", value: 6, gradient: 1 },
        { id: 3, kind: "op", label: "add", name: "y", value: 9, gradient: 1 },
      ],
      edges: [
        { from: 0, to: 2, argument: 0, derivative: 2 },
        { from: 1, to: 2, argument: 1, derivative: 3 },
        { from: 2, to: 3, argument: 0, derivative: 1 },
        { from: 0, to: 3, argument: 1, derivative: 1 },
      ],
    });
  });
});
