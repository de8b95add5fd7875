/**
 * Logarithms of vectors of four floats, to 2 units in the last place.
 *
 * log(m) = log((1 + s) / (1 - s)) with s = f / (2 + f) and m = 1 + f between √½ and √2, as in FreeBSD's msun (e_logf.c,
 * s_log1pf.c); the polynomial is a minimax fit of our own.
 */
import type { Code } from "../assembler.ts";
import { expNegative, ln2High, ln2Low, tiny } from "./math-exp.ts";
import { multiplyAdd, polynomial, select } from "./math-tools.ts";

/** (log((1 + s) / (1 - s)) / s - 2) / s² in s², for m between √½ and √2. */
const logTail = [0.6666666, 0.40000972, 0.2849879, 0.24279043];
const rootHalfBits = 0x3f3504f3;
const oneBits = 0x3f800000;

/** Splits a positive normal number: x = 2ᵏ (1 + f); k comes as a float. */
function split(code: Code, x: number, k: number, f: number): void {
  const bits = code.local("v128");
  code.put(bits, x, code.intsOnce(oneBits - rootHalfBits), "i32x4.add");
  code.push(bits, [23], "i32x4.shr_s", code.intsOnce(127), "i32x4.sub", "f32x4.convert_i32x4_s").set(k);
  code.push(bits, code.intsOnce(0x007fffff), "v128.and", code.intsOnce(rootHalfBits), "i32x4.add");
  code.push(code.floatsOnce(1), "f32x4.sub").set(f);
}

/** k ln 2 + correction + log(1 + f), the small parts added first. */
function assembleLog(code: Code, k: number, f: number, correction: number | undefined): void {
  const [s, square, half, low] = [0, 1, 2, 3].map(() => code.local("v128"));
  code.put(s, f, f, code.floatsOnce(2), "f32x4.add", "f32x4.div");
  code.put(square, s, s, "f32x4.mul");
  code.put(half, f, f, "f32x4.mul", code.floatsOnce(0.5), "f32x4.mul");
  polynomial(code, square, logTail);
  code.get(square);
  multiplyAdd(code, half);
  code.get(s).put(low, k, code.floatsOnce(ln2Low), "f32x4.mul");
  if (correction !== undefined) code.put(low, low, correction, "f32x4.add");
  multiplyAdd(code, low);
  code.push(half, "f32x4.sub", f, "f32x4.add", k, code.floatsOnce(ln2High), "f32x4.mul", "f32x4.add");
}

/** log x. */
export function log(code: Code): void {
  const [x, normal, k, f, small] = [0, 1, 2, 3, 4].map(() => code.local("v128"));
  code.set(x);
  // Subnormal numbers are made normal by 2²³, which the exponent then gives back.
  code.put(small, x, code.floatsOnce(2 ** -126), "f32x4.lt");
  code.push(x, code.floatsOnce(2 ** 23), "f32x4.mul", x, small, "v128.bitselect").set(normal);
  split(code, normal, k, f);
  code.put(k, k, small, code.floatsOnce(23), "v128.and", "f32x4.sub");
  assembleLog(code, k, f, undefined);
  // To a finite number infinity and NaN are added, at 0 infinity is subtracted, and below the bits of NaN are all ones.
  const [zero, infinity] = [code.floatsOnce(0), code.floatsOnce(Number.POSITIVE_INFINITY)];
  code.push(x, x, infinity, "f32x4.lt", "v128.andnot", x, zero, "f32x4.eq", infinity, "v128.and", "f32x4.sub");
  code.push("f32x4.add", x, zero, "f32x4.lt", "v128.or");
}

/** log(1 + x): what 1 + x loses in rounding is divided by it and added. */
export function log1p(code: Code): void {
  const [x, u, k, f, lost, near] = [0, 1, 2, 3, 4, 5].map(() => code.local("v128"));
  const one = code.floatsOnce(1);
  code.set(x).put(u, x, one, "f32x4.add");
  split(code, u, k, f);
  code.put(near, k, code.floatsOnce(0), "f32x4.eq");
  // The larger of 1 and x is the one to subtract first.
  code.push(one, u, x, "f32x4.sub", "f32x4.sub", x, u, one, "f32x4.sub", "f32x4.sub");
  code.push(x, one, "f32x4.gt", "v128.bitselect", u, "f32x4.div").set(lost);
  code.put(lost, lost, near, "v128.andnot");
  code.push(x, f, near, "v128.bitselect").set(f);
  assembleLog(code, k, f, lost);
  // What 1 + x lost of these is no number.
  select(code, [x], [x, code.floatsOnce(Number.POSITIVE_INFINITY), "f32x4.lt", "v128.not"]);
  select(code, [code.floatsOnce(Number.NEGATIVE_INFINITY)], [x, code.floatsOnce(-1), "f32x4.eq"]);
  select(code, [code.floatsOnce(Number.NaN)], [x, code.floatsOnce(-1), "f32x4.lt"]);
  tiny(code, x, 2 ** -25);
}

/** (log(1 + e) - e) / e² in e - ½, for e up to 1, to 2^-27 of the logarithm. */
const softTail = [
  -0.37813956, 0.17922491, -0.09323249, 0.051088575, -0.028890884, 0.016655888, -0.0102665145, 0.0069538434,
  -0.0031724598,
];

/** log(1 + eˣ) = max(x, 0) + log(1 + e) with e = e^-|x|, for which a polynomial will do. */
export function softplus(code: Code): void {
  const [x, e, centred, square, above] = [0, 1, 2, 3, 4].map(() => code.local("v128"));
  code.tee(x).push(code.intsOnce(-0x80000000), "v128.or").set(e);
  expNegative(code, e);
  code.tee(e).push(code.floatsOnce(0.5), "f32x4.sub").set(centred).put(square, centred, centred, "f32x4.mul");
  polynomial(code, centred, softTail, square);
  // max(x, 0) before e: near 0, where e is the larger, that rounds less.
  code.put(above, x, code.floatsOnce(0), "f32x4.pmax").push(e, "f32x4.mul", e);
  multiplyAdd(code, above);
  code.push(e, "f32x4.add");
}
