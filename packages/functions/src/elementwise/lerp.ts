/**
 * Linear interpolation.
 */
import { type Tensor, type TensorLike, where } from "@chainrule/core";
import { promoteOperands, toFloat } from "@chainrule/core/internal";

/**
 * a + w (b - a), the point between a (weight 0) and b (weight 1), element by element; beyond them for other weights. At weight 1
 * it is b to the last bit.
 *
 * Shapes broadcast; integers become floats.
 *
 * @param weight how far from `start` to `end`: a number or a tensor.
 * @throws ShapeError for shapes that do not broadcast.
 * @example lerp([0, 10], [10, 20], 0.25); // [2.5, 12.5]
 */
export function lerp(start: TensorLike, end: TensorLike, weight: TensorLike): Tensor {
  const [a, b] = promoteOperands("lerp", start, end, toFloat);
  const way = b.sub(a);
  const fromStart = (w: TensorLike) => a.add(way.mul(w));
  const fromEnd = (rest: TensorLike) => b.sub(way.mul(rest));
  if (typeof weight === "number") return Math.abs(weight) < 0.5 ? fromStart(weight) : fromEnd(1 - weight);
  const [w] = promoteOperands("lerp", weight, a, toFloat);
  return where(w.abs().less(0.5), fromStart(w), fromEnd(w.neg().add(1)));
}
