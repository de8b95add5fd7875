/**
 * Tensors and Values in notebooks.
 */
import { Parameter, type Tensor, type Value } from "@chainrule/core";
import { graphOf, graphSvg } from "@chainrule/viz";
import type { DisplayBundle } from "./bundle.ts";
import { ends, htmlLine, htmlTable, htmlText, short } from "./html.ts";

/** More rows and columns than this are abbreviated. */
const most = 12;

/** A table of up to two axes; of more, the text. */
export function tensorBundle(x: Tensor): DisplayBundle {
  const { shape, storage, dtype } = x;
  const cell = (i: number) => (dtype === "bool" ? String(Boolean(storage[i])) : short(storage[i]));
  const [rows, columns] = shape.length === 2 ? shape : [1, shape[0] ?? 1];
  const isTable = shape.length <= 2 && x.size > 0;
  const row = (r: number) => ends(columns, most).map((c) => (c < 0 || r < 0 ? "…" : cell(r * columns + c)));
  const head = ends(columns, most).map((c) => (c < 0 ? "…" : String(c)));
  const table =
    shape.length === 2
      ? htmlTable(
          ["", ...head],
          ends(rows, most).map((r) => [r < 0 ? "…" : String(r), ...row(r)]),
          true,
        )
      : htmlTable(shape.length === 1 ? head : [], [row(0)]);
  const kind = x instanceof Parameter ? "parameter" : "tensor";
  const notes = [
    dtype,
    `[${shape.join(", ")}]`,
    ...(x.requiresGrad && kind === "tensor" ? ["requires a gradient"] : []),
  ];
  return {
    "text/html": isTable ? `${table}\n${htmlLine(`${kind} ${notes.join(" ")}`)}` : htmlText(String(x)),
    "text/plain": String(x),
  };
}

/** Larger graphs are no picture any more. */
const mostNodes = 60;

/** The graph of the computation with its numbers; a Value that nothing was computed for is its text. */
export function valueBundle(x: Value): DisplayBundle {
  const plain = String(x);
  const graph = graphOf(x);
  if (graph.nodes.length === 1 || graph.nodes.length > mostNodes)
    return { "text/html": htmlText(plain), "text/plain": plain };
  return { "image/svg+xml": graphSvg(graph), "text/plain": plain };
}
