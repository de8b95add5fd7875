/**
 * Which loops can be computed together row by row: softmax, layer norm and their gradients fold each row, use the
 * result on the same row, and fold again. Each pass over a row then finds it in the nearest cache.
 */
import { sameShape } from "@chainrule/core/internal";
import { type FusionGroup, isFusibleReduction, type RowPass } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import { isView, longStrides, stridesWithin, type Views } from "../ir/views.ts";

/** Along shorter rows, the loop around each pass costs more than passes over all rows. */
const shortestRow = 8;

/** Whether the group reducedAxes rows, and nothing else: the last axis goes. */
function foldsRows({ kind, lengths, reducedAxes }: FusionGroup): boolean {
  const last = lengths.length - 1;
  return (
    kind === "loop" &&
    reducedAxes?.first === last &&
    reducedAxes.last === last &&
    last > 0 &&
    lengths[last] >= shortestRow
  );
}

/** The group's rowPasses if it computes rows like those of the other, which reducedAxes them; else null. */
function rowPassesLike(group: FusionGroup, rows: FusionGroup): readonly RowPass[] | null {
  if (group.kind !== "loop" || group.wide !== rows.wide) return null;
  if (group.rowPasses) return sameShape(group.lengths, rows.lengths) ? group.rowPasses : null;
  if (group.reducedAxes !== null && !foldsRows(group)) return null;
  const members = [...group.members];
  if (sameShape(group.lengths, rows.lengths)) return [{ members, along: true }];
  if (group.reducedAxes === null && sameShape(group.lengths, rows.lengths.slice(0, -1)))
    return [{ members, along: false }];
  return null;
}

/** Whether everything that the reader's members read of the other group is in their own row of it. */
function readsOwnRow(reader: FusionGroup, other: ReadonlySet<GraphNode>, kept: number, views: Views): boolean {
  return reader.members.every((node) => {
    const space = isFusibleReduction(node) ? node.inputs[0].shape : node.shape;
    const reads = isView(node)
      ? [[views.through(node), node.shape] as const]
      : node.inputs.map((input) => [views.of(input), input.shape] as const);
    return reads.every(([view, shape]) => {
      if (!other.has(view.base)) return true;
      const own = longStrides(views.of(view.base).strides, view.base.shape);
      const read = stridesWithin(view, shape, space);
      const isAligned = view.offset === 0 && sameShape(read.slice(0, kept), own.slice(0, kept));
      // Along the row: in place, or the row's one element again and again.
      return isAligned && (read.length === kept || read[kept] === (own[kept] ?? 0));
    });
  });
}

/**
 * The rowPasses of both groups, `first` before `second`, which reads of it; null where they cannot be computed row by row.
 */
export function joinRowPasses(first: FusionGroup, second: FusionGroup, views: Views): readonly RowPass[] | null {
  const rows = foldsRows(first) ? first : second;
  if (!foldsRows(rows)) return null;
  const [early, late] = [rowPassesLike(first, rows), rowPassesLike(second, rows)];
  if (!early || !late || !readsOwnRow(second, new Set(first.members), rows.lengths.length - 1, views)) return null;
  return [...early, ...late];
}
