/**
 * Functions of four floats that need more digits on the way than floats have: log2 and powers.
 *
 * The four are worked on as two pairs of doubles, rounded to floats once at the end.
 */
import type { Code } from "../assembler.ts";
import { polynomialOfDoubles, select } from "./math-tools.ts";

/** log2((1 + s) / (1 - s)) / s in s², for m between √½ and √2, to 2^-37. */
const log2Series = [
  2.885390081790203, 0.9617966731999577, 0.5770836115842214, 0.41167113468014066, 0.34075935190746615,
];
/** 2ᶠ for |f| ≤ ½, to 2^-29. */
const exp2Series = [
  1.0000000005550513, 0.6931472057671297, 0.24022646886057047, 0.05550328711818896, 0.009618489246869626,
  0.0013399957622760106, 0.00015345788307437634,
];
/** Added to a small double, it leaves its nearest whole number in the low bits. */
const rounder = 1.5 * 2 ** 52;

/** A local with two equal i64, whose bits are those of a double. */
function bits(code: Code, high: number, low = 0): number {
  const both = new DataView(new ArrayBuffer(8));
  both.setInt32(0, high);
  both.setInt32(4, low);
  return code.doublesOnce(both.getFloat64(0));
}

/** Runs the body on the lower and the upper pair of the floats in a local, as doubles; the results become floats. */
export function pairs(code: Code, x: number, body: (pair: number, upper: boolean) => void): void {
  const pair = code.local("v128");
  for (const upper of [false, true]) {
    code.get(x);
    if (upper) code.get(x).shuffle(2, 3, 2, 3);
    code.op("f64x2.promote_low_f32x4").set(pair);
    body(pair, upper);
    code.op("f32x4.demote_f64x2_zero");
  }
  code.shuffle(0, 1, 4, 5);
}

/** log2 of a pair of doubles in a local, that were floats and are not negative. */
function log2Pair(code: Code, x: number): void {
  const [shifted, exponent, k, m, s, square] = [0, 1, 2, 3, 4, 5].map(() => code.local("v128"));
  const one = code.doublesOnce(1);
  // The exponent as it is above √½: 2ᵏ √½ ≤ x < 2ᵏ √2.
  code.put(shifted, x, bits(code, 0x3ff00000 - 0x3fe6a09e), "i64x2.add");
  code.put(exponent, shifted, [52], "i64x2.shr_u");
  // Its bits below those of 2⁵² are a double.
  const shift = 2 ** 52 + 1023;
  code.put(k, exponent, code.doublesOnce(2 ** 52), "v128.or", code.doublesOnce(shift), "f64x2.sub");
  code.put(m, x, exponent, [52], "i64x2.shl", "i64x2.sub", one, "i64x2.add");
  code.put(s, m, one, "f64x2.sub", m, one, "f64x2.add", "f64x2.div");
  code.put(square, s, s, "f64x2.mul");
  polynomialOfDoubles(code, square, log2Series);
  code.push(s, "f64x2.mul", k, "f64x2.add");
  const infinity = code.doublesOnce(Number.POSITIVE_INFINITY);
  select(code, [x], [x, infinity, "f64x2.lt", "v128.not"]);
  select(code, [code.doublesOnce(Number.NEGATIVE_INFINITY)], [x, code.doublesOnce(0), "f64x2.eq"]);
}

/** log2 x. */
export function log2(code: Code): void {
  const [x, size] = [code.local("v128"), code.local("v128")];
  code.tee(x).op("f32x4.abs").set(size);
  pairs(code, size, (pair) => log2Pair(code, pair));
  select(code, [code.floatsOnce(Number.NaN)], [x, code.floatsOnce(0), "f32x4.lt"]);
}

/** 2ᵗ for the pair of doubles on the stack. */
function exp2Pair(code: Code): void {
  const [t, n] = [code.local("v128"), code.local("v128")];
  const magic = code.doublesOnce(rounder);
  // Floats end at 2^-149 and 2^128; doubles reach further, so that their rounding decides.
  code.push(code.doublesOnce(200), "f64x2.pmin", code.doublesOnce(-200), "f64x2.pmax").set(t);
  code.put(n, t, magic, "f64x2.add");
  code.put(t, t, n, magic, "f64x2.sub", "f64x2.sub");
  polynomialOfDoubles(code, t, exp2Series);
  code.push(n, bits(code, 0, 1023), "i64x2.add", [52], "i64x2.shl", "f64x2.mul");
}

/**
 * xʸ, x below y on the stack; as IEEE 754 has it: 1 where y is 0, where x is 1, and where x is -1 and y infinite; NaN
 * for fractional powers of negative numbers.
 */
export function pow(code: Code): void {
  const [x, y, size, exponent, odd, whole] = [0, 1, 2, 3, 4, 5].map(() => code.local("v128"));
  code.set(y).tee(x).op("f32x4.abs").set(size);
  pairs(code, size, (pair, upper) => {
    code.get(y);
    if (upper) code.get(y).shuffle(2, 3, 2, 3);
    code.op("f64x2.promote_low_f32x4").set(exponent);
    log2Pair(code, pair);
    code.push(exponent, "f64x2.mul");
    exp2Pair(code);
  });
  const half = code.local("v128");
  code.put(whole, y, "f32x4.floor", y, "f32x4.eq");
  code.put(half, y, code.floatsOnce(0.5), "f32x4.mul");
  code.put(odd, whole, half, "f32x4.floor", half, "f32x4.eq", "v128.andnot");
  code.push(x, code.intsOnce(-0x80000000), "v128.and", odd, "v128.and", "v128.or");
  const negative = code.local("v128");
  code.put(negative, x, code.floatsOnce(0), "f32x4.lt");
  code.put(negative, negative, x, code.floatsOnce(Number.NEGATIVE_INFINITY), "f32x4.gt", "v128.and");
  select(code, [code.floatsOnce(Number.NaN)], [negative, whole, "v128.andnot"]);
  const isOne = code.local("v128");
  code.put(isOne, size, code.floatsOnce(1), "f32x4.eq");
  code.put(isOne, isOne, y, "f32x4.abs", code.floatsOnce(Number.POSITIVE_INFINITY), "f32x4.eq", "v128.and");
  code.put(isOne, isOne, x, code.floatsOnce(1), "f32x4.eq", "v128.or");
  select(code, [code.floatsOnce(1)], [isOne, y, code.floatsOnce(0), "f32x4.eq", "v128.or"]);
}
