/**
 * A graph whose values are put in groups, each of which is computed in one go: what fusion makes, and code is written from.
 */
import type { AxisRange } from "@chainrule/core/internal";
import { type Graph, type GraphNode, resultsOf } from "./graph.ts";
import type { Part } from "./layout.ts";
import { basesOf, isFusibleReduction } from "./reads.ts";
import { rowValues } from "./row-values.ts";
import type { Views } from "./views.ts";

/** By which group (its number) each value is computed last, and which is the last to read it. */
export interface Liveness {
  readonly definedAt: ReadonlyMap<GraphNode, number>;
  readonly lastUse: ReadonlyMap<GraphNode, number>;
}

/** What is computed together. */
export interface FusionGroup {
  readonly kind: "loop" | "matmul" | "window" | "axisLoop" | "indexing" | "copy" | "guard" | "scan" | "host";
  /** In an order in which they can be computed. */
  readonly members: readonly GraphNode[];
  /** For loops: the lengths of the axes that have more than one element. */
  readonly lengths: readonly number[];
  /** For loops: four float32 at a time, or one element of whatever dtype. */
  readonly wide: boolean;
  /** For loops that end in reductions: the axes (among `lengths`) that are reduced. */
  readonly reducedAxes: AxisRange | null;
  /** For loops that are computed row by row, in several passes over each row. */
  readonly rowPasses?: readonly RowPass[];
  /** For scans: what a step consists of. */
  readonly body?: ScanBody;
}

/** One step of a scan, in groups, and where in the scan's own memory its values lie. */
export interface ScanBody {
  readonly fused: FusedGraph;
  readonly parts: ReadonlyMap<GraphNode, Part>;
  /** Bytes from the beginning of `memory`, of values of the step and of what goes to the next. */
  readonly offsets: ReadonlyMap<GraphNode, number>;
  /** For each carry, where it lies if not with what is kept of all steps. */
  readonly carries: readonly number[];
  /** For each carry, where it is put aside while carries change places. */
  readonly aside: readonly number[];
  /** The scan's own memory: a member of its group, which no operation makes. */
  readonly memory: GraphNode;
  /** How many rows there are that never meet in it: threads can cut them; null where it is one thread's. */
  readonly rows: number | null;
}

/** The groups, and those that the steps of scans consist of. */
export function withBodies(groups: readonly FusionGroup[]): readonly FusionGroup[] {
  if (!groups.some(({ body }) => body)) return groups;
  return groups.flatMap((group) => (group.body ? [group, ...group.body.fused.groups] : [group]));
}

/** What is computed of a row in one pass. */
export interface RowPass {
  readonly members: readonly GraphNode[];
  /** Whether it goes along the row; otherwise it computes one element for each row. */
  readonly along: boolean;
  /** Whether its reductions add up columns, and not rows. */
  readonly down?: boolean;
}

/** The groups in an order in which they can run, and how values are read. */
export interface FusedGraph {
  readonly graph: Graph;
  readonly groups: readonly FusionGroup[];
  readonly views: Views;
  /** Values that are needed when all groups have run: the memory of outputs and of what is assigned. */
  readonly liveOut: ReadonlySet<GraphNode>;
  /** Values that are needed after the group that computes them, and therefore are written to memory. */
  readonly stored: ReadonlySet<GraphNode>;
  /** Those of them that have memory for a block of rows alone: see `row-values.ts`. */
  readonly inRows: ReadonlySet<GraphNode>;
  readonly liveness: Liveness;
}

/** The graph in these groups. */
export function fusedGraph(graph: Graph, groups: readonly FusionGroup[], views: Views): FusedGraph {
  const liveOut = new Set(resultsOf(graph).map((node) => views.of(node).base));
  let stored: ReadonlySet<GraphNode> | null = null;
  let inRows: ReadonlySet<GraphNode> | null = null;
  let liveness: Liveness | null = null;
  return {
    ...{ graph, groups, views, liveOut },
    // Worked out when they are first asked for: each pass makes a graph, of which only the last is asked.
    get stored() {
      stored ??= storedNodes(groups, views, liveOut);
      return stored;
    },
    get inRows() {
      inRows ??= nodesInRows(groups, views, this.stored, liveOut);
      return inRows;
    },
    get liveness() {
      liveness ??= livenessOf(groups, views);
      return liveness;
    },
  };
}

function storedNodes(groups: readonly FusionGroup[], views: Views, liveOut: ReadonlySet<GraphNode>): Set<GraphNode> {
  const stored = new Set(liveOut);
  for (const group of groups) {
    // From one pass over a row to the next, values go through memory.
    const isLoop = group.kind === "loop";
    for (const members of group.rowPasses?.map((rowPass) => rowPass.members) ?? [group.members]) {
      const inside = isLoop ? new Set(members) : null;
      for (const node of members) {
        if (!isLoop || isFusibleReduction(node)) stored.add(node);
        for (const base of basesOf(node, views)) if (!inside?.has(base)) stored.add(base);
      }
    }
  }
  return stored;
}

function nodesInRows(
  groups: readonly FusionGroup[],
  views: Views,
  stored: ReadonlySet<GraphNode>,
  liveOut: ReadonlySet<GraphNode>,
): Set<GraphNode> {
  const found = new Set<GraphNode>();
  if (!groups.some(({ rowPasses }) => rowPasses)) return found;
  // The one group that has to do with a value; null for several.
  const groupOf = new Map<GraphNode, FusionGroup | null>();
  const note = (node: GraphNode, group: FusionGroup) =>
    groupOf.set(node, (groupOf.get(node) ?? group) === group && groupOf.get(node) !== null ? group : null);
  for (const group of groups)
    for (const node of group.members) {
      note(node, group);
      for (const base of basesOf(node, views)) note(base, group);
    }
  for (const group of groups) {
    const isOwn = (node: GraphNode) => stored.has(node) && !liveOut.has(node) && groupOf.get(node) === group;
    for (const node of rowValues(group, isOwn)) found.add(node);
  }
  return found;
}

function livenessOf(groups: readonly FusionGroup[], views: Views): Liveness {
  const definedAt = new Map<GraphNode, number>();
  const lastUse = new Map<GraphNode, number>();
  groups.forEach(({ members }, at) => {
    for (const node of members) {
      definedAt.set(node, at);
      for (const base of basesOf(node, views)) lastUse.set(base, at);
    }
  });
  return { definedAt, lastUse };
}

/** The values whose memory the group's members read; members of its own may be among them. */
export function basesReadBy(group: FusionGroup, views: Views): GraphNode[] {
  return group.members.flatMap((node) => basesOf(node, views));
}
