/**
 * Numbers in the sentences of findings.
 */
import type { Facts } from "../program/facts.ts";
import type { GraphValue } from "../program/graph.ts";

/** A number with three digits. */
export function digits(x: number): string {
  return Number.isInteger(x) ? String(x) : Number(x.toPrecision(3)).toString();
}

/** The bounds of numbers: "from 0 to 1", "of 0 or more". */
export function range({ low, high }: Pick<Facts, "low" | "high">): string {
  if (high === Number.POSITIVE_INFINITY) return `of ${digits(low)} or more`;
  if (low === Number.NEGATIVE_INFINITY) return `of ${digits(high)} or less`;
  return `from ${digits(low)} to ${digits(high)}`;
}

/** The least and the largest number of a tensor: "0.1 to 0.9". */
export function shown({ tensor }: GraphValue): string {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of tensor.storage) {
    if (x < least) least = x;
    if (x > most) most = x;
  }
  if (tensor.size === 0) return "none";
  if (!(least <= most)) return "NaN";
  return least === most ? digits(least) : `${digits(least)} to ${digits(most)}`;
}

/** Names in a list that does not get too long: "a, b, c and 4 more". */
export function listed(names: readonly string[], most = 4): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
