/**
 * exp and its family on vectors of four floats, to 2 units in the last place, with one quotient at most.
 *
 * Each function writes code that replaces the vector on the stack. Reductions as in Cephes and FreeBSD's msun; the
 * polynomials are minimax fits of our own (iteratively reweighted least squares, coefficients rounded one by one).
 */
import type { Code } from "../assembler.ts";
import { multiplyAdd, polynomial, select, subtractProduct } from "./math-tools.ts";

/** ln 2 in two parts; the first ends in nine zero bits, so that its product with an exponent is exact. */
export const ln2High = 0.693145751953125;
export const ln2Low = 1.42860676e-6;
/** (eʳ - 1 - r) / r² for |r| ≤ ln 2 / 2, to 2^-26 of expm1. */
const expm1Tail = [0.49999997, 0.16666546, 0.041667435, 0.008366262, 0.0013870657];

interface Reduced {
  /** x - n ln 2 */
  readonly r: number;
  /** Has the bits of n + bias at its end, where x = n ln 2 + r. */
  readonly shifted: number;
  /** r² */
  readonly square: number;
}

/** Splits the vector in a local: eˣ = 2ⁿ eʳ, and leaves (eʳ - 1 - r) / r². */
function reduce(code: Code, x: number, bias: number): Reduced {
  const [shifted, n, r, high, square] = [0, 1, 2, 3, 4].map(() => code.local("v128"));
  // Added to a small number, it leaves its nearest whole number, plus the bias, in the low bits.
  const rounder = code.floatsOnce(1.5 * 2 ** 23 + bias);
  code.push(x, code.floatsOnce(Math.LOG2E));
  multiplyAdd(code, rounder);
  code.set(shifted).put(n, shifted, rounder, "f32x4.sub");
  subtractProduct(code, x, n, code.floatsOnce(ln2High));
  code.set(high);
  subtractProduct(code, high, n, code.floatsOnce(ln2Low));
  code.set(r).put(square, r, r, "f32x4.mul");
  polynomial(code, r, expm1Tail, square);
  return { shifted, r, square };
}

/** Leaves 2ⁿ as a float, where n + 127 is in the last bits and that is a normal number. */
function power(code: Code, shifted: number): void {
  code.push(shifted, [23], "i32x4.shl");
}

/** Leaves eʳ - 1; returns what has the bits of n + bias. */
function tail(code: Code, x: number, bias: number): number {
  const { shifted, r, square } = reduce(code, x, bias);
  code.get(square);
  multiplyAdd(code, r);
  return shifted;
}

/** eˣ, subnormal results rounded once. */
export function exp(code: Code): void {
  const [x, vanishing, half] = [code.local("v128"), code.local("v128"), code.local("v128")];
  code.set(x);
  // Where eˣ is nearer to 0 than to the smallest number, x becomes 0, and the result is cut out. To multiply down to 0
  // instead would take many times as long, as processors round subnormal results in microcode, and softmax with a mask
  // is full of them.
  code.put(vanishing, x, code.floatsOnce(-104), "f32x4.lt");
  code.put(x, x, vanishing, "v128.andnot");
  // Beyond this the result is infinite.
  code.put(x, x, code.floatsOnce(89), "f32x4.pmin");
  const shifted = tail(code, x, 2 * 127);
  code.push(code.floatsOnce(1), "f32x4.add");
  // By 2ⁿ in two steps, which may leave the range of floats where the product does not.
  code.put(half, shifted, [1], "i32x4.shr_s");
  power(code, half);
  code.push("f32x4.mul", shifted, half, "i32x4.sub", [23], "i32x4.shl", "f32x4.mul");
  code.push(vanishing, "v128.andnot");
}

/** eˣ for -87 ≤ x ≤ 88, a few instructions shorter; the vector is taken from a local and left on the stack. */
export function expWithin(code: Code, x: number): void {
  const shifted = tail(code, x, 127);
  code.push(code.floatsOnce(1), "f32x4.add");
  power(code, shifted);
  code.op("f32x4.mul");
}

/** eˣ - 1. */
export function expm1(code: Code): void {
  const [x, whole, scale, less] = [0, 1, 2, 3].map(() => code.local("v128"));
  code.tee(whole).push(code.floatsOnce(89), "f32x4.pmin", code.floatsOnce(-18), "f32x4.pmax").set(x);
  // 2 (2ⁿ⁻¹ tail + 2ⁿ⁻¹ - 1/2): halves, because 2ⁿ may be infinite where the result is not.
  const shifted = tail(code, x, 127 - 1);
  code.put(scale, shifted, [23], "i32x4.shl");
  code.put(less, scale, code.floatsOnce(0.5), "f32x4.sub").get(scale);
  multiplyAdd(code, less);
  code.push(code.floatsOnce(2), "f32x4.mul");
  tiny(code, whole, 2 ** -25);
}

/** Replaces the result on the stack by x itself where |x| is below a bound: subnormals and -0 stay what they are. */
export function tiny(code: Code, x: number, bound: number): void {
  select(code, [x], [x, "f32x4.abs", code.floatsOnce(bound), "f32x4.lt"]);
}

/** (tanh(x) / x - 1) / x² for |x| ≤ 0.625, in x², to 2^-27 of tanh. */
const tanhTail = [-0.3333328, 0.13331406, -0.053736515, 0.020628167, -0.0056922967];

/** tanh x: by a polynomial up to 0.625, else as 1 - 2 / (e²ˣ + 1). */
export function tanh(code: Code): void {
  const [x, size, square, double, near, one] = [...[0, 1, 2, 3, 4].map(() => code.local("v128")), code.floatsOnce(1)];
  code.tee(x).op("f32x4.abs").set(size);
  code.put(square, size, size, "f32x4.mul");
  polynomial(code, square, tanhTail);
  code.push(square, "f32x4.mul", size);
  multiplyAdd(code, size);
  code.set(near).put(double, size, size, "f32x4.add", code.floatsOnce(20), "f32x4.pmin");
  code.push(one, code.floatsOnce(2));
  expWithin(code, double);
  code.push(one, "f32x4.add", "f32x4.div", "f32x4.sub");
  select(code, [near], [size, code.floatsOnce(0.625), "f32x4.lt"]);
  code.push(x, code.intsOnce(-0x80000000), "v128.and", "v128.or");
}

/**
 * eˣ for x ≤ 0, taken from a local.
 *
 * @param carefully to 0.8 units in the last place instead of 1, for functions that add roundings of their own.
 */
export function expNegative(code: Code, x: number, carefully = false): void {
  const one = code.floatsOnce(1);
  // Where this leaves nothing of eˣ, it is 0. With 2⁶⁴ too much until the end, subnormal results are rounded once.
  code.put(x, x, code.floatsOnce(-104), "f32x4.pmax");
  const bias = 127 + 64;
  let shifted: number;
  if (carefully) {
    const high = code.local("v128");
    const reduced = reduce(code, x, bias);
    ({ shifted } = reduced);
    code.push(reduced.square, "f32x4.mul").put(high, one, reduced.r, "f32x4.add");
    // What 1 + r loses is added to the small part.
    code.push(reduced.r, high, one, "f32x4.sub", "f32x4.sub", "f32x4.add", high, "f32x4.add");
  } else {
    shifted = tail(code, x, bias);
    code.push(one, "f32x4.add");
  }
  power(code, shifted);
  code.push("f32x4.mul", code.floatsOnce(2 ** -64), "f32x4.mul");
}

/**
 * 1 / (1 + e⁻ˣ): with e = e^-|x| and q = e / (1 + e), for negative x as e - e q, which keeps small probabilities and
 * lets the roundings in q count little, else as 1 - q.
 */
export function sigmoid(code: Code): void {
  const [x, e] = [code.local("v128"), code.local("v128")];
  code.tee(x);
  sigmoidHead(code);
  code.set(e);
  sigmoidTail(code, x, e);
}

/** e^-|x|, by far the longer part of sigmoid. */
export function sigmoidHead(code: Code): void {
  const e = code.local("v128");
  code.push(code.intsOnce(-0x80000000), "v128.or").set(e);
  // Multiply-add saves a rounding elsewhere.
  expNegative(code, e, !code.relaxed);
}

/** Leaves sigmoid of the x in a local, given e^-|x|. */
export function sigmoidTail(code: Code, x: number, e: number): void {
  const [q, base, one] = [code.local("v128"), code.local("v128"), code.floatsOnce(1)];
  code.put(q, e, e, one, "f32x4.add", "f32x4.div").get(one);
  select(code, [e], [x, code.floatsOnce(0), "f32x4.lt"]);
  code.set(base);
  subtractProduct(code, base, base, q);
}

/** (erf(x) - x) / x in x², for |x| ≤ 0.875, to 2^-26 of erf. */
const erfNear = [0.12837915, -0.37612507, 0.11281965, -0.026772428, 0.005002323, -0.0006040721];
/** log(1 - erf(x)) / x for x between 0.875 and 4. */
const erfFar = [-1.1285255, -0.6356804, -0.10531218, 0.022922458, -0.0032251538, 0.00021522967];

/** The error function: by a polynomial up to 0.875, beyond it as 1 - exp(a polynomial), 1 from 4. */
export function erf(code: Code): void {
  const [x, size, square, near, power, one] = [...[0, 1, 2, 3, 4].map(() => code.local("v128")), code.floatsOnce(1)];
  code.tee(x).op("f32x4.abs").push(code.floatsOnce(4), "f32x4.pmin").set(size);
  code.put(square, size, size, "f32x4.mul");
  polynomial(code, square, erfNear);
  code.get(size);
  multiplyAdd(code, size);
  code.set(near);
  polynomial(code, size, erfFar, square);
  code.push(size, "f32x4.mul").set(power).get(one);
  expWithin(code, power);
  code.op("f32x4.sub");
  select(code, [near], [size, code.floatsOnce(0.875), "f32x4.lt"]);
  code.push(x, code.intsOnce(-0x80000000), "v128.and", "v128.or");
}
