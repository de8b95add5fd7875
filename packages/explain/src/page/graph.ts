/**
 * The computation as a drawing: a box for each node, with its value and its gradient, and on each edge what is sent back.
 */
import { layoutGraph, type Point } from "@chainrule/viz/internal";
import type { BackwardData, Numbers } from "../explanation/types.ts";
import type { Folding, Group } from "./fold.ts";
import { escaped, shown } from "./html.ts";

/** A box of a drawing. */
interface Box {
  /** `n3` for a node, `g1` for a folded layer. */
  readonly key: string;
  readonly kind: string;
  readonly lines: readonly string[];
  /** What the gradient is; empty where there is none. */
  readonly gradient: string;
  /** The frame that tells how its value comes about. */
  readonly href: string;
}

interface Edge {
  readonly from: string;
  readonly to: string;
  /** What is sent back; empty where nothing is. */
  readonly sent: string;
}

/** A number, or the shape of many. */
function brief({ shape, values }: Numbers): string {
  return values?.length === 1 ? shown(values[0]) : `[${shape.join(", ")}]`;
}

/** The box that a node is in, in the drawing of everything or of one layer. */
export function boxOf({ groupOf }: Folding, only: Group | null, id: number): string {
  return only === null && groupOf[id] !== null ? `g${groupOf[id]}` : `n${id}`;
}

/** The arrow of one use. Several uses between the same boxes are one where layers are folded. */
export function arrowOf(from: string, to: string, argument: number): string {
  return isFolded(from, to) ? `${from}-${to}` : `${from}-${to}-${argument}`;
}

const isFolded = (from: string, to: string) => from.startsWith("g") || to.startsWith("g");

/**
 * The drawing of everything, layers folded, or of one layer with what it is made of.
 *
 * @param hrefOf the frame to go to from a box.
 */
export function graphSvg(
  data: BackwardData,
  folding: Folding,
  only: Group | null,
  hrefOf: (key: string) => string,
): string {
  const keyOf = (id: number) => boxOf(folding, only, id);
  const inside = new Set(only?.nodes);
  const isShown = (id: number) =>
    only === null || inside.has(id) || data.nodes.some((node) => inside.has(node.id) && node.inputs.includes(id));
  const gradients = new Map(data.steps.map(({ node, gradient }) => [node, gradient]));
  const boxes = new Map<string, Box>();
  const edges = new Map<string, Edge>();
  for (const node of data.nodes) {
    if (!isShown(node.id)) continue;
    const key = keyOf(node.id);
    if (!boxes.has(key)) {
      const group = key.startsWith("g") ? folding.groups[folding.groupOf[node.id]!] : null;
      const gradient = gradients.get(node.id);
      const isConstant = node.kind === "constant";
      boxes.set(key, {
        key,
        kind: group ? "layer" : node.kind,
        lines: group
          ? [group.name, `${group.nodes.length} nodes`]
          : isConstant
            ? [node.name]
            : [node.op ? `${short(node.name)} = ${node.op}` : short(node.name), brief(node.value)],
        gradient: group || !gradient ? "" : `grad ${brief(gradient)}`,
        href: hrefOf(key),
      });
    }
    const sends = data.steps.find((step) => step.node === node.id)?.sends ?? [];
    if (only !== null && !inside.has(node.id)) continue;
    node.inputs.forEach((input, argument) => {
      const from = keyOf(input);
      if (from === key) return;
      const sent = sends.find((each) => each.argument === argument);
      const text = sent && !isFolded(from, key) ? brief(sent.sent) : "";
      edges.set(arrowOf(from, key, argument), { from, to: key, sent: text });
    });
  }
  return draw([...boxes.values()], edges, only ? `The nodes of ${only.name}` : "The computation");
}

const short = (name: string) => (name.length > 24 ? `${name.slice(0, 23)}…` : name);
const charWidth = 7.6;
const lineHeight = 18;

function draw(boxes: readonly Box[], edges: ReadonlyMap<string, Edge>, name: string): string {
  const sizes = boxes.map(({ lines, gradient }) => {
    const longest = Math.max(...[...lines, gradient].map((line) => line.length));
    return { width: longest * charWidth + 20, height: (lines.length + (gradient ? 1 : 0)) * lineHeight + 12 };
  });
  const indexOf = new Map(boxes.map(({ key }, i) => [key, i]));
  const list = [...edges];
  const arrows = list.map(([, { from, to, sent }]) => ({
    from: indexOf.get(from)!,
    to: indexOf.get(to)!,
    width: sent ? sent.length * charWidth + 8 : 0,
    height: sent ? lineHeight : 0,
  }));
  const { width, height, boxes: places, arrows: ways } = layoutGraph(sizes, arrows);
  const drawnEdges = list.map(([id, { sent }], i) => edgeSvg(id, sent, ways[i]));
  const drawnBoxes = boxes.map((box, i) => boxSvg(box, sizes[i], places[i]));
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  return `<svg class="graph" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" role="group" aria-label="${escaped(name)}">${drawnEdges.join("")}${drawnBoxes.join("")}</svg>`;
}

const one = (x: number) => String(Math.round(x * 10) / 10);

function edgeSvg(id: string, sent: string, { points, label }: { points: readonly Point[]; label: Point }): string {
  const path = points.map(({ x, y }, i) => `${i === 0 ? "M" : "L"}${one(x)} ${one(y)}`).join("");
  const [before, last] = points.slice(-2);
  const angle = Math.atan2(last.y - before.y, last.x - before.x);
  const corner = (turn: number) =>
    `${one(last.x - 8 * Math.cos(angle + turn))} ${one(last.y - 8 * Math.sin(angle + turn))}`;
  const head = `<path class="head" d="M${one(last.x)} ${one(last.y)}L${corner(0.45)}L${corner(-0.45)}Z"/>`;
  const text = sent ? labelSvg(sent, label) : "";
  return `<g class="edge" data-edge="${id}"><path class="line" d="${path}"/>${head}${text}</g>`;
}

/** What is sent, on a ground of the paper's colour that covers the line. */
function labelSvg(text: string, { x, y }: Point): string {
  const width = text.length * charWidth + 4;
  const ground = `<rect x="${one(x - width / 2)}" y="${one(y - 9)}" width="${one(width)}" height="18"/>`;
  return `<g class="sent">${ground}<text x="${one(x)}" y="${one(y + 4)}">${escaped(text)}</text></g>`;
}

function boxSvg(
  { key, kind, lines, gradient, href }: Box,
  { width, height }: { width: number; height: number },
  { x, y }: Point,
): string {
  const rect = `<rect x="${one(x - width / 2)}" y="${one(y - height / 2)}" width="${one(width)}" height="${one(height)}" rx="6"/>`;
  const top = y - height / 2 + lineHeight + 1;
  const texts = lines.map(
    (line, i) => `<text class="line${i}" x="${one(x)}" y="${one(top + i * lineHeight)}">${escaped(line)}</text>`,
  );
  if (gradient)
    texts.push(
      `<text class="gradient" x="${one(x)}" y="${one(top + lines.length * lineHeight)}">${escaped(gradient)}</text>`,
    );
  return `<a class="box ${kind}" data-box="${key}" href="#${href}" tabindex="-1">${rect}${texts.join("")}</a>`;
}
