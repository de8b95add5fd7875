import { rand, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { tracedGraph } from "../../test/traced.ts";
import type { GraphNode } from "./graph.ts";
import { basesOf, readsOf, readsSameElement } from "./reads.ts";
import { Views } from "./views.ts";

/** The last node of what is traced, and all before it. */
function lastOf(f: (x: Tensor) => Tensor, x: Tensor): readonly [GraphNode, readonly GraphNode[]] {
  const { nodes, outputs } = tracedGraph((a) => [f(a)], x);
  return [outputs[0], nodes];
}

/** What the node reads, the bases by their numbers. */
function readsBy(node: GraphNode, views = new Views()) {
  return readsOf(node, views).map(({ base, offset, strides }) => ({ base: base.id, offset, strides }));
}

describe("what a node reads", () => {
  const x = rand([4, 6]);

  it("is in the memory of what its inputs are views of", () => {
    const [sum, [input]] = lastOf((a) => a.T.slice("1:3").add(a.slice(2, ":2").unsqueeze(1)), x);
    expect(basesOf(sum, new Views()).map(({ id }) => id)).toEqual([input.id, input.id]);
    expect(readsBy(sum)).toEqual([
      { base: input.id, offset: 1, strides: [1, 6] },
      { base: input.id, offset: 12, strides: [1, 0] },
    ]);
  });

  it("is walked in the shape of what is reduced, axes of one element left out", () => {
    const [total, nodes] = lastOf((a) => a.unsqueeze(1).sum(0, { keepDims: true }), x);
    expect(readsBy(total)).toEqual([{ base: nodes[0].id, offset: 0, strides: [6, 1] }]);
  });

  it("is, for a view that is written out, what it is a view of; others then read the copy", () => {
    const [exponential, [input, turned]] = lastOf((a) => a.T.exp(), x);
    const views = new Views();
    expect(readsBy(exponential, views)).toEqual([{ base: input.id, offset: 0, strides: [1, 6] }]);
    views.writeOut([turned]);
    expect(readsBy(turned, views)).toEqual([{ base: input.id, offset: 0, strides: [1, 6] }]);
    expect(readsBy(exponential, views)).toEqual([{ base: turned.id, offset: 0, strides: [4, 1] }]);
  });

  it("may be the element that is computed, or another", () => {
    const isSame = (f: (a: Tensor) => Tensor, y = x) => {
      const [node, [input]] = lastOf(f, y);
      return readsSameElement(node, input, new Views());
    };
    const square = rand([4, 4]);
    expect(isSame((a) => a.exp())).toBe(true);
    expect(isSame((a) => a.unsqueeze(0).exp())).toBe(true);
    expect(isSame((a) => a.sum(0, { keepDims: true }))).toBe(true);
    expect(isSame((a) => a.T.exp(), square)).toBe(false);
    expect(isSame((a) => a.add(a.T), square)).toBe(false);
    expect(isSame((a) => a.slice("::-1").exp())).toBe(false);
    expect(isSame((a) => a.slice("1:").exp())).toBe(false);
  });
});
