/**
 * Parts in place: values that are joined by `concat` are computed where they are to lie in the whole, so that nothing is
 * copied: the states of a recurrence that its weights' gradients want as one matrix, the gradients of gates side by side.
 *
 * Holds where nobody changes either: a value is written once, and read from wherever it lies.
 */
import { concatOp, stridesOf } from "@chainrule/core/internal";
import type { FusedGraph, FusionGroup } from "../ir/fused-graph.ts";
import type { AppliedOp, GraphNode } from "../ir/graph.ts";
import type { Part } from "../ir/layout.ts";
import { basesOf, isFusibleReduction } from "../ir/reads.ts";
import { isContiguous, longAxes, longStrides } from "../ir/views.ts";

/**
 * The values that are computed as parts of others.
 *
 * @param isTaken whether a value lies in memory that is another's for another reason, or that others change.
 */
export function partsInPlace(fused: FusedGraph, isTaken: (node: GraphNode) => boolean): Map<GraphNode, Part> {
  const wholes = fused.groups.filter(({ kind, members: [node] }) => kind === "copy" && node.isMadeBy(concatOp));
  return wholes.length > 0 ? new Placing(fused, isTaken).parts(wholes) : new Map();
}

class Placing {
  readonly #fused: FusedGraph;
  readonly #isTaken: (node: GraphNode) => boolean;
  readonly #groupOf = new Map<GraphNode, FusionGroup>();
  readonly #parts = new Map<GraphNode, Part>();
  #readers: ReadonlyMap<GraphNode, ReadonlySet<FusionGroup>> | null = null;

  constructor(fused: FusedGraph, isTaken: (node: GraphNode) => boolean) {
    this.#fused = fused;
    this.#isTaken = isTaken;
    for (const group of fused.groups) for (const node of group.members) this.#groupOf.set(node, group);
  }

  /** The outermost wholes come last in running order: where they lie is known before that of their parts. */
  parts(wholes: readonly FusionGroup[]): Map<GraphNode, Part> {
    for (const {
      members: [node],
    } of wholes.toReversed())
      if (!this.#isTaken(node)) this.#placeParts(node);
    return this.#parts;
  }

  #placeParts(joined: GraphNode): void {
    const { whole, offset } = this.#parts.get(joined) ?? { whole: joined, offset: 0 };
    const axis = (joined.source as AppliedOp).attributes as number;
    const strides = stridesOf(joined.shape);
    let start = offset;
    joined.inputs.forEach((input, index) => {
      this.#place(input, { whole, joined, index, offset: start, strides });
      start += input.shape[axis] * strides[axis];
    });
  }

  /** @param place where the input is to lie, its strides those of the input's own axes. */
  #place(input: GraphNode, place: Part): void {
    const { base, offset, strides } = this.#fused.views.of(input);
    // The numbers of the whole value, in their order.
    if (offset !== 0 || base.size !== input.size || !isContiguous(strides, input.shape)) return;
    const group = this.#groupOf.get(base);
    if (!group || this.#parts.has(base) || this.#isTaken(base) || base === place.whole) return;
    const own = longStrides(place.strides!, input.shape);
    if (isContiguous(place.strides!, input.shape)) {
      // The last vector of a loop may reach beyond the last element.
      const isWhole = base.size % 4 === 0 && place.offset % 4 === 0;
      if (isWhole && isWritten(group)) this.#parts.set(base, { ...place, strides: null });
      return;
    }
    const isSame = longAxes(input.shape).join() === longAxes(base.shape).join();
    const isLoop = group.kind === "loop" && !group.rowPasses && !isFusibleReduction(base);
    if (isSame && isLoop && own.at(-1) === 1 && this.#isReadOnce(base, group, place.joined))
      this.#parts.set(base, { ...place, strides: own });
  }

  /** Whether nobody reads the value from memory but the concatenation, and that only once. */
  #isReadOnce(base: GraphNode, group: FusionGroup, joined: GraphNode): boolean {
    const { views, liveOut } = this.#fused;
    this.#readers ??= readersIn(this.#fused);
    const readers = [...this.#readers.get(base)!].filter((reader) => reader !== group);
    return readers.length === 1 && !liveOut.has(base) && basesOf(joined, views).filter((x) => x === base).length === 1;
  }
}

/** Whether the group's code writes wherever its result is to lie. */
function isWritten({ kind }: FusionGroup): boolean {
  return kind === "loop" || kind === "matmul" || kind === "copy" || kind === "scan";
}

/** The groups that read each value. */
function readersIn({ groups, views }: FusedGraph): Map<GraphNode, Set<FusionGroup>> {
  const readers = new Map<GraphNode, Set<FusionGroup>>();
  for (const group of groups)
    for (const node of group.members)
      for (const base of basesOf(node, views)) readers.set(base, (readers.get(base) ?? new Set()).add(group));
  return readers;
}
