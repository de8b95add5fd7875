/**
 * Conversion between dtypes.
 */

import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { applyOp } from "../tensor/dispatch.ts";
import { checkDType, type DType } from "../tensor/dtype.ts";
import type { Op } from "../tensor/op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Formulas } from "./formulas.ts";
import { builtin } from "./registry.ts";

export const castOp: Op<DType> = builtin({
  name: "cast",
  inferShape: ([x], dtype) => ({ shape: x.shape, dtype }),
  kernel: (out, [x], dtype) => {
    const to = out.storage;
    const from = x.storage;
    if (dtype === "bool") for (let i = 0; i < to.length; i++) to[i] = from[i] === 0 ? 0 : 1;
    else to.set(from);
  },
  gradient: (g, { inputs: [x] }) => cast(g, x.dtype),
  lower: { kind: "elementwise" },
});

/**
 * The tensor in another dtype; the same tensor if it has it already.
 *
 * To int32, fractions are cut off; to bool, everything but 0 is true (NaN too).
 *
 * @throws DTypeError for a name that is no dtype.
 *
 * @example
 * tensor([0, 1.7]).cast("int32"); // tensor([0, 1], int32)
 */
export function cast(x: TensorLike, dtype: DType): Tensor {
  const input = asTensor(x, "cast");
  if (input.dtype === dtype) return input;
  checkDType("cast", dtype);
  return applyOp(castOp, [input], dtype);
}

/** What explanations say of this op. */
export const castFormulas: Formulas = { cast: { text: ["a", "1"], tex: ["a", "1"] } };
