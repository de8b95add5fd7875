/**
 * Graphs of computations as SVG drawings.
 */
import { OptionError, type Tensor, type Value, ValueError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { checkDrawingOptions } from "../drawing/options.ts";
import { element, round, svgDocument, text, textWidth } from "../drawing/svg.ts";
import { asGraph, type ComputationGraph, type ComputationNode, type ComputationNodeKind } from "./computation.ts";
import { foldGraph } from "./fold.ts";
import { layoutGraph, type Point } from "./layout.ts";
import { edgeText, nodeLines } from "./text.ts";

/** Beyond this the layout takes seconds, and nobody would find anything in the drawing. */
const mostNodes = 500;
/** Beyond this a graph of a model is drawn by layer. */
const mostUnfolded = 60;
const lineHeight = 16;
const titleSpace = 34;

/** The colours of boxes and arrows on one kind of page. */
function rulesFor(edge: string, boxes: Readonly<Record<ComputationNodeKind, readonly [fill: string, stroke: string]>>) {
  return [
    ...Object.entries(boxes).map(([kind, [fill, stroke]]) => `.cr .${kind}{fill:${fill};stroke:${stroke}}`),
    `.cr .edge{fill:none;stroke:${edge};stroke-width:1.2}`,
    `.cr .head,.cr text.small{fill:${edge}}`,
    ".cr text.small{font-size:10.5px}",
  ].join("");
}

const styles = {
  light: rulesFor("#6b7480", {
    op: ["#f0f2f5", "#b4bbc4"],
    parameter: ["#d5e6f6", "#0072b2"],
    input: ["#d6efe4", "#008a64"],
    constant: ["#ffffff", "#d0d5dc"],
  }),
  dark: rulesFor("#8b96a3", {
    op: ["#1c232c", "#47515d"],
    parameter: ["#12324c", "#58a6e0"],
    input: ["#123a2e", "#33c79e"],
    constant: ["#0d1117", "#333b45"],
  }),
};

/**
 * The graph as SVG: results rounded, parameters blue, inputs green, from left to right.
 *
 * @param graph from `graphOf`, or the result itself: a tensor or a `Value`.
 * @param options `title`; `fold`: whether each call of a layer and of a loss is one box, by default where there are more
 *   than 60 nodes.
 * @returns the text of an SVG file, legible on light and dark pages.
 * @throws ValueError for a graph of more than 500 nodes, folded if it can be.
 *
 * @example
 * await writeFile("graph.svg", graphSvg(graphOf(loss, { names: { w, b, loss } }), { title: "One neuron" }));
 */
export function graphSvg(
  graph: ComputationGraph | Tensor | Value,
  options: { title?: string; fold?: boolean } = {},
): string {
  const where = "graphSvg";
  checkDrawingOptions(where, options, ["title", "fold"]);
  const whole = asGraph(where, graph);
  const { fold = whole.nodes.length > mostUnfolded } = options;
  if (typeof fold !== "boolean")
    throw new OptionError({ where, expected: "fold as true or false", got: describe(fold) });
  const { nodes, edges } = fold ? foldGraph(whole) : whole;
  if (nodes.length > mostNodes)
    throw new ValueError({
      where,
      expected: `a graph of at most ${mostNodes} nodes`,
      got: `${nodes.length}`,
      hint: "Draw a smaller batch of data or one layer, or write it with toDot for Graphviz.",
    });
  const { title } = options;
  const boxes = nodes.map((node) => {
    const lines = nodeLines(node);
    const width = Math.max(...lines.map((line, i) => textWidth(line, i === 0 ? 12.5 : 11))) + 22;
    return { width: Math.max(36, width), height: lines.length * lineHeight + 12 };
  });
  const arrows = edges.map((edge) => {
    const written = edgeText(edge);
    return {
      from: edge.from,
      to: edge.to,
      width: textWidth(written, 10.5) + (written ? 10 : 0),
      height: written ? 14 : 0,
    };
  });
  const layout = layoutGraph(boxes, arrows);
  const top = title ? titleSpace : 0;
  const width = Math.max(layout.width, title ? textWidth(title, 16) + 32 : 0);
  return svgDocument(
    width,
    layout.height + top,
    title ?? "Computation graph",
    [
      ...(title ? [text(16, 26, title, { class: "title" })] : []),
      element(
        "g",
        { transform: top ? `translate(0 ${top})` : undefined },
        ...layout.arrows.flatMap(({ points, label }, i) => drawArrow(points, label, edgeText(edges[i]))),
        ...nodes.flatMap((node, i) => drawNode(node, layout.boxes[i], boxes[i].width, boxes[i].height)),
      ),
    ],
    { ...styles, description: describeGraph(nodes) },
  );
}

/** What a reader hears: how many nodes of each kind there are, and the operations in the order in which they are made. */
function describeGraph(nodes: readonly ComputationNode[]): string {
  const count = (kind: ComputationNodeKind) => nodes.filter((node) => node.kind === kind).length;
  const operations = nodes
    .filter(({ kind }) => kind === "op")
    .map(({ label, name }) => (name ? `${label} (${name})` : label));
  const leaves = `${count("parameter")} parameters, ${count("input")} inputs and ${count("constant")} constants`;
  return `${leaves}; then ${operations.slice(0, 40).join(", ")}${operations.length > 40 ? ", …" : ""}.`;
}

function drawNode(node: ComputationNode, { x, y }: Point, width: number, height: number): string[] {
  const lines = nodeLines(node);
  const first = y - ((lines.length - 1) * lineHeight) / 2 + 4;
  const box = { x: x - width / 2, y: y - height / 2, width, height, rx: node.kind === "op" ? height / 3 : 3 };
  return [
    element("rect", { class: node.kind, ...box }),
    ...lines.map((line, i) =>
      text(x, first + i * lineHeight, line, { "text-anchor": "middle", class: i === 0 ? undefined : "small" }),
    ),
  ];
}

function drawArrow(points: readonly Point[], label: Point, written: string): string[] {
  const [tip, before] = [points[points.length - 1], points[points.length - 2]];
  const angle = Math.atan2(tip.y - before.y, tip.x - before.x);
  const [back, side] = [7, 3.2];
  const corner = (turn: number) => {
    const x = tip.x - back * Math.cos(angle) + turn * side * Math.sin(angle);
    const y = tip.y - back * Math.sin(angle) - turn * side * Math.cos(angle);
    return `${round(x)},${round(y)}`;
  };
  return [
    element("path", { class: "edge", d: smooth(points) }),
    element("polygon", { class: "head", points: `${round(tip.x)},${round(tip.y)} ${corner(1)} ${corner(-1)}` }),
    ...(written ? writeOn(label, written) : []),
  ];
}

/** A text on an arrow, which is interrupted for it. */
function writeOn({ x, y }: Point, written: string): string[] {
  const width = textWidth(written, 10.5) + 6;
  return [
    element("rect", { class: "page", x: x - width / 2, y: y - 7, width, height: 14 }),
    text(x, y + 4, written, { "text-anchor": "middle", class: "small" }),
  ];
}

/** A curve along the points: through the middle of each segment, bent towards the points between. */
function smooth(points: readonly Point[]): string {
  const at = ({ x, y }: Point) => `${round(x)} ${round(y)}`;
  const middles = points.slice(1, -2).map((point, i) => ({
    x: (point.x + points[i + 2].x) / 2,
    y: (point.y + points[i + 2].y) / 2,
  }));
  const curves = [...middles, points[points.length - 1]].map((end, i) => `Q${at(points[i + 1])} ${at(end)}`);
  return points.length === 2 ? `M${at(points[0])}L${at(points[1])}` : `M${at(points[0])}${curves.join("")}`;
}
