/**
 * What a run returns, as numbers by name, and as curves where there is one for each epoch.
 */
import { DataError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/** Numbers by name; lists of them are curves, of which the last number counts. */
type NumbersLike = Readonly<Record<string, number | readonly number[]>>;

/** What `train` may return: a number, numbers by name, or what `fit` returns. */
export type Outcome = number | NumbersLike | { readonly history: Readonly<Record<string, readonly number[]>> };

/** What came of a run. */
export interface Values {
  /** The numbers, of curves the last. */
  readonly values: Readonly<Record<string, number>>;
  /** One number for each epoch. */
  readonly curves: Readonly<Record<string, readonly number[]>>;
}

/** @throws DataError for anything else than numbers. */
export function readOutcome(outcome: unknown): Values {
  if (typeof outcome === "number") return { values: { value: outcome }, curves: {} };
  const isObject = typeof outcome === "object" && outcome !== null && !Array.isArray(outcome);
  if (!isObject) throw noNumbers(describe(outcome));
  const inner = (outcome as { history?: unknown }).history;
  const isHistory = typeof inner === "object" && inner !== null && !Array.isArray(inner);
  const entries = Object.entries((isHistory ? inner : outcome) as object);
  if (entries.length === 0) throw noNumbers("none");
  const values: Record<string, number> = {};
  const curves: Record<string, readonly number[]> = {};
  for (const [name, given] of entries) {
    const isCurve = Array.isArray(given) || given instanceof Float64Array || given instanceof Float32Array;
    const list: readonly unknown[] = isCurve ? Array.from(given as readonly unknown[]) : [given];
    if (list.length === 0 || !list.every((each) => typeof each === "number"))
      throw noNumbers(list.length === 0 ? `an empty list as "${name}"` : `${describe(given)} as "${name}"`);
    values[name] = list[list.length - 1] as number;
    if (isCurve) curves[name] = list as number[];
  }
  return { values, curves };
}

function noNumbers(got: string): DataError {
  return new DataError({
    where: "sweep, train",
    expected: "a function that returns a number, numbers by name, or what fit returns",
    got,
    hint: "Such as return { loss, accuracy }, or return model.fit(…). Of tensors take item().",
  });
}
