/**
 * Threefry-2x32: random bits as a pure function of a key and a counter, made of add, rotate and xor only.
 *
 * There is no hidden state, so that the numbers come out the same in any order and on any number of threads. The
 * generator that counts for you is in `generator.ts`.
 */

/** Two words of 32 bits, each a whole number from 0 to 2³² - 1. */
export type WordPair = readonly [number, number];

/** How far each round rotates; round r takes entry r mod 8 (Salmon et al. 2011, table 2: chosen for the best mixing). */
const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/** Makes the third key word from the first two, so that no key is all zeros (from the block cipher Threefish). */
const parity = 0x1bd11bda;

/**
 * The two random words that belong to a counter under a key.
 *
 * Each round does x₀ ← x₀ + x₁, x₁ ← (x₁ rotated left) xor x₀; the key is added before the first round and, with its
 * three words taking turns, after every fourth.
 *
 * Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. 20 rounds are the
 * paper's default, 13 the fewest that pass BigCrush.
 *
 * @example
 * threefry2x32([0, 0], [0, 0]); // [0x6b200159, 0x99ba4efe]
 */
export function threefry2x32(counter: WordPair, key: WordPair, rounds = 20): [number, number] {
  const keys = [key[0], key[1], parity ^ key[0] ^ key[1]];
  let x0 = (counter[0] + keys[0]) | 0;
  let x1 = (counter[1] + keys[1]) | 0;
  for (let round = 0; round < rounds; round++) {
    const turn = rotations[round % 8];
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << turn) | (x1 >>> (32 - turn))) ^ x0;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = (x0 + keys[injection % 3]) | 0;
      x1 = (x1 + keys[(injection + 1) % 3] + injection) | 0;
    }
  }
  return [x0 >>> 0, x1 >>> 0];
}

/**
 * The words of `pairs` counters in a row, from `low + 2³² high` on: `threefry2x32` of 13 rounds, written out for speed.
 *
 * The pair of the i-th counter goes to `out[2i]` and `out[2i + 1]`. Every sum is cut to 32 bits at once (`| 0`), which
 * keeps it in an integer register.
 */
export function fillThreefry13(out: Uint32Array, pairs: number, low: number, high: number, key: Uint32Array): void {
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  const k2 = parity ^ k0 ^ k1;
  let counter0 = low | 0;
  let counter1 = high | 0;
  for (let i = 0; i < pairs; i++) {
    let x0 = (counter0 + k0) | 0;
    let x1 = (counter1 + k1) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
    x0 = (x0 + k1) | 0;
    x1 = (((x1 + k2) | 0) + 1) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
    x0 = (x0 + k2) | 0;
    x1 = (((x1 + k0) | 0) + 2) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
    x0 = (x0 + k0) | 0;
    x1 = (((x1 + k1) | 0) + 3) | 0;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
    out[2 * i] = x0;
    out[2 * i + 1] = x1;
    counter0 = (counter0 + 1) | 0;
    if (counter0 === 0) counter1 = (counter1 + 1) | 0;
  }
}
