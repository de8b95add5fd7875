/**
 * Why one number has its gradient, as what is given to users: data, and what can be made of it to read.
 */
import { DataError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { texName } from "../explanation/formula.ts";
import { six, term } from "../explanation/names.ts";
import { withoutSpecials } from "../text/json.ts";
import type { GradientData, GradientElement, GradientShare } from "./types.ts";

/** Why one number has the gradient that it has: data, and texts to read. Made by {@link explainGradient}. */
export class GradientExplanation implements GradientData {
  /** Says what this is. */
  readonly kind = "gradient";
  /** What the result is called. */
  readonly result: string;
  /** What the tensor is called that the number is in. */
  readonly name: string;
  /** Where in it the number is. */
  readonly index: readonly number[];
  /** The number. */
  readonly value: number;
  /** Its gradient, as `backward` leaves it. */
  readonly gradient: number;
  /** How often the tensor is used. */
  readonly uses: number;
  /** What contributes, the largest first. */
  readonly shares: readonly GradientShare[];
  /** What is left out of `shares`. */
  readonly more: { readonly count: number; readonly share: number };
  /** The sum of all shares. */
  readonly sum: number;

  /** From the data, also such as `JSON.parse` read. @throws DataError for what is no explanation. */
  constructor(data: GradientData) {
    const { result, name, index, value, gradient, uses, shares, more, sum } = checkData(data);
    this.result = result;
    this.name = name;
    this.index = index;
    this.value = value;
    this.gradient = gradient;
    this.uses = uses;
    this.shares = shares;
    this.more = more;
    this.sum = sum;
  }

  /** In plain text, for the terminal. */
  toText(): string {
    return textOf(this);
  }

  /** In Markdown, with formulas in TeX: a table of the shares. */
  toMarkdown(): string {
    return markdownOf(this);
  }

  /** The data alone, for `JSON.stringify`. What JSON has no number for is written `"NaN"`, `"Infinity"`, `"-Infinity"`. */
  toJSON(): GradientData {
    const { kind, result, name, index, value, gradient, uses, shares, more, sum } = this;
    return withoutSpecials({ kind, result, name, index, value, gradient, uses, shares, more, sum });
  }

  /** The plain text. */
  toString(): string {
    return this.toText();
  }

  /** How Node's console shows it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toText();
  }

  /** How notebooks show it. */
  [Symbol.for("Jupyter.display")](): Readonly<Record<string, string>> {
    return { "text/markdown": this.toMarkdown(), "text/plain": this.toText() };
  }
}

function checkData(data: GradientData): GradientData {
  const isRecord = (x: unknown) => typeof x === "object" && x !== null;
  const { kind, shares, more, index } = isRecord(data) ? data : ({} as GradientData);
  const isShare = (share: GradientShare) =>
    isRecord(share) && Array.isArray(share.way) && Array.isArray(share.elements);
  if (kind === "gradient" && Array.isArray(shares) && shares.every(isShare) && isRecord(more) && Array.isArray(index))
    return data;
  throw new DataError({
    where: "GradientExplanation",
    expected: "the data of an explanation, as its toJSON() gives it",
    got: describe(data),
  });
}

const at = (index: readonly number[]) => (index.length > 0 ? `[${index.join(",")}]` : "");

/** Letters for the ways, where there are several. */
function lettersOf({ shares }: GradientData): Map<string, string> {
  const ways = [...new Set(shares.map(keyOf))];
  return new Map(
    ways.map((way, i) => [way, ways.length === 1 ? "" : i < 26 ? String.fromCharCode(65 + i) : `W${i + 1}`]),
  );
}

const keyOf = ({ use, way }: GradientShare) => `${use} ${way.join(" → ")}`;

function textOf(data: GradientData): string {
  const { result, name, index, gradient, value, shares, more, sum } = data;
  const self = `d${result}/d${name}${at(index)}`;
  const letters = lettersOf(data);
  const numbers = [...shares.map(({ share }) => six(share)), ...(more.count > 0 ? [six(more.share)] : []), six(sum)];
  const width = Math.max(...numbers.map(({ length }) => length));
  const lines = shares.map((each) => {
    const way = letters.get(keyOf(each));
    const sample = each.sample === undefined ? "" : `sample ${each.sample}: `;
    return `  ${six(each.share).padStart(width)}  ${sample}${productOf(data, each)}${way ? `  (way ${way})` : ""}`;
  });
  if (more.count > 0) lines.push(`  ${six(more.share).padStart(width)}  and ${more.count} more`);
  return [
    `${self} = ${six(gradient)}, where ${name}${at(index)} = ${six(value)}`,
    ...(shares.length + more.count === 0
      ? ["", `Nothing contributes: no change of ${name}${at(index)} reaches ${result}.`]
      : ["", countOf(data), ...lines, `  ${"─".repeat(width)}`, `  ${six(sum).padStart(width)}`]),
    ...waysOf(data, letters),
  ].join("\n");
}

function countOf({ shares, more }: GradientData): string {
  const count = shares.length + more.count;
  return count === 1 ? "One share makes it:" : `It is the sum of ${count} shares, the largest first:`;
}

/** `∂v1[0,3]/∂w[2,3] × dloss/dv1[0,3] = 0.5 × 0.06`. */
function productOf({ result, name, index }: GradientData, { elements, count, share }: GradientShare): string {
  if (elements.length === 0) return `d${result}/d${name} = ${six(share)}`;
  const [first] = elements;
  const of = (each: GradientElement) => `${each.node}${at(each.index)}`;
  const product = `∂${of(first)}/∂${name}${at(index)} × d${result}/d${of(first)} = ${term(first.local)} × ${term(first.gradient)}`;
  if (count === 1) return product;
  return `over ${count} elements of ${first.node}, the largest ${product}`;
}

function waysOf({ name, uses, shares }: GradientData, letters: ReadonlyMap<string, string>): string[] {
  if (shares.length === 0) return [];
  const said = new Map(shares.map((share) => [keyOf(share), share]));
  const total = (key: string) => shares.reduce((sum, share) => (keyOf(share) === key ? sum + share.share : sum), 0);
  const lines = [...said].map(([key, { use, way }]) => {
    const which = uses > 1 ? `use ${use + 1} of ${uses}, ` : "";
    const letter = letters.get(key);
    const brings = letter ? `, ${six(total(key))} in the shares above` : "";
    return `  ${letter ? `${letter}: ` : ""}${which}${[name, ...shortened(way)].join(" → ")}${brings}`;
  });
  return ["", said.size === 1 ? "The way:" : `The ${said.size} ways:`, ...lines];
}

/** The beginning and the end of a long way. */
function shortened(way: readonly string[]): readonly string[] {
  return way.length <= 9 ? way : [...way.slice(0, 4), `… ${way.length - 8} more …`, ...way.slice(-4)];
}

function markdownOf(data: GradientData): string {
  const { result, name, index, gradient, shares, more, sum } = data;
  const letters = lettersOf(data);
  const tex = (x: string, place: readonly number[]) =>
    place.length > 0 ? `{${texName(x)}}_{${place.join(",")}}` : texName(x);
  const self = `\\frac{d ${texName(result)}}{d ${tex(name, index)}}`;
  const rows = shares.map((each) => {
    const [first] = each.elements;
    const product = first
      ? `$\\frac{\\partial ${tex(first.node, first.index)}}{\\partial ${tex(name, index)}} \\cdot \\frac{d ${texName(result)}}{d ${tex(first.node, first.index)}} = ${term(first.local)} \\cdot ${term(first.gradient)}$${each.count > 1 ? ` and ${each.count - 1} more elements` : ""}`
      : "";
    return `| ${six(each.share)} | ${each.sample ?? ""} | ${product} | ${letters.get(keyOf(each)) || "all"} |`;
  });
  if (more.count > 0) rows.push(`| ${six(more.share)} | | and ${more.count} more | |`);
  return [
    `$$${self} = ${six(gradient)}$$`,
    ["| share | sample | made of | way |", "|---:|---:|---|---|", ...rows, `| **${six(sum)}** | | the sum | |`].join(
      "\n",
    ),
    waysOf(data, letters).slice(1).map((line) => (line.startsWith("  ") ? `- ${line.trim()}` : `${line}\n`)).join("\n"), // biome-ignore format: short
  ].join("\n\n");
}
