/**
 * Random numbers of each example's own.
 */
import { type Op, reshape, type Tensor, type TypedArray } from "@chainrule/core";
import { applyOp, randomOp } from "@chainrule/core/internal";
import type { BatchedCall } from "./operand.ts";
import { applyToEach } from "./own-ops.ts";

type Draw = Parameters<typeof randomOp.inferShape>[1];

/** Draws for one example after another, from the same generator: what a loop over them would draw here. */
export function drawForEach(op: Op, call: BatchedCall): Tensor {
  if (op !== (randomOp as Op)) return applyToEach(op, call);
  const { count, spec } = call;
  const draw = call.attributes as Draw;
  const size = spec.shape.reduce((total, n) => total * n, 1);
  const shape = [count, ...spec.shape];
  const fill = (array: TypedArray) => {
    for (let i = 0; i < count; i++) draw.fill(array.subarray(i * size, (i + 1) * size));
  };
  const distribution = isOneDraw(draw, size) ? draw.distribution : `${draw.distribution}, for each example`;
  return reshape(applyOp(randomOp, [], { ...draw, shape, distribution, fill }), shape);
}

/** Whether it comes to the same as one draw of all numbers, so that it may be written elsewhere as that. */
function isOneDraw({ distribution }: Draw, size: number): boolean {
  // Normals come in pairs, and the second of the last pair of an odd number is dropped.
  return distribution === "rand" || distribution === "bernoulli" || (distribution === "randn" && size % 2 === 0);
}
