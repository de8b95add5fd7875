/**
 * An explanation as what it is given to users: its data, and what can be made of it to read.
 */
import { DataError, OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { foldLayers, hasLayers, mostUnfolded } from "../explanation/fold.ts";
import type { BackwardData, BackwardStep, ExplainedNode } from "../explanation/types.ts";
import { withoutSpecials } from "./json.ts";
import { markdownOf } from "./markdown.ts";
import { textOf } from "./text.ts";

/** How a text tells of layers. */
export interface FoldOptions {
  /** Whether each call of a layer and of a loss is told as one step. */
  readonly fold?: boolean;
}

/** How a backward pass went: data for pages and programs, and texts to read. Made by {@link explainBackward}. */
export class BackwardExplanation implements BackwardData {
  /** Says what this is. */
  readonly kind = "backward";
  /** The id of what was differentiated. */
  readonly result: number;
  /** Everything that the result was made of, each after what it was made of itself. */
  readonly nodes: readonly ExplainedNode[];
  /** The way back: a step for each node that gets a gradient, the latest first. */
  readonly steps: readonly BackwardStep[];

  /** From the data, also such as `JSON.parse` read. @throws DataError for what is no explanation. */
  constructor(data: BackwardData) {
    const { result, nodes, steps } = checkData(data);
    this.result = result;
    this.nodes = nodes;
    this.steps = steps;
  }

  /** The same by layer: each call of a layer of the outermost model, and of a loss, as one node. */
  folded(): BackwardExplanation {
    return new BackwardExplanation(foldLayers(this));
  }

  /**
   * In plain text, for the terminal.
   *
   * @param options `fold`: whether it is told by layer, as {@link folded} has it; by default where there are layers and
   *   more than 60 nodes.
   * @throws OptionError for other options.
   */
  toText(options: FoldOptions = {}): string {
    return textOf(this.#told("toText", options));
  }

  /** In Markdown with formulas in TeX, as notebooks and GitHub show it; options as for {@link toText}. */
  toMarkdown(options: FoldOptions = {}): string {
    return markdownOf(this.#told("toMarkdown", options));
  }

  #told(where: string, options: FoldOptions): BackwardData {
    checkOptions(where, options, ["fold"]);
    const { fold = this.nodes.length > mostUnfolded && hasLayers(this) } = options;
    if (typeof fold !== "boolean")
      throw new OptionError({ where, expected: "fold as true or false", got: describe(fold) });
    return fold ? foldLayers(this) : this;
  }

  /** The data alone, for `JSON.stringify`. What JSON has no number for is written `"NaN"`, `"Infinity"`, `"-Infinity"`. */
  toJSON(): BackwardData {
    const { kind, result, nodes, steps } = this;
    return withoutSpecials({ kind, result, nodes, steps });
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

function checkData(data: BackwardData): BackwardData {
  const isRecord = (x: unknown) => typeof x === "object" && x !== null;
  const { kind, nodes, steps, result } = isRecord(data) ? data : ({} as BackwardData);
  const isNode = (node: unknown) => isRecord(node) && isRecord((node as ExplainedNode).value);
  const isStep = (step: unknown) => isRecord(step) && Array.isArray((step as BackwardStep).sends);
  const areLists = Array.isArray(nodes) && Array.isArray(steps) && nodes.every(isNode) && steps.every(isStep);
  if (kind === "backward" && areLists && nodes[result] !== undefined) return data;
  throw new DataError({
    where: "BackwardExplanation",
    expected: "the data of an explanation, as its toJSON() gives it",
    got: describe(data),
  });
}
