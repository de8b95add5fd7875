/**
 * exp and its family on vectors of four floats, to 2 units in the last place.
 *
 * Each function writes code that replaces the vector on the stack. Reductions as in Cephes and FreeBSD's msun; the
 * polynomials are minimax fits of our own (iteratively reweighted least squares, coefficients rounded one by one).
 */
import type { Code } from "../assembler.ts";
import { polynomial, select } from "./math-tools.ts";

/** Added to a small number, it leaves its nearest whole number in the low bits. */
const rounder = 1.5 * 2 ** 23;
const rounderBits = 0x4b400000;
/** ln 2 in two parts; the first ends in nine zero bits, so that its product with an exponent is exact. */
export const ln2High = 0.693145751953125;
export const ln2Low = 1.42860676e-6;
/** (eʳ - 1 - r) / r² for |r| ≤ ln 2 / 2, to 2^-26 of expm1. */
const expm1Tail = [
  0.4999999701976776, 0.1666654646396637, 0.04166743531823158, 0.00836626160889864, 0.0013870657421648502,
];

interface Reduced {
  /** x - n ln 2 */
  readonly r: number;
  /** What r lost in rounding, to be added to it. */
  readonly lost: () => void;
  /** The bits of n plus `rounder`, where x = n ln 2 + r. */
  readonly shifted: number;
  /** eʳ - 1 - r */
  readonly beyond: number;
  /** eʳ - 1 */
  readonly tail: number;
}

/** Splits the vector in a local: eˣ = 2ⁿ (1 + tail). */
function reduce(code: Code, x: number): Reduced {
  const [shifted, n, r, tail, beyond, high] = [0, 1, 2, 3, 4, 5].map(() => code.local("v128"));
  const magic = code.floatsOnce(rounder);
  code.put(shifted, x, code.floatsOnce(Math.LOG2E), "f32x4.mul", magic, "f32x4.add");
  code.put(n, shifted, magic, "f32x4.sub");
  code.put(high, x, n, code.floatsOnce(ln2High), "f32x4.mul", "f32x4.sub");
  code.put(r, high, n, code.floatsOnce(ln2Low), "f32x4.mul", "f32x4.sub");
  polynomial(code, r, expm1Tail);
  code.push(r, r, "f32x4.mul", "f32x4.mul").tee(beyond).push(r, "f32x4.add").set(tail);
  const lost = () => {
    code.push(high, r, "f32x4.sub", n, code.floatsOnce(ln2Low), "f32x4.mul", "f32x4.sub");
  };
  return { shifted, tail, beyond, r, lost };
}

/** Keeps a local within bounds, NaN as it is. */
function clamp(code: Code, x: number, low: number, high: number): void {
  code.put(x, x, code.floatsOnce(high), "f32x4.pmin", code.floatsOnce(low), "f32x4.pmax");
}

/** eˣ, subnormal results rounded once. */
export function exp(code: Code): void {
  const x = code.local("v128");
  code.set(x);
  const vanishing = vanishes(code, x);
  // Beyond this the result is infinite.
  code.put(x, x, code.floatsOnce(89), "f32x4.pmin");
  const { shifted, tail } = reduce(code, x);
  code.push(tail, code.floatsOnce(1), "f32x4.add");
  scale(code, shifted);
  code.push(vanishing, "v128.andnot");
}

/**
 * Where eˣ is nearer to 0 than to the smallest number: x becomes 0 there, and the result is to be cut out by the mask
 * in the local that is returned. To multiply down to 0 instead would take many times as long, as processors round
 * subnormal results in microcode, and softmax with a mask is full of them.
 */
function vanishes(code: Code, x: number): number {
  const mask = code.local("v128");
  code.put(mask, x, code.floatsOnce(-104), "f32x4.lt");
  code.put(x, x, mask, "v128.andnot");
  return mask;
}

/** Multiplies the vector on the stack by 2ⁿ, which may leave the range of floats where the product does not. */
function scale(code: Code, shifted: number): void {
  const [both, half] = [code.local("v128"), code.local("v128")];
  code.put(both, shifted, code.intsOnce(rounderBits - 2 * 127), "i32x4.sub");
  code.put(half, both, [1], "i32x4.shr_s");
  code.push(half, [23], "i32x4.shl", "f32x4.mul");
  code.push(both, half, "i32x4.sub", [23], "i32x4.shl", "f32x4.mul");
}

/** 2ⁿ⁺ᵒᶠᶠˢᵉᵗ as a float, where that is a normal number. */
function power(code: Code, shifted: number, offset = 0): void {
  code.push(shifted, code.intsOnce(rounderBits - 127 - offset), "i32x4.sub", [23], "i32x4.shl");
}

/** eˣ for -87 ≤ x ≤ 88, a few instructions shorter; the vector is taken from a local and left on the stack. */
export function expWithin(code: Code, x: number): void {
  const { shifted, tail } = reduce(code, x);
  code.push(tail, code.floatsOnce(1), "f32x4.add");
  power(code, shifted);
  code.op("f32x4.mul");
}

/** eˣ - 1. */
export function expm1(code: Code): void {
  const [x, whole, scale] = [code.local("v128"), code.local("v128"), code.local("v128")];
  code.tee(whole).set(x);
  clamp(code, x, -18, 89);
  const { shifted, tail } = reduce(code, x);
  // 2 (2ⁿ⁻¹ tail + 2ⁿ⁻¹ - 1/2): halves, because 2ⁿ may be infinite where the result is not.
  power(code, shifted, -1);
  code.set(scale);
  code.push(scale, tail, "f32x4.mul", scale, code.floatsOnce(0.5), "f32x4.sub", "f32x4.add");
  code.push(code.floatsOnce(2), "f32x4.mul");
  tiny(code, whole, 2 ** -25);
}

/** Replaces the result on the stack by x itself where |x| is below a bound: subnormals and -0 stay what they are. */
export function tiny(code: Code, x: number, bound: number): void {
  select(code, [x], [x, "f32x4.abs", code.floatsOnce(bound), "f32x4.lt"]);
}

/** (tanh(x) / x - 1) / x² for |x| ≤ 0.625, in x², to 2^-27 of tanh. */
const tanhTail = [
  -0.3333328068256378, 0.13331405818462372, -0.05373651534318924, 0.02062816731632756, -0.005692296661436558,
];

/** tanh x: by a polynomial up to 0.625, else as 1 - 2 / (e²ˣ + 1). */
export function tanh(code: Code): void {
  const [x, size, square, near, one] = [...[0, 1, 2, 3].map(() => code.local("v128")), code.floatsOnce(1)];
  code.tee(x).op("f32x4.abs").set(size);
  code.put(square, x, x, "f32x4.mul");
  polynomial(code, square, tanhTail);
  code.push(square, "f32x4.mul", x, "f32x4.mul", x, "f32x4.add").set(near);
  const double = code.local("v128");
  code.put(double, size, size, "f32x4.add", code.floatsOnce(20), "f32x4.pmin");
  code.push(one, code.floatsOnce(2));
  expWithin(code, double);
  code.push(one, "f32x4.add", "f32x4.div", "f32x4.sub");
  code.push(x, code.intsOnce(-0x80000000), "v128.and", "v128.or");
  select(code, [near], [size, code.floatsOnce(0.625), "f32x4.lt"]);
  tiny(code, x, 2 ** -13);
}

/**
 * eˣ for x ≤ 0, to 0.6 units in the last place: for functions that add roundings of their own. Takes a local.
 */
function expCareful(code: Code, x: number): void {
  const high = code.local("v128");
  const one = code.floatsOnce(1);
  const vanishing = vanishes(code, x);
  const { shifted, beyond, r, lost } = reduce(code, x);
  // 1 + tail with the parts that 1 + r loses, and that r has lost, added to the small part.
  code.put(high, one, r, "f32x4.add");
  lost();
  code.push(beyond, "f32x4.add", r, high, one, "f32x4.sub", "f32x4.sub", "f32x4.add", high, "f32x4.add");
  scale(code, shifted);
  code.push(vanishing, "v128.andnot");
}

/**
 * 1 / (1 + e⁻ˣ): with e = e^-|x| and q = e / (1 + e), for negative x as e - e q, which keeps small probabilities and
 * lets the roundings in q count little, else as 1 - q.
 */
export function sigmoid(code: Code): void {
  const [x, e, base] = [code.local("v128"), code.local("v128"), code.local("v128")];
  const one = code.floatsOnce(1);
  code.tee(x).op("f32x4.abs", "f32x4.neg").set(e);
  expCareful(code, e);
  code.set(e).put(base, e, one, x, code.floatsOnce(0), "f32x4.lt", "v128.bitselect");
  code.push(base, base, e, e, one, "f32x4.add", "f32x4.div", "f32x4.mul", "f32x4.sub");
}

/** (erf(x) - x) / x in x², for |x| ≤ 0.875, to 2^-26 of erf. */
const erfNear = [
  0.12837915122509003, -0.3761250674724579, 0.11281964927911758, -0.026772428303956985, 0.005002323072403669,
  -0.0006040721200406551,
];
/** -log(1 - erf(x)) / x for x between 0.875 and 4. */
const erfFar = [
  1.1285254955291748, 0.6356803774833679, 0.10531218349933624, -0.022922458127141, 0.0032251537777483463,
  -0.00021522966562770307,
];

/** The error function: by a polynomial up to 0.875, beyond it as 1 - exp(a polynomial), 1 from 4. */
export function erf(code: Code): void {
  const [x, size, square, near, one] = [...[0, 1, 2, 3].map(() => code.local("v128")), code.floatsOnce(1)];
  code.tee(x).op("f32x4.abs").push(code.floatsOnce(4), "f32x4.pmin").set(size);
  code.put(square, x, x, "f32x4.mul");
  polynomial(code, square, erfNear);
  code.push(x, "f32x4.mul", x, "f32x4.add").set(near);
  const power = code.local("v128");
  polynomial(code, size, erfFar);
  code.push(size, "f32x4.mul", "f32x4.neg").set(power).get(one);
  expWithin(code, power);
  code.push("f32x4.sub", x, code.intsOnce(-0x80000000), "v128.and", "v128.or");
  select(code, [near], [size, code.floatsOnce(0.875), "f32x4.lt"]);
}
