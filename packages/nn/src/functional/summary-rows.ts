/**
 * The summary of a functional model: its inputs and layers, and what each is connected to.
 */
import type { SummaryRow } from "../model/summary.ts";
import type { Module } from "../module/module.ts";
import type { Symbolic, SymbolicCall } from "../module/symbolic.ts";
import type { NamedSymbols } from "./graph.ts";

/** A row for each input and each layer. Of a layer that is called several times, calls stand side by side. */
export function summaryRowsOf(
  inputs: NamedSymbols,
  layers: ReadonlyMap<string, Module<unknown>>,
  calls: readonly SymbolicCall[],
): SummaryRow[] {
  const names = new Map([...inputs].map(([name, symbolic]) => [symbolic, name]));
  const callsOf = (module: Module<unknown>) => calls.filter((call) => call.module === module);
  const nameOf = (symbolic: Symbolic) => names.get(symbolic) ?? callName(symbolic, callsOf);
  const ofInputs = [...inputs].map(([name, { shape }]) => ({
    name,
    type: "input",
    parameters: 0,
    shapes: [shape],
    connectedTo: "",
  }));
  const ofLayers = [...layers].map(([name, module]) => ({
    name,
    type: module.constructor.name,
    parameters: module.countParameters().total,
    shapes: callsOf(module).flatMap(({ outputs }) => outputs.map(({ shape }) => shape)),
    connectedTo: callsOf(module)
      .map((call) => call.inputs.map(nameOf).join(", "))
      .join("; "),
  }));
  return [...ofInputs, ...ofLayers];
}

/** The layer that returns a symbolic tensor; where it is called several times, with the number of the call. */
function callName(symbolic: Symbolic, callsOf: (module: Module<unknown>) => readonly SymbolicCall[]): string {
  const { producer } = symbolic;
  const siblings = producer === null ? [] : callsOf(producer.module);
  return siblings.length < 2 ? symbolic.name : `${symbolic.name}[${siblings.indexOf(producer!)}]`;
}
