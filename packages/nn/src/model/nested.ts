/**
 * Nested values: one, a list, or an object of names, as models with several inputs and outputs have them.
 */
import { DataError, ModelError, Tensor, type TensorLike } from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";
import type { InputRange } from "../module/forward-inputs.ts";
import { isPlainObject } from "../module/tree.ts";

/** One value, a list of values, or an object of values by name. */
export type Nested<T> = T | readonly T[] | Readonly<Record<string, T>>;

/** Data for a model: one array or tensor, or one for each input (or output), by position or by name. */
export type DataLike = Nested<TensorLike>;

/** What is known of a model's inputs or outputs. */
export interface Signature {
  /** Null where they have none. */
  readonly names: readonly string[] | null;
  /** How many there are: a number for both where that is known, and 0 to Infinity where only a call can tell. */
  readonly range: InputRange;
}

/** The signature of those with names, or of a known number; null for what only a call can tell. */
export function signatureOf(names: readonly string[] | null, count: number | null = names?.length ?? null): Signature {
  return {
    names,
    range: count === null ? { least: 0, most: Number.POSITIVE_INFINITY } : { least: count, most: count },
  };
}

/** Whether there are several of them. */
export function hasSeveral({ range }: Signature): boolean {
  return range.least > 1;
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
 * Tells one array from nested ones: the signature decides. Of one input, a list of arrays is its rows, as `tensor` has
 * it; of several, a list has one entry for each. Where the number is open, a list of tensors is nested, and a list of
 * anything else is the rows of one array.
 *
 * @param what "x", "y" or the like, for error messages.
 * @param read converts each array.
 * @returns a list in the order of the names where these are known.
 * @throws DataError for another number of them, other names, and a list of typed arrays that may be one or the other; and
 *   what `read` throws.
 */
export function readNested<T>(
  where: string,
  what: string,
  given: unknown,
  signature: Signature,
  read: (data: TensorLike, key: string | number) => T,
): Nested<T> {
  const { names, range } = signature;
  if (isPlainObject(given)) return byName(where, what, given as Readonly<Record<string, TensorLike>>, names, read);
  const isNeeded = names !== null && range.least > 1;
  if (!Array.isArray(given)) {
    if (isNeeded && given !== undefined && given !== null)
      throw wrong(where, what, signature, given instanceof Tensor ? "one tensor" : describe(given));
    return read(given as TensorLike, "");
  }
  const hasTensor = given.some((part) => part instanceof Tensor);
  const hasTyped = given.some((part) => ArrayBuffer.isView(part));
  if (!isNeeded && !hasTensor && !isListOfSeveral(given, range)) {
    if (hasTyped && range.most === Number.POSITIVE_INFINITY) throw eitherWay(where, what, given.length);
    if (hasTyped && range.least > 1) throw wrong(where, what, signature, `a list of ${given.length}`);
    return read(given, "");
  }
  if (given.length > range.most || (isNeeded && given.length < range.least))
    throw wrong(where, what, signature, `a list of ${given.length}${hasTensor ? " tensors" : ""}`);
  return given.length === 1 ? read(given[0], "") : given.map(read);
}

/** Whether a list without tensors has an entry for each of several. */
function isListOfSeveral(given: readonly unknown[], { least, most }: InputRange): boolean {
  return least > 1 && given.length >= least && given.length <= most && given.every((part) => typeof part === "object");
}

/** Whether a list could be the rows of one array as well as several arrays: which one, the model has to say. */
export function isEitherWay(given: unknown, { range }: Signature): boolean {
  if (!Array.isArray(given) || range.most !== Number.POSITIVE_INFINITY || range.least > 1) return false;
  return given.some((part) => ArrayBuffer.isView(part)) && !given.some((part) => part instanceof Tensor);
}

function eitherWay(where: string, what: string, count: number): DataError {
  const [one, names] = what === "x" ? ["input", "inputNames"] : ["output", "outputNames"];
  return new DataError({
    where,
    expected: `${what} as one tensor, or as a list of tensors, one for each ${one}`,
    got: `a list of ${count} typed arrays, which may be its rows or ${count} ${one}s`,
    hint: `For rows, pass tensor(${what}). For several, pass ${what}.map((part) => tensor(part)), or say their names: get ${names}() { return […]; }.`,
  });
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
      hint:
        "features" in given && "target" in given
          ? `Pass its parts: ${where}(data.features, data.target).`
          : "x" in given && "y" in given
            ? `Pass its parts: ${where}(x, y).`
            : "A model that takes them by name says so: get inputNames() { return [...]; }.",
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

function wrong(where: string, what: string, { names, range }: Signature, got: string): DataError {
  const { least, most } = range;
  const counts = least === most ? `${most}` : `${least} to ${most}`;
  const one = most === 1 ? `one tensor, for its one ${what === "x" ? "input" : "output"}` : `a list of ${counts}`;
  return new DataError({
    where,
    expected: `${what} as ${one}${names && most > 1 ? `, or by name: ${names.join(", ")}` : ""}`,
    got,
    hint: most === 1 ? "Rows are one tensor: tensor([[…], […]]), or stack(tensors)." : undefined,
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
