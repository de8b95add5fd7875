/**
 * What becomes of a concat: neighbours are one part, and a wide one is one of several.
 */
import { sizeOf, type TensorSpec } from "@chainrule/core";
import { concatOp, permuteOp, reshapeOp, sliceOp } from "@chainrule/core/internal";
import { type AppliedOp, applied, type GraphNode } from "../ir/graph.ts";
import { areNeighbours, type Stretch, stretchOf } from "../ir/stretches.ts";

/** A concat of more values is one of several concats. */
export const mostConcatenated = 128;

/** Adds nodes to the graph that is made: of any op, or one that shares the numbers of another in a shape. */
export interface NodeMaker {
  add(source: AppliedOp, spec: TensorSpec): GraphNode;
  view(spec: TensorSpec, source: AppliedOp): GraphNode;
}

/** Parts of another value that follow each other in it, as one part; null where there are none. */
export function joinNeighbours(
  make: NodeMaker,
  { shape, dtype }: TensorSpec,
  inputs: readonly GraphNode[],
  axis: number,
): GraphNode | null {
  const rest = shape.toSpliced(axis, 1);
  if (sizeOf(shape) === 0) return null;
  const stretches: Stretch[] = [];
  for (const input of inputs) {
    const stretch = stretchOf(input);
    const last = stretches.at(-1);
    if (last && areNeighbours(last, stretch))
      stretches[stretches.length - 1] = { ...last, length: last.length + stretch.length };
    else stretches.push(stretch);
  }
  if (stretches.length === inputs.length) return null;
  const isOutermost = shape.slice(0, axis).every((length) => length === 1);
  if (!isOutermost) {
    // Steps that lie one after another in memory, and side by side in the result.
    if (stretches.length > 1 || inputs.some((input) => input.shape[axis] !== 1)) return null;
    const order = shape.map((_, at) => (at < axis ? at + 1 : at === axis ? 0 : at));
    const steps = partOf(make, stretches[0], [inputs.length, ...rest]);
    return make.add(applied(permuteOp, order, [steps]), { shape, dtype });
  }
  const parts = stretches.map((stretch) => partOf(make, stretch, shape.with(axis, stretch.length / sizeOf(rest))));
  return parts.length === 1 ? parts[0] : make.add(applied(concatOp, axis, parts), { shape, dtype });
}

/** A stretch of a value, in a shape. */
function partOf(make: NodeMaker, { base, start, length }: Stretch, shape: readonly number[]): GraphNode {
  const { dtype, size } = base;
  let part = base;
  if (length < size) {
    const flat = make.view({ shape: [size], dtype }, applied(reshapeOp, [size], [base]));
    const bounds = { starts: [start], steps: [1], lengths: [length] };
    part = make.add(applied(sliceOp, bounds as never, [flat]), { shape: [length], dtype });
  }
  return make.view({ shape, dtype }, applied(reshapeOp, shape, [part]));
}

/** A wide concat as one of concats: what copies thousands of values in one function takes an engine long to compile. */
export function concatInParts(
  make: NodeMaker,
  { shape, dtype }: TensorSpec,
  inputs: readonly GraphNode[],
  axis: number,
): GraphNode {
  const parts: GraphNode[] = [];
  for (let at = 0; at < inputs.length; at += mostConcatenated) {
    const some = inputs.slice(at, at + mostConcatenated);
    const length = some.reduce((total, input) => total + input.shape[axis], 0);
    parts.push(
      some.length === 1 ? some[0] : make.add(applied(concatOp, axis, some), { shape: shape.with(axis, length), dtype }),
    );
  }
  if (parts.length > mostConcatenated) return concatInParts(make, { shape, dtype }, parts, axis);
  return make.add(applied(concatOp, axis, parts), { shape, dtype });
}
