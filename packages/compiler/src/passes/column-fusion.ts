/**
 * Column fusion: loops that add up columns join loops that go over the same rows, and take block after block of rows with
 * them. The backward pass of layer norm reads its rows once then: for what it sends on, and for the gradients of scale,
 * shift, and the bias before it.
 *
 * Holds where neither needs the other through a third, and nothing is read that lies in another row: columns are added up in
 * the order of their rows either way. Not where threads share the rows of a loop, of which each would have sums of its own.
 */
import { sameShape } from "@chainrule/core/internal";
import { columnSumsScratch } from "../codegen/column-sums.ts";
import { basesReadBy, type FusedGraph, type FusionGroup, fusedGraph, type RowPass } from "../ir/fused-graph.ts";
import { callsUser } from "../ir/graph.ts";
import { readsOf } from "../ir/reads.ts";
import type { Views } from "../ir/views.ts";
import { mostMembers } from "./group-graph.ts";
import { readsOwnRow, reducesRows } from "./row-fusion.ts";

/** So many groups before and after a loop over rows are looked at. */
const nearest = 8;

/** The same graph, sums down columns computed with the rows that they add up. */
export function fuseColumns(fused: FusedGraph): FusedGraph {
  const { graph, views } = fused;
  if (!fused.groups.some(goesOverRows) || !fused.groups.some(addsUpColumns)) return fused;
  const groups = [...fused.groups];
  for (let at = 0; at < groups.length; at++) {
    if (!goesOverRows(groups[at])) continue;
    for (let other = Math.max(0, at - nearest); other < Math.min(groups.length, at + nearest); other++) {
      const joined = other === at ? null : joinedAt(groups, at, other, views);
      if (!joined) continue;
      groups[at] = joined;
      groups.splice(other, 1);
      if (other < at) at--;
      other--;
    }
  }
  return fusedGraph(graph, groups, views);
}

function goesOverRows(group: FusionGroup): boolean {
  return group.wide && (group.rowPasses !== undefined || reducesRows(group));
}

/** Whether the loop adds up all rows, and does nothing else that could not be done row by row. */
function addsUpColumns(group: FusionGroup): boolean {
  const { reducedAxes, lengths, members } = group;
  const isColumns = reducedAxes?.first === 0 && reducedAxes.last === lengths.length - 2;
  return isColumns && columnSumsScratch(group) > 0 && !members.some((node) => node.op?.random || callsUser(node));
}

/** The loop over rows with the columns that the other adds up, when the block is in the cache; null where it cannot be. */
function joinedAt(groups: readonly FusionGroup[], at: number, other: number, views: Views): FusionGroup | null {
  const [rows, columns] = [groups[at], groups[other]];
  if (!addsUpColumns(columns) || !sameShape(rows.lengths, columns.lengths)) return null;
  if (rows.members.length + columns.members.length > mostMembers) return null;
  const own = new Set(rows.members);
  if (columns.members.some((node) => own.has(node))) return null;
  const read = new Set(basesReadBy(columns, views));
  const isTogether = basesReadBy(rows, views).some((base) => base.size >= columns.lengths[0] && read.has(base));
  if (!isTogether && !rows.members.some((node) => read.has(node))) return null;
  const sums: RowPass = { members: columns.members, along: true, down: true };
  if (!readsOwnRow(columns, own, rows.lengths.length - 1, views) || readsBackwards(columns, views)) return null;
  if (other < at) {
    // What comes between, and the rows, do not wait for the sums.
    const made = new Set(columns.members);
    const isRead = (group: FusionGroup) => basesReadBy(group, views).some((base) => made.has(base));
    if (groups.slice(other + 1, at + 1).some(isRead)) return null;
  } else if (groups.slice(at + 1, other).some(({ members }) => members.some((node) => read.has(node)))) return null;
  const { members, rowPasses = [{ members, along: true }] } = rows;
  return { ...rows, members: [...members, ...columns.members], rowPasses: [...rowPasses, sums] };
}

/** Whether one row is read that lies in memory before the one that is taken before it. */
function readsBackwards({ members }: FusionGroup, views: Views): boolean {
  return members.some((node) => readsOf(node, views).some(({ strides }) => strides.some((stride) => stride < 0)));
}
