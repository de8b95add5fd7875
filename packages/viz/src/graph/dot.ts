/**
 * Graphs in the languages of drawing programs: Graphviz's DOT, and Mermaid, which GitHub draws in its pages.
 */
import type { Tensor, Value } from "@chainrule/core";
import { asGraph, type ComputationGraph, type ComputationNodeKind } from "./computation.ts";
import { edgeText, nodeLines } from "./text.ts";

const dotStyles: Readonly<Record<ComputationNodeKind, string>> = {
  op: 'shape=box, style="rounded,filled", fillcolor="#f0f2f5"',
  parameter: 'shape=box, style=filled, fillcolor="#d5e6f6"',
  input: 'shape=box, style=filled, fillcolor="#d6efe4"',
  constant: 'shape=plaintext, style=""',
};

/**
 * The graph in Graphviz's language DOT: `dot -Tsvg graph.dot` draws it.
 *
 * Source: "The DOT Language", graphviz.org.
 *
 * @example
 * await writeFile("graph.dot", toDot(graphOf(loss)));
 */
export function toDot(graph: ComputationGraph | Tensor | Value): string {
  const { nodes, edges } = asGraph("toDot", graph);
  const quote = (text: string) => `"${text.replace(/[\\"]/g, "\\$&").replace(/\r?\n/g, "\\n")}"`;
  return [
    "digraph computation {",
    "  rankdir=LR;",
    '  node [fontname="Helvetica", fontsize=11];',
    '  edge [fontname="Helvetica", fontsize=9, color="#6b7480"];',
    ...nodes.map((node) => `  n${node.id} [label=${quote(nodeLines(node).join("\n"))}, ${dotStyles[node.kind]}];`),
    ...edges.map((edge) => {
      const label = edgeText(edge);
      return `  n${edge.from} -> n${edge.to}${label ? ` [label=${quote(label)}]` : ""};`;
    }),
    "}",
  ].join("\n");
}

/** How Mermaid writes the frame of a node. */
const frames: Readonly<Record<ComputationNodeKind, readonly [string, string]>> = {
  op: ["(", ")"],
  parameter: ["[", "]"],
  input: ["[", "]"],
  constant: ["([", "])"],
};

const mermaidStyles: Readonly<Record<ComputationNodeKind, string>> = {
  op: "fill:#f0f2f5,stroke:#6b7480,color:#24292f",
  parameter: "fill:#d5e6f6,stroke:#0072b2,color:#24292f",
  input: "fill:#d6efe4,stroke:#008a64,color:#24292f",
  constant: "fill:none,stroke:#6b7480",
};

/**
 * The graph in Mermaid's language: a block of code marked `mermaid` is drawn by GitHub and many editors.
 *
 * Source: "Flowcharts", mermaid.js.org.
 *
 * @example
 * console.log(toMermaid(graphOf(loss)));
 */
export function toMermaid(graph: ComputationGraph | Tensor | Value): string {
  const { nodes, edges } = asGraph("toMermaid", graph);
  // Mermaid writes characters that would end a label by their names or numbers.
  const safe = (text: string) => text.replace(/[#"<>&]/g, (character) => `#${character.charCodeAt(0)};`);
  const kinds = [...new Set(nodes.map(({ kind }) => kind))];
  return [
    "flowchart LR",
    ...nodes.map((node) => {
      const [open, close] = frames[node.kind];
      return `  n${node.id}${open}"${nodeLines(node).map(safe).join("<br>")}"${close}:::${node.kind}`;
    }),
    ...edges.map((edge) => {
      const label = edgeText(edge);
      return `  n${edge.from} -->${label ? `|"${safe(label)}"|` : ""} n${edge.to}`;
    }),
    ...kinds.map((kind) => `  classDef ${kind} ${mermaidStyles[kind]}`),
  ].join("\n");
}
