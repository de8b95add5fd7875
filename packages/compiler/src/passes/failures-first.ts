/**
 * Failures first: what may throw runs before the first parameter is written over its old value, wherever dependencies
 * permit it. A step then happens whole or not at all.
 */
import { isBuiltinOp } from "@chainrule/core/internal";
import { callsJavaScript } from "../codegen/emitters.ts";
import { type FusedGraph, type FusionGroup, fusedGraph } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import { basesOf } from "../ir/reads.ts";

/** Whether running the group may throw: guards, indices that are not there, and functions of the user's. */
export function mayThrow({ kind, members, wide }: FusionGroup): boolean {
  if (kind === "guard") return true;
  for (const node of members) {
    if (node.lowering?.kind === "indexing") return true;
    if (isUsers(node) && (kind === "host" || callsJavaScript(node, wide))) return true;
  }
  return false;
}

function isUsers({ op }: GraphNode): boolean {
  return op !== null && !isBuiltinOp(op);
}

/**
 * The same groups, in an order in which those that may throw, and all that they need, come before the first that computes
 * a new value of a parameter. Guards come last among them, so that threads wait for each other once for all.
 */
export function putFailuresFirst(fused: FusedGraph): FusedGraph {
  const { graph, groups, views } = fused;
  const throws = groups.map(mayThrow);
  if (!throws.includes(true)) return fused;
  const updates = new Set(graph.assigned.map(([, value]) => views.of(value).base));
  const first = groups.findIndex(({ members }) => members.some((node) => updates.has(node)));
  const early = first < 0 ? groups.map(() => true) : neededByFailures(fused, throws, first);
  const isGuard = groups.map(({ kind }) => kind === "guard");
  return fusedGraph(
    graph,
    [
      ...groups.filter((_, at) => early[at] && !isGuard[at]),
      ...groups.filter((_, at) => isGuard[at]),
      ...groups.filter((_, at) => !early[at]),
    ],
    views,
  );
}

/** Which groups stand before the first update, or are needed by one that may throw. */
function neededByFailures({ groups, views }: FusedGraph, throws: readonly boolean[], first: number): boolean[] {
  const makers = new Map<GraphNode, number[]>();
  groups.forEach(({ members }, at) => {
    for (const node of members) {
      const known = makers.get(node);
      if (known) known.push(at);
      else makers.set(node, [at]);
    }
  });
  const early = throws.map((mayThrow, at) => at < first || mayThrow);
  let drawsLater = false;
  for (let at = groups.length - 1; at >= 0; at--) {
    const { members } = groups[at];
    // Draws from one generator keep their order.
    const draws = members.some(({ op }) => op?.random);
    if (draws && drawsLater) early[at] = true;
    if (!early[at]) continue;
    if (draws) drawsLater = true;
    for (const node of members)
      for (const base of basesOf(node, views)) {
        const made = makers.get(base);
        if (made && !made.includes(at)) for (const maker of made) if (maker < at) early[maker] = true;
      }
  }
  return early;
}
