/**
 * Finite numbers in place of those that are none.
 */
import { asTensor, isFloat, scalar, type Tensor, type TensorLike, where } from "@chainrule/core";
import { checkNumber, checkOptions } from "@chainrule/core/internal";

/** What stands in for NaN and infinities. */
export interface NanToNumOptions {
  /** For NaN; 0 unless given. */
  nan?: number;
  /** For Infinity; the largest number of the dtype unless given. */
  posInf?: number;
  /** For -Infinity; the smallest number of the dtype unless given. */
  negInf?: number;
}

const largest = { float32: 3.4028234663852886e38, float64: Number.MAX_VALUE };

/**
 * Each element if it is finite, else what stands in for NaN, Infinity or -Infinity; derivative 1 where it is finite, else 0.
 *
 * It hides what went wrong before it: the gradient of what made a NaN is NaN all the same. Shape and dtype: those of x.
 *
 * @throws DTypeError for options that are no numbers.
 * @example nanToNum([1, NaN, Infinity], { posInf: 9 }); // [1, 0, 9]
 */
export function nanToNum(x: TensorLike, options: NanToNumOptions = {}): Tensor {
  checkOptions("nanToNum", options, ["nan", "posInf", "negInf"]);
  const input = asTensor(x, "nanToNum");
  const most = input.dtype === "float32" ? largest.float32 : largest.float64;
  const { nan = 0, posInf = most, negInf = -most } = options;
  for (const [name, value] of Object.entries({ nan, posInf, negInf })) checkNumber("nanToNum", name, value);
  if (!isFloat(input.dtype)) return input;
  const number = (value: number) => scalar(value, input.dtype);
  const infinite = where(input.greater(0), number(posInf), number(negInf));
  return where(input.isNaN(), number(nan), where(input.isInfinite(), infinite, input));
}
