/**
 * Tensors of all examples at once, and how they are brought into the shapes that rules want. The examples lie along axis
 * 0, always.
 */
import { broadcastTo, permute, reshape, type Tensor, type TensorSpec } from "@chainrule/core";

/** One input of an op: of all examples at once, or one that they share. */
export interface Operand {
  readonly x: Tensor;
  readonly isBatched: boolean;
}

/** One application of an op to all examples. */
export interface BatchedCall<Attributes = unknown> {
  readonly operands: readonly Operand[];
  readonly attributes: Attributes;
  /** How many examples there are. */
  readonly count: number;
  /** What comes out for one example. */
  readonly spec: TensorSpec;
}

/** Computes an op for all examples at once: a tensor with the examples along axis 0. */
export type BatchingRule<Attributes = unknown> = (call: BatchedCall<Attributes>) => Tensor;

/** The shape of one example. */
export function shapeOf({ x, isBatched }: Operand): readonly number[] {
  return isBatched ? x.shape.slice(1) : x.shape;
}

/** With the examples along axis 0, also where they share it. */
export function batched({ x, isBatched }: Operand, count: number): Tensor {
  return isBatched ? x : broadcastTo(x, [count, ...x.shape]);
}

/** All of them with the examples along axis 0. */
export function allBatched({ operands, count }: BatchedCall): Tensor[] {
  return operands.map((operand) => batched(operand, count));
}

/** With axes of length 1 after that of the examples, so that it broadcasts against examples of `rank` axes. */
export function aligned(operand: Operand, rank: number): Tensor {
  if (!operand.isBatched) return operand.x;
  const { x } = operand;
  return reshape(x, [x.shape[0], ...new Array<number>(Math.max(0, rank - (x.rank - 1))).fill(1), ...x.shape.slice(1)]);
}

/** One axis moved to another place, the others in order. */
export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  if (from === to) return x;
  const rest = x.shape.flatMap((_, axis) => (axis === from ? [] : [axis]));
  return permute(x, rest.toSpliced(to, 0, from));
}

/** Axis `axis` and the one after it joined into one. */
export function joined(x: Tensor, axis: number): Tensor {
  return reshape(x, x.shape.toSpliced(axis, 2, x.shape[axis] * x.shape[axis + 1]));
}

/** Axis `axis` taken apart into `count` and the rest. */
export function parted(x: Tensor, axis: number, count: number): Tensor {
  const rest = count === 0 ? 0 : x.shape[axis] / count;
  return reshape(x, x.shape.toSpliced(axis, 1, count, rest));
}
