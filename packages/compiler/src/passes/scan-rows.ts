/**
 * Rows of scans: whether those of a batch never meet in the steps of a loop. Then threads can cut it by rows, each taking its own
 * through all steps, and nobody waits at any step.
 *
 * Holds for what is written: whatever a step computes has the rows as its outermost axis, and computes an element of what lies in
 * the same row of what it or the step before made. What was there before the loop may be read in any order. Sums over rows are
 * none of a loop's steps, or they are refused.
 */
import { columnSumsScratch } from "../codegen/column-sums.ts";
import { callsJavaScript } from "../codegen/emitters.ts";
import type { FusedGraph, FusionGroup } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import type { Part } from "../ir/layout.ts";
import { loopShape, readsOf } from "../ir/reads.ts";
import { rowParts } from "../ir/row-parts.ts";
import type { Scan } from "../ir/scan.ts";
import { longAxes, longStrides, type View } from "../ir/views.ts";

/**
 * How many rows the steps have, which can be cut among threads; null where rows meet, or are too few.
 *
 * @param fused one step, in groups.
 * @param parts the values that are computed as parts of others.
 */
export function scanRows(fused: FusedGraph, parts: ReadonlyMap<GraphNode, Part>, scan: Scan): number | null {
  const rows = fused.graph.outputs.length > 0 ? longAxes(fused.graph.outputs[0].shape)[0] : undefined;
  if (rows === undefined || rowParts(rows, 2) < 2) return null;
  return new Rows(rows, fused, parts, scan).neverMeet() ? rows : null;
}

class Rows {
  readonly #rows: number;
  readonly #fused: FusedGraph;
  readonly #parts: ReadonlyMap<GraphNode, Part>;
  readonly #scan: Scan;

  constructor(rows: number, fused: FusedGraph, parts: ReadonlyMap<GraphNode, Part>, scan: Scan) {
    this.#rows = rows;
    this.#fused = fused;
    this.#parts = parts;
    this.#scan = scan;
  }

  neverMeet(): boolean {
    const { groups, graph } = this.#fused;
    return groups.every((group) => this.#staysInRows(group)) && graph.outputs.every((node) => this.#isPassedOn(node));
  }

  #staysInRows(group: FusionGroup): boolean {
    const [node] = group.members;
    if (!group.members.every((each) => this.#isWrittenInRows(each))) return false;
    if (group.kind === "loop") return this.#loopStays(group);
    if (group.kind === "matmul") return this.#productStays(node);
    return group.kind === "copy" && this.#copyStays(node);
  }

  /** Whether the value's outermost axis are the rows: they lie one after another in its memory. */
  #hasRows({ shape }: GraphNode): boolean {
    return longAxes(shape)[0] === this.#rows;
  }

  /** Whether the value is one that the steps make; all others are there before the first. */
  #isMade({ source }: GraphNode): boolean {
    return source.kind === "op" || (source.kind === "input" && this.#scan.inputs[source.index].kind === "carry");
  }

  #loopStays(group: FusionGroup): boolean {
    const { lengths, reducedAxes, rowPasses, members, wide } = group;
    const isReduced = reducedAxes !== null && reducedAxes.first === 0 && reducedAxes.last >= 0;
    if (lengths[0] !== this.#rows || isReduced || columnSumsScratch(group) > 0) return false;
    if (rowPasses?.some(({ down }) => down) || members.some((node) => callsJavaScript(node, wide))) return false;
    return members.every((node) => {
      const space = longAxes(loopShape(node));
      return space[0] === this.#rows && readsOf(node, this.#fused.views).every((read) => this.#isOwnRow(read, space));
    });
  }

  #productStays(node: GraphNode): boolean {
    const { lowering, inputs, shape } = node;
    if (lowering?.kind !== "matmul" || shape.at(-2) !== this.#rows || !shape.slice(0, -2).every((n) => n === 1))
      return false;
    const [a, ...others] = inputs;
    const { base, offset, strides } = this.#viewOf(a);
    const [row, inner] = lowering.transposed.a ? [-1, -2] : [-2, -1];
    const along = [strides.at(row)!, strides.at(inner)!];
    const isOwn = this.#isOwnRow({ base, offset, strides: along }, [this.#rows, a.shape.at(inner)!]);
    return isOwn && others.every((each) => !this.#isMade(this.#viewOf(each).base));
  }

  #copyStays(node: GraphNode): boolean {
    const { lowering, inputs } = node;
    // What is laid in zeros, or beside others, must have all rows.
    if (lowering?.kind !== "concat" && lowering?.kind !== "sliceScatter") return false;
    return inputs.every((each) => {
      const { base, offset, strides } = this.#viewOf(each);
      const own = longStrides(strides, each.shape);
      return this.#hasRows(each) && this.#isOwnRow({ base, offset, strides: own }, longAxes(each.shape));
    });
  }

  #viewOf(node: GraphNode): View {
    return this.#fused.views.of(node);
  }

  /** Whether, in row number i of a space of such lengths, only row number i is read. */
  #isOwnRow({ base, offset, strides }: View, lengths: readonly number[]): boolean {
    if (base.uniform !== null || !this.#isMade(base)) return true;
    return this.#hasRows(base) && isInRow({ offset, strides }, lengths, base.size / this.#rows);
  }

  /** Whether the value has rows, and lies so where it is a part of another. */
  #isWrittenInRows(node: GraphNode): boolean {
    const part = this.#parts.get(node);
    if (!this.#hasRows(node) || !part) return this.#hasRows(node);
    const { whole, offset, strides } = part;
    if (strides === null) return offset === 0 && whole.size === node.size && this.#hasRows(whole);
    return this.#hasRows(whole) && isInRow({ offset, strides }, longAxes(node.shape), whole.size / this.#rows);
  }

  /** Whether a value that is kept, or goes to the next step, can be copied row by row. */
  #isPassedOn(node: GraphNode): boolean {
    if (!this.#hasRows(node)) return false;
    const { base, offset } = this.#viewOf(node);
    return (
      base.uniform !== null || !this.#isMade(base) || (offset === 0 && base.size === node.size && this.#hasRows(base))
    );
  }
}

/** Whether elements (i, …) with these strides lie in row number i, where so many elements are a row. */
function isInRow(
  { offset, strides: [row, ...inner] }: { readonly offset: number; readonly strides: readonly number[] },
  [, ...lengths]: readonly number[],
  size: number,
): boolean {
  const furthest = inner.map((stride, axis) => stride * (lengths[axis] - 1));
  const sum = (from: readonly number[]) => from.reduce((total, each) => total + each, offset);
  const [low, high] = [sum(furthest.filter((by) => by < 0)), sum(furthest.filter((by) => by > 0))];
  return row === size && low >= 0 && high < size;
}
