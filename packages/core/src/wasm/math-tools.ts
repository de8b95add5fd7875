/**
 * What the functions on vectors are made of: polynomials and selection.
 */
import type { Code, Term } from "./assembler.ts";

/** Leaves c₀ + c₁ x + c₂ x² + … for the x in a local. */
export function horner(code: Code, x: number, coefficients: readonly number[]): void {
  const constants = coefficients.map((c) => code.floatsOnce(c));
  code.get(constants[constants.length - 1]);
  for (const c of constants.slice(0, -1).reverse()) code.push(x, "f32x4.mul", c, "f32x4.add");
}

/** As `horner`, of doubles. */
export function hornerDoubles(code: Code, x: number, coefficients: readonly number[]): void {
  const constants = coefficients.map((c) => code.doublesOnce(c));
  code.get(constants[constants.length - 1]);
  for (const c of constants.slice(0, -1).reverse()) code.push(x, "f64x2.mul", c, "f64x2.add");
}

/** Replaces the vector on the stack by `replacement` where the mask's bits are 1. */
export function select(code: Code, replacement: readonly Term[], mask: readonly Term[]): void {
  const other = code.local("v128");
  code.set(other).push(...replacement, other, ...mask, "v128.bitselect");
}
