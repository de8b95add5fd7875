/**
 * Graphs of functions, for tests that look at what a pass makes of them.
 */
import type { Tensor } from "@chainrule/core";
import { withTracer } from "@chainrule/core/internal";
import type { Graph } from "../src/ir/graph.ts";
import { Trace } from "../src/trace/trace.ts";

/** What the function computes, as it was traced. */
export function tracedGraph(f: (...inputs: Tensor[]) => readonly Tensor[], ...inputs: Tensor[]): Graph {
  const trace = new Trace("traced", inputs);
  const given = inputs.map((x, i) => trace.input(i, x));
  const outputs = withTracer(trace, () => f(...given)).map((x) => trace.nodeOf(x));
  const assigned = [...trace.states].flatMap(([parameter, { before, now }]) =>
    now === before ? [] : [[parameter, now] as const],
  );
  return { nodes: trace.nodes, outputs, assigned };
}
