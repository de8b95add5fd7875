/**
 * Which axes of a result run over the batch.
 */
import type { Shape } from "@chainrule/core";
import { sameShape } from "@chainrule/core/internal";
import type { Facts } from "./facts.ts";
import type { GraphOp } from "./graph.ts";
import { opName } from "./values.ts";

/** The axes of an op's result that run over the batch. */
export function batchAxes(op: GraphOp, inputs: readonly Facts[]): readonly number[] {
  const name = opName(op);
  const { shape } = op.output.tensor;
  const [x] = op.inputs;
  const own = inputs[0]?.batch ?? [];
  if (name === "permute")
    return (op.attributes as readonly number[]).flatMap((axis, i) => (own.includes(axis) ? [i] : []));
  if (name === "reshape") return own.flatMap((axis) => batchInReshape(x.tensor.shape, shape, axis));
  if (name === "matmul") return batchOfProduct(op, inputs);
  if (name === "gather") {
    const at = op.attributes as number;
    const moved = op.inputs[1].tensor.rank - 1;
    return unique([
      ...own.flatMap((axis) => (axis === at ? [] : [axis < at ? axis : axis + moved])),
      ...inputs[1].batch.map((axis) => axis + at),
    ]);
  }
  if (name === "convolve" || name === "convolveInputGradient") return own.filter((axis) => axis === 0);
  if (name === "" || /Pool|unfold|fold|sort/.test(name))
    return own.filter((axis) => axis < shape.length && shape[axis] === x.tensor.shape[axis]);
  const all = op.inputs.flatMap(({ tensor }, i) =>
    inputs[i].batch.flatMap((axis) => {
      const to = axis + shape.length - tensor.rank;
      return to >= 0 && (shape[to] === tensor.shape[axis] || name === "concat") ? [to] : [];
    }),
  );
  return unique(all);
}

function batchInReshape(from: Shape, to: Shape, axis: number): number[] {
  const before = (shape: Shape, i: number) => shape.slice(0, i).reduce((size, n) => size * n, 1);
  const wanted = before(from, axis);
  const found = to.findIndex(
    (n, i) => before(to, i) === wanted && n !== 1 && (n % from[axis] === 0 || sameShape([n], [from[axis]])),
  );
  return found < 0 ? [] : [found];
}

function batchOfProduct(op: GraphOp, inputs: readonly Facts[]): readonly number[] {
  const swap = op.attributes as { a: boolean; b: boolean };
  const { rank } = op.output.tensor;
  const found = op.inputs.slice(0, 2).flatMap(({ tensor }, i) =>
    inputs[i].batch.flatMap((axis) => {
      const fromEnd = tensor.rank - axis;
      if (fromEnd > 2) return [rank - fromEnd];
      const isRow = (fromEnd === 2) !== (i === 0 ? swap.a : swap.b);
      if (i === 0) return isRow ? [rank - 2] : [];
      return isRow ? [] : [rank - 1];
    }),
  );
  return unique(found);
}

function unique(axes: readonly number[]): number[] {
  return [...new Set(axes)].sort((a, b) => a - b);
}
