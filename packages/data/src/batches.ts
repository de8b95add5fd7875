/**
 * Batches for a training loop of one's own; `fit` makes its own.
 */
import { DataError, ValueError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { generatorOf, type RandomOptions, randomOptionKeys } from "./random-options.ts";
import { arraysAndOptions, commonLength, type Indexable, type SelectedRows, takeRows } from "./rows.ts";

/** How {@link batches} cuts rows into batches. */
export interface BatchesOptions extends RandomOptions {
  /** How many rows a batch has; 32 by default. The last may have fewer. */
  batchSize?: number;
  /** Whether to put the rows into random order first (default true). */
  shuffle?: boolean;
  /** Leave out a last batch that is not full; false by default. */
  dropLast?: boolean;
}

type SelectedRowsOf<T extends readonly Indexable[]> = { [K in keyof T]: SelectedRows<T[K]> };

/**
 * Goes once through tensors and arrays of equal length, batch by batch, the same rows of each.
 *
 * @param arrays any number of tensors, arrays and typed arrays, then perhaps the options.
 * @returns what a `for` loop goes through; a second loop goes through it again, in another random order.
 * @throws DataError for arrays of different length, ValueError for a batch size below 1.
 *
 * @example
 * for (const [xBatch, yBatch] of batches(x, y, { batchSize: 64, seed: 1 })) console.log(xBatch.shape, yBatch.shape);
 */
export function batches<T extends readonly Indexable[]>(...arrays: [...T, BatchesOptions]): Iterable<SelectedRowsOf<T>>;
export function batches<T extends readonly Indexable[]>(...arrays: T): Iterable<SelectedRowsOf<T>>;
export function batches(...input: readonly unknown[]): Iterable<unknown[]> {
  const where = "batches";
  const { arrays, options } = arraysAndOptions<BatchesOptions>(input);
  if (arrays.length === 0)
    throw new DataError({
      where,
      expected: "tensors or arrays, and then options",
      got: `${describe(input[0])} first`,
      hint: "Write batches(x, y, { batchSize: 32 }).",
    });
  checkOptions(where, options, ["batchSize", "shuffle", "dropLast", ...randomOptionKeys]);
  const { batchSize = 32, shuffle = true, dropLast = false } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new ValueError({ where, expected: "a batch size of at least 1", got: describe(batchSize) });
  const n = commonLength(where, arrays);
  const generator = generatorOf(where, options);
  return {
    *[Symbol.iterator]() {
      const order = shuffle ? generator.permutation(n) : Int32Array.from({ length: n }, (_, i) => i);
      const end = dropLast ? n - (n % batchSize) : n;
      for (let start = 0; start < end; start += batchSize) {
        const indices = order.subarray(start, Math.min(end, start + batchSize));
        yield arrays.map((rows) => takeRows(rows, indices));
      }
    },
  };
}
