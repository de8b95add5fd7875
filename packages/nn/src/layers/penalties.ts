/**
 * The penalties that a layer's regularisers put on its weights.
 */
import type { Parameter, Tensor } from "@chainrule/core";
import type { Regularizer } from "../regularizers.ts";

/** A regulariser and what it is for; either may be missing. */
type Regularized = readonly [regularizer: Regularizer | null, weight: Parameter | null | undefined];

/** The penalties of those weights that are there and have a regulariser. */
export function penaltiesOf(...pairs: readonly Regularized[]): Tensor[] {
  return pairs.flatMap(([regularizer, weight]) => (regularizer && weight ? [regularizer(weight)] : []));
}
