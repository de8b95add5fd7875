/**
 * Loops that fold one axis away. A tensor is seen as [outer, n, inner], and the axis of length n goes.
 */
import { allocate, type TypedArray } from "../tensor/dtype.ts";
import type { AxisRange } from "../tensor/lowering.ts";
import type { KernelOperand } from "../tensor/op.ts";

/** The three lengths of a shape seen from a run of axes. */
export function splitAtAxes(shape: readonly number[], { first, last }: AxisRange) {
  let [outer, n, inner] = [1, 1, 1];
  for (let axis = 0; axis < shape.length; axis++) {
    if (axis < first) outer *= shape[axis];
    else if (axis <= last) n *= shape[axis];
    else inner *= shape[axis];
  }
  return { outer, n, inner };
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
  const totals = allocate("float64", inner);
  for (let i = 0, at = 0; i < outer; i++) {
    totals.fill(initial);
    for (let p = 0; p < n; p++) for (let j = 0; j < inner; j++, at++) totals[j] = combine(totals[j], from[at]);
    for (let j = 0; j < inner; j++) to[i * inner + j] = totals[j];
  }
}

const sumIntegers = reduceKernel(0, (total, x) => (total + x) | 0);

/** The kernel of the sum, {@link reduceKernel}'s with the addition written out: calling a function takes longer than adding. */
export function sumKernel(out: KernelOperand, inputs: readonly KernelOperand[], axes: AxisRange): void {
  const [x] = inputs;
  if (out.dtype === "int32") sumIntegers(out, inputs, axes);
  else {
    const { outer, n, inner } = splitAtAxes(x.shape, axes);
    if (inner === 1) addRows(out.storage, x.storage, outer, n);
    else addColumns(out.storage, x.storage, outer, n, inner);
  }
}

/** Four numbers at a time, because an addition to the total waits for the one before it. */
function addRows(to: TypedArray, from: TypedArray, outer: number, n: number): void {
  for (let i = 0, at = 0; i < outer; i++) {
    const end = at + n;
    let total = 0;
    for (const last = end - 3; at < last; at += 4) total += from[at] + from[at + 1] + (from[at + 2] + from[at + 3]);
    for (; at < end; at++) total += from[at];
    to[i] = total;
  }
}

/** Four rows at a time, because reading and writing the totals takes longer than adding. */
function addColumns(to: TypedArray, from: TypedArray, outer: number, n: number, inner: number): void {
  const totals = allocate("float64", inner);
  for (let i = 0, at = 0; i < outer; i++) {
    totals.fill(0);
    let p = 0;
    for (; p + 3 < n; p += 4, at += 3 * inner)
      for (let j = 0; j < inner; j++, at++)
        totals[j] += from[at] + from[at + inner] + (from[at + 2 * inner] + from[at + 3 * inner]);
    for (; p < n; p++) for (let j = 0; j < inner; j++, at++) totals[j] += from[at];
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
