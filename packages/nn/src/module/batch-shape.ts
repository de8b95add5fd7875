/**
 * Shapes of batches: the batch axis first, null for lengths that are not known or vary.
 */
import { ShapeError } from "@chainrule/core";
import { describe, listInWords } from "@chainrule/core/internal";

/** `[null, 10]` is any number of examples of 10 numbers each. */
export type BatchShape = readonly (number | null)[];

/** `[null, 10]`, as error messages and summaries write it. */
export function formatBatchShape(shape: BatchShape): string {
  return listInWords(shape);
}

/** Throws unless every length is a whole number of at least 1, or null. */
export function checkBatchShape(where: string, shape: BatchShape): void {
  if (!Array.isArray(shape) || !shape.every((n) => n === null || (Number.isInteger(n) && n > 0)))
    throw new ShapeError({
      where,
      expected: "a list of whole numbers above 0 (or null for what varies), without the batch axis",
      got: Array.isArray(shape) ? formatBatchShape(shape) : describe(shape),
    });
}

/** Throws unless it is the shape of an input, batch axis first. */
export function checkInputShape(layer: { readonly name: string }, shape: BatchShape): void {
  if (Array.isArray(shape) && shape.length > 0 && shape.every((n) => n === null || (Number.isInteger(n) && n >= 0)))
    return;
  throw new ShapeError({
    where: layer.name,
    expected: "the shape of an input, batch axis first: [null, 10]",
    got: Array.isArray(shape) ? formatBatchShape(shape) : describe(shape),
  });
}
