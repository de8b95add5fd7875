/**
 * Row fusion: loops that reduce rows, and loops that use the result on the same rows, are computed together, row by row.
 * Softmax, layer norm and their gradients reduce each row, use the result on the row, and reduce again. Each pass over a
 * row then finds it in the nearest cache.
 *
 * Holds where what is read of another group lies in the reader's own row: a pass begins when the one before it has seen the
 * whole row, so that each number is the one that loops over all rows would find.
 */
import { sameShape } from "@chainrule/core/internal";
import { type FusedGraph, type FusionGroup, fusedGraph, type RowPass } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import { basesOf, readAt } from "../ir/reads.ts";
import { longStrides, type Views } from "../ir/views.ts";
import { type GroupDraft, GroupGraph, mostGroups, mostMembers } from "./group-graph.ts";

/** The same graph, the groups that can be computed row by row joined. */
export function fuseRows(fused: FusedGraph): FusedGraph {
  const { graph, groups, views } = fused;
  if (!groups.some(reducesRows)) return fused;
  const joined: FusionGroup[] = [];
  // Groups are in running order: what leads from one of a stretch to another of it lies within it.
  for (let from = 0; from < groups.length; from += mostGroups)
    for (const group of new RowFusion(groups.slice(from, from + mostGroups), views).groups()) joined.push(group);
  return fusedGraph(graph, joined, views);
}

class RowFusion {
  readonly #views: Views;
  readonly #groups: GroupGraph;

  constructor(groups: readonly FusionGroup[], views: Views) {
    this.#views = views;
    this.#groups = new GroupGraph(views, groups);
  }

  /** Lets loops that reduce rows take in what they read of the same rows, and what reads of theirs. */
  groups(): readonly FusionGroup[] {
    const readers = this.#readers();
    const groupsOf = (nodes: readonly GraphNode[]) => new Set(nodes.map((node) => this.#groups.groupOf(node)));
    for (const group of [...this.#groups.groups]) {
      // What was joined to another before is no group any more.
      let isOpen = this.#groups.has(group) && group.reducedAxes !== null;
      while (isOpen) {
        const sources = groupsOf(group.members.flatMap((node) => this.#groups.basesOf(node)));
        const users = groupsOf(group.members.flatMap((node) => readers.get(node) ?? []));
        isOpen =
          [...sources].some((source) => source !== group && this.#join(group, source, group)) ||
          [...users].some((user) => user !== group && this.#join(group, group, user));
      }
    }
    return this.#groups.sorted();
  }

  /** The nodes that read each value. */
  #readers(): Map<GraphNode, GraphNode[]> {
    const readers = new Map<GraphNode, GraphNode[]>();
    for (const { members } of this.#groups.groups)
      for (const node of members)
        for (const base of this.#groups.basesOf(node)) {
          const known = readers.get(base) ?? [];
          readers.set(base, known);
          known.push(node);
        }
    return readers;
  }

  /** Joins `first` and `second`, one of which is `into`, if they can be computed row by row. */
  #join(into: GroupDraft, first: GroupDraft, second: GroupDraft): boolean {
    if (first.members.length + second.members.length > mostMembers) return false;
    if (this.#groups.needsThroughOthers(second, first)) return false;
    const rowPasses = joinRowPasses(first, second, this.#views);
    if (!rowPasses) return false;
    this.#groups.merge(into, first === into ? second : first);
    into.rowPasses = rowPasses;
    return true;
  }
}

/** Along shorter rows, the loop around each pass costs more than passes over all rows. */
const shortestRow = 8;

/** Whether the group reduces rows, and nothing else: the last axis. */
export function reducesRows({ kind, lengths, reducedAxes }: FusionGroup): boolean {
  const last = lengths.length - 1;
  return (
    kind === "loop" &&
    reducedAxes?.first === last &&
    reducedAxes.last === last &&
    last > 0 &&
    lengths[last] >= shortestRow
  );
}

/**
 * The passes over rows of both groups, `first` before `second`, which reads of it; null where they cannot be computed row
 * by row.
 */
function joinRowPasses(first: FusionGroup, second: FusionGroup, views: Views): readonly RowPass[] | null {
  const rows = reducesRows(first) ? first : second;
  if (!reducesRows(rows)) return null;
  const [early, late] = [rowPassesLike(first, rows), rowPassesLike(second, rows)];
  if (!early || !late || !readsOwnRow(second, new Set(first.members), rows.lengths.length - 1, views)) return null;
  return [...early, ...late];
}

/** The group's passes if it computes rows like those of the other, which reduces them; else null. */
function rowPassesLike(group: FusionGroup, rows: FusionGroup): readonly RowPass[] | null {
  if (group.kind !== "loop" || group.wide !== rows.wide) return null;
  if (group.rowPasses) return sameShape(group.lengths, rows.lengths) ? group.rowPasses : null;
  if (group.reducedAxes !== null && !reducesRows(group)) return null;
  const members = [...group.members];
  if (sameShape(group.lengths, rows.lengths)) return [{ members, along: true }];
  if (group.reducedAxes === null && sameShape(group.lengths, rows.lengths.slice(0, -1)))
    return [{ members, along: false }];
  return null;
}

/** Whether everything that the reader's members read of the other group is in their own row of it. */
export function readsOwnRow(reader: FusionGroup, other: ReadonlySet<GraphNode>, kept: number, views: Views): boolean {
  return reader.members.every((node) =>
    basesOf(node, views).every((base, i) => {
      // Strides are worked out for reads of the other group alone.
      if (!other.has(base)) return true;
      const { offset, strides } = readAt(node, i, views);
      const own = longStrides(views.of(base).strides, base.shape);
      const isAligned = offset === 0 && sameShape(strides.slice(0, kept), own.slice(0, kept));
      // Along the row: in place, or the row's one element again and again.
      return isAligned && (strides.length === kept || strides[kept] === (own[kept] ?? 0));
    }),
  );
}
