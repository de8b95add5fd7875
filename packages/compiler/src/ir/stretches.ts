/**
 * Stretches: values whose numbers lie one after another within another value.
 */
import { reshapeOp, sliceOp, stridesOf } from "@chainrule/core/internal";
import type { GraphNode } from "./graph.ts";

/** So many elements of a value, from one on. */
export interface Stretch {
  readonly base: GraphNode;
  readonly start: number;
  readonly length: number;
}

/** Of which value the node is a stretch: of itself, if no other. */
export function stretchOf(node: GraphNode): Stretch {
  const { source, size } = node;
  if (source.kind === "op" && source.op === reshapeOp) return { ...stretchOf(source.inputs[0]), length: size };
  if (source.kind === "op" && source.op === sliceOp) {
    const [from] = source.inputs;
    const { starts, steps } = source.attributes as {
      readonly starts: readonly number[];
      readonly steps: readonly number[];
    };
    // Axes of one element, then one of which it is a part, then whole ones.
    const part = node.shape.findIndex((length) => length !== 1);
    const isWhole = (length: number, axis: number) => part < 0 || axis <= part || length === from.shape[axis];
    const isInOrder = node.shape.every((length, axis) => length === 1 || steps[axis] === 1);
    if (isInOrder && node.shape.every(isWhole)) {
      const strides = stridesOf(from.shape);
      const { base, start } = stretchOf(from);
      return { base, start: starts.reduce((total, at, axis) => total + at * strides[axis], start), length: size };
    }
  }
  return { base: node, start: 0, length: size };
}

/** Whether the second begins where the first ends. */
export function areNeighbours(first: Stretch, second: Stretch): boolean {
  return first.base === second.base && first.start + first.length === second.start;
}
