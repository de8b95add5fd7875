/**
 * Gives the classes of the library the method that kernels of notebooks ask for: Deno's, and others that follow it.
 * Explanations and drawings have it themselves.
 *
 * Importing this does it, once and for all objects. Bundlers leave it out, as no program but a notebook's needs it.
 */
import { OptionError, Tensor, Value } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { History, Module } from "@chainrule/nn";
import { Findings, LearningRateFindings } from "@chainrule/nn/internal";
import { graphSvg } from "@chainrule/viz";
import { jupyterDisplay, RecordedGraph } from "@chainrule/viz/internal";
import type { DisplayBundle } from "./bundle.ts";
import { tensorBundle, valueBundle } from "./tensors.ts";
import { findingsBundle, historyBundle, moduleBundle, ratesBundle } from "./training.ts";

// biome-ignore lint/suspicious/noExplicitAny: each class with the function for its objects.
const shown: readonly (readonly [{ readonly prototype: object }, (x: any) => DisplayBundle])[] = [
  [Tensor, tensorBundle],
  [Value, valueBundle],
  [Module, moduleBundle],
  [History, historyBundle],
  [LearningRateFindings, ratesBundle],
  [Findings, findingsBundle],
  [RecordedGraph, graphBundle],
];

for (const [Class] of shown)
  Object.defineProperty(Class.prototype, jupyterDisplay, {
    value(this: object) {
      return bundleOf(this);
    },
    configurable: true,
    writable: true,
  });

/** What is shown of an object of one of these classes, or of one that extends it; in Node `at-import.ts` asks for it. */
export function bundleOf(x: object): DisplayBundle {
  const [, bundle] = shown.find(([Class]) => Object.prototype.isPrototypeOf.call(Class.prototype, x))!;
  return bundle(x);
}

function graphBundle(graph: RecordedGraph): DisplayBundle {
  return {
    "image/svg+xml": graphSvg(graph),
    "text/plain": `a graph of ${graph.nodes.length} nodes and ${graph.edges.length} edges`,
  };
}

/**
 * What a notebook shows of an object, by media type: for kernels that do not ask for `Symbol.for("Jupyter.display")` by
 * themselves, such as tslab, whose `display.html` takes the HTML.
 *
 * Tensors are tables, Values their graph, models the table of their layers, histories curves and a table, explanations
 * Markdown with TeX, graphs and drawings (`display(svg)`) SVG, what `sweep` and `findLearningRate` found tables and charts.
 *
 * @param x anything of the library that notebooks show.
 * @throws OptionError for what has nothing to show but its text.
 *
 * @example
 * Object.keys(await notebookBundle(tensor([1, 2]))); // ["text/html", "text/plain"]
 */
export async function notebookBundle(x: unknown): Promise<DisplayBundle> {
  const show = (x as { [jupyterDisplay]?: unknown } | null | undefined)?.[jupyterDisplay];
  if (typeof show === "function") return show.call(x);
  throw new OptionError({
    where: "notebookBundle",
    expected: "something that notebooks show: a tensor, a model, a history, display(svg), …",
    got: describe(x),
  });
}
