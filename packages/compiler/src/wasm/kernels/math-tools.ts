/**
 * What the functions on vectors are made of: polynomials and selection.
 */
import type { Code, Term } from "../assembler.ts";
import type { Instruction } from "../instructions.ts";

/** Leaves c₀ + c₁ x + c₂ x² + … for the x in a local. */
export function polynomial(code: Code, x: number, coefficients: readonly number[]): void {
  const constants = coefficients.map((c) => code.floatsOnce(c));
  estrin(code, x, constants, "f32x4.mul", "f32x4.add");
}

/** As `polynomial`, of doubles. */
export function polynomialOfDoubles(code: Code, x: number, coefficients: readonly number[]): void {
  const constants = coefficients.map((c) => code.doublesOnce(c));
  estrin(code, x, constants, "f64x2.mul", "f64x2.add");
}

/**
 * Halves that do not wait for each other (Estrin 1960), because the functions here are bound by how long one
 * instruction waits for another, not by how many there are.
 */
function estrin(code: Code, x: number, constants: readonly number[], mul: Instruction, add: Instruction): void {
  const powers = new Map([[1, x]]);
  for (let n = 1; 2 * n < constants.length; n *= 2) {
    const square = code.local("v128");
    code.put(square, powers.get(n)!, powers.get(n)!, mul);
    powers.set(2 * n, square);
  }
  const part = (from: number, to: number): void => {
    if (to - from === 1) {
      code.get(constants[from]);
      return;
    }
    let half = 1;
    while (2 * half < to - from) half *= 2;
    part(from + half, to);
    code.push(powers.get(half)!, mul);
    part(from, from + half);
    code.op(add);
  };
  part(0, constants.length);
}

/** Replaces the vector on the stack by `replacement` where the mask's bits are 1. */
export function select(code: Code, replacement: readonly Term[], mask: readonly Term[]): void {
  const other = code.local("v128");
  code.set(other).push(...replacement, other, ...mask, "v128.bitselect");
}
