/**
 * Differences of neighbours.
 */
import {
  asTensor,
  logicalXor,
  normalizeAxis,
  type SliceRange,
  slice,
  sub,
  type Tensor,
  type TensorLike,
} from "@chainrule/core";
import { checkCount, checkOptions } from "@chainrule/core/internal";

/**
 * The differences of neighbours along an axis, by default the last, yᵢ = xᵢ₊₁ - xᵢ; with `n` of the differences again, n times in all.
 *
 * Shape: the axis is shorter by n, down to 0; of truth values, whether neighbours differ.
 *
 * @throws ValueError for an n below 0, or an axis that x does not have.
 * @example diff([1, 4, 9, 16]); // [3, 5, 7], with { n: 2 } [2, 2]
 */
export function diff(x: TensorLike, axis = -1, options: { n?: number } = {}): Tensor {
  checkOptions("diff", options, ["n"]);
  const { n = 1 } = options;
  checkCount("diff", "n", n);
  const input = asTensor(x, "diff");
  const along = normalizeAxis("diff", axis, input.rank);
  const part = (of: Tensor, range: SliceRange) => slice(of, ...of.shape.map((_, a) => (a === along ? range : ":")));
  let result = input;
  // Once nothing is left, nothing more is taken away.
  for (let i = Math.min(n, input.shape[along]); i > 0; i--) {
    const [later, earlier] = [part(result, "1:"), part(result, ":-1")];
    result = input.dtype === "bool" ? logicalXor(later, earlier) : sub(later, earlier);
  }
  return result;
}
