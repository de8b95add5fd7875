/**
 * Masks: truth values that say what may be looked at. True is always "there", false "as if it were not there".
 *
 * Whoever calls a layer hands one on, `lstm.call(x, { mask })`; those of {@link Masking} and of an embedding with `maskZero` go
 * from layer to layer by themselves.
 */

import {
  arange,
  asTensor,
  DTypeError,
  notEqual,
  ShapeError,
  type Tensor,
  type TensorLike,
  ValueError,
  where,
} from "@chainrule/core";
import { describe, formatShape } from "@chainrule/core/internal";
import { refuseSurplus } from "../surplus.ts";

/**
 * Which tokens are real: maskᵢₜ = (tokensᵢₜ ≠ padId).
 *
 * PyTorch's `key_padding_mask` is the reverse of it; Keras's `mask` is the same.
 *
 * Shape: tokens [N, T]; result [N, T], bool.
 *
 * @param padId what sequences are filled up with.
 * @example
 * const tokens = tensor([[5, 3, 9], [7, 0, 0]], { dtype: "int32" });
 * paddingMask(tokens); // [[true, true, true], [true, false, false]]
 */
export function paddingMask(tokens: TensorLike, padId = 0): Tensor {
  refuseSurplus("paddingMask", arguments, 2);
  return notEqual(tokens, padId);
}

/**
 * Who may look at whom where nobody may look ahead: maskᵢⱼ = (j ≤ i).
 *
 * Shape: result [queries, keys], bool.
 *
 * @param keys as many as queries unless given; both are counted from the same beginning.
 * @throws ValueError for lengths that are no whole numbers of at least 0.
 * @example causalMask(3); // [[true, false, false], [true, true, false], [true, true, true]]
 */
export function causalMask(queries: number, keys = queries): Tensor {
  refuseSurplus("causalMask", arguments, 2);
  for (const length of [queries, keys])
    if (!Number.isInteger(length) || length < 0)
      throw new ValueError({ where: "causalMask", expected: "a whole number of at least 0", got: describe(length) });
  const counted = (length: number) => arange(0, length, 1, { dtype: "int32" });
  return counted(queries).unsqueeze(1).greaterEqual(counted(keys));
}

/**
 * The mask as a tensor.
 *
 * @param shape what it must look like; null for any length.
 * @throws DTypeError for numbers: 0 and 1 are easily confused with what other libraries add to scores.
 * @throws ShapeError for another shape.
 */
export function asMask(where: string, mask: TensorLike, shape?: readonly (number | null)[]): Tensor {
  const given = asTensor(mask, where);
  if (given.dtype !== "bool")
    throw new DTypeError({
      where,
      expected: "truth values, true for what is there",
      got: `${given.dtype} numbers`,
      hint: "Of 0 and 1 make truth values with notEqual(0); of tokens with paddingMask(tokens).",
    });
  if (shape && (given.rank !== shape.length || shape.some((n, axis) => n !== null && n !== given.shape[axis])))
    throw new ShapeError({
      where,
      expected: `a mask of shape [${shape.map((n) => n ?? "any").join(", ")}]`,
      got: formatShape(given.shape),
    });
  return given;
}

/** The vectors [.., T, D] with zeros in place of those that are masked, whatever they hold. */
export function withoutMasked(x: Tensor, mask: Tensor): Tensor {
  return where(mask.unsqueeze(-1), x, 0);
}

/** The same, but that finite numbers stay: where what is masked is still computed with, and only NaN would spread. */
export function finiteWhereMasked(x: Tensor, mask: Tensor): Tensor {
  return where(mask.unsqueeze(-1).logicalOr(x.isFinite()), x, 0);
}
