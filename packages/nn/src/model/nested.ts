/**
 * Nested values: one, a list, or an object of names, as models with several inputs and outputs have them.
 */
import { DataError, ModelError, Tensor, type TensorLike } from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";
import { isPlainObject } from "../module/tree.ts";

/** One value, a list of values, or an object of values by name. */
export type Nested<T> = T | readonly T[] | Readonly<Record<string, T>>;

/** Data for a model: one array or tensor, or one for each input (or output), by position or by name. */
export type DataLike = Nested<TensorLike>;

/** What is known of a model's inputs or outputs; null for what only a call can tell. */
export interface Signature {
  readonly names: readonly string[] | null;
  readonly count: number | null;
}

/** Replaces each value, in the same structure. The key of a value that stands alone is "". */
export function mapNested<A, B>(nested: Nested<A>, f: (value: A, key: string | number) => B): Nested<B> {
  if (Array.isArray(nested)) return (nested as readonly A[]).map((value, i) => f(value, i));
  if (!isPlainObject(nested)) return f(nested as A, "");
  return Object.fromEntries(Object.entries(nested as Record<string, A>).map(([key, value]) => [key, f(value, key)]));
}

/** The values in their order. */
export function flattenNested<T>(nested: Nested<T>): readonly T[] {
  if (Array.isArray(nested)) return nested as readonly T[];
  return isPlainObject(nested) ? (Object.values(nested) as T[]) : [nested as T];
}

/**
 * Tells one array from nested ones: the signature decides where names and counts are known; otherwise a list of tensors
 * is nested, and a list of anything else is the rows of one array.
 *
 * @param what "x", "y" or the like, for error messages.
 * @param read converts each array.
 * @returns a list in the order of the names where these are known.
 * @throws DataError for another number of them, or other names; and what `read` throws.
 */
export function readNested<T>(
  where: string,
  what: string,
  given: unknown,
  { names, count }: Signature,
  read: (data: TensorLike, key: string | number) => T,
): Nested<T> {
  if (isPlainObject(given)) return byName(where, what, given as Readonly<Record<string, TensorLike>>, names, read);
  if (!Array.isArray(given)) {
    if (count !== null && count > 1 && given !== undefined && given !== null)
      throw wrong(where, what, names, count, given instanceof Tensor ? "one tensor" : describe(given));
    return read(given as TensorLike, "");
  }
  const isList = count === null || count === 1 ? given.some(isArrayData) : true;
  if (!isList) return read(given, "");
  if (count !== null && given.length !== count) throw wrong(where, what, names, count, `a list of ${given.length}`);
  return count === 1 ? read(given[0], "") : given.map(read);
}

/** Whether it can only be an array of data: a tensor or a typed array. */
function isArrayData(x: unknown): boolean {
  return x instanceof Tensor || ArrayBuffer.isView(x);
}

function byName<T>(
  where: string,
  what: string,
  given: Readonly<Record<string, TensorLike>>,
  names: readonly string[] | null,
  read: (data: TensorLike, key: string | number) => T,
): Nested<T> {
  if (names === null) {
    if (what !== "x") return mapNested(given, read);
    throw new DataError({
      where,
      expected: "inputs as a list, in the order of forward's parameters",
      got: `names (${Object.keys(given).join(", ")})`,
      hint: "A model that takes them by name says so: get inputNames() { return [...]; }.",
    });
  }
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new DataError({
      where,
      expected: `${what} by the names ${names.join(", ")}`,
      got: `"${unknown}"`,
      hint: didYouMean(unknown, names),
    });
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length > 0)
    throw new DataError({
      where,
      expected: `${what} by the names ${names.join(", ")}`,
      got: `none for ${missing.join(", ")}`,
    });
  return names.length === 1 ? read(given[names[0]], "") : names.map((name, i) => read(given[name], i));
}

function wrong(where: string, what: string, names: readonly string[] | null, count: number, got: string): DataError {
  return new DataError({
    where,
    expected: `${what} as ${count === 1 ? "one tensor" : `a list of ${count}`}${names ? `, or by name: ${names.join(", ")}` : ""}`,
    got,
  });
}

/** The value that belongs to an output. @throws ModelError where there is none. */
export function selectOutput<T>(where: string, given: Nested<T>, name: string, index: number, count: number): T {
  if (Array.isArray(given) || isPlainObject(given)) {
    const list = given as readonly T[] & Readonly<Record<string, T>>;
    const found = Array.isArray(given) ? list[index] : list[name];
    const size = Array.isArray(given) ? given.length : Object.keys(given).length;
    if (found !== undefined && size === count) return found;
    throw new ModelError({
      where,
      expected: `one for each of the ${count} outputs${Array.isArray(given) ? "" : `, "${name}" among them`}`,
      got: Array.isArray(given) ? `${size}` : Object.keys(given).join(", "),
    });
  }
  if (count === 1) return given as T;
  throw new ModelError({
    where,
    expected: `one for each of the ${count} outputs, in a list or by name`,
    got: "one for all",
  });
}
