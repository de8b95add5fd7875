/**
 * The grid of a sweep: lists of values, from which every combination is taken.
 */
import { OptionError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/**
 * What is to be varied: lists of values by name. What is no list is the same for all; `seed` is a number of seeds, which
 * count from 0, or a list of them.
 */
export type Grid = { readonly seed?: number | readonly number[] } & { readonly [name: string]: unknown };

/** A list within a list may be changed by the run that gets it. */
type Own<Value> = Value extends readonly (infer Item)[] ? Widened<Item>[] : Value;
type Widened<Item> = Item extends number
  ? number
  : Item extends string
    ? string
    : Item extends boolean
      ? boolean
      : Item;

/** One combination: a value of each list, and the seed. */
export type SettingsOf<G> = {
  readonly [Name in Exclude<keyof G, "seed">]: G[Name] extends readonly (infer Value)[] ? Own<Value> : G[Name];
} & {
  readonly seed: number;
};

/** One combination, whatever its types. */
export type Settings = { readonly seed: number } & { readonly [name: string]: unknown };

/** A grid, read. */
export interface Plan {
  /** The combinations without their seeds, the last list's values fastest. */
  readonly configurations: readonly Configuration[];
  readonly seeds: readonly number[];
  /** The grid in words, by name, so that two can be compared. */
  readonly description: Readonly<Record<string, string>>;
}

/** One combination of all but the seed. */
export interface Configuration {
  /** `lr 0.01, loss huber`; of a grid in which nothing is varied "all". */
  readonly label: string;
  /** What is varied, in words by name. */
  readonly labels: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, unknown>>;
}

const where = "sweep";
const most = 1_000_000;

/** @throws OptionError for empty lists, values that look the same in words, and seeds that are no whole numbers. */
export function readGrid(grid: unknown): Plan {
  if (typeof grid !== "object" || grid === null || Object.getPrototypeOf(grid) !== Object.prototype)
    throw new OptionError({
      where,
      expected: "what to vary, by name, such as { lr: [0.01, 0.1], seed: 5 }",
      got: describe(grid),
    });
  const { seed = 1, ...others } = grid as Record<string, unknown>;
  const seeds = readSeeds(seed);
  const lists = Object.entries(others).map(([name, given]) => {
    const values: readonly unknown[] = Array.isArray(given) ? given : [given];
    return { name, values, labels: labelsOf(name, values), isVaried: values.length > 1 };
  });
  const count = lists.reduce((product, { values }) => product * values.length, seeds.length);
  if (count > most)
    throw new OptionError({ where, expected: `at most ${most} runs`, got: `${count}`, hint: "Vary less at once." });
  let configurations: Omit<Configuration, "label">[] = [{ labels: {}, settings: {} }];
  for (const { name, values, labels, isVaried } of lists)
    configurations = configurations.flatMap((before) =>
      values.map((value, i) => ({
        labels: isVaried ? { ...before.labels, [name]: labels[i] } : before.labels,
        settings: { ...before.settings, [name]: value },
      })),
    );
  return {
    seeds,
    configurations: configurations.map((each) => ({ ...each, label: inWords(each.labels) })),
    description: Object.fromEntries([
      ...lists.map(({ name, labels }) => [name, labels.join(", ")]),
      ["seed", seeds.join(", ")],
    ]),
  };
}

function inWords(labels: Readonly<Record<string, string>>): string {
  return (
    Object.entries(labels)
      .map(([name, label]) => `${name} ${label}`)
      .join(", ") || "all"
  );
}

function readSeeds(given: unknown): readonly number[] {
  const isCount = Number.isSafeInteger(given) && (given as number) >= 1 && (given as number) <= most;
  const seeds: readonly unknown[] = isCount
    ? Array.from({ length: given as number }, (_, i) => i)
    : Array.isArray(given)
      ? given
      : [];
  const areSeeds = seeds.every((each) => Number.isSafeInteger(each) && (each as number) >= 0);
  if (seeds.length === 0 || !areSeeds || new Set(seeds).size < seeds.length)
    throw new OptionError({
      where: `${where}, seed`,
      expected: "how many seeds, at least 1, or a list of different whole numbers",
      got: Array.isArray(given) ? `[${given.map((each) => String(each)).join(", ")}]` : describe(given),
      hint: "seed: 5 is 0, 1, 2, 3, 4.",
    });
  return seeds as readonly number[];
}

function labelsOf(name: string, values: readonly unknown[]): string[] {
  if (values.length === 0)
    throw new OptionError({ where: `${where}, ${name}`, expected: "at least one value", got: "an empty list" });
  const labels = values.map(labelOf);
  const twice = labels.find((label, i) => labels.indexOf(label) < i);
  if (twice !== undefined)
    throw new OptionError({
      where: `${where}, ${name}`,
      expected: "values that can be told apart by their texts",
      got: `${twice} twice`,
      hint: "Give functions names, and objects something in which they differ.",
    });
  return labels;
}

/** A value in words: numbers and texts as they are, losses and functions by their names, all else as JSON. */
function labelOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "function") {
    const { lossName, options, name } = value as { lossName?: string; options?: object; name: string };
    const own = Object.keys(options ?? {}).length > 0 ? ` ${textOf(options)}` : "";
    return lossName === undefined ? name || "(a function)" : lossName + own;
  }
  return Object.is(value, -0) ? "-0" : textOf(value);
}

function textOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  try {
    const text = JSON.stringify(value, (_, part) => {
      if (typeof part === "number" && !Number.isFinite(part)) return String(part);
      if (typeof part === "function") return labelOf(part);
      return ArrayBuffer.isView(part) ? Array.from(part as Float64Array) : part;
    });
    if (text !== "{}" || Object.getPrototypeOf(value) === Object.prototype) return text;
  } catch {
    // What refers to itself is said in few words.
  }
  return describe(value);
}
