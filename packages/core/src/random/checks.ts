/**
 * What the generator's methods ask of their arguments, and the errors for what they get instead.
 */

import { DTypeError, describe, ValueError } from "../errors.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import type { GeneratorState } from "./words.ts";

const plain = (value: unknown) => (typeof value === "number" ? String(value) : describe(value));

/** Whether it is an array, or a typed array. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

export function checkList(where: string, array: unknown): void {
  if (!isList(array)) throw new ValueError({ where, expected: "an array", got: describe(array) });
}

export function checkFloatArray(where: string, array: unknown): void {
  if (array instanceof Float32Array || array instanceof Float64Array) return;
  throw new DTypeError({
    where,
    expected: "a Float32Array or a Float64Array",
    got: describe(array),
    hint: "Whole numbers come from fillIntegers, fillBernoulli, fillPoisson and fillCategorical.",
  });
}

/** The whole numbers that an array holds exactly: from, to (both included). */
function wholeRange(where: string, array: unknown): [number, number] {
  if (array instanceof Float64Array) return [-(2 ** 53), 2 ** 53];
  if (array instanceof Float32Array) return [-(2 ** 24), 2 ** 24];
  if (array instanceof Int32Array) return [-(2 ** 31), 2 ** 31 - 1];
  if (array instanceof Uint8Array) return [0, 255];
  throw new DTypeError({
    where,
    expected: "a Float32Array, Float64Array, Int32Array or Uint8Array",
    got: describe(array),
  });
}

/** Throws unless `array` is of one of the four kinds and holds every whole number from `low` up to `high - 1`. */
export function checkHolds(where: string, array: TypedArray, low: number, high: number): void {
  const [from, to] = wholeRange(where, array);
  if (low >= from && high - 1 <= to) return;
  throw new ValueError({
    where,
    expected: `whole numbers from ${from} to ${to}, which a ${array.constructor.name} holds exactly`,
    got: `numbers from ${low} up to ${high}, the latter not included`,
    hint: "A Float64Array holds whole numbers of up to 2^53.",
  });
}

export function checkFinite(where: string, name: string, value: number): void {
  if (Number.isFinite(value)) return;
  throw new ValueError({ where, expected: `a finite ${name}`, got: plain(value) });
}

export function checkPositive(where: string, name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new ValueError({
    where,
    expected: `a finite ${name} above 0`,
    got: plain(value),
    hint:
      Number.isFinite(value) && value < 0
        ? "If this came from a network, pass it through softplus or exp first."
        : undefined,
  });
}

/** Standard deviations may be 0: then every draw is the mean. */
export function checkStd(where: string, std: number): void {
  if (Number.isFinite(std) && std >= 0) return;
  throw new ValueError({
    where,
    expected: "a finite standard deviation of at least 0",
    got: plain(std),
    hint:
      Number.isFinite(std) && std < 0
        ? "If this is the logarithm of a standard deviation or a variance, take exp of it first."
        : undefined,
  });
}

export function checkProbability(where: string, p: number): void {
  if (typeof p === "number" && p >= 0 && p <= 1) return;
  throw new ValueError({
    where,
    expected: "a probability from 0 to 1",
    got: plain(p),
    hint:
      typeof p === "number" && p > 1 && p <= 100
        ? `If this is a percentage, write ${p / 100}.`
        : "If this is a logit, take its sigmoid first.",
  });
}

/** Bounds may be equal: then every draw is that number. */
export function checkInterval(where: string, low: number, high: number): void {
  const finite = Number.isFinite(low) && Number.isFinite(high);
  if (finite && low <= high && Number.isFinite(high - low)) return;
  throw new ValueError({
    where,
    expected: finite && low < high ? "bounds whose difference is finite" : "finite bounds with low <= high",
    got: `low = ${plain(low)} and high = ${plain(high)}`,
    hint: finite ? intervalHint(low, high) : undefined,
  });
}

function intervalHint(low: number, high: number): string {
  return low > high ? `Swap them: (${high}, ${low}).` : "Draw from a smaller interval and scale.";
}

export function checkWholeInterval(where: string, low: number, high: number): void {
  if (!Number.isSafeInteger(low) || !(Number.isSafeInteger(high) || high === 2 ** 53))
    throw new ValueError({
      where,
      expected: "whole numbers of at most 2^53 as bounds",
      got: `low = ${plain(low)} and high = ${plain(high)}`,
      hint: "For numbers with fractions draw from uniform; to round a bound use Math.floor.",
    });
  if (low >= high)
    throw new ValueError({
      where,
      expected: "whole numbers with low < high",
      got: `low = ${low} and high = ${high}`,
      hint: low > high ? intervalHint(low, high) : "The upper bound is not included: there is no number to draw.",
    });
  if (high - low > 2 ** 53)
    throw new ValueError({
      where,
      expected: "a difference between the bounds of at most 2^53",
      got: `low = ${low} and high = ${high}`,
    });
}

export function checkCount(where: string, n: number): void {
  if (Number.isInteger(n) && n >= 0 && n < 2 ** 31) return;
  throw new ValueError({ where, expected: "a whole number from 0 to 2^31 - 1", got: plain(n) });
}

/** An Int32Array holds the counts of any rate that `checkRate` lets through, a Uint8Array not even those of 100. */
export function checkCountArray(where: string, array: unknown): void {
  if (array instanceof Int32Array || array instanceof Float32Array || array instanceof Float64Array) return;
  throw new DTypeError({ where, expected: "an Int32Array, Float32Array or Float64Array", got: describe(array) });
}

export function checkNotEmpty(where: string, array: ArrayLike<unknown>): void {
  if (isList(array) && array.length > 0) return;
  throw new ValueError({
    where,
    expected: "an array with something to choose from",
    got: isList(array) ? "an empty one" : describe(array),
  });
}

/** Beyond a rate of 1e9 counts would no longer fit an Int32Array. */
export function checkRate(where: string, rate: number): void {
  if (typeof rate === "number" && rate >= 0 && rate <= 1e9) return;
  throw new ValueError({
    where,
    expected: "a rate from 0 to 1e9",
    got: plain(rate),
    hint:
      typeof rate === "number" && rate > 1e9
        ? "For such a rate a normal with mean = rate and std = sqrt(rate) is as good."
        : undefined,
  });
}

/** The running sums of the weights, after checking that they are weights. */
export function cumulate(where: string, weights: ArrayLike<number>): Float64Array {
  if (!isList(weights)) throw new ValueError({ where, expected: "an array of probabilities", got: describe(weights) });
  const sums = new Float64Array(weights.length);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    if (typeof weights[i] !== "number" || !(weights[i] >= 0))
      throw new ValueError({
        where,
        expected: "probabilities of at least 0",
        got: `${plain(weights[i])} at index ${i}`,
        hint: "They need not add up to 1, but logits must pass through a softmax first.",
      });
    sum += weights[i];
    sums[i] = sum;
  }
  if (sum > 0 && Number.isFinite(sum)) return sums;
  throw new ValueError({
    where,
    expected: "probabilities with a finite sum above 0",
    got: weights.length === 0 ? "none" : `${weights.length} with the sum ${sum}`,
  });
}

export function checkSeed(where: string, seed: unknown): void {
  if (typeof seed === "string" || (typeof seed === "number" && Number.isFinite(seed))) return;
  throw new ValueError({ where, expected: "a finite number or a string as seed", got: plain(seed) });
}

export function checkState(where: string, state: unknown): asserts state is GeneratorState {
  const { key, counter } = (state ?? {}) as Partial<Record<string, unknown>>;
  if (isWordPair(key) && isWordPair(counter)) return;
  throw new ValueError({
    where,
    expected: "{ key: [k0, k1], counter: [low, high] } of whole numbers from 0 to 2^32 - 1",
    got: [key, counter].every(isNumbers) ? JSON.stringify({ key, counter }) : describe(state),
    hint: "Set what another generator's state returned, or that after a round trip through JSON.",
  });
}

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}

function isWordPair(value: unknown): boolean {
  const isWord = (word: unknown) => Number.isInteger(word) && (word as number) >= 0 && (word as number) < 2 ** 32;
  return Array.isArray(value) && value.length === 2 && value.every(isWord);
}
