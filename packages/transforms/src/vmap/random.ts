/**
 * Random numbers of each example's own.
 */
import { type Op, reshape, type Tensor, type TypedArray } from "@chainrule/core";
import { applyOp, randomOp } from "@chainrule/core/internal";
import type { BatchedCall } from "./operand.ts";
import { applyToEach } from "./own-ops.ts";

/** Draws for one example after another, from the same generator: what a loop over them would draw here. */
export function drawForEach(op: Op, call: BatchedCall): Tensor {
  if (op !== (randomOp as Op)) return applyToEach(op, call);
  const { count, spec } = call;
  const draw = call.attributes as Parameters<typeof randomOp.kernel & object>[2];
  const shape = [count, ...spec.shape];
  const size = spec.shape.reduce((total, n) => total * n, 1);
  const fill = (array: TypedArray) => {
    for (let i = 0; i < count; i++) draw.fill(array.subarray(i * size, (i + 1) * size));
  };
  return reshape(applyOp(randomOp, [], { ...draw, shape, fill }), shape);
}
