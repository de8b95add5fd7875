/**
 * Distances between the points of two sets.
 */
import { norm, ShapeError, type Tensor, type TensorLike, unsqueeze } from "@chainrule/core";
import { checkOptions, formatShape, promoteOperands, toFloat } from "@chainrule/core/internal";

/**
 * The distance of each point of one set to each of another, dᵢⱼ = ‖aᵢ - bⱼ‖ₚ = (Σₖ |aᵢₖ - bⱼₖ|ᵖ)^(1/p).
 *
 * As differences, so that near points keep their digits, and the derivative is 0 where two points are the same. Shape: [.., n, d] and
 * [.., m, d] to [.., n, m]; leading axes are batches and broadcast. It holds n m d numbers on the way.
 *
 * @param options `p` is 2 unless given, 1 adds up sizes, Infinity takes the largest.
 * @throws ShapeError for points of other lengths, and for what is no matrix; ValueError for a p that is not above 0.
 * @example cdist([[0, 0], [3, 0]], [[0, 4]]); // [[4], [5]]
 */
export function cdist(a: TensorLike, b: TensorLike, options: { p?: number } = {}): Tensor {
  checkOptions("cdist", options, ["p"]);
  const [x, y] = promoteOperands("cdist", a, b, toFloat);
  if (x.rank < 2 || y.rank < 2 || x.shape.at(-1) !== y.shape.at(-1))
    throw new ShapeError({
      where: "cdist",
      expected: "two sets of points of one length, [n, d] and [m, d]",
      got: `${formatShape(x.shape)} and ${formatShape(y.shape)}`,
    });
  return norm(unsqueeze(x, -2).sub(unsqueeze(y, -3)), -1, { p: options.p ?? 2 });
}
