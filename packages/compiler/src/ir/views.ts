/**
 * Views: broadcast, permuted, sliced and reshaped values need no memory of their own, only strides into another's.
 */
import type { Shape } from "@chainrule/core";
import { broadcastStrides, sameShape, stridesOf } from "@chainrule/core/internal";
import { type GraphNode, kindOf } from "./graph.ts";

/** Element (i₀, i₁, …) of a value is element `offset + Σ iₐ strides[a]` of the base. */
export interface View {
  readonly base: GraphNode;
  readonly offset: number;
  /** One for each axis of the value. */
  readonly strides: readonly number[];
}

/** Whether the node has the elements of its input, in another shape or order, or some of them. */
export function isView(node: GraphNode): boolean {
  const { op } = node;
  if (op === null || op.kernel === "view") return op !== null;
  const kind = kindOf(node);
  return kind === "broadcast" || kind === "permute" || kind === "slice";
}

/** How to read values, given which of the views are written out to memory all the same. */
export class Views {
  readonly #written = new Set<GraphNode>();
  readonly #found = new Map<GraphNode, View>();
  readonly #whole = new Map<GraphNode, View>();
  /** What each node reads: kept by `basesOf`. */
  readonly bases = new Map<GraphNode, readonly GraphNode[]>();

  /** Makes views values with memory of their own. */
  writeOut(nodes: readonly GraphNode[]): void {
    for (const node of nodes) this.#written.add(node);
    this.#found.clear();
    this.bases.clear();
  }

  /** Whether the node has memory of its own. */
  isWritten(node: GraphNode): boolean {
    return !isView(node) || this.#written.has(node);
  }

  of(node: GraphNode): View {
    if (this.isWritten(node)) return this.#wholeOf(node);
    let found = this.#found.get(node);
    if (!found) {
      found = this.viewOf(node);
      this.#found.set(node, found);
    }
    return found;
  }

  /** All of a node's own memory. */
  #wholeOf(node: GraphNode): View {
    let found = this.#whole.get(node);
    if (!found) {
      found = whole(node);
      this.#whole.set(node, found);
    }
    return found;
  }

  /** The view that the node is, whether it is written out or not. */
  viewOf(node: GraphNode): View {
    if (!isView(node)) return this.#wholeOf(node);
    const inner = this.of(node.inputs[0]);
    const { shape } = node.inputs[0];
    if (node.op!.kernel === "view") return reshaped(inner, shape, node) ?? whole(node);
    const { lowering } = node;
    switch (lowering?.kind) {
      case "broadcast":
        return { ...inner, strides: broadcastStrides(shape, node.shape, inner.strides) };
      case "permute":
        return { ...inner, strides: lowering.order.map((axis) => inner.strides[axis]) };
      case "slice": {
        const { starts, steps } = lowering;
        return {
          base: inner.base,
          offset: inner.offset + starts.reduce((total, start, axis) => total + start * inner.strides[axis], 0),
          strides: inner.strides.map((stride, axis) => stride * steps[axis]),
        };
      }
    }
    return whole(node);
  }

  /** Whether the node's elements are stored one after another in its base. */
  isContiguous(node: GraphNode): boolean {
    const view = this.of(node);
    return isContiguous(view.strides, node.shape);
  }
}

function whole(node: GraphNode): View {
  // A constant of one number is kept once, whatever its shape.
  const single = node.source.kind === "constant" && node.source.numbers.length === 1;
  return { base: node, offset: 0, strides: single ? node.shape.map(() => 0) : stridesOf(node.shape) };
}

/** Whether elements with these strides are stored one after another. */
export function isContiguous(strides: readonly number[], shape: Shape): boolean {
  const expected = stridesOf(shape);
  return strides.every((stride, axis) => shape[axis] === 1 || stride === expected[axis]);
}

/** Neighbouring axes through which one stride leads, as one. */
interface Run {
  readonly length: number;
  readonly stride: number;
}

function runsOf(strides: readonly number[], lengths: readonly number[]): Run[] {
  const runs: Run[] = [];
  lengths.forEach((length, axis) => {
    const last = runs.at(-1);
    const stride = strides[axis];
    if (last?.stride === stride * length) runs[runs.length - 1] = { length: last.length * length, stride };
    else runs.push({ length, stride });
  });
  return runs;
}

/**
 * The view in another shape, where strides can say it: contiguous ones, where only axes of length 1 differ, and where axes
 * are split and joined along which one stride leads, as the heads of attention are. Not if neighbouring elements lie apart
 * then: those that read them more than once would do better with a copy.
 */
function reshaped(inner: View, from: Shape, node: GraphNode): View | null {
  const { shape } = node;
  if (isContiguous(inner.strides, from)) return { ...inner, strides: stridesOf(shape) };
  const lengths = longAxes(from);
  const own = longStrides(inner.strides, from);
  const isSame = sameShape(lengths, longAxes(shape));
  if (!isSame && (own.at(-1) ?? 0) > 1) return null;
  const runs = isSame ? own.map((stride, axis) => ({ length: lengths[axis], stride })) : runsOf(own, lengths);
  const strides = stridesAlong(runs, shape);
  return strides && { ...inner, strides };
}

/** The strides of a shape whose axes the runs consist of; null where an axis would go on beyond one of them. */
function stridesAlong(runs: readonly Run[], shape: Shape): number[] | null {
  const left = [...runs];
  const strides = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis];
    if (length === 1) continue;
    const run = left.pop();
    if (!run || run.length % length !== 0) return null;
    strides[axis] = run.stride;
    if (run.length > length) left.push({ length: run.length / length, stride: run.stride * length });
  }
  return left.length === 0 ? strides : null;
}

/** The axes of a shape that have more than one element: shapes that agree in them have the same layout in memory. */
export function longAxes(shape: Shape): number[] {
  return shape.filter((length) => length !== 1);
}

/** The strides of the axes that have more than one element. */
export function longStrides(strides: readonly number[], shape: Shape): number[] {
  return strides.filter((_, axis) => shape[axis] !== 1);
}

/** Strides for reading a value of one shape as if it were broadcast to another. */
export function stridesWithin(view: View, shape: Shape, to: Shape): number[] {
  return longStrides(broadcastStrides(shape, to, view.strides), to);
}
