/**
 * Comparisons with the tolerances of the reference vectors.
 */
import { AssertionError } from "node:assert";
import type { FloatDType, ReferenceFile } from "./reference.ts";

/** Anything with a shape and numbers: a plain tensor of the fixtures, or a tensor of core. */
export type Numbers =
  | { readonly shape: readonly number[]; readonly data: ArrayLike<number> }
  | { readonly shape: readonly number[]; toTypedArray(): ArrayLike<number> };

export interface CompareOptions {
  /** In which dtype `actual` was computed; by default its own, if it says so, else float64. */
  dtype?: FloatDType;
  /** The reference file compared with: layers and optimizers have looser tolerances. */
  file?: ReferenceFile;
  /** How far apart numbers may be, relative to the largest; by default as the fixtures' README says. */
  tolerance?: number;
  /** What is compared, for the message. */
  what?: string;
}

/** The tolerances of the fixtures' README, relative to the largest element. */
export function toleranceFor(dtype: FloatDType, file?: ReferenceFile): number {
  if (dtype === "float64") return file === "optimizers" ? 1e-6 : 1e-9;
  return file === "layers" || file === "optimizers" ? 1e-4 : 1e-5;
}

/**
 * Throws unless shapes are the same and all numbers are as close as the dtype allows: |actual - expected| at most
 * `tolerance` times the largest finite |expected|; NaN and infinities at the same places. 0 and -0 are alike: which of
 * them PyTorch's gradients hold depends on its kernels.
 *
 * @throws AssertionError that names the first element that is off, and both numbers.
 *
 * @example
 * expectClose(softmax(x), { shape: [2], data: [0.25, 0.75] }, { dtype: "float32" });
 */
export function expectClose(actual: Numbers, expected: Numbers, options: CompareOptions = {}): void {
  const what = options.what ?? "value";
  const dtype = options.dtype ?? ((actual as { dtype?: unknown }).dtype === "float32" ? "float32" : "float64");
  const tolerance = options.tolerance ?? toleranceFor(dtype, options.file);
  if (actual.shape.join() !== expected.shape.join())
    throw new AssertionError({ message: `${what}: expected shape [${expected.shape}], got [${actual.shape}]` });
  const got = numbersOf(actual);
  const wanted = numbersOf(expected);
  const allowed = tolerance * (largest(wanted) || 1);
  for (let i = 0; i < wanted.length; i++)
    if (!Object.is(got[i], wanted[i]) && !(Math.abs(got[i] - wanted[i]) <= allowed))
      throw new AssertionError({
        message: `${what}: expected ${wanted[i]} ± ${allowed} at element ${i} of shape [${expected.shape}], got ${got[i]}`,
        actual: Array.from(got),
        expected: Array.from(wanted),
      });
}

function numbersOf(x: Numbers): ArrayLike<number> {
  return "data" in x ? x.data : x.toTypedArray();
}

function largest(numbers: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < numbers.length; i++) {
    const size = Math.abs(numbers[i]);
    if (size > most && size < Number.POSITIVE_INFINITY) most = size;
  }
  return most;
}
