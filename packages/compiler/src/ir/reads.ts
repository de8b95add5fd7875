/**
 * What a node reads: of which value's memory, and with which strides along the loop that computes it.
 */
import type { DType, Shape } from "@chainrule/core";
import { type Lowering, sameShape } from "@chainrule/core/internal";
import type { GraphNode } from "./graph.ts";
import { isView, longStrides, stridesWithin, type View, type Views } from "./views.ts";

/** One value that a node reads: in element (i₀, i₁, …) of its loop, the one at `offset + Σ iₐ strides[a]` of the base. */
export interface Read {
  /** The value whose memory is read. */
  readonly base: GraphNode;
  readonly offset: number;
  /** One for each axis of the loop that has more than one element; only nodes that are computed in loops have such. */
  readonly strides: readonly number[];
}

/** A node that is made by a reduction. */
export type Reduction = GraphNode & { readonly lowering: Extract<Lowering, { readonly kind: "reduce" }> };

/** Whether the node is a reduction that a loop over the elements of its input can end in: one of floats. */
export function isFusibleReduction(node: GraphNode): node is Reduction {
  const isReduction = node.lowering?.kind === "reduce";
  return isReduction && isFloat(node.dtype) && isFloat(node.inputs[0].dtype) && node.inputs[0].size > 0;
}

function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}

/** The shape over which a loop that computes the node goes: a reduction's input, else its own. */
export function loopShape(node: GraphNode): Shape {
  return isFusibleReduction(node) ? node.inputs[0].shape : node.shape;
}

/** What the node reads, one for each input. A view that is written out reads what it is a view of. */
export function readsOf(node: GraphNode, views: Views): Read[] {
  return basesOf(node, views).map((_, i) => readAt(node, i, views));
}

/** What the node reads of its input of that number. */
export function readAt(node: GraphNode, input: number, views: Views): Read {
  const [view, shape] = viewRead(node, input, views);
  return { base: view.base, offset: view.offset, strides: stridesWithin(view, shape, loopShape(node)) };
}

/** The values whose memory the node reads, one for each input. */
export function basesOf(node: GraphNode, views: Views): readonly GraphNode[] {
  let bases = views.bases.get(node);
  if (!bases) {
    bases = isView(node) ? [views.viewOf(node).base] : node.inputs.map((input) => views.of(input).base);
    views.bases.set(node, bases);
  }
  return bases;
}

function viewRead(node: GraphNode, input: number, views: Views): readonly [View, Shape] {
  if (isView(node)) return [views.viewOf(node), node.shape];
  const value = node.inputs[input];
  return [views.of(value), value.shape];
}

/** Whether the node reads the value only at the element that it computes, if at all. */
export function readsSameElement(node: GraphNode, value: GraphNode, views: Views): boolean {
  // Strides are worked out for reads of that value alone: most nodes read others, and this is asked for every pair.
  const bases = basesOf(node, views);
  const space = loopShape(node);
  for (let i = 0; i < bases.length; i++) {
    if (bases[i] !== value) continue;
    if (node.inputs[i] === value && !isView(node) && sameShape(value.shape, space)) continue;
    const [view, shape] = viewRead(node, i, views);
    if (view.offset !== 0) return false;
    const own = longStrides(views.of(value).strides, value.shape);
    if (!sameShape(stridesWithin(view, shape, space), own)) return false;
  }
  return true;
}
