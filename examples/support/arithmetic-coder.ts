/**
 * Arithmetic coding: symbols become bits, each about -log₂ of its probability, whatever the model that predicts them.
 *
 * The coder narrows an interval of whole numbers, [low, high], to each symbol's share of it, and writes the leading
 * binary digits as soon as both ends agree on them. The decoder narrows the same interval by the same rule, and reads
 * the symbol off from where the code lies in it. All arithmetic is on whole numbers below 2^53, which JavaScript
 * computes exactly, so both come to the same interval on every machine.
 *
 * Source: I. Witten, R. Neal and J. Cleary, "Arithmetic coding for data compression", Communications of the ACM 30(6),
 * 1987.
 */
import { DataError, ShapeError, ValueError } from "chainrule";

/** What the frequencies of all symbols sum to: their common denominator, 2^16. */
export const totalFrequency = 2 ** 16;

/** The interval's ends have 32 binary digits. */
const whole = 2 ** 32;
const half = whole / 2;
const quarter = whole / 4;

/**
 * Probabilities as whole numbers that sum to 2^16, none of them 0: a symbol of frequency 0 could not be written.
 *
 * fᵢ = 1 + ⌊pᵢ (2^16 - n)⌋, and the most probable symbol gets what is left over. What a symbol then costs differs from
 * -log₂ pᵢ by at most about n / 2^16 bits, unless pᵢ is itself below 1 / 2^16: such a symbol costs up to 16 bits, not more.
 *
 * @param probabilities n numbers from 0 that sum to 1, up to rounding.
 * @throws ShapeError for no symbol, and more than 2^15; ValueError for numbers that are no probabilities.
 * @example frequenciesOf([0.5, 0.5, 0]); // [32768, 32767, 1]
 */
export function frequenciesOf(probabilities: ArrayLike<number>): Uint32Array {
  const count = probabilities.length;
  if (count < 1 || count > totalFrequency / 2)
    throw new ShapeError({ where: "frequenciesOf", expected: "1 to 32768 probabilities", got: `${count}` });
  let sum = 0;
  for (let i = 0; i < count; i++) sum += checkProbability(probabilities[i]);
  if (Math.abs(sum - 1) > 1e-3)
    throw new ValueError({ where: "frequenciesOf", expected: "probabilities that sum to 1", got: `a sum of ${sum}` });
  const frequencies = Uint32Array.from(probabilities, (p) => 1 + Math.floor((p / sum) * (totalFrequency - count)));
  const given = frequencies.reduce((total, frequency) => total + frequency, 0);
  frequencies[frequencies.indexOf(Math.max(...frequencies))] += totalFrequency - given;
  return frequencies;
}

function checkProbability(p: number): number {
  if (p >= 0 && p <= 1.001) return p;
  throw new ValueError({ where: "frequenciesOf", expected: "probabilities from 0 to 1", got: String(p) });
}

/** An interval of whole numbers with both ends in it, and the narrowing that coder and decoder share. */
abstract class Interval {
  protected low = 0;
  protected high = whole - 1;

  /** Narrows the interval to the share of the symbols' total that starts at `from` and ends before `to`. */
  protected narrow(from: number, to: number): void {
    const { low, high } = this;
    const range = high - low + 1;
    this.low = low + Math.floor((range * from) / totalFrequency);
    this.high = low + Math.floor((range * to) / totalFrequency) - 1;
    while (this.settle());
  }

  /** Shifts a digit out where both ends agree, or where they lie closely around the middle. */
  private settle(): boolean {
    const { low, high } = this;
    if (high < half) this.shift(0);
    else if (low >= half) this.shift(half);
    else if (low >= quarter && high < 3 * quarter) this.shift(quarter);
    else return false;
    return true;
  }

  /** Doubles the interval's distance from `base`: 0 or half for a digit on which both ends agree, else a quarter. */
  protected shift(base: number): void {
    this.low = 2 * (this.low - base);
    this.high = 2 * (this.high - base) + 1;
  }
}

/**
 * Writes symbols as bits.
 *
 * @example
 * const encoder = new ArithmeticEncoder();
 * for (const symbol of [0, 0, 1, 0]) encoder.encode(symbol, frequenciesOf([0.9, 0.1]));
 * encoder.finish(); // one byte
 */
export class ArithmeticEncoder extends Interval {
  readonly #bytes: number[] = [];
  #byte = 1;
  /** Digits not known yet: whichever comes next, as many of the opposite follow. */
  #pending = 0;

  /**
   * Writes one symbol.
   *
   * @param frequencies as made by {@link frequenciesOf}; the decoder must be given the very same.
   * @throws ValueError for a symbol that has no frequency.
   */
  encode(symbol: number, frequencies: Uint32Array): void {
    if (!(frequencies[symbol] > 0))
      throw new ValueError({
        where: "encode",
        expected: `a symbol from 0 to ${frequencies.length - 1} with a frequency above 0`,
        got: String(symbol),
      });
    let from = 0;
    for (let i = 0; i < symbol; i++) from += frequencies[i];
    this.narrow(from, from + frequencies[symbol]);
  }

  /** All bytes, with enough digits at the end to lie in the last interval. The encoder is then used up. */
  finish(): Uint8Array {
    this.#pending++;
    this.#write(this.low < quarter ? 0 : 1);
    while (this.#byte !== 1) this.#append(0);
    return Uint8Array.from(this.#bytes);
  }

  protected override shift(base: number): void {
    if (base === quarter) this.#pending++;
    else this.#write(base === half ? 1 : 0);
    super.shift(base);
  }

  #write(digit: 0 | 1): void {
    this.#append(digit);
    for (; this.#pending > 0; this.#pending--) this.#append(digit === 1 ? 0 : 1);
  }

  /** Collects digits behind a leading 1, which says when there are eight. */
  #append(digit: 0 | 1): void {
    this.#byte = 2 * this.#byte + digit;
    if (this.#byte < 256) return;
    this.#bytes.push(this.#byte - 256);
    this.#byte = 1;
  }
}

/**
 * Reads symbols back from what {@link ArithmeticEncoder} wrote. How many there are it must be told: the code itself
 * does not say where it ends.
 *
 * @example
 * const decoder = new ArithmeticDecoder(bytes);
 * decoder.decode(frequenciesOf([0.9, 0.1])); // 0
 */
export class ArithmeticDecoder extends Interval {
  readonly #bytes: Uint8Array;
  #position = 0;
  /** The 32 digits of the code at which the interval is. */
  #code = 0;

  /** @throws DataError for anything but bytes. */
  constructor(bytes: Uint8Array) {
    super();
    if (!(bytes instanceof Uint8Array))
      throw new DataError({ where: "ArithmeticDecoder", expected: "bytes, a Uint8Array", got: String(bytes) });
    this.#bytes = bytes;
    for (let i = 0; i < 32; i++) this.#code = 2 * this.#code + this.#next();
  }

  /** Reads one symbol, given the frequencies it was written with. */
  decode(frequencies: Uint32Array): number {
    const range = this.high - this.low + 1;
    const start = (total: number) => this.low + Math.floor((range * total) / totalFrequency);
    let from = 0;
    let symbol = 0;
    while (symbol < frequencies.length - 1 && start(from + frequencies[symbol]) <= this.#code)
      from += frequencies[symbol++];
    this.narrow(from, from + frequencies[symbol]);
    return symbol;
  }

  protected override shift(base: number): void {
    super.shift(base);
    this.#code = 2 * (this.#code - base) + this.#next();
  }

  /** The next digit; zeros after the end. */
  #next(): number {
    const at = this.#position++;
    const byte = this.#bytes[at >> 3] ?? 0;
    return (byte >> (7 - (at & 7))) & 1;
  }
}
