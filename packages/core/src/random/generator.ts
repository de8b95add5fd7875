/// <reference path="../seedrandom.d.ts" />
/**
 * The random number generator: uniform, normal, integers and the usual distributions, reproducible from a seed.
 *
 * How many words of 32 bits a number takes is part of what a seed promises, and is said of each method. Words are
 * taken in order, so that filling 10 numbers at once gives the same as filling 4 and then 6; of the normals this holds
 * where the first part is even, because they are made in pairs and the spare half of an odd fill is dropped.
 */
import seedrandom from "seedrandom/seedrandom.js";
import { atomicRun, onFailure } from "../tensor/atomic.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { tracer } from "../tensor/tracer.ts";
import * as check from "./checks.ts";
import { arrayKind, fillBernoulli, fillNormal, fillUniform, largestBelow, smallestAbove0 } from "./fills.ts";
import * as sample from "./samplers.ts";
import { type GeneratorState, Words } from "./words.ts";

export type { GeneratorState };

type FloatArray = Float32Array | Float64Array;

/** Where a truncated normal is cut off, in standard deviations: as Keras does. */
const truncation = 2;

/**
 * Draws random numbers, the same ones again from the same seed.
 *
 * The words are Threefry-2x32 with 13 rounds (Salmon et al. 2011) of a counter under a key made from the seed by
 * seedrandom. Without a seed every generator is different. A number and its spelling as a string are the same seed.
 *
 * @throws ValueError for a seed that is neither a finite number nor a string.
 *
 * @example
 * const generator = new Generator(42);
 * generator.fillNormal(new Float32Array(3)); // the same three numbers in every run
 */
export class Generator {
  readonly #stream = new Words();
  #notedIn: object | null = null;

  /** The words, noted as they are: a step that fails draws nothing. */
  get #words(): Words {
    tracer?.state?.beforeDrawing();
    const run = atomicRun();
    if (run !== null && run !== this.#notedIn) {
      this.#notedIn = run;
      const before = this.#stream.state;
      onFailure(() => {
        this.#stream.state = before;
      });
    }
    return this.#stream;
  }

  constructor(seed?: number | string) {
    // Not seedrandom's own choice, for which it would load Node's cryptography: as long as it takes to load the rest.
    this.#stream.state = seed === undefined ? { key: [anyWord(), anyWord()], counter: [0, 0] } : stateOf(seed);
  }

  /**
   * Starts over from a seed, and returns the generator.
   *
   * @throws ValueError for a seed that is neither a finite number nor a string.
   */
  manualSeed(seed: number | string): this {
    this.#words.state = stateOf(seed);
    return this;
  }

  /**
   * The key and the counter, as an object that survives JSON; set it to continue where it was taken.
   *
   * @throws ValueError when set to anything but two pairs of 32-bit words.
   *
   * @example
   * const saved = JSON.stringify(generator.state);
   * generator.state = JSON.parse(saved); // draws once more what it drew since
   */
  get state(): GeneratorState {
    return this.#stream.state;
  }

  set state(state: GeneratorState) {
    check.checkState("Generator.state", state);
    this.#words.state = state;
  }

  /**
   * A generator of its own for a part of the program: its key is the next two words of this one.
   *
   * @example
   * const shuffling = generator.fork(); // drawing from it leaves `generator` as it is
   */
  fork(): Generator {
    const child = new Generator(0);
    child.#words.state = { key: [this.#words.next(), this.#words.next()], counter: [0, 0] };
    return child;
  }

  /**
   * A number in [low, high) with 53 random bits, or `low` where the two are equal; two words.
   *
   * @throws ValueError unless low <= high, both finite.
   */
  uniform(low = 0, high = 1): number {
    check.checkInterval("uniform", low, high);
    const x = low + (high - low) * this.#words.unit();
    return x < high || low === high ? x : largestBelow(high, Float64Array);
  }

  /** A normal with the given mean and standard deviation; four words. @throws ValueError for std < 0. */
  normal(mean = 0, std = 1): number {
    check.checkFinite("normal", "mean", mean);
    check.checkStd("normal", std);
    return mean + std * sample.standardNormal(this.#words);
  }

  /**
   * A whole number in [low, high), each equally likely; one word or, for a span above 2³², two, and now and then more.
   *
   * @throws ValueError unless both are whole numbers, low < high and high - low is at most 2⁵³.
   *
   * @example
   * generator.integer(1, 7); // a die
   */
  integer(low: number, high: number): number {
    check.checkWholeInterval("integer", low, high);
    return low + this.#words.below(high - low);
  }

  /** True with probability p (to the nearest 2⁻³²); one word. @throws ValueError unless 0 <= p <= 1. */
  bernoulli(p: number): boolean {
    check.checkProbability("bernoulli", p);
    return this.#words.next() < p * 2 ** 32;
  }

  /**
   * The numbers from 0 to n - 1 in random order, each order equally likely.
   *
   * @throws ValueError unless n is a whole number from 0 to 2³¹ - 1.
   */
  permutation(n: number): Int32Array {
    check.checkCount("permutation", n);
    const order = new Int32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    return this.shuffle(order);
  }

  /** Puts an array into random order, each order equally likely, and returns it (Fisher & Yates, Durstenfeld 1964). */
  shuffle<T extends unknown[] | TypedArray>(array: T): T {
    check.checkList("shuffle", array);
    const items: { [index: number]: unknown; length: number } = array;
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.#words.below(i + 1);
      const item = items[i];
      items[i] = items[j];
      items[j] = item;
    }
    return array;
  }

  /** One of the array's elements, each equally likely. @throws ValueError for an empty array. */
  choice<T>(array: ArrayLike<T>): T {
    check.checkNotEmpty("choice", array);
    return array[this.#words.below(array.length)];
  }

  /**
   * Fills an array with numbers in [low, high), each as likely as any other, and returns it; with `low` where the two are
   * equal.
   *
   * Float32: multiples of 2⁻²⁴ of the interval, one word each. Float64: multiples of 2⁻⁵³, two words each.
   *
   * @throws ValueError unless low <= high, both finite; DTypeError for an array that is not of floats.
   *
   * @example
   * generator.fillUniform(new Float32Array(4), -1, 1);
   */
  fillUniform<T extends FloatArray>(array: T, low = 0, high = 1): T {
    check.checkFloatArray("fillUniform", array);
    check.checkInterval("fillUniform", low, high);
    fillUniform(this.#words, array, low, high);
    return array;
  }

  /**
   * Fills an array with normals of density exp(-(x - mean)² / 2 std²) / (std √2π), and returns it.
   *
   * Two words (Float64: four) make two numbers; the spare one of an odd length is dropped.
   *
   * @throws ValueError for std < 0 or a mean that is not finite; DTypeError for an array that is not of floats.
   *
   * @example
   * generator.fillNormal(new Float32Array(784 * 128), 0, 0.05);
   */
  fillNormal<T extends FloatArray>(array: T, mean = 0, std = 1): T {
    check.checkFloatArray("fillNormal", array);
    check.checkFinite("fillNormal", "mean", mean);
    check.checkStd("fillNormal", std);
    fillNormal(this.#words, array, mean, std);
    return array;
  }

  /**
   * Fills an array with normals, each drawn again until it lies within 2 std of the mean, and returns it.
   *
   * Its standard deviation is 0.8796 std. This is what Keras and `trunc_normal_` of PyTorch draw by default.
   *
   * @throws ValueError for std < 0 or a mean that is not finite; DTypeError for an array that is not of floats.
   */
  fillTruncatedNormal<T extends FloatArray>(array: T, mean = 0, std = 1): T {
    check.checkFinite("fillTruncatedNormal", "mean", mean);
    check.checkStd("fillTruncatedNormal", std);
    return this.#fill("fillTruncatedNormal", array, (words) => mean + std * sample.truncatedNormal(words, truncation));
  }

  /**
   * Fills an array with whole numbers in [low, high), each equally likely, and returns it; words as for `integer`.
   *
   * @throws ValueError for bounds that are not whole numbers, low >= high, or numbers that the array cannot hold.
   *
   * @example
   * generator.fillIntegers(new Int32Array(100), 0, 10);
   */
  fillIntegers<T extends TypedArray>(array: T, low: number, high: number): T {
    check.checkWholeInterval("fillIntegers", low, high);
    check.checkHolds("fillIntegers", array, low, high);
    const span = high - low;
    for (let i = 0; i < array.length; i++) array[i] = low + this.#words.below(span);
    return array;
  }

  /** Fills an array with 1 (probability p, to the nearest 2⁻³²) and 0; one word each. @throws ValueError for other p. */
  fillBernoulli<T extends TypedArray>(array: T, p: number): T {
    check.checkProbability("fillBernoulli", p);
    check.checkHolds("fillBernoulli", array, 0, 2);
    fillBernoulli(this.#words, array, p);
    return array;
  }

  /**
   * Fills an array with indices into `probabilities`, each drawn in proportion to its entry, and returns it.
   *
   * The entries need not add up to 1. By inverting the cumulated probabilities; two words each.
   *
   * @throws ValueError for an entry below 0, or a sum that is 0 or not finite.
   *
   * @example
   * generator.fillCategorical(new Int32Array(8), [3, 1, 0]); // three times as many 0 as 1, no 2
   */
  fillCategorical<T extends TypedArray>(array: T, probabilities: ArrayLike<number>): T {
    const cumulated = check.cumulate("fillCategorical", probabilities);
    check.checkHolds("fillCategorical", array, 0, cumulated.length);
    for (let i = 0; i < array.length; i++) array[i] = sample.categorical(this.#words, cumulated);
    return array;
  }

  /**
   * Fills an array with counts, P(k) = rateᵏ exp(-rate) / k!, whose mean and variance are the rate, and returns it.
   *
   * By inversion below a rate of 10, else by Hörmann's transformed rejection (1993).
   *
   * @throws ValueError unless 0 <= rate <= 1e9; DTypeError for a Uint8Array, which counts could overflow.
   */
  fillPoisson<T extends FloatArray | Int32Array>(array: T, rate: number): T {
    check.checkRate("fillPoisson", rate);
    check.checkCountArray("fillPoisson", array);
    for (let i = 0; i < array.length; i++) array[i] = sample.poisson(this.#words, rate);
    return array;
  }

  /**
   * Fills with density rate exp(-rate x), x > 0, of mean 1 / rate; two words each. What would round to 0 is the smallest
   * number above it.
   *
   * @throws ValueError for rate <= 0; DTypeError for an array that is not of floats.
   */
  fillExponential<T extends FloatArray>(array: T, rate = 1): T {
    check.checkPositive("fillExponential", "rate", rate);
    return this.#fillAbove0("fillExponential", array, (words) => sample.standardExponential(words) / rate);
  }

  /**
   * Fills with density rateᵃ xᵃ⁻¹ exp(-rate x) / Γ(a), a = concentration, of mean a / rate (Marsaglia & Tsang 2000).
   *
   * What would round to 0, as much does for a small concentration, is the smallest number above it.
   *
   * @throws ValueError for a concentration or a rate that is not above 0; DTypeError for an array that is not of floats.
   */
  fillGamma<T extends FloatArray>(array: T, concentration: number, rate = 1): T {
    check.checkPositive("fillGamma", "concentration", concentration);
    check.checkPositive("fillGamma", "rate", rate);
    return this.#fillAbove0("fillGamma", array, (words) => sample.gamma(words, concentration, rate));
  }

  /**
   * Fills with density xᵃ⁻¹ (1 - x)ᵇ⁻¹ / B(a, b) on (0, 1), of mean a / (a + b).
   *
   * What would round to 0 or 1, as much does for a small a or b, is the number of the array that is next to it.
   *
   * @throws ValueError for an a or b that is not above 0; DTypeError for an array that is not of floats.
   */
  fillBeta<T extends FloatArray>(array: T, a: number, b: number): T {
    check.checkPositive("fillBeta", "a", a);
    check.checkPositive("fillBeta", "b", b);
    const top = largestBelow(1, arrayKind(array));
    this.#fillAbove0("fillBeta", array, (words) => sample.beta(words, a, b));
    for (let i = 0; i < array.length; i++) if (array[i] === 1) array[i] = top;
    return array;
  }

  /**
   * Fills with location + scale g, g of density exp(-g - exp(-g)), of mean location + 0.5772 scale; two words each.
   *
   * @throws ValueError for scale <= 0; DTypeError for an array that is not of floats.
   *
   * @example
   * // the largest of logits + noise is a draw from softmax(logits)
   * const noise = generator.fillGumbel(new Float32Array(10));
   */
  fillGumbel<T extends FloatArray>(array: T, location = 0, scale = 1): T {
    check.checkFinite("fillGumbel", "location", location);
    check.checkPositive("fillGumbel", "scale", scale);
    return this.#fill("fillGumbel", array, (words) => location + scale * sample.standardGumbel(words));
  }

  /** Fills with density exp(-|x - location| / scale) / 2 scale; two words each. @throws ValueError for scale <= 0. */
  fillLaplace<T extends FloatArray>(array: T, location = 0, scale = 1): T {
    check.checkFinite("fillLaplace", "location", location);
    check.checkPositive("fillLaplace", "scale", scale);
    return this.#fill("fillLaplace", array, (words) => location + scale * sample.standardLaplace(words));
  }

  #fillAbove0<T extends FloatArray>(where: string, array: T, draw: (words: Words) => number): T {
    this.#fill(where, array, draw);
    const least = smallestAbove0(arrayKind(array));
    for (let i = 0; i < array.length; i++) if (array[i] === 0) array[i] = least;
    return array;
  }

  #fill<T extends FloatArray>(where: string, array: T, draw: (words: Words) => number): T {
    check.checkFloatArray(where, array);
    for (let i = 0; i < array.length; i++) array[i] = draw(this.#words);
    return array;
  }
}

function stateOf(seed: number | string): GeneratorState {
  check.checkSeed("manualSeed", seed);
  const source = seedrandom(String(seed));
  return { key: [source.int32(), source.int32()], counter: [0, 0] };
}

let shared: Generator | undefined;

/**
 * The generator that everything random draws from unless it is given another; seeded at random until `manualSeed`.
 *
 * @example
 * manualSeed(1);
 * defaultGenerator().uniform() === (manualSeed(1), defaultGenerator().uniform()); // true
 */
export function defaultGenerator(): Generator {
  shared ??= new Generator();
  return shared;
}

/**
 * Starts the default generator over from a seed, and returns it: the first line of a reproducible script.
 *
 * @throws ValueError for a seed that is neither a finite number nor a string.
 *
 * @example
 * manualSeed(0);
 */
export function manualSeed(seed: number | string): Generator {
  return defaultGenerator().manualSeed(seed);
}

/** A word of 32 bits that nobody chose, signed. */
function anyWord(): number {
  return Math.floor(Math.random() * 2 ** 32) | 0;
}
