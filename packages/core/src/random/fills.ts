/**
 * Arrays filled in bulk with the distributions that need only one or two words a number: uniform, normal, Bernoulli.
 *
 * Words are drawn by the thousand and then turned into numbers, several times as fast as one by one.
 */
import type { TypedArray } from "../tensor/dtype.ts";
import type { Words } from "./words.ts";

/** Words on their way from the stream to an array; nothing stays here between calls. */
const scratch = new Uint32Array(1024);

/** Float32: x = low + (high - low) k / 2²⁴ with k the upper 24 bits of one word. Float64: 53 bits of two words. */
export function fillUniform(words: Words, array: Float32Array | Float64Array, low: number, high: number): void {
  const top = low < high ? largestBelow(high, arrayKind(array)) : high;
  if (array instanceof Float32Array) uniform32(words, array, [low, top], (high - low) * 2 ** -24);
  else uniform64(words, array, low, (high - low) * 2 ** -53, top);
}

function uniform32(words: Words, array: Float32Array, [low, top]: readonly number[], step: number): void {
  // Rounding could otherwise reach below the bound.
  const bottom = Math.fround(low) < low ? -largestBelow(-low, Float32Array) : low;
  for (let start = 0; start < array.length; start += scratch.length) {
    const count = Math.min(scratch.length, array.length - start);
    words.fill(scratch, count);
    for (let i = 0; i < count; i++) {
      array[start + i] = Math.min(top, Math.max(bottom, low + step * (scratch[i] >>> 8)));
    }
  }
}

function uniform64(words: Words, array: Float64Array, low: number, step: number, top: number): void {
  for (let start = 0; start < array.length; start += scratch.length / 2) {
    const count = Math.min(scratch.length / 2, array.length - start);
    words.fill(scratch, 2 * count);
    for (let i = 0; i < count; i++) {
      const k = (scratch[2 * i] >>> 5) * 2 ** 26 + (scratch[2 * i + 1] >>> 6);
      array[start + i] = Math.min(top, low + step * k);
    }
  }
}

/**
 * Two normals from two uniforms, r cos φ and r sin φ with r = √(-2 ln u) and φ = 2π v (Box & Muller 1958).
 *
 * u lies half a step off the ends of (0, 1), so that its logarithm is finite. Pairs are never split: an odd array
 * leaves the second half of its last pair unused.
 */
export function fillNormal(words: Words, array: Float32Array | Float64Array, mean: number, std: number): void {
  if (array instanceof Float32Array) normal32(words, array, mean, std);
  else normal64(words, array, mean, std);
}

function normal32(words: Words, array: Float32Array, mean: number, std: number): void {
  for (let start = 0; start < array.length; start += scratch.length) {
    const count = Math.min(scratch.length, array.length - start);
    words.fill(scratch, count + (count & 1));
    for (let i = 0; i < count; i += 2) {
      const radius = std * Math.sqrt(-2 * Math.log((scratch[i] + 0.5) * 2 ** -32));
      const angle = scratch[i + 1] * (2 * Math.PI * 2 ** -32);
      array[start + i] = mean + radius * Math.cos(angle);
      if (i + 1 < count) array[start + i + 1] = mean + radius * Math.sin(angle);
    }
  }
}

function normal64(words: Words, array: Float64Array, mean: number, std: number): void {
  for (let i = 0; i < array.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(words.open()));
    const angle = 2 * Math.PI * words.unit();
    array[i] = mean + std * (radius * Math.cos(angle));
    if (i + 1 < array.length) array[i + 1] = mean + std * (radius * Math.sin(angle));
  }
}

/** 1 where the next word, as a fraction of 2³², is below p, else 0. */
export function fillBernoulli(words: Words, array: TypedArray, p: number): void {
  const limit = p * 2 ** 32;
  for (let start = 0; start < array.length; start += scratch.length) {
    const count = Math.min(scratch.length, array.length - start);
    words.fill(scratch, count);
    for (let i = 0; i < count; i++) array[start + i] = scratch[i] < limit ? 1 : 0;
  }
}

type FloatKind = typeof Float32Array | typeof Float64Array;

const one32 = new Float32Array(1);
const bits32 = new Int32Array(one32.buffer);
const one64 = new Float64Array(1);
const bits64 = new BigInt64Array(one64.buffer);

/** Of which numbers an array is. */
export function arrayKind(array: Float32Array | Float64Array): FloatKind {
  return array instanceof Float32Array ? Float32Array : Float64Array;
}

/** The smallest float above 0. */
export function smallestAbove0(kind: FloatKind): number {
  return kind === Float32Array ? 2 ** -149 : Number.MIN_VALUE;
}

/** The largest float below `limit` that such an array can hold: rounding could otherwise reach the limit itself. */
export function largestBelow(limit: number, kind: FloatKind): number {
  if (kind === Float32Array) {
    one32[0] = limit;
    if (one32[0] < limit) return one32[0];
    if (one32[0] === 0) return -smallestAbove0(kind);
    bits32[0] += one32[0] > 0 ? -1 : 1;
    return one32[0];
  }
  if (limit === 0) return -smallestAbove0(kind);
  one64[0] = limit;
  bits64[0] += limit > 0 ? -1n : 1n;
  return one64[0];
}
