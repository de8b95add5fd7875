/**
 * Liveness: by which group each value is computed, and which is the last to read it.
 */
import { basesReadBy, type FusedGraph } from "./fused-graph.ts";
import type { GraphNode } from "./graph.ts";

/** By the numbers of the groups. */
export interface Liveness {
  readonly definedAt: ReadonlyMap<GraphNode, number>;
  readonly lastUse: ReadonlyMap<GraphNode, number>;
}

export function livenessOf({ groups, views }: FusedGraph): Liveness {
  const definedAt = new Map<GraphNode, number>();
  const lastUse = new Map<GraphNode, number>();
  groups.forEach((group, at) => {
    for (const node of group.members) definedAt.set(node, at);
    for (const base of basesReadBy(group, views)) lastUse.set(base, at);
  });
  return { definedAt, lastUse };
}
