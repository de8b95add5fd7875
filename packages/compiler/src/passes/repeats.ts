/**
 * Repeats: stretches of a graph in which the same operations come again and again, as the steps of a loop do when they are
 * traced. Of what values they are is not looked at here.
 */
import type { Op } from "@chainrule/core";
import type { AppliedOp, GraphNode } from "../ir/graph.ts";

/** Operations `first` to `end` (which is left out), each of which is that of `period` places before or after. */
export interface Repeat {
  readonly first: number;
  readonly end: number;
  readonly period: number;
}

/** So many operations in a row must be found again. */
const shortest = 8;

/** Fewer steps, or fewer operations in all, are not worth a loop. */
export const leastSteps = 6;
const leastOperations = 60;

/** The stretches of the operations, in order. They do not overlap. */
export function repeatsIn(operations: readonly GraphNode[]): Repeat[] {
  const keys = keysOf(operations);
  const found: Repeat[] = [];
  /** Where a row of operations was last seen, by its hash. */
  const seen = new Map<number, number>();
  let from = 0;
  const hashes = hashesOfRows(keys);
  let tried: Repeat | null = null;
  for (let at = 0; at < hashes.length; at++) {
    const before = seen.get(hashes[at]);
    seen.set(hashes[at], at);
    if (before === undefined || before < from) continue;
    // Within a stretch of one period there is no other.
    if (tried && at < tried.end && at - before === tried.period) continue;
    const repeat = extended(keys, before, at - before, from);
    tried = repeat;
    if (repeat.end - repeat.first < Math.max(leastOperations, leastSteps * repeat.period)) continue;
    found.push(repeat);
    from = repeat.end;
    at = repeat.end - 1;
  }
  return found;
}

/** A hash of the row that begins at each place: Σᵢ keys[at + i] · factor^(shortest - 1 - i), which goes on from row to row. */
function hashesOfRows(keys: Int32Array): Int32Array {
  const factor = 0x01000193;
  let highest = 1;
  for (let i = 0; i < shortest; i++) highest = Math.imul(highest, factor);
  const hashes = new Int32Array(Math.max(0, keys.length - shortest + 1));
  let hash = 0;
  for (let end = 0; end < keys.length; end++) {
    hash = Math.imul(hash, factor) + keys[end];
    if (end >= shortest) hash -= Math.imul(keys[end - shortest], highest);
    hash |= 0;
    if (end >= shortest - 1) hashes[end - shortest + 1] = hash;
  }
  return hashes;
}

/** The longest stretch of this period around a place. */
function extended(keys: Int32Array, at: number, period: number, from: number): Repeat {
  let end = at + period;
  while (end < keys.length && keys[end] === keys[end - period]) end++;
  let first = at;
  while (first > from && keys[first - 1] === keys[first - 1 + period]) first--;
  return { first, end, period };
}

/** Equal for the same op and shape. What its attributes are is looked at where steps are compared. */
function keysOf(operations: readonly GraphNode[]): Int32Array {
  const numbers = new Map<Op, number>();
  return Int32Array.from(operations, (node) => {
    const { op, inputs } = node.source as AppliedOp;
    let number = numbers.get(op);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(op, number);
    }
    const { shape, dtype } = node;
    let key = mixed(mixed(number, inputs.length), dtype.length);
    for (let axis = 0; axis < shape.length; axis++) key = mixed(key, shape[axis]);
    return key;
  });
}

function mixed(hash: number, x: number): number {
  const product = Math.imul(hash ^ x, 0x9e3779b1);
  return product ^ (product >>> 15);
}
