/**
 * Reading what `toJSON` of a fitted thing gave: nothing in it is taken for what it should be.
 */
import { DataError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/** The fields of some JSON. @throws DataError for what is no object. */
export function readFields(where: string, json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw notSaved(where, "an object, as toJSON gives it", json);
}

/** The error for JSON that `toJSON` did not give. */
export function notSaved(where: string, expected: string, got: unknown): DataError {
  return new DataError({
    where,
    expected,
    got: describe(got),
    hint: typeof got === "string" ? "Of a text make an object first: JSON.parse(text)." : undefined,
  });
}

/** A list of finite numbers. @throws DataError for anything else. */
export function readNumbers(where: string, json: unknown): Float64Array {
  const isNumbers = Array.isArray(json) && json.every((x) => typeof x === "number" && Number.isFinite(x));
  if (isNumbers) return Float64Array.from(json);
  throw notSaved(where, "a list of finite numbers", json);
}
