/**
 * Which nodes of a large computation are one box: those of one call of a layer or a loss.
 */
import { foldedInto } from "@chainrule/viz/internal";
import type { BackwardData, LayerCall } from "../explanation/types.ts";

/** The nodes of one call. */
export interface Group {
  readonly id: number;
  /** `layers.0 (Dense)` */
  readonly name: string;
  /** Its nodes in order: results, and the leaves that nobody else uses. */
  readonly nodes: readonly number[];
}

/** The groups, and for each node the index of its group; null where it is in none. */
export interface Folding {
  readonly groups: readonly Group[];
  readonly groupOf: readonly (number | null)[];
}

/** No node is in a group. */
export function unfolded({ nodes }: BackwardData): Folding {
  return { groups: [], groupOf: nodes.map(() => null) };
}

/** A group for each call within the outermost model, and for each loss; of more than one result. */
export function foldByLayer({ nodes }: BackwardData): Folding {
  const calls = new Map<number, { call: LayerCall; nodes: number[] }>();
  for (const { id, layers } of nodes) {
    const call = foldedInto(layers);
    if (call === null) continue;
    const known = calls.get(call.call) ?? { call, nodes: [] };
    known.nodes.push(id);
    calls.set(call.call, known);
  }
  const groupOf = nodes.map((): number | null => null);
  const groups: { id: number; name: string; nodes: number[] }[] = [];
  for (const { call, nodes: own } of calls.values()) {
    if (own.length < 2) continue;
    const id = groups.length;
    groups.push({ id, name: call.kind === "loss" ? call.path : `${call.path || "model"} (${call.kind})`, nodes: own });
    for (const node of own) groupOf[node] = id;
  }
  // A leaf goes where all that use it are, and so do numbers without a name, unless they are the first that comes in: data.
  const enters = new Set<number>();
  for (const { id, inputs } of nodes) {
    const own = groupOf[id];
    const comes = inputs.some((input) => groupOf[input] !== own && nodes[input].inputs.length > 0);
    if (own !== null && comes) enters.add(own);
  }
  for (const { id, inputs, kind, name } of nodes) {
    if (inputs.length > 0 || groupOf[id] !== null) continue;
    const users = nodes.filter((node) => node.inputs.includes(id)).map((node) => groupOf[node.id]);
    const [first] = users;
    if (first === undefined || first === null || users.some((user) => user !== first)) continue;
    if (kind === "input" && !(enters.has(first) && /^v\d+$/.test(name))) {
      enters.add(first);
      continue;
    }
    groupOf[id] = first;
    groups[first].nodes.push(id);
  }
  for (const group of groups) group.nodes.sort((a, b) => a - b);
  return { groups, groupOf };
}
