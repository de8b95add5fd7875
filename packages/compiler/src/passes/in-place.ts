/**
 * In-place assignment: which values are computed right in memory whose old value nobody needs any more.
 */
import type { Parameter } from "@chainrule/core";
import { sameShape, stridesOf } from "@chainrule/core/internal";
import type { FusedGraph, FusionGroup, Liveness } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import type { Part } from "../ir/layout.ts";
import { basesOf, isFusibleReduction, loopShape, readsOf } from "../ir/reads.ts";
import { longStrides, type Views } from "../ir/views.ts";
import { mayThrow } from "./failures-first.ts";
import { partsInPlace } from "./parts-in-place.ts";

export interface InPlace {
  /** Values that are computed in a parameter's memory, over its old value: that parameter. */
  readonly parameters: ReadonlyMap<GraphNode, Parameter>;
  /** Values that are made by changing another's memory: that other. */
  readonly aliases: ReadonlyMap<GraphNode, GraphNode>;
  /** Values that are computed as parts of others. */
  readonly parts: ReadonlyMap<GraphNode, Part>;
}

export function assignInPlace(fused: FusedGraph): InPlace {
  const { liveness } = fused;
  const aliases = aliasesIn(fused, liveness);
  const parameters = parametersIn(fused, liveness, aliases);
  const changed = new Set(aliases.values());
  const isTaken = (node: GraphNode) => parameters.has(node) || aliases.has(node) || changed.has(node);
  return { aliases, parameters, parts: partsInPlace(fused, isTaken) };
}

/** scatterAdd, which copies and then adds: the copy is spared where nobody else reads what is copied. */
function aliasesIn({ groups, views, liveOut }: FusedGraph, { definedAt, lastUse }: Liveness) {
  const found = new Map<GraphNode, GraphNode>();
  groups.forEach(({ kind, members: [node] }, at) => {
    const { lowering } = node;
    if (kind !== "indexing" || lowering?.kind !== "indexing" || lowering.indexing !== "scatterAdd") return;
    const { base } = views.of(node.inputs[0]);
    const others = node.inputs.slice(1).some((input) => views.of(input).base === base);
    const isLast = definedAt.has(base) && !liveOut.has(base) && lastUse.get(base) === at;
    if (others || !isLast || base.size !== node.size) return;
    // One that itself changes another's memory: both are in that one's.
    found.set(node, found.get(base) ?? base);
  });
  return found;
}

/** Updates: the new value may take the old one's memory where nobody reads the old one afterwards. */
function parametersIn(
  { graph, groups, views, liveOut }: FusedGraph,
  { definedAt, lastUse }: Liveness,
  aliases: InPlace["aliases"],
) {
  const found = new Map<GraphNode, Parameter>();
  const stateOf = stateNodes(graph.nodes);
  // Whether nobody reads the old value after group `at`, and the group itself only where it writes.
  // What comes before a group that may throw, or in it, must leave the old value as it is.
  const lastFailure = groups.findLastIndex(mayThrow);
  const isFreeAt = (at: number, root: GraphNode, old: GraphNode) => {
    const read = lastUse.get(old) ?? -1;
    const isLoop = groups[at].kind === "loop" && !groups[at].rowPasses && !isFusibleReduction(root);
    return !liveOut.has(old) && (read < at || (read === at && isLoop && readsWhereItWrites(groups[at], old, views)));
  };
  for (const [parameter, value] of graph.assigned) {
    const old = stateOf.get(parameter);
    const { base, offset } = views.of(value);
    const root = aliases.get(base) ?? base;
    const at = definedAt.get(root);
    if (at === undefined || at <= lastFailure || found.has(root) || offset !== 0 || base.size !== value.size) continue;
    if (old && !isFreeAt(at, root, old)) continue;
    found.set(root, parameter);
  }
  return found;
}

/** The nodes that are the old values of parameters. */
export function stateNodes(nodes: readonly GraphNode[]): Map<Parameter, GraphNode> {
  return new Map(
    nodes.flatMap((node) => (node.source.kind === "state" ? [[node.source.parameter, node] as const] : [])),
  );
}

/** Whether the loop reads of the old value, element by element, what it computes a new one of: in the order of memory. */
function readsWhereItWrites({ members }: FusionGroup, old: GraphNode, views: Views): boolean {
  return members.every((node) => {
    if (!basesOf(node, views).includes(old)) return true;
    const shape = loopShape(node);
    const contiguous = longStrides(stridesOf(shape), shape);
    return readsOf(node, views).every(
      ({ base, offset, strides }) => base !== old || (offset === 0 && sameShape(strides, contiguous)),
    );
  });
}
