/**
 * Values of rows that only the passes over these rows read: each block of rows has them in the same few bytes, so that they
 * never leave the nearest cache, and take no memory for all rows.
 */
import { bytesPer } from "../wasm/heap.ts";
import type { FusionGroup, RowPass } from "./fused-graph.ts";
import type { GraphNode } from "./graph.ts";
import { isFusibleReduction } from "./reads.ts";

/** So many rows are a block: as many as there are lanes, so that one number for each row is computed for all at once. */
export const blockRows = 4;

/** More than this does not stay in the nearest caches. */
const mostBytes = 65536;
/** Rows of so many elements begin at whole vectors, whatever their dtype. */
const grain = 16;

/** Whether the pass computes one element of it for each row, and not a row. */
export function isSingle(node: GraphNode, { along }: RowPass): boolean {
  return !along || isFusibleReduction(node);
}

/** How many elements lie between a row and the next. */
export function rowStride(group: FusionGroup): number {
  return Math.ceil(group.lengths.at(-1)! / grain) * grain;
}

/** The bytes of one value of a block of rows. */
export function rowBytes(node: GraphNode, rowPass: RowPass, group: FusionGroup): number {
  return (isSingle(node, rowPass) ? grain : blockRows * rowStride(group)) * bytesPer(node.dtype);
}

/**
 * The values of the group that lie in such memory: those that go from one of its passes to another.
 *
 * @param isOwn whether nobody but the group needs the value, or computes it.
 */
export function rowValues(group: FusionGroup, isOwn: (node: GraphNode) => boolean): GraphNode[] {
  const found: GraphNode[] = [];
  let bytes = 0;
  for (const rowPass of group.rowPasses ?? [])
    for (const node of rowPass.members) {
      if (!isOwn(node) || (rowPass.down && isFusibleReduction(node))) continue;
      found.push(node);
      bytes += rowBytes(node, rowPass, group);
    }
  return bytes <= mostBytes ? found : [];
}

/** The bytes of the group's values of rows. */
export function rowValuesScratch(group: FusionGroup, inRows: ReadonlySet<GraphNode>): number {
  let bytes = 0;
  for (const rowPass of group.rowPasses ?? [])
    for (const node of rowPass.members) if (inRows.has(node)) bytes += rowBytes(node, rowPass, group);
  return bytes;
}
