/**
 * Bodies of scans: what a step consists of goes through the passes that the whole graph goes through, and gets its place in
 * memory of the scan's own, which is the same at every step.
 */
import { type FusedGraph, type FusionGroup, fusedGraph, type ScanBody } from "../ir/fused-graph.ts";
import { applied, GraphNode } from "../ir/graph.ts";
import type { Phase } from "../ir/phases.ts";
import { type Scan, scanMemoryOp, scanResultOf } from "../ir/scan.ts";
import { cacheLine, vectorBytes } from "../wasm/heap.ts";
import { fuse } from "./fusion.ts";
import { assignInPlace, type InPlace } from "./in-place.ts";
import { bytesOf, planMemory } from "./memory-plan.ts";
import { rematerialize } from "./rematerialize.ts";
import { fuseRows } from "./row-fusion.ts";
import { cutInStages, halveSigmoids } from "./stages.ts";

/** How many rows a loop has that never meet, given its step in groups, and what is computed in place of others (`scan-rows.ts`). */
export type RowsOfScan = (step: FusedGraph, parts: InPlace["parts"], scan: Scan) => number | null;

/**
 * The same graph, its scans with what their steps consist of.
 *
 * @param rowsOf finds the rows that threads can cut; undefined where there is one thread.
 */
export function compileBodies(fused: FusedGraph, rowsOf?: RowsOfScan): FusedGraph {
  if (!fused.groups.some(({ kind }) => kind === "scan")) return fused;
  let id = fused.graph.nodes.reduce((most, node) => Math.max(most, node.id), 0);
  const groups = fused.groups.map((group): FusionGroup => {
    if (group.kind !== "scan") return group;
    const body = bodyOf(scanResultOf(group.members[0])!.scan, ++id, rowsOf);
    return { ...group, members: [...group.members, body.memory], body };
  });
  return fusedGraph(fused.graph, groups, fused.views);
}

function bodyOf(scan: Scan, id: number, rowsOf?: RowsOfScan): ScanBody {
  const { body, inputs, carries } = scan;
  const whole = rematerialize(fuseRows(fuse(halveSigmoids(body))));
  const inPlace = assignInPlace(whole);
  const fused = cutInStages(whole, inPlace);
  const rows = rowsOf?.(fused, inPlace.parts, scan) ?? null;
  // A thread that is ahead with its rows must not write where rows of another value are still read.
  const atOnce: Phase = { first: 0, last: fused.groups.length - 1, kind: "split", tasks: [] };
  const plan = planMemory(fused, inPlace, rows === null ? [] : [atOnce]);
  const offsets = new Map(plan.allocations.map(({ node, offset }) => [node, offset]));
  let end = plan.bytes;
  const take = (node: GraphNode) => {
    const begin = end;
    end += bytesOf(node, rows === null ? vectorBytes : cacheLine);
    return begin;
  };
  const carried = carries.map(({ value }) => fused.graph.outputs[value]);
  const isCarry = (node: GraphNode) => node.source.kind === "input" && inputs[node.source.index].kind === "carry";
  const carryOffsets = carried.map(take);
  const aside = carried.map((node) => (isCarry(fused.views.of(node).base) ? take(node) : -1));
  const spec = { shape: [end / 4], dtype: "float32" as const };
  const memory = new GraphNode(id, {}, applied(scanMemoryOp, undefined, []), spec);
  return { fused, parts: inPlace.parts, offsets, carries: carryOffsets, aside, memory, rows };
}
