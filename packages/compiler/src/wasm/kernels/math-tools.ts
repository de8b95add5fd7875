/**
 * What the functions on vectors are made of: multiply and add, polynomials, selection.
 *
 * Each has two forms: with the relaxed instructions, where the module may use them, and without. What relaxed instructions
 * compute is as exact whether the machine rounds once or twice.
 */
import type { Code, Term } from "../assembler.ts";

type Lanes = "f32x4" | "f64x2";

/** Multiplies the two vectors on the stack, and adds a third. */
export function multiplyAdd(code: Code, addend: Term, lanes: Lanes = "f32x4"): void {
  if (code.relaxed) code.push(addend, `${lanes}.relaxed_madd`);
  else code.push(`${lanes}.mul`, addend, `${lanes}.add`);
}

/** Leaves c - a b, of vectors in locals. */
export function subtractProduct(code: Code, c: number, a: number, b: number): void {
  if (code.relaxed) code.push(a, b, c, "f32x4.relaxed_nmadd");
  else code.push(c, a, b, "f32x4.mul", "f32x4.sub");
}

/**
 * Leaves c₀ + c₁ x + c₂ x² + … for the x in a local (Horner).
 *
 * @param square a local with x²: pairs of powers then do not wait for each other. So it is where all that follows waits for the
 *   result, because the functions here are bound by that, and not by how many instructions there are.
 */
export function polynomial(code: Code, x: number, coefficients: readonly number[], square: number | null = null): void {
  const constants = coefficients.map((c) => code.floatsOnce(c));
  if (square === null) horner(code, x, constants, "f32x4");
  else inPairs(code, x, square, constants, "f32x4");
}

/** As `polynomial` with a square, of doubles. */
export function polynomialOfDoubles(code: Code, x: number, coefficients: readonly number[]): void {
  const constants = coefficients.map((c) => code.doublesOnce(c));
  const square = code.local("v128");
  code.put(square, x, x, "f64x2.mul");
  inPairs(code, x, square, constants, "f64x2");
}

function horner(code: Code, x: number, constants: readonly number[], lanes: Lanes): void {
  code.get(constants[constants.length - 1]);
  for (const constant of constants.slice(0, -1).reverse()) {
    code.get(x);
    multiplyAdd(code, constant, lanes);
  }
}

function inPairs(code: Code, x: number, square: number, constants: readonly number[], lanes: Lanes): void {
  const pairs: number[] = [];
  for (let i = 0; i + 1 < constants.length; i += 2) {
    const pair = code.local("v128");
    code.push(constants[i + 1], x);
    multiplyAdd(code, constants[i], lanes);
    code.set(pair);
    pairs.push(pair);
  }
  if (constants.length % 2 === 1) pairs.push(constants[constants.length - 1]);
  horner(code, square, pairs, lanes);
}

/** Replaces the vector on the stack by `replacement` where the mask, whose lanes are all ones or zeros, says so. */
export function select(code: Code, replacement: readonly Term[], mask: readonly Term[]): void {
  const other = code.local("v128");
  code.set(other).push(...replacement, other, ...mask, code.relaxed ? "i32x4.relaxed_laneselect" : "v128.bitselect");
}
