/**
 * The options that drawings share, checked by name: titles are texts, bounds are numbers, labels are lists.
 */
import { OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import type { Extent } from "./ticks.ts";

const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number";
const isLabels = (value: unknown) =>
  Array.isArray(value) && Array.from(value).every((label) => isText(label) || isNumber(label));

const kinds: readonly [expected: string, holds: (value: unknown) => boolean, names: readonly string[]][] = [
  ["a text", isText, ["title", "xLabel", "yLabel", "summary"]],
  ["a number", isNumber, ["min", "max", "from", "threshold"]],
  ["a list of names", isLabels, ["rowLabels", "columnLabels", "classNames", "names"]],
  ["true or false", (value) => typeof value === "boolean", ["color", "invert", "values"]],
];

/** A range [low, high] of finite numbers. @throws OptionError for anything else. */
export function checkRange(where: string, range: Extent): Extent {
  if (!Array.isArray(range) || range.length !== 2 || !range.every(Number.isFinite))
    throw new OptionError({ where, expected: "a range [low, high]", got: describe(range) });
  if (range[0] < range[1] && Number.isFinite(range[1] - range[0])) return range;
  throw new OptionError({ where, expected: "a range [low, high] with low < high", got: `[${range.join(", ")}]` });
}

/** Throws an OptionError for an option that is not known, or whose value is not of its kind. */
export function checkDrawingOptions(where: string, options: object, known: readonly string[]): void {
  checkOptions(where, options, known);
  for (const [expected, holds, names] of kinds)
    for (const name of names) {
      const value = (options as Record<string, unknown>)[name];
      if (value !== undefined && !holds(value))
        throw new OptionError({ where, expected: `${expected} as ${name}`, got: describe(value) });
    }
}
