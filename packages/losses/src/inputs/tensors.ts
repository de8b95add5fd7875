/**
 * What a loss is called with, made into tensors of one dtype.
 */
import { asTensor, type DType, getDefaultDType, isFloat, Tensor, type TensorLike, tensor } from "@chainrule/core";

/** A tensor of the dtype; plain numbers go there directly, so that float64 gets all their digits. */
export function asFloat(x: TensorLike, dtype: DType): Tensor {
  return x instanceof Tensor ? x.cast(dtype) : tensor(x, { dtype });
}

/** The first input of a loss as floats: its own dtype if it has one, which then holds for all the others. */
export function asPrediction(x: TensorLike, name: string): Tensor {
  const made = asTensor(x, name);
  return isFloat(made.dtype) ? made : made.cast(getDefaultDType());
}

/** Whether something can be made a tensor: how options are told from one more input. */
export function isTensorLike(x: unknown): x is TensorLike {
  return (
    x instanceof Tensor ||
    typeof x === "number" ||
    typeof x === "boolean" ||
    Array.isArray(x) ||
    (ArrayBuffer.isView(x) && !(x instanceof DataView))
  );
}
