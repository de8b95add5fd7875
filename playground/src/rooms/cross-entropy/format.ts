/**
 * Numbers as this room writes them.
 */

/** Three decimals, with a real minus sign. */
export function decimals(x: number, digits = 3): string {
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const text = x.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

/** As many digits as a float of single precision has, small ones as powers of ten. */
export function float(x: number): string {
  if (!Number.isFinite(x)) return decimals(x);
  const size = Math.abs(x);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? x.toExponential(2) : String(Number(x.toPrecision(5)));
  return (x === 0 ? "0" : text).replaceAll("-", "−");
}

/** With its sign also where it is positive. */
export function signed(x: number): string {
  return x > 0 ? `+${decimals(x)}` : decimals(x);
}
