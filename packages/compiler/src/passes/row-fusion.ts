/**
 * Which loops can be computed together row by row: softmax, layer norm and their gradients fold each row, use the
 * result on the same row, and fold again. Each pass over a row then finds it in the nearest cache.
 */
import { sameShape } from "@chainrule/core/internal";
import type { GraphNode } from "../ir/graph.ts";
import { isView, longStrides, stridesWithin, type Views } from "../ir/views.ts";
import { isFolded, type Unit } from "./fusion.ts";

/** What is computed of a row in one pass. */
export interface Stage {
  readonly members: readonly GraphNode[];
  /** Whether it goes along the row; otherwise it computes one element for each row. */
  readonly along: boolean;
}

/** Along shorter rows, the loop around each pass costs more than passes over all rows. */
const shortestRow = 8;

/** Whether the unit folds rows, and nothing else: the last axis goes. */
function foldsRows({ kind, lengths, folds }: Unit): boolean {
  const last = lengths.length - 1;
  return kind === "loop" && folds?.first === last && folds.last === last && last > 0 && lengths[last] >= shortestRow;
}

/** The unit's stages if it computes rows like those of the other, which folds them; else null. */
function stagesLike(unit: Unit, rows: Unit): readonly Stage[] | null {
  if (unit.kind !== "loop" || unit.wide !== rows.wide) return null;
  if (unit.stages) return sameShape(unit.lengths, rows.lengths) ? unit.stages : null;
  if (unit.folds !== null && !foldsRows(unit)) return null;
  const members = [...unit.members];
  if (sameShape(unit.lengths, rows.lengths)) return [{ members, along: true }];
  if (unit.folds === null && sameShape(unit.lengths, rows.lengths.slice(0, -1))) return [{ members, along: false }];
  return null;
}

/** Whether everything that the reader's members read of the other unit is in their own row of it. */
function readsOwnRow(reader: Unit, other: ReadonlySet<GraphNode>, kept: number, views: Views): boolean {
  return reader.members.every((node) => {
    const space = isFolded(node) ? node.inputs[0].shape : node.shape;
    const reads = isView(node)
      ? [[views.through(node), node.shape] as const]
      : node.inputs.map((input) => [views.of(input), input.shape] as const);
    return reads.every(([view, shape]) => {
      if (!other.has(view.base)) return true;
      const own = longStrides(views.of(view.base).strides, view.base.shape);
      const read = stridesWithin(view, shape, space);
      const isAligned = view.offset === 0 && sameShape(read.slice(0, kept), own.slice(0, kept));
      // Along the row: in place, or the row's one element again and again.
      return isAligned && (read.length === kept || (read[kept] ?? 0) === (own[kept] ?? 0));
    });
  });
}

/**
 * The stages of both units, `first` before `second`, which reads of it; null where they cannot be computed row by row.
 */
export function joinedStages(first: Unit, second: Unit, views: Views): readonly Stage[] | null {
  const rows = foldsRows(first) ? first : second;
  if (!foldsRows(rows)) return null;
  const [early, late] = [stagesLike(first, rows), stagesLike(second, rows)];
  if (!early || !late || !readsOwnRow(second, new Set(first.members), rows.lengths.length - 1, views)) return null;
  return [...early, ...late];
}
