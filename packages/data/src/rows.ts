/**
 * Rows of tensors and arrays alike: how many there are, and some of them.
 */
import { DataError, gather, Tensor, type TypedArray, ValueError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/** What has rows: a tensor (its first axis), an array, a typed array. */
export type Indexable = Tensor | readonly unknown[] | TypedArray;

/** What some rows of `R` are: of the same kind; a parameter's are a plain tensor. */
export type SelectedRows<R> = R extends Tensor ? Tensor : R extends readonly (infer Item)[] ? Item[] : R;

/** The number of rows. @throws DataError for what has none, such as a number or a scalar tensor. */
export function countRows(where: string, rows: Indexable): number {
  if (rows instanceof Tensor && rows.rank > 0) return rows.shape[0];
  if (Array.isArray(rows) || (ArrayBuffer.isView(rows) && "length" in rows)) return rows.length;
  throw new DataError({
    where,
    expected: "a tensor with at least one axis, an array or a typed array",
    got: rows instanceof Tensor ? "a scalar tensor" : describe(rows),
    hint: hintFor(rows),
  });
}

function hintFor(rows: unknown): string | undefined {
  if (rows === true) return "Give it what to go by, the classes of the rows: stratify: y.";
  const isTable = typeof rows === "object" && rows !== null && "features" in rows && "target" in rows;
  return isTable ? "Pass its parts, data.features and data.target." : undefined;
}

/**
 * The rows at the given places, in the order of the places: of a tensor a tensor, of an array an array.
 *
 * @throws ValueError for a place that is not there.
 *
 * @example
 * takeRows(["a", "b", "c"], [2, 0]); // ["c", "a"]
 */
export function takeRows<R extends Indexable>(rows: R, places: ArrayLike<number>): SelectedRows<R> {
  const length = countRows("takeRows", rows);
  if (!Array.isArray(places) && !ArrayBuffer.isView(places))
    throw new ValueError({ where: "takeRows", expected: "an array of places", got: describe(places) });
  const indices = Int32Array.from({ length: places.length }, (_, i) =>
    typeof places[i] === "number" ? places[i] : -1,
  );
  indices.forEach((place, i) => {
    if (place < 0 || place >= length || place !== places[i])
      throw new ValueError({
        where: "takeRows",
        expected: `whole numbers from 0 to ${length - 1}`,
        got: typeof places[i] === "number" ? `${places[i]}` : describe(places[i]),
      });
  });
  if (rows instanceof Tensor) return gather(rows.detach(), indices) as SelectedRows<R>;
  if (Array.isArray(rows)) return Array.from(indices, (place) => rows[place]) as SelectedRows<R>;
  const Kind = (rows as TypedArray).constructor as new (length: number) => TypedArray;
  return new Kind(indices.length).map((_, i) => (rows as TypedArray)[indices[i]]) as SelectedRows<R>;
}

/** Any number of arrays, then perhaps options. */
export function arraysAndOptions<Options extends object>(input: readonly unknown[]) {
  const last = input[input.length - 1];
  const hasOptions = !(last instanceof Tensor || Array.isArray(last) || ArrayBuffer.isView(last));
  return {
    arrays: (hasOptions ? input.slice(0, -1) : input) as readonly Indexable[],
    options: (hasOptions ? (last ?? {}) : {}) as Partial<Options>,
  };
}

/** The number of rows that all of them have. @throws DataError where they differ, and for no array at all. */
export function commonLength(where: string, arrays: readonly Indexable[]): number {
  if (arrays.length === 0) throw new DataError({ where, expected: "at least one tensor or array", got: "none" });
  const lengths = arrays.map((rows) => countRows(where, rows));
  if (lengths.some((length) => length !== lengths[0]))
    throw new DataError({
      where,
      expected: "as many rows in each",
      got: lengths.join(" and "),
      hint: "Row i of one belongs to row i of the other.",
    });
  return lengths[0];
}
