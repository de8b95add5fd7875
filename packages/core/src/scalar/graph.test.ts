import { describe, expect, it } from "vitest";
import { graph } from "./graph.ts";
import { Value, value } from "./value.ts";

describe("graph", () => {
  it("lists the values and their uses as plain data", () => {
    const x = value(3, "x");
    const y = x.mul(x).sub(1).named("y");
    y.backward();
    const expected = {
      nodes: [
        { id: 0, label: "x", op: "", data: 3, grad: 6 },
        { id: 1, label: "", op: "mul", data: 9, grad: 1 },
        { id: 2, label: "", op: "constant", data: 1, grad: -1 },
        { id: 3, label: "y", op: "sub", data: 8, grad: 1 },
      ],
      edges: [
        { from: 0, to: 1, argument: 0, derivative: 3 },
        { from: 0, to: 1, argument: 1, derivative: 3 },
        { from: 1, to: 3, argument: 0, derivative: 1 },
        { from: 2, to: 3, argument: 1, derivative: -1 },
      ],
    };
    expect(graph(y)).toEqual(expected);
    expect(JSON.parse(JSON.stringify(graph(y)))).toEqual(expected);
  });

  it("of a leaf is one node", () => {
    expect(graph(value(1))).toEqual({ nodes: [{ id: 0, label: "", op: "", data: 1, grad: 0 }], edges: [] });
  });

  it("has each shared value once, before everything made of it", () => {
    const x = value(0.5);
    let y = x;
    for (let i = 0; i < 50; i++) y = Value.dot([y, x], [y.sin(), 2], y);
    const { nodes, edges } = graph(y);
    expect(nodes.filter((node) => node.op === "")).toHaveLength(1);
    expect(nodes.filter((node) => node.op === "dot")).toHaveLength(50);
    for (const { from, to } of edges) expect(from).toBeLessThan(to);
  });

  it("holds all that the chain rule needs: its edges give backward's gradients", () => {
    const x = value(0.3, "x");
    const w = value(-2, "w");
    const y = x.mul(w).tanh().add(x.square().mul(w.exp())).sigmoid();
    y.backward();
    const { nodes, edges } = graph(y);
    const gradients = nodes.map((_, id) => (id === nodes.length - 1 ? 1 : 0));
    for (const { from, to, derivative } of edges.reverse()) gradients[from] += derivative * gradients[to];
    nodes.forEach((node, id) => {
      expect(gradients[id]).toBeCloseTo(node.grad, 15);
    });
  });

  it("follows a long chain without overflow", () => {
    let y = value(1);
    for (let i = 0; i < 100_000; i++) y = y.neg();
    expect(graph(y).nodes).toHaveLength(100_001);
  });
});
