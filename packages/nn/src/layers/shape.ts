/**
 * What layers ask of the shapes of batches: lengths that must be known, and axes that must be there.
 */
import { ShapeError, type Tensor } from "@chainrule/core";
import { type BatchShape, formatBatchShape } from "../module/batch-shape.ts";

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
