/**
 * What Node does of this package when it is imported: gives classes the method that notebooks ask for, which loads the rest. With
 * plain imports, `notebook.ts` does it.
 */
import { Tensor, Value } from "@chainrule/core";
import { History, Module } from "@chainrule/nn";
import { Findings, LearningRateFindings } from "@chainrule/nn/internal";
import type { bundleOf } from "./notebook.ts";

const jupyterDisplay = Symbol.for("Jupyter.display");

export function atImport(
  all: () => { readonly bundleOf: typeof bundleOf },
  whenLoaded: (name: string, then: (all: { readonly RecordedGraph: { readonly prototype: object } }) => void) => void,
): void {
  const show = (Class: { readonly prototype: object }) =>
    Object.defineProperty(Class.prototype, jupyterDisplay, {
      value(this: object) {
        return all().bundleOf(this);
      },
      configurable: true,
      writable: true,
    });
  for (const Class of [Tensor, Value, Module, History, LearningRateFindings, Findings]) show(Class);
  whenLoaded("viz", ({ RecordedGraph }) => show(RecordedGraph));
}
