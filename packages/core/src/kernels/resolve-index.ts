/**
 * Which position along an axis an index names.
 */
import { ValueError } from "../errors.ts";

/** An index counted from the front; negative ones count from the end. @throws ValueError for one that is not there. */
export function resolveIndex(where: string, index: number, length: number): number {
  if (index >= -length && index < length) return index < 0 ? index + length : index;
  throw new ValueError({
    where,
    expected: length === 0 ? "no index into an axis of length 0" : `indices from ${-length} to ${length - 1}`,
    got: `${index}`,
  });
}
