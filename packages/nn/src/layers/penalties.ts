/**
 * The penalties that a layer's regularisers put on its weights.
 */
import { DTypeError, type Parameter, Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import type { Regularizer } from "../regularizers.ts";

/** A regulariser and what it is for; either may be missing. */
type Regularized = readonly [regularizer: Regularizer | null, weight: Parameter | null | undefined];

/** The penalties of those weights that are there and have a regulariser. */
export function penaltiesOf(...pairs: readonly Regularized[]): Tensor[] {
  return pairs.flatMap(([regularizer, weight]) => (regularizer && weight ? [penaltyOf(regularizer, weight)] : []));
}

/** The penalty on a tensor. @throws DTypeError where the regulariser returns no tensor. */
export function penaltyOf(regularizer: Regularizer, x: Tensor): Tensor {
  const penalty: unknown = regularizer(x);
  if (penalty instanceof Tensor) return penalty;
  throw new DTypeError({
    where: "regularizer",
    expected: "a function that returns a tensor, the penalty",
    got: describe(penalty),
  });
}
