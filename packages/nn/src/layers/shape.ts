/**
 * Shapes of batches: the batch axis first, null for lengths that are not known or vary.
 */
import { ShapeError, type Tensor } from "@chainrule/core";

/** `[null, 10]` is any number of examples of 10 numbers each. */
export type BatchShape = readonly (number | null)[];

/** `[null, 10]`, as error messages and summaries write it. */
export function formatBatchShape(shape: BatchShape): string {
  return `[${shape.map(String).join(", ")}]`;
}

/** Throws unless every length is a whole number of at least 1, or null. */
export function checkBatchShape(where: string, shape: BatchShape): void {
  if (!Array.isArray(shape) || !shape.every((n) => n === null || (Number.isInteger(n) && n > 0)))
    throw new ShapeError({
      where,
      expected: "whole numbers above 0 (or null for what varies), without the batch axis",
      got: Array.isArray(shape) ? formatBatchShape(shape) : String(shape),
    });
}

/** The number of elements, or null where a length is not known. */
export function sizeOfBatchShape(shape: BatchShape): number | null {
  return shape.reduce((size, n) => (size === null || n === null ? null : size * n), 1 as number | null);
}

/** The length of an axis that a layer must know to make its weights. */
export function knownLength(shape: BatchShape, axis: number): number {
  const length = shape.at(axis);
  if (typeof length === "number") return length;
  throw new ShapeError({
    where: "build",
    expected: `an input whose length along axis ${axis} is known`,
    got: formatBatchShape(shape),
    hint: "The weights depend on this length: name it in inputShape.",
  });
}

/** Throws unless the shape has the axis, with the given length (null: any). */
export function checkAxis(shape: BatchShape, axis: number, length: number | null): void {
  const found = shape.at(axis);
  if (found === undefined)
    throw new ShapeError({ where: "input", expected: `an input with an axis ${axis}`, got: formatBatchShape(shape) });
  if (found !== null && length !== null && found !== length)
    throw new ShapeError({
      where: "input",
      expected: `length ${length} along axis ${axis}`,
      got: `${found} in ${formatBatchShape(shape)}`,
    });
}

/** A vector shaped to broadcast along one axis of a tensor of `rank` axes. */
export function alongAxis(vector: Tensor, rank: number, axis: number): Tensor {
  const shape: number[] = new Array(rank).fill(1);
  shape[axis < 0 ? axis + rank : axis] = vector.size;
  return vector.reshape(shape);
}
