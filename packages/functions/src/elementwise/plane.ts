/**
 * Points of the plane in polar coordinates: the angle and the distance.
 */
import { atan, maximum, minimum, scalar, type Tensor, where } from "@chainrule/core";
import { toFloat } from "@chainrule/core/internal";
import { binary } from "../define/elementwise.ts";

/**
 * √(a² + b²), the length of (a, b), element by element, without overflow; derivatives a / y and b / y, 0 at the origin.
 *
 * Shapes broadcast; integers become floats. Infinity where either is infinite, even beside NaN.
 *
 * @throws ShapeError for shapes that do not broadcast.
 * @example hypot([3, 5], [4, 12]); // [5, 13]
 */
export const hypot = binary({
  name: "hypot",
  f: Math.hypot,
  operands: toFloat,
  gradient: [(g, a, _b, y) => g.mul(shareOf(a, y)), (g, _a, b, y) => g.mul(shareOf(b, y))],
  formula: { text: ["√(a² + b²)", "a / y", "b / y"], tex: ["\\sqrt{a^{2} + b^{2}}", "\\frac{a}{y}", "\\frac{b}{y}"] },
  compose: (a, b) => {
    const [x, y] = [a.abs(), b.abs()];
    const [long, short] = [maximum(x, y), minimum(x, y)];
    const zero = long.equal(0);
    const length = long.mul(
      short
        .div(where(zero, 1, long))
        .square()
        .add(1)
        .sqrt(),
    );
    return where(
      x.equal(Number.POSITIVE_INFINITY).logicalOr(y.equal(Number.POSITIVE_INFINITY)),
      Number.POSITIVE_INFINITY,
      length,
    );
  },
});

/** A coordinate's part of the length; 0 at the origin, where there is no derivative. */
function shareOf(coordinate: Tensor, length: Tensor): Tensor {
  const zero = length.equal(0);
  return where(zero, 0, coordinate.div(where(zero, 1, length)));
}

/**
 * The angle of the point (x, y) in (-π, π], element by element, as C's `atan2(y, x)`; derivatives x / (x² + y²) by y and
 * -y / (x² + y²) by x, 0 at the origin.
 *
 * Shapes broadcast; integers become floats. Zeros and infinities as IEEE 754 has them.
 *
 * @throws ShapeError for shapes that do not broadcast.
 * @example atan2([1, 1, -1], [1, -1, -1]); // [0.7854, 2.3562, -2.3562]
 */
export const atan2 = binary({
  name: "atan2",
  f: Math.atan2,
  operands: toFloat,
  gradient: [(g, y, x) => g.mul(turning(x, y)), (g, y, x) => g.mul(turning(y, x)).neg()],
  formula: {
    text: ["the angle of (b, a)", "b / (a² + b²)", "-a / (a² + b²)"],
    tex: ["\\operatorname{atan2}(a, b)", "\\frac{b}{a^{2} + b^{2}}", "-\\frac{a}{a^{2} + b^{2}}"],
  },
  compose: (y, x) => {
    const endless = x.isInfinite().logicalAnd(y.isInfinite());
    // Two infinite coordinates stand on a diagonal, two zeros where the signs say.
    const ratio = where(endless, x.sign().mul(y.sign()), y.div(x));
    const angle = where(x.equal(0).logicalAnd(y.equal(0)), y, atan(ratio));
    const half = where(isNegative(y), scalar(-Math.PI, x.dtype), scalar(Math.PI, x.dtype));
    return where(isNegative(x), angle.add(half), angle);
  },
});

/** `across` / (x² + y²), of which nothing overflows before it does itself; 0 at the origin. */
function turning(across: Tensor, along: Tensor): Tensor {
  const length = hypot(across, along);
  const zero = length.equal(0);
  return where(zero, 0, across.div(where(zero, 1, length)).div(where(zero, 1, length)));
}

/** Whether it is below 0, or -0. */
function isNegative(x: Tensor): Tensor {
  return where(x.equal(0), x.reciprocal(), x).less(0);
}
