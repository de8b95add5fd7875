/**
 * Where the nodes and edges of a graph lie in the plane: the library dagre, seen through the few types used here.
 *
 * The types that dagre brings along are found by bundlers' resolution alone.
 */
import * as dagre from "@dagrejs/dagre";

export interface Box {
  readonly width: number;
  readonly height: number;
}

/** The middle of a box. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** An arrow between boxes, by their indices, with the size of what is written on it. */
export interface Arrow extends Box {
  readonly from: number;
  readonly to: number;
}

export interface Layout extends Box {
  /** The middle of each box. */
  readonly boxes: readonly Point[];
  /** Each arrow's bends from one box to the other, and the middle of what is written on it. */
  readonly arrows: readonly { readonly points: readonly Point[]; readonly label: Point }[];
}

/** The part of dagre that is used. */
interface DagreGraph {
  setGraph(options: Record<string, unknown>): void;
  setNode(id: string, box: Box): void;
  setEdge(from: string, to: string, label: object, name: string): void;
  graph(): Box;
  node(id: string): Point;
  edge(from: string, to: string, name: string): Point & { points: Point[] };
}

interface Dagre {
  Graph: new (options: { multigraph: boolean }) => DagreGraph;
  layout(graph: DagreGraph): void;
}

const { Graph, layout } = dagre as unknown as Dagre;

/**
 * Lays boxes out in layers from left to right, so that all arrows point right and few of them cross.
 *
 * Source: the layered drawing of K. Sugiyama et al. (1981), as dagre does it.
 */
export function layoutGraph(boxes: readonly Box[], arrows: readonly Arrow[]): Layout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 36, edgesep: 12, marginx: 16, marginy: 16 });
  boxes.forEach(({ width, height }, i) => {
    graph.setNode(String(i), { width, height });
  });
  arrows.forEach(({ from, to, width, height }, i) => {
    graph.setEdge(String(from), String(to), { width, height, labelpos: "c" }, String(i));
  });
  layout(graph);
  return {
    width: graph.graph().width,
    height: graph.graph().height,
    boxes: boxes.map((_, i) => graph.node(String(i))),
    arrows: arrows.map(({ from, to }, i) => {
      const { x, y, points } = graph.edge(String(from), String(to), String(i));
      return { points, label: { x, y } };
    }),
  };
}
