/**
 * Data for JSON.
 */

/** The data with texts in place of the numbers that JSON does not have: `"NaN"`, `"Infinity"`, `"-Infinity"`. */
export function withoutSpecials<T>(data: T): T {
  if (typeof data === "number") return (Number.isFinite(data) ? data : String(data)) as T;
  if (Array.isArray(data)) return data.map(withoutSpecials) as T;
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, withoutSpecials(value)])) as T;
}
