/**
 * How each op is computed for all examples at once: one rule for each kind of op.
 */
import {
  argmax,
  argmin,
  broadcastTo,
  concat,
  type Op,
  reshape,
  type Shape,
  type Tensor,
  where,
  zeros,
} from "@chainrule/core";
import {
  type AxisRange,
  allOp,
  anyOp,
  applyOp,
  argsortOp,
  broadcastOp,
  concatOp,
  cumsumOp,
  gatherOp,
  identityOp,
  indexAddOp,
  isBuiltinOp,
  logSoftmaxBackwardOp,
  logSoftmaxOp,
  logSumExpOp,
  loweringOf,
  matmulOp,
  maxOp,
  minOp,
  permuteOp,
  prodOp,
  reshapeOp,
  type SliceBounds,
  scatterAddOp,
  sliceOp,
  sliceScatterOp,
  softmaxBackwardOp,
  softmaxOp,
  sumOp,
  type Transposed,
  takeAlongAxisOp,
  whereOp,
} from "@chainrule/core/internal";
import { aligned, allBatched, type BatchedCall, type BatchingRule, batched, moveAxis, shapeOf } from "./operand.ts";
import { windowRules } from "./windows.ts";

/** Each element of the result is made of those at its position, broadcast. */
function elementwise<Attributes>(op: Op<Attributes>): BatchingRule<Attributes> {
  return ({ operands, attributes, spec }) =>
    applyOp(
      op,
      operands.map((operand) => aligned(operand, spec.shape.length)),
      attributes,
    );
}

const choose: BatchingRule = ({ operands, spec }) => {
  const [condition, a, b] = operands.map((operand) => aligned(operand, spec.shape.length));
  return where(condition, a, b);
};

/** The same op with other attributes, where axes are counted after that of the examples. */
function along<Attributes>(op: Op<Attributes>, shifted: (attributes: Attributes) => Attributes) {
  const rule: BatchingRule<Attributes> = (call) =>
    applyOp(op, allBatched(call as BatchedCall), shifted(call.attributes));
  return [op, rule] as const;
}

const range = ({ first, last }: AxisRange): AxisRange => ({ first: first + 1, last: last + 1 });

const sameNumbers: BatchingRule = ({ operands, count, spec }) => reshape(operands[0].x, [count, ...spec.shape]);

const broadcast: BatchingRule<Shape> = ({ operands: [x], count, spec }) =>
  broadcastTo(aligned(x, spec.shape.length), [count, ...spec.shape]);

const cut = <Cut extends SliceBounds & { readonly lengths: readonly number[] }>(attributes: Cut, count: number) => ({
  starts: [0, ...attributes.starts],
  steps: [1, ...attributes.steps],
  lengths: [count, ...attributes.lengths],
});

const slice: BatchingRule<SliceBounds & { readonly lengths: readonly number[] }> = ({ operands, attributes, count }) =>
  applyOp(sliceOp, [operands[0].x], cut(attributes, count));

const sliceScatter: BatchingRule<SliceBounds & { readonly lengths: readonly number[]; readonly shape: Shape }> = ({
  operands,
  attributes,
  count,
}) => applyOp(sliceScatterOp, [operands[0].x], { ...cut(attributes, count), shape: [count, ...attributes.shape] });

const join: BatchingRule<number> = (call) => concat(allBatched(call as BatchedCall), call.attributes + 1);

const product: BatchingRule<Transposed> = ({ operands: [a, b], attributes: swap, count, spec }) => {
  // Many matrices times one are a single product of all their rows.
  if (a.isBatched && !b.isBatched && b.x.rank === 2 && !swap.a) {
    const columns = a.x.shape.at(-1)!;
    const rows = reshape(a.x, [columns === 0 ? rowsOf(a.x) : a.x.size / columns, columns]);
    return reshape(applyOp(matmulOp, [rows, b.x], swap), [count, ...spec.shape]);
  }
  const rank = Math.max(shapeOf(a).length, shapeOf(b).length);
  return applyOp(matmulOp, [aligned(a, rank), aligned(b, rank)], swap);
};

function rowsOf(x: Tensor): number {
  return x.shape.slice(0, -1).reduce((total, n) => total * n, 1);
}

/** Indices that differ from example to example, at each position of the axes before `axis` and of those after it. */
function everywhere(indices: Tensor, before: Shape, after: Shape): Tensor {
  const [count, ...own] = indices.shape;
  const n = own.reduce((total, length) => total * length, 1);
  const line = reshape(indices, [count, ...before.map(() => 1), n, ...after.map(() => 1)]);
  return broadcastTo(line, [count, ...before, n, ...after]);
}

const gather: BatchingRule<number> = ({ operands: [x, indices], attributes: axis, count, spec }) => {
  if (!indices.isBatched) return applyOp(gatherOp, [x.x, indices.x], axis + 1);
  if (!x.isBatched) return moveAxis(applyOp(gatherOp, [x.x, indices.x], axis), axis, 0);
  const shape = shapeOf(x);
  const places = everywhere(indices.x, shape.slice(0, axis), shape.slice(axis + 1));
  return reshape(applyOp(takeAlongAxisOp, [x.x, places], axis + 1), [count, ...spec.shape]);
};

const indexAdd: BatchingRule<{ readonly axis: number; readonly shape: Shape }> = ({ operands, attributes, count }) => {
  const [g, indices] = operands;
  const { axis } = attributes;
  const shape = [count, ...attributes.shape];
  if (!indices.isBatched) return applyOp(indexAddOp, [g.x, indices.x], { axis: axis + 1, shape });
  const places = everywhere(indices.x, attributes.shape.slice(0, axis), attributes.shape.slice(axis + 1));
  const base = zeros(shape, { dtype: g.x.dtype });
  return applyOp(scatterAddOp, [base, places, reshape(batched(g, count), places.shape)], axis + 1);
};

const rules: ReadonlyMap<Op, BatchingRule> = new Map([
  ...[sumOp, maxOp, minOp, prodOp, logSumExpOp, anyOp, allOp, argmax.op, argmin.op].map((op) => along(op, range)),
  ...[softmaxOp, logSoftmaxOp, softmaxBackwardOp, logSoftmaxBackwardOp, takeAlongAxisOp, scatterAddOp].map((op) =>
    along(op, (axis) => axis + 1),
  ),
  along(cumsumOp, ({ axis, reverse }) => ({ axis: axis + 1, reverse })),
  along(argsortOp, ({ axis, ...order }) => ({ ...order, axis: axis + 1 })),
  along(permuteOp, (order) => [0, ...order.map((axis) => axis + 1)]),
  [reshapeOp, sameNumbers],
  [identityOp, sameNumbers],
  [broadcastOp, broadcast],
  [sliceOp, slice],
  [sliceScatterOp, sliceScatter],
  [concatOp, join],
  [matmulOp, product],
  [gatherOp, gather],
  [indexAddOp, indexAdd],
  [whereOp, choose],
  ...windowRules,
] as unknown as readonly (readonly [Op, BatchingRule])[]);

/** The rule of an op; null for random draws, and for ops of one's own. */
export function ruleOf(op: Op, attributes: unknown): BatchingRule | null {
  const rule = rules.get(op);
  if (rule) return rule;
  return isBuiltinOp(op) && loweringOf(op, attributes)?.kind === "elementwise" ? elementwise(op) : null;
}
