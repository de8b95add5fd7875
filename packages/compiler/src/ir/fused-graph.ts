/**
 * A graph whose values are put in groups, each of which is computed in one go: what fusion makes, and code is written from.
 */
import type { DType } from "@chainrule/core";
import type { AxisRange } from "@chainrule/core/internal";
import type { GraphNode } from "./graph.ts";
import type { Views } from "./views.ts";

/** What is computed together. */
export interface FusionGroup {
  readonly kind: "loop" | "matmul" | "window" | "axisLoop" | "indexing" | "copy" | "host";
  readonly members: GraphNode[];
  /** For loops: the lengths of the axes that have more than one element. */
  readonly lengths: readonly number[];
  /** For loops: four float32 at a time, or one element of whatever dtype. */
  readonly wide: boolean;
  /** For loops that end in reductions: the axes (among `lengths`) that are reduced. */
  reducedAxes: AxisRange | null;
  /** For loops that are computed row by row, in several passes over each row. */
  rowPasses?: readonly RowPass[];
}

/** What is computed of a row in one pass. */
export interface RowPass {
  readonly members: readonly GraphNode[];
  /** Whether it goes along the row; otherwise it computes one element for each row. */
  readonly along: boolean;
}

/** The groups in an order in which they can run, and how values are read. */
export interface FusedGraph {
  readonly groups: readonly FusionGroup[];
  readonly views: Views;
  /** Values that are needed after the group that computes them, and therefore are written to memory. */
  readonly stored: ReadonlySet<GraphNode>;
}

/** Whether the node is a reduction that a loop over the elements of its input can end in: one of floats. */
export function isFusibleReduction(node: GraphNode): boolean {
  const isReduction = node.lowering?.kind === "reduce";
  return isReduction && isFloat(node.dtype) && isFloat(node.inputs[0].dtype) && node.inputs[0].size > 0;
}

function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}
