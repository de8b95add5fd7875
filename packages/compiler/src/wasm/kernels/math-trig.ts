/**
 * Sine and cosine of vectors of four floats, to 2 units in the last place for every float, however large.
 *
 * The angle is reduced to ±π/4 in doubles: up to 2²⁰ by two parts of π/2 (Cody & Waite 1980), beyond it by a product
 * with as many digits of 2/π as the exponent asks for (Payne & Hanek 1983).
 */
import type { Code } from "../assembler.ts";
import { pairs } from "./math-double.ts";
import { tiny } from "./math-exp.ts";
import { polynomial, select } from "./math-tools.ts";

/** (sin(r) / r - 1) / r² and (cos(r) - 1 + r²/2) / r⁴ in r², for |r| ≤ π/4. */
const sinTail = [-0.16666655, 0.008332191, -0.00019518599];
const cosTail = [0.041666646, -0.0013887301, 2.4430668e-5];
/** π/2 in two parts, the first of 33 bits, so that its product with a whole number below 2²⁰ is exact. */
const halfPiHigh = 1.5707963267341256;
const halfPiLow = 6.077100506506192e-11;
/** From here on the product with all of 2/π is needed. */
const large = 2 ** 20;
/** 2/π = Σ chunkᵢ 2^(-24 (i + 1)): 216 binary digits in whole numbers, whose products with floats are exact doubles. */
const twoOverPi = [0xa2f983, 0x6e4e44, 0x1529fc, 0x2757d1, 0xf534dd, 0xc0db62, 0x95993c, 0x439041, 0xfe5163];
const rounder = 1.5 * 2 ** 52;

interface Angle {
  /** Between -π/4 and π/4, as floats. */
  readonly rest: number;
  /** The number of right angles, in the low bits of i32. */
  readonly quarters: number;
}

/** x = quarters π/2 + rest, in a new pair of locals. */
function reduce(code: Code, x: number): Angle {
  const [rest, quarters] = [code.local("v128"), code.local("v128")];
  const counts = [code.local("v128"), code.local("v128")];
  const collect = () => code.get(counts[0]).get(counts[1]).shuffle(0, 2, 4, 6).set(quarters);
  pairs(code, x, (pair, upper) => shortProduct(code, pair, counts[upper ? 1 : 0]));
  code.set(rest);
  collect();
  code.push(x, "f32x4.abs", code.floatsOnce(large), "f32x4.ge", "v128.any_true").branch(() => {
    pairs(code, x, (pair, upper) => longProduct(code, pair, counts[upper ? 1 : 0]));
    code.set(rest);
    collect();
  });
  return { rest, quarters };
}

/** Leaves the rest of the pair of doubles in a local, and sets the local `count`. */
function shortProduct(code: Code, x: number, count: number): void {
  const n = code.local("v128");
  const magic = code.doublesOnce(rounder);
  code.put(count, x, code.doublesOnce(2 / Math.PI), "f64x2.mul", magic, "f64x2.add");
  code.put(n, count, magic, "f64x2.sub");
  code.push(x, n, code.doublesOnce(halfPiHigh), "f64x2.mul", "f64x2.sub");
  code.push(n, code.doublesOnce(halfPiLow), "f64x2.mul", "f64x2.sub");
}

/** As `shortProduct`: sums the products with the digits, each less its multiples of 4, and what the sums lose. */
function longProduct(code: Code, x: number, count: number): void {
  const [part, sum, next, other, lost] = [0, 1, 2, 3, 4].map(() => code.local("v128"));
  code.zero128().set(sum).zero128().set(lost);
  twoOverPi.forEach((digits, i) => {
    code.put(part, x, code.doublesOnce(digits * 2 ** (-24 * (i + 1))), "f64x2.mul");
    code.push(part, part, code.doublesOnce(0.25), "f64x2.mul", "f64x2.trunc", code.doublesOnce(4), "f64x2.mul");
    code.push("f64x2.sub").set(part);
    // Knuth's exact sum: next + what it lost = sum + part.
    code.put(next, sum, part, "f64x2.add").put(other, next, sum, "f64x2.sub");
    code.push(lost, sum, next, other, "f64x2.sub", "f64x2.sub", part, other, "f64x2.sub", "f64x2.add", "f64x2.add");
    code.set(lost).put(sum, next);
  });
  const magic = code.doublesOnce(rounder);
  code.put(count, sum, magic, "f64x2.add");
  code.push(sum, count, magic, "f64x2.sub", "f64x2.sub", lost, "f64x2.add", code.doublesOnce(Math.PI / 2), "f64x2.mul");
}

/** sin(x + turn π/2). */
function sine(code: Code, turn: 0 | 1): void {
  const x = code.local("v128");
  code.set(x);
  const { rest, quarters } = reduce(code, x);
  const [square, cosine] = [code.local("v128"), code.local("v128")];
  if (turn === 1) code.put(quarters, quarters, code.intsOnce(1), "i32x4.add");
  code.put(square, rest, rest, "f32x4.mul");
  polynomial(code, square, cosTail);
  code.push(square, "f32x4.mul", code.floatsOnce(0.5), "f32x4.sub", square, "f32x4.mul");
  code.push(code.floatsOnce(1), "f32x4.add").set(cosine);
  polynomial(code, square, sinTail);
  code.push(square, "f32x4.mul", rest, "f32x4.mul", rest, "f32x4.add");
  const one = code.intsOnce(1);
  select(code, [cosine], [quarters, one, "v128.and", one, "i32x4.eq"]);
  code.push(quarters, code.intsOnce(2), "v128.and", [30], "i32x4.shl", "v128.xor");
  if (turn === 0) tiny(code, x, 2 ** -13);
}

/** sin x. */
export function sin(code: Code): void {
  sine(code, 0);
}

/** cos x. */
export function cos(code: Code): void {
  sine(code, 1);
}
