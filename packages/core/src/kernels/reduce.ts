/**
 * Loops that fold one axis away. A tensor is seen as [outer, n, inner], and the axis of length n goes.
 */
import type { TypedArray } from "../tensor/dtype.ts";
import type { AxisRange } from "../tensor/lowering.ts";
import type { KernelOperand } from "../tensor/op.ts";
import { sizeOf } from "../tensor/shape.ts";

/** The three lengths of a shape seen from a run of axes. */
export function splitAtAxes(shape: readonly number[], { first, last }: AxisRange) {
  return {
    outer: sizeOf(shape.slice(0, first)),
    n: sizeOf(shape.slice(first, last + 1)),
    inner: sizeOf(shape.slice(last + 1)),
  };
}

/**
 * A kernel that folds with a function, starting from `initial`, in double precision whatever the dtype.
 *
 * @param ofIntegers the function for int32, where doubles would lose low bits.
 *
 * `inner` lines are folded side by side in chunks that the running values of fit in a small buffer.
 */
export function reduceKernel(initial: number, ofFloats: Combine, ofIntegers = ofFloats) {
  return (out: KernelOperand, [x]: readonly KernelOperand[], axes: AxisRange): void => {
    const { outer, n, inner } = splitAtAxes(x.shape, axes);
    const combine = x.dtype === "int32" ? ofIntegers : ofFloats;
    if (inner === 1) foldRows(out.storage, x.storage, outer, n, initial, combine);
    else foldColumns(out.storage, x.storage, outer, n, inner, initial, combine);
  };
}

type Combine = (total: number, x: number) => number;

function foldRows(to: TypedArray, from: TypedArray, outer: number, n: number, initial: number, combine: Combine): void {
  for (let i = 0, at = 0; i < outer; i++) {
    let total = initial;
    for (const end = at + n; at < end; at++) total = combine(total, from[at]);
    to[i] = total;
  }
}

function foldColumns(
  to: TypedArray,
  from: TypedArray,
  outer: number,
  n: number,
  inner: number,
  initial: number,
  combine: Combine,
): void {
  const totals = new Float64Array(inner);
  for (let i = 0, at = 0; i < outer; i++) {
    totals.fill(initial);
    for (let p = 0; p < n; p++) for (let j = 0; j < inner; j++, at++) totals[j] = combine(totals[j], from[at]);
    for (let j = 0; j < inner; j++) to[i * inner + j] = totals[j];
  }
}

/** Calls `visit(start, step, line)` for every line along the axis: its elements lie at `start + p * step`. */
export function forEachRow(
  shape: readonly number[],
  axes: AxisRange,
  visit: (start: number, step: number, line: number) => void,
): void {
  const { outer, n, inner } = splitAtAxes(shape, axes);
  for (let i = 0, line = 0; i < outer; i++)
    for (let j = 0; j < inner; j++, line++) visit(i * n * inner + j, inner, line);
}
