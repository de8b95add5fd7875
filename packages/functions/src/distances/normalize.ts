/**
 * Vectors of length 1.
 */
import { type Axes, asTensor, norm, type Tensor, type TensorLike } from "@chainrule/core";
import { checkNumber, checkOptions, floats } from "@chainrule/core/internal";

/** Which length becomes 1, and what is not divided by less. */
export interface NormalizeOptions {
  /** The p of the norm; 2 unless given. */
  p?: number;
  /** The least that is divided by; 1e-12 unless given. */
  eps?: number;
}

/**
 * x / max(‖x‖ₚ, eps) along an axis, by default the last: vectors of length 1 in their directions; the zero vector stays.
 *
 * Shape: that of x; integers become floats.
 *
 * @throws ValueError for a p that is not above 0, or an axis that x does not have.
 * @example normalize([3, 4]); // [0.6, 0.8]
 */
export function normalize(x: TensorLike, axis: Axes = -1, options: NormalizeOptions = {}): Tensor {
  checkOptions("normalize", options, ["p", "eps"]);
  const { p = 2, eps = 1e-12 } = options;
  checkNumber("normalize", "eps", eps);
  const input = floats(asTensor(x, "normalize"));
  return input.div(norm(input, axis, { p, keepDims: true }).maximum(eps));
}
