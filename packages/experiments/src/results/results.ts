/**
 * What a sweep has found.
 */
import { OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import type { Configuration } from "../grid/grid.ts";
import { drawFigure, type FigureOptions } from "./figure.ts";
import { chooseMetric, type Direction, directionOf } from "./metrics.ts";
import type { Run } from "./run.ts";
import { cellsOf, type Row, rowsOf, type TestName } from "./table.ts";

/** Which number is looked at, what is better in it, and how combinations are compared. */
export interface TableOptions {
  /** Which number; by default the validation loss, the loss, or the first one. */
  metric?: string;
  /** Whether less or more is better; by default what its name says, such as loss and accuracy. */
  mode?: "min" | "max";
  /** `"t"` for the paired t test over seeds, which is the default; `"permutation"` for the exact test over all swaps. */
  test?: TestName;
}

/** The runs of a sweep, with tables and figures of them. Made by {@link sweep}. */
export class SweepResults<Settings = Readonly<Record<string, unknown>>> {
  /** The finished runs, those that failed among them; combination by combination, seed by seed. */
  readonly runs: readonly (Run & { readonly settings: Settings })[];
  /** Whether Ctrl-C ended it before all runs were done. */
  readonly interrupted: boolean;
  readonly #configurations: readonly Configuration[];
  readonly #seeds: readonly number[];

  /** @internal */
  constructor(
    configurations: readonly Configuration[],
    seeds: readonly number[],
    runs: readonly Run[],
    interrupted: boolean,
  ) {
    this.#configurations = configurations;
    this.#seeds = seeds;
    this.runs = runs as never;
    this.interrupted = interrupted;
  }

  /** The names of the numbers that runs have given. */
  get metrics(): string[] {
    return [...new Set(this.runs.flatMap(({ values }) => Object.keys(values)))];
  }

  /** The runs that threw. */
  get failed(): (Run & { readonly settings: Settings })[] {
    return this.runs.filter(({ error }) => error !== null);
  }

  /**
   * For each combination mean, standard deviation and 95% interval over the seeds, and a paired test against the best one
   * (where it is not known what is better, against the first), with p corrected by Holm's method.
   *
   * @throws OptionError for a number that no run has given.
   *
   * @example
   * const results = await sweep({ lr: [0.1, 0.2], seed: 3 }, ({ lr, seed }) => ({ loss: lr + seed }));
   * results.table().map(({ label, summary }) => `${label}: ${summary.mean.toFixed(1)}`); // ["lr 0.1: 1.1", "lr 0.2: 1.2"]
   */
  table(options: TableOptions = {}): Row[] {
    const { metric, direction, test } = this.#read("table", options);
    return rowsOf(this.#configurations, this.runs, metric, direction, test);
  }

  /**
   * The settings whose mean over the seeds is best, without a seed.
   *
   * @throws OptionError where the number's name does not say what is better, and where no run has given one.
   *
   * @example
   * const results = await sweep({ lr: [0.1, 0.2] }, ({ lr }) => ({ accuracy: lr }));
   * results.best().lr; // 0.2
   */
  best(options: TableOptions = {}): Omit<Settings, "seed"> {
    const best = this.table(options).find(({ isBest }) => isBest);
    if (best) return best.settings as Omit<Settings, "seed">;
    throw new OptionError({
      where: "best",
      expected: "a number of which it is known what is better",
      got: options.metric ?? this.metrics[0] ?? "none",
      hint: 'Say it: { mode: "min" } or { mode: "max" }.',
    });
  }

  /**
   * The figure: curves over epochs where runs have given them, else a number over a setting; each line is the mean over the
   * seeds in a band of one standard deviation. Of more than eight lines the best eight.
   *
   * @returns an SVG file as text, as `lineChartSvg` returns it.
   * @throws DataError where there is nothing to draw.
   */
  figure(options: FigureOptions = {}): string {
    checkOptions("figure", options, ["metric", "x", "title", "width", "height", "yScale"]);
    const metric = chooseMetric("figure", options.metric, this.metrics);
    return drawFigure(this.#configurations, this.runs, metric, directionOf(metric), options);
  }

  /** The table in words, with what failed. @throws as {@link table}. */
  toText(options: TableOptions = {}): string {
    if (this.metrics.length === 0) return [this.#head(), ...this.#failures()].join("\n");
    const { metric, direction, test } = this.#read("toText", options);
    const rows = this.table(options);
    const better = direction === null ? "" : `; ${direction === "min" ? "less" : "more"} is better`;
    return [
      `${this.#head()}; ${metric}${better}`,
      ...aligned(cellsOf(rows, metric)),
      ...this.#explanation(rows, test, direction),
      ...this.#failures(),
    ].join("\n");
  }

  /** {@link toText} without options. */
  toString(): string {
    return this.toText();
  }

  /** As a notebook's last value: the table, and the figure where there is one. */
  [Symbol.for("Jupyter.display") as never](): Record<string, string> {
    const text = this.toText();
    if (this.metrics.length === 0) return { "text/plain": text };
    const { metric, direction, test } = this.#read("display", {});
    const rows = this.table();
    const [head, ...lines] = cellsOf(rows, metric);
    const row = (tag: string, cells: readonly string[]) =>
      `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
    const notes = [...this.#explanation(rows, test, direction), ...this.#failures()];
    const html = [
      `<p>${escaped(this.#head())}</p>`,
      `<table><thead>${row("th", head)}</thead><tbody>${lines.map((line) => row("td", line)).join("")}</tbody></table>`,
      ...notes.map((note) => `<p>${escaped(note)}</p>`),
      ...this.#figures(),
    ];
    return { "text/html": html.join("\n"), "text/plain": text };
  }

  #figures(): string[] {
    try {
      return [`<div>${this.figure()}</div>`];
    } catch {
      // Where all numbers are NaN there is nothing to draw.
      return [];
    }
  }

  [Symbol.for("nodejs.util.inspect.custom") as never](): string {
    return this.toText();
  }

  #read(where: string, options: TableOptions): { metric: string; direction: Direction; test: TestName } {
    checkOptions(where, options, ["metric", "mode", "test"]);
    const { mode, test = "t" } = options;
    if (mode !== undefined && mode !== "min" && mode !== "max")
      throw new OptionError({ where: `${where}, mode`, expected: '"min" or "max"', got: describe(mode) });
    if (test !== "t" && test !== "permutation")
      throw new OptionError({ where: `${where}, test`, expected: '"t" or "permutation"', got: describe(test) });
    const metric = chooseMetric(where, options.metric, this.metrics);
    return { metric, direction: mode ?? directionOf(metric), test };
  }

  #head(): string {
    const total = this.#configurations.length * this.#seeds.length;
    const count =
      this.runs.length === total ? (total === 1 ? "one run" : `${total} runs`) : `${this.runs.length} of ${total} runs`;
    const seeds = this.#seeds.length === 1 ? "one seed" : `${this.#seeds.length} seeds`;
    const combinations =
      this.#configurations.length === 1 ? "one combination" : `${this.#configurations.length} combinations`;
    return `${count}, ${combinations}, ${seeds}`;
  }

  #explanation(rows: readonly Row[], test: TestName, direction: Direction): string[] {
    const count = rows.filter(({ comparison }) => comparison !== null).length;
    if (count === 0) return [];
    const name = test === "t" ? "paired t test" : "exact permutation test of pairs";
    const against = direction === null ? "the first" : "the best";
    const holms = count > 1 ? `, corrected by Holm for ${count} comparisons` : "";
    return [`difference and p: ${name} over the seeds against ${against}, two-sided${holms}.`];
  }

  #failures(): string[] {
    const failed = this.failed;
    if (failed.length === 0) return [];
    const shown = failed.slice(0, 5).map(({ label, seed, error }) => `  ${label}, seed ${seed}: ${firstLine(error!)}`);
    const more = failed.length > 5 ? [`  and ${failed.length - 5} more`] : [];
    return [`${failed.length} ${failed.length === 1 ? "run" : "runs"} failed:`, ...shown, ...more];
  }
}

const firstLine = (text: string) => text.split("\n")[0].slice(0, 200);

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("  ")
      .trimEnd(),
  );
}
