/**
 * Numbers as the page writes them.
 */

/** Four digits that count. */
export function short(x: number): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "–" : x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? x.toExponential(2) : String(Number(x.toPrecision(4)));
  return text.replace("-", "−").replace("e−", "e−").replace("e+", "e");
}

/** A share in percent. */
export const percent = (share: number) => (Number.isNaN(share) ? "–" : `${(100 * share).toFixed(1)}%`);

/** 12,345 */
export const whole = (x: number) => Math.round(x).toLocaleString("en");
