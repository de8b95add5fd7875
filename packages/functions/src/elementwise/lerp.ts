/**
 * Linear interpolation.
 */
import { add, mul, sub, type Tensor, type TensorLike } from "@chainrule/core";

/**
 * a + w (b - a), the point between a (weight 0) and b (weight 1), element by element; beyond them for other weights.
 *
 * Shapes broadcast.
 *
 * @param weight how far from `start` to `end`: a number or a tensor.
 * @throws ShapeError for shapes that do not broadcast.
 * @example lerp([0, 10], [10, 20], 0.25); // [2.5, 12.5]
 */
export function lerp(start: TensorLike, end: TensorLike, weight: TensorLike): Tensor {
  return add(start, mul(weight, sub(end, start)));
}
