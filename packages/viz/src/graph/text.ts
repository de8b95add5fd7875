/**
 * What is written on the nodes and edges of a graph, the same in every kind of drawing.
 */
import { formatNumber } from "../drawing/ticks.ts";
import type { ComputationEdge, ComputationNode } from "./computation.ts";

/** The lines on a node: what it is, then its shape and dtype or its number and gradient. */
export function nodeLines({ kind, label, name, shape, dtype, value, gradient }: ComputationNode): string[] {
  const constant = kind === "constant" && value !== undefined;
  if (constant) return [label ? `${label} = ${formatNumber(value)}` : formatNumber(value)];
  const title = name ? `${name} = ${label}` : label || kind;
  const details = [
    ...(shape && dtype ? [`${dtype} [${shape.join(", ")}]`] : []),
    ...(value === undefined ? [] : [formatNumber(value)]),
    ...(gradient === undefined ? [] : [`grad ${formatNumber(gradient)}`]),
  ];
  return details.length > 0 ? [title, details.join(", ")] : [title];
}

/** What is written on an edge: the local derivative, where it is known. */
export function edgeText({ derivative }: ComputationEdge): string {
  return derivative === undefined ? "" : `× ${formatNumber(derivative)}`;
}
