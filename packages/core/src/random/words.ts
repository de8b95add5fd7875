/**
 * Random words drawn one after the other: a key, a counter that remembers how many were drawn, and the plainest
 * numbers made of words. What distributions are made of; users meet the `Generator` instead.
 */
import { fillThreefry13, type WordPair } from "./threefry.ts";

/** All there is to know of a generator: its key, and how many words it has drawn (low 32 bits first). */
export interface GeneratorState {
  readonly key: WordPair;
  readonly counter: WordPair;
}

/** How many words are drawn ahead when they are asked for one by one. */
const windowLength = 64;

/** Word w is the half w mod 2 of the Threefry pair ⌊w / 2⌋, so that drawing words is nothing but counting. */
export class Words {
  readonly #key = new Uint32Array(2);
  /** How many words were drawn, low half first. */
  readonly #counter = new Uint32Array(2);
  /** The stretch of 64 words that the counter is in, where `#windowIsCurrent`. */
  readonly #window = new Uint32Array(windowLength);
  #windowIsCurrent = false;

  get state(): GeneratorState {
    return { key: [this.#key[0], this.#key[1]], counter: [this.#counter[0], this.#counter[1]] };
  }

  set state({ key, counter }: GeneratorState) {
    this.#key.set(key);
    this.#counter.set(counter);
    this.#windowIsCurrent = false;
  }

  /** The next word: a whole number from 0 to 2³² - 1. */
  next(): number {
    const low = this.#counter[0];
    const at = low & (windowLength - 1);
    if (at === 0 || !this.#windowIsCurrent) {
      this.#drawPairs(this.#window, windowLength / 2, low - at);
      this.#windowIsCurrent = true;
    }
    this.#advance(1);
    return this.#window[at];
  }

  /** The next `count` words, into the front of `out`, which has room for `count` rounded up to even. */
  fill(out: Uint32Array, count: number): void {
    if (count < windowLength) {
      for (let i = 0; i < count; i++) out[i] = this.next();
      return;
    }
    const odd = this.#counter[0] & 1;
    const first = odd === 1 ? this.next() : 0;
    const rest = count - odd;
    this.#drawPairs(out, (rest + 1) >> 1, this.#counter[0]);
    this.#advance(rest);
    this.#windowIsCurrent = false;
    if (odd === 1) {
      out.copyWithin(1, 0, rest);
      out[0] = first;
    }
  }

  /** A number in [0, 1), a multiple of 2⁻⁵³, from two words. */
  unit(): number {
    const high = this.next() >>> 5;
    return (high * 2 ** 26 + (this.next() >>> 6)) * 2 ** -53;
  }

  /** A number in (0, 1), whose logarithm and that of one minus it are finite, from two words. */
  open(): number {
    const high = this.next() >>> 6;
    return (high * 2 ** 26 + (this.next() >>> 6) + 0.5) * 2 ** -52;
  }

  /**
   * A whole number in [0, span), each equally likely, for a span of up to 2⁵³.
   *
   * The words beyond the last multiple of the span are thrown away, else the remainders would favour small numbers.
   */
  below(span: number): number {
    if (span > 2 ** 32) {
      const limit = 2 ** 53 - (2 ** 53 % span);
      for (;;) {
        const draw = this.unit() * 2 ** 53;
        if (draw < limit) return draw % span;
      }
    }
    if (span === 2 ** 32) return this.next();
    const limit = 2 ** 32 - (2 ** 32 % span);
    for (;;) {
      const draw = this.next();
      if (draw < limit) return (draw >>> 0) % (span >>> 0);
    }
  }

  /** The words from `low` on, which is even; the counter's high half is the same for all of them. */
  #drawPairs(out: Uint32Array, pairs: number, low: number): void {
    const high = this.#counter[1];
    fillThreefry13(out, pairs, (low >>> 1) | (high << 31), high >>> 1, this.#key);
  }

  #advance(count: number): void {
    const low = this.#counter[0] + count;
    this.#counter[0] = low;
    if (low >= 2 ** 32) this.#counter[1] += 1;
  }
}
