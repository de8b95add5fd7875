/**
 * The functions of one or two numbers that compiled kernels can apply to four floats at a time.
 *
 * Each writes code that replaces the vector on top of the stack (`pow`: the two) by the result, within 2 units in the
 * last place for every float, with infinities, NaN and subnormal numbers as JavaScript's Math has them. Constants live
 * in locals that are set once where the function begins, outside of all loops. The hyperbolic tangent in place is
 * `code.get(at).get(at).access("v128.load")`, `math.tanh(code)`, `code.access("v128.store")`.
 */
import type { Code } from "../assembler.ts";
import { log2, pow } from "./math-double.ts";
import { erf, exp, expm1, sigmoid, tanh } from "./math-exp.ts";
import { log, log1p, softplus } from "./math-log.ts";
import { cos, sin } from "./math-trig.ts";

function sqrt(code: Code): void {
  code.op("f32x4.sqrt");
}

function rsqrt(code: Code): void {
  const x = code.local("v128");
  code.op("f32x4.sqrt").set(x).push(code.floatsOnce(1), x, "f32x4.div");
}

function reciprocal(code: Code): void {
  const x = code.local("v128");
  code.set(x).push(code.floatsOnce(1), x, "f32x4.div");
}

/** Functions of one number. */
export const math = {
  exp,
  expm1,
  log,
  log1p,
  log2,
  tanh,
  sigmoid,
  softplus,
  erf,
  sin,
  cos,
  sqrt,
  rsqrt,
  reciprocal,
} as const satisfies Record<string, (code: Code) => void>;

export { pow };

/**
 * x to a whole power by repeated squaring, so that squares and cubes cost one and two products.
 *
 * @param power from -32 to 32; beyond a few, rounding adds up to more than 2 units and `pow` is to be preferred.
 */
export function wholePower(code: Code, power: number): void {
  let rest = Math.abs(power);
  if (rest === 0) {
    code.op("drop").get(code.floatsOnce(1));
    return;
  }
  const base = code.local("v128");
  let result: number | undefined;
  code.set(base);
  for (; rest > 0; rest >>= 1) {
    if (rest & 1) {
      if (result === undefined) {
        result = code.local("v128");
        code.put(result, base);
      } else code.put(result, result, base, "f32x4.mul");
    }
    if (rest > 1) code.put(base, base, base, "f32x4.mul");
  }
  code.get(result!);
  if (power < 0) reciprocal(code);
}
