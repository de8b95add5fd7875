/**
 * Logarithms of vectors of four floats, to 2 units in the last place.
 *
 * log(m) = log((1 + s) / (1 - s)) with s = f / (2 + f) and m = 1 + f between √½ and √2, as in FreeBSD's msun (e_logf.c,
 * s_log1pf.c); the polynomial is a minimax fit of our own.
 */
import type { Code } from "../assembler.ts";
import { exp, ln2High, ln2Low, tiny } from "./math-exp.ts";
import { polynomial, select } from "./math-tools.ts";

/** (log((1 + s) / (1 - s)) / s - 2) / s² in s², for m between √½ and √2. */
const logTail = [0.6666666269302368, 0.40000972151756287, 0.2849878966808319, 0.24279043078422546];
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
  const [s, square, half] = [code.local("v128"), code.local("v128"), code.local("v128")];
  code.put(s, f, f, code.floatsOnce(2), "f32x4.add", "f32x4.div");
  code.put(square, s, s, "f32x4.mul");
  code.put(half, f, f, "f32x4.mul", code.floatsOnce(0.5), "f32x4.mul");
  polynomial(code, square, logTail);
  code.push(square, "f32x4.mul", half, "f32x4.add", s, "f32x4.mul");
  code.push(k, code.floatsOnce(ln2Low), "f32x4.mul");
  if (correction !== undefined) code.push(correction, "f32x4.add");
  code.push("f32x4.add", half, "f32x4.sub", f, "f32x4.add", k, code.floatsOnce(ln2High), "f32x4.mul", "f32x4.add");
}

/** Infinity and NaN stay; `pole` becomes -Infinity, and what lies below it NaN. */
function outside(code: Code, x: number, pole: number): void {
  const at = code.floatsOnce(pole);
  select(code, [x], [x, code.floatsOnce(Number.POSITIVE_INFINITY), "f32x4.lt", "v128.not"]);
  select(code, [code.floatsOnce(Number.NEGATIVE_INFINITY)], [x, at, "f32x4.eq"]);
  select(code, [code.floatsOnce(Number.NaN)], [x, at, "f32x4.lt"]);
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
  outside(code, x, 0);
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
  outside(code, x, -1);
  tiny(code, x, 2 ** -25);
}

/** As `logTail`, for 1 + f between 1 and 2. */
const softTail = [
  0.6666667461395264, 0.39998945593833923, 0.2861534357070923, 0.21442082524299622, 0.24253128468990326,
];

/** log(1 + eˣ) = max(x, 0) + log1p(e^-|x|), where 1 + e^-|x| needs no splitting. */
export function softplus(code: Code): void {
  const [x, e, s, square] = [0, 1, 2, 3].map(() => code.local("v128"));
  code.tee(x).op("f32x4.abs", "f32x4.neg");
  exp(code);
  code.set(e).put(s, e, e, code.floatsOnce(2), "f32x4.add", "f32x4.div");
  code.put(square, s, s, "f32x4.mul");
  // 2s + s R = e - s (e - R), because 2s = e - s e: what rounding s costs then shrinks with e.
  code.push(e, s, e);
  polynomial(code, square, softTail);
  code.push(square, "f32x4.mul", "f32x4.sub", "f32x4.mul", "f32x4.sub");
  code.push(x, code.floatsOnce(0), "f32x4.pmax", "f32x4.add");
}
