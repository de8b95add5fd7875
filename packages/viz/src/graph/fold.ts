/**
 * Graphs by layer: every call of a layer or a loss as one node.
 */
import type { Tensor, Value } from "@chainrule/core";
import {
  asGraph,
  type ComputationEdge,
  type ComputationGraph,
  type ComputationNode,
  RecordedGraph,
} from "./computation.ts";
import type { LayerCall } from "./layers.ts";

/** A call that stands for all that was made in it: the outermost, or that of a layer right within the model. */
export function foldedInto(layers: readonly LayerCall[] | undefined): LayerCall | null {
  if (!layers || layers.length === 0) return null;
  const [outermost, within] = layers;
  return outermost.path === "" ? (within ?? null) : outermost;
}

/** What a call is called: `layers.0 (Dense)`, `mse (loss)`. */
export function titleOf({ path, kind }: LayerCall): string {
  return `${path} (${kind})`;
}

/**
 * The graph with each call of a layer, and of a loss, as one node; weights and what was made outside of any stay.
 *
 * A call that gives several results is a node for each of them.
 *
 * @param graph from `graphOf`, or the result itself: a tensor or a `Value`.
 * @throws DTypeError for anything else.
 *
 * @example foldGraph(graphOf(model, [x])).nodes.map(({ label }) => label).filter((label) => label.includes("Dense")); // ["layers.0 (Dense)", "layers.1 (Dense)"]
 */
export function foldGraph(graph: ComputationGraph | Tensor | Value): ComputationGraph {
  const whole = asGraph("foldGraph", graph);
  const { nodes, edges } = whole;
  const groupOf = nodes.map(({ layers }) => foldedInto(layers));
  // Nodes of a group that are used outside of it, or are the result, stand for it.
  const stays = nodes.map(({ id, kind }) => (groupOf[id] === null && kind !== "constant") || id === nodes.length - 1);
  for (const { from, to } of edges) {
    const isWithin = nodes[from].kind === "constant" ? groupOf[to] !== null : groupOf[from]?.call === groupOf[to]?.call;
    if (!isWithin) stays[from] = true;
  }
  const kept: ComputationNode[] = [];
  const ids = new Map<number, number>();
  for (const node of nodes) {
    if (!stays[node.id]) continue;
    ids.set(node.id, kept.length);
    const group = groupOf[node.id];
    kept.push({ ...node, id: kept.length, ...(group && { label: titleOf(group) }) });
  }
  return new RecordedGraph({ nodes: kept, edges: foldedEdges(whole, groupOf, ids) });
}

/** From everything outside that a node that stands for a group was made of, to that node, once. */
function foldedEdges(
  { nodes, edges }: ComputationGraph,
  groupOf: readonly (LayerCall | null)[],
  ids: ReadonlyMap<number, number>,
): ComputationEdge[] {
  const into: ComputationEdge[][] = nodes.map(() => []);
  for (const edge of edges) into[edge.to].push(edge);
  return [...ids].flatMap(([node, to]) => {
    if (groupOf[node] === null) return into[node].map((edge) => ({ ...edge, from: ids.get(edge.from)!, to }));
    const sources = new Set<number>();
    const seen = new Set<number>([node]);
    const pending = [node];
    for (let at = pending.pop(); at !== undefined; at = pending.pop())
      for (const { from } of into[at]) {
        if (groupOf[from]?.call !== groupOf[node]!.call) sources.add(from);
        else if (!seen.has(from)) {
          seen.add(from);
          pending.push(from);
        }
      }
    return [...sources]
      .filter((from) => nodes[from].kind !== "constant")
      .sort((a, b) => a - b)
      .map((from, argument) => ({ from: ids.get(from)!, to, argument }));
  });
}
