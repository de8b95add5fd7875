/**
 * The numbers of tensors as plain data.
 */
import type { DType, Tensor } from "@chainrule/core";
import type { Numbers } from "./types.ts";

/** All numbers of a tensor where there are at most so many, else a summary alone. */
export function numbersOf(x: Tensor, maxElements: number): Numbers {
  return summarize(x.toTypedArray(), x.shape, x.dtype, maxElements);
}

/** One number, as a `Value` has it. */
export function numberOf(x: number): Numbers {
  return summarize([x], [], "float64", 1);
}

function summarize(list: ArrayLike<number>, shape: readonly number[], dtype: DType, maxElements: number): Numbers {
  let [min, max, sum, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = 0; i < list.length; i++) {
    min = Math.min(min, list[i]);
    max = Math.max(max, list[i]);
    sum += list[i];
    largest = Math.max(largest, Math.abs(list[i]));
  }
  const isEmpty = list.length === 0;
  return {
    shape: [...shape],
    dtype,
    ...(list.length <= maxElements && { values: Array.from(list) }),
    min: isEmpty ? Number.NaN : min,
    max: isEmpty ? Number.NaN : max,
    mean: sum / list.length,
    norm: lengthOf(list, largest),
  };
}

/** √ Σ x², in units of the largest, so that no square overflows. */
function lengthOf(list: ArrayLike<number>, largest: number): number {
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  let squares = 0;
  for (let i = 0; i < list.length; i++) squares += (list[i] / largest) ** 2;
  return largest * Math.sqrt(squares);
}
