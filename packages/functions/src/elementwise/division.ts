/**
 * Whole quotients and their remainders.
 */
import { div } from "@chainrule/core";
import { toNumeric } from "@chainrule/core/internal";
import { binary } from "../define/elementwise.ts";

/**
 * ⌊a / b⌋, the whole quotient, element by element; derivative 0.
 *
 * Shapes broadcast; integers stay integers, of which a quotient by 0 is 0. Floats as in Python and PyTorch: what goes with
 * the remainder of `mod`, a = b ⌊a / b⌋ + mod(a, b), though a / b may have been rounded up; ±Infinity or NaN by 0.
 *
 * @throws ShapeError for shapes that do not broadcast.
 * @example floorDivide([7, -7], 2); // [3, -4]
 */
export const floorDivide = binary({
  name: "floorDivide",
  f: (a, b) => {
    if (b === 0) return a / b;
    const rest = a % b;
    const quotient = (a - rest) / b - Number(rest !== 0 && rest < 0 !== b < 0);
    // Rounding may have left it a little beside the whole number that it is.
    return quotient === 0 ? 0 * (a / b) : Math.round(quotient);
  },
  operands: toNumeric,
  gradient: [() => null, () => null],
  formula: { text: ["⌊a / b⌋", "0", "0"], tex: ["\\lfloor \\frac{a}{b} \\rfloor", "0", "0"] },
});

/**
 * The remainder of a / b with the sign of a, a - b trunc(a / b), as in C; with the sign of b it is `mod`. Derivatives 1 and
 * -trunc(a / b).
 *
 * Shapes broadcast; integers stay integers, of which a remainder by 0 is 0. NaN by 0 in floats.
 *
 * @throws ShapeError for shapes that do not broadcast.
 * @example fmod([-7, 7], 3); // [-1, 1]
 */
export const fmod = binary({
  name: "fmod",
  f: (a, b) => a % b,
  operands: toNumeric,
  gradient: [(g) => g, (g, a, b) => g.mul(div(a, b).trunc()).neg()],
  formula: {
    text: ["a - b · trunc(a / b)", "1", "-trunc(a / b)"],
    tex: ["a - b \\operatorname{trunc}(\\frac{a}{b})", "1", "-\\operatorname{trunc}(\\frac{a}{b})"],
  },
});
