/**
 * Numbers as this room writes them.
 */

/** Four digits, with a real minus sign. */
export function short(x: number): string {
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  const text = size !== 0 && (size >= 1e5 || size < 1e-3) ? x.toExponential(2) : String(Number(x.toPrecision(4)));
  return (Object.is(x, -0) ? "0" : text).replaceAll("-", "−");
}

/** In a sum or a product, with parentheses where it is negative. */
export function factor(x: number): string {
  return x < 0 ? `(${short(x)})` : short(x);
}
