/**
 * Running sums of loops: what grows at each step by a term of the same kind, and becomes one term of all steps after the loop.
 */
import { add, type Op } from "@chainrule/core";
import type { AxisRange, Transposed } from "@chainrule/core/internal";
import { matmulOp, reshapeOp, sameShape, sliceScatterOp, sumOp } from "@chainrule/core/internal";
import type { AppliedOp, GraphNode } from "../ir/graph.ts";
import { entryOf } from "../ir/scan.ts";
import { isView } from "../ir/views.ts";
import { initialsOf, type Loop, type Origin, type RunningSum, type StepInput } from "./loop.ts";
import type { Operations } from "./loops.ts";

/** The sums that grow in a loop and that nobody looks at before its end. */
export function sumsIn(loop: Loop, operations: Operations): RunningSum[] {
  const last = loop.steps - 1;
  const found: RunningSum[] = [];
  /** Whether only this operation reads what operation `at` makes, of the same step or of the next. */
  const isReadBy = (at: number, reader: number, isNext: boolean) => {
    for (let step = 0; step <= last; step++) {
      if (isNext && step === last) continue;
      const next = loop.nodeAt(isNext ? step + 1 : step, reader);
      if (!operations.isOnlyRead(loop.nodeAt(step, at), next)) return false;
    }
    return true;
  };
  loop.inputs.forEach((inputs, at) => {
    const node = loop.nodeAt(1, at);
    if (inputs === null || !isFloatSum(node)) return;
    const side = inputs.findIndex((input) => input.kind === "before" && input.at === at);
    const other = inputs[1 - side];
    if (side < 0 || other.kind !== "step" || !isReadBy(at, at, true)) return;
    const own = new Set([at]);
    let [term, reader] = [other.at, at];
    for (; ; reader = term, term = (loop.inputs[term]![0] as { at: number }).at) {
      if (loop.windowAt.has(term) || !isReadBy(term, reader, false)) return;
      own.add(term);
      const [input] = loop.inputs[term]!;
      if (!loop.nodeAt(1, term).isMadeBy(reshapeOp)) break;
      if (input.kind !== "step") return;
    }
    const termInputs = loop.inputs[term]!.map((input) => throughReshapes(loop, input));
    const isPart = axisOfParts(loop, term) !== null;
    if ((isPart || isStackable(loop.nodeAt(1, term))) && termInputs.every((input) => isWhole(loop, input)))
      found.push({ at, side, term, own, inputs: termInputs });
  });
  return found;
}

/** What the input is in another shape. */
function throughReshapes(loop: Loop, input: StepInput): StepInput {
  if (input.kind !== "step" || !loop.nodeAt(0, input.at).isMadeBy(reshapeOp)) return input;
  const inputs = loop.inputs[input.at];
  return inputs ? throughReshapes(loop, inputs[0]) : input;
}

/** Whether it adds floats element by element. */
function isFloatSum(node: GraphNode): boolean {
  const isFloat = node.dtype === "float32" || node.dtype === "float64";
  return node.isMadeBy(add.op) && isFloat && node.inputs.every(({ shape }) => sameShape(shape, node.shape));
}

/** Whether terms like this are added up by one of all their rows: Σ Aₜᵀ Bₜ = [A₁; A₂; …]ᵀ [B₁; B₂; …]. */
function isStackable({ source, inputs, dtype }: GraphNode): boolean {
  const { op, attributes } = source as AppliedOp;
  if (op === (matmulOp as Op)) {
    const { a, b } = attributes as Transposed;
    return a && !b && inputs.every(({ shape }) => shape.length === 2);
  }
  return op === (sumOp as Op) && (attributes as AxisRange).first === 0 && inputs[0].dtype === dtype;
}

/** Whether what the steps read there lies one after another in memory, in the order in which the loop keeps its values. */
function isWhole(loop: Loop, input: StepInput): boolean {
  if (input.kind === "step" || input.kind === "before") {
    const node = loop.nodeAt(0, input.at);
    if (entryOf(node) !== node.size || isView(node)) return false;
    return input.kind === "step" || initialsOf(loop, input.at).length === 1;
  }
  if (input.kind !== "window") return false;
  const { node, stride, origin } = loop.windows[input.window];
  if (entryOf(node) !== node.size || Math.abs(stride) !== node.size) return false;
  const isBackwards = stride < 0 !== (origin.made?.loop.reversed ?? false);
  const isAll = origin.made ? origin.base.size === node.size : true;
  return isBackwards === loop.reversed && isAll && isContiguousOrigin(origin, node);
}

function isContiguousOrigin({ strides }: Origin, { shape }: GraphNode): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/** Where a part is laid in zeros. */
export interface Place {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly lengths: readonly number[];
}

/** The place of a part that is laid in zeros, without gaps; null for other operations. */
export function placeOf(node: GraphNode): Place | null {
  if (!node.isMadeBy(sliceScatterOp)) return null;
  const place = attributesOf(node) as Place;
  return place.steps.every((step) => step === 1) ? place : null;
}

/** The one axis along which two parts of a shape lie at different places; null where there is none, and for all else. */
export function movingAxis(a: GraphNode, b: GraphNode): number | null {
  const [first, second] = [placeOf(a), placeOf(b)];
  if (!first || !second || !sameShape(first.lengths, second.lengths)) return null;
  const axes = first.starts.flatMap((start, axis) => (start === second.starts[axis] ? [] : [axis]));
  return axes.length === 1 ? axes[0] : null;
}

/** The axis along which the parts lie one after another from step to step, in the order of the loop; null for none. */
export function axisOfParts(loop: Loop, at: number): number | null {
  const [node, next] = [loop.nodeAt(0, at), loop.nodeAt(1, at)];
  const axis = movingAxis(node, next);
  if (axis === null) return null;
  const [from, to] = [placeOf(node)!, placeOf(next)!];
  const by = to.starts[axis] - from.starts[axis];
  return by === (loop.reversed ? -1 : 1) * from.lengths[axis] ? axis : null;
}

export function attributesOf({ source }: GraphNode): unknown {
  return (source as AppliedOp).attributes;
}
