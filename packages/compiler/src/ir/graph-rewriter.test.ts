import { add, exp, neg, parameter, rand } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { tracedGraph } from "../../test/traced.ts";
import { applied, describeNode } from "./graph.ts";
import { GraphRewriter } from "./graph-rewriter.ts";

describe("a graph that is rewritten", () => {
  const w = parameter(rand([3]));
  const graph = tracedGraph(
    (a) => {
      a.log();
      const negative = a.exp().neg();
      w.assign(w.add(negative));
      return [negative];
    },
    rand([3]),
  );

  it("is the same without its dead nodes, if every node stays", () => {
    const rewriter = new GraphRewriter();
    const { nodes, outputs, assigned } = rewriter.run(graph, (node, source) => rewriter.add(source, node));
    expect(nodes.map(describeNode)).toEqual([
      "%0 = input 0  float32 [3]",
      "%1 = exp(%0)  float32 [3]",
      "%2 = neg(%1)  float32 [3]",
      "%3 = state  float32 [3]",
      "%4 = add(%3, %2)  float32 [3]",
    ]);
    expect(outputs).toEqual([nodes[2]]);
    expect(assigned).toEqual([[w, nodes[4]]]);
  });

  it("has other nodes in the place of some, and those no longer that nobody needs then", () => {
    const rewriter = new GraphRewriter();
    const { nodes, outputs } = rewriter.run(graph, (node, source) => {
      if (!node.isMadeBy(neg.op)) return rewriter.add(source, node);
      const [x] = rewriter.of(node.inputs[0]).inputs;
      return rewriter.add(applied(add.op, undefined, [x, x]), node);
    });
    expect(nodes.map(({ name }) => name)).toEqual(["input", "add", "state", "add"]);
    expect(outputs[0].inputs).toEqual([nodes[0], nodes[0]]);
    expect(nodes.some((node) => node.isMadeBy(exp.op))).toBe(false);
    expect(graph.outputs[0].isMadeBy(neg.op)).toBe(true);
  });
});
