/**
 * Training curves: what `fit` returned, drawn name by name.
 */
import { DataError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { checkDrawingOptions } from "../drawing/options.ts";
import { type PlotLinesOptions, plotLines } from "./plot-lines.ts";

type Numbers = Readonly<Record<string, readonly number[]>>;

/** The numbers of every epoch by name, or what `fit` returns, which holds them. */
export type HistoryLike = Numbers | { readonly history: Numbers };

/** What belongs into one drawing: a number in training and in validation. */
export interface Curves {
  /** The name without `val_`. */
  readonly name: string;
  /** Points [epoch, value] by full name, the epochs counted from 1. */
  readonly series: Readonly<Record<string, readonly (readonly [number, number])[]>>;
}

/**
 * The history in parts to draw: `loss` with `val_loss` (or `valLoss`), `accuracy` with `val_accuracy`, and so on.
 *
 * @throws DataError for what is no history, and for an empty one.
 */
export function curvesOf(where: string, history: HistoryLike): Curves[] {
  const groups = new Map<string, Record<string, [number, number][]>>();
  for (const [name, list] of Object.entries(numbersOf(where, history))) {
    if (!Array.isArray(list) || !list.every((value) => typeof value === "number"))
      throw noHistory(where, `"${name}": ${describe(list)}`);
    if (list.length === 0) continue;
    const base = name.replace(/^val_/, "").replace(/^val([A-Z])/, (_, first: string) => first.toLowerCase());
    groups.set(base, { ...groups.get(base), [name]: list.map((value, epoch) => [epoch + 1, value]) });
  }
  if (groups.size === 0) throw noHistory(where, "no epochs at all");
  return [...groups].map(([name, series]) => ({ name, series }));
}

function numbersOf(where: string, history: unknown): Record<string, unknown> {
  if (history === null || typeof history !== "object" || Array.isArray(history))
    throw noHistory(where, describe(history));
  const inner = "history" in history ? history.history : undefined;
  const isObject = inner !== null && typeof inner === "object" && !Array.isArray(inner);
  return (isObject ? inner : history) as Record<string, unknown>;
}

function noHistory(where: string, got: string): DataError {
  const hint = "Pass what fit returned, or { loss: [0.9, 0.5, 0.3] }.";
  return new DataError({ where, expected: "lists of numbers by name, one number for each epoch", got, hint });
}

/** Options of {@link plotHistory}. */
export interface PlotHistoryOptions extends Pick<PlotLinesOptions, "width" | "height" | "color" | "yScale"> {
  /** What to draw, by default everything; `"loss"` stands for `val_loss` too. */
  names?: readonly string[];
}

/**
 * Draws training curves as text, one drawing for each name with its validation beside it.
 *
 * @param history what `fit` returned, or `{ loss: [0.9, 0.5], val_loss: [0.8, 0.6], … }`.
 * @throws DataError for what is no history, an empty one, or a name that is not in it.
 *
 * @example
 * console.log(plotHistory(await model.fit(x, y, { epochs: 20, validationSplit: 0.2 })));
 */
export function plotHistory(history: HistoryLike, options: PlotHistoryOptions = {}): string {
  const where = "plotHistory";
  checkDrawingOptions(where, options, ["names", "width", "height", "color", "yScale"]);
  const { names, ...plot } = options;
  const curves = curvesOf(where, history);
  const chosen = names?.map((name) => find(where, curves, name)) ?? curves;
  return chosen.map(({ name, series }) => plotLines(series, { ...plot, title: name, xLabel: "epoch" })).join("\n\n");
}

function find(where: string, curves: readonly Curves[], wanted: string): Curves {
  const found = curves.find(({ name }) => name === wanted);
  if (found) return found;
  const known = curves.map(({ name }) => name).join(", ");
  throw new DataError({ where, expected: `names in the history (${known})`, got: `"${wanted}"` });
}
