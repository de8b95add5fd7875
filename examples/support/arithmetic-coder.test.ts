import { DataError, ShapeError, ValueError } from "chainrule";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArithmeticDecoder, ArithmeticEncoder, frequenciesOf, totalFrequency } from "./arithmetic-coder.ts";

const sumOf = (numbers: Uint32Array) => numbers.reduce((sum, n) => sum + n, 0);

function encodeAll(symbols: readonly number[], frequenciesAt: (i: number) => Uint32Array): Uint8Array {
  const encoder = new ArithmeticEncoder();
  symbols.forEach((symbol, i) => {
    encoder.encode(symbol, frequenciesAt(i));
  });
  return encoder.finish();
}

function decodeAll(bytes: Uint8Array, count: number, frequenciesAt: (i: number) => Uint32Array): number[] {
  const decoder = new ArithmeticDecoder(bytes);
  return Array.from({ length: count }, (_, i) => decoder.decode(frequenciesAt(i)));
}

/** Frequencies from any numbers: at least one of each symbol. */
const frequencies = (size: number) =>
  fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: size, maxLength: size }).map((weights) => {
    const sum = weights.reduce((a, b) => a + b, 0);
    return frequenciesOf(sum > 0 ? weights.map((w) => w / sum) : weights.map(() => 1 / size));
  });

describe("frequencies", () => {
  it("are 1 + ⌊p (2^16 - n)⌋, and the most probable gets the rest", () => {
    expect([...frequenciesOf([0.5, 0.5, 0])]).toEqual([32768, 32767, 1]);
    expect([...frequenciesOf([0.25, 0.75])]).toEqual([16384, 49152]);
    expect([...frequenciesOf([1])]).toEqual([65536]);
  });

  it("sum to 2^16 and are never 0, however improbable a symbol", () => {
    expect([...frequenciesOf([1, 0, 0, 0])]).toEqual([65533, 1, 1, 1]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }).chain(frequencies), (made) => {
        expect(sumOf(made)).toBe(totalFrequency);
        expect(Math.min(...made)).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it("take float32 probabilities, whose sum is not quite 1", () => {
    const thirds = new Float32Array([1 / 3, 1 / 3, 1 / 3]);
    expect(sumOf(frequenciesOf(thirds))).toBe(totalFrequency);
  });

  it("are refused for what is no distribution", () => {
    expect(() => frequenciesOf([])).toThrow(ShapeError);
    expect(() => frequenciesOf(new Float64Array(40_000).fill(1 / 40_000))).toThrow(ShapeError);
    for (const wrong of [[0.5, 0.4], [1.5, -0.5], [Number.NaN, 1], [Number.POSITIVE_INFINITY]])
      expect(() => frequenciesOf(wrong)).toThrow(ValueError);
  });
});

describe("the arithmetic coder", () => {
  it("gives the symbols back, whatever they are and however the frequencies change", () => {
    const messages = fc.integer({ min: 1, max: 40 }).chain((size) =>
      fc.record({
        symbols: fc.array(fc.integer({ min: 0, max: size - 1 }), { maxLength: 300 }),
        models: fc.array(frequencies(size), { minLength: 1, maxLength: 5 }),
      }),
    );
    fc.assert(
      fc.property(messages, ({ symbols, models }) => {
        const at = (i: number) => models[i % models.length];
        expect(decodeAll(encodeAll(symbols, at), symbols.length, at)).toEqual(symbols);
      }),
      { numRuns: 200 },
    );
  });

  it("needs -Σ log₂ f / 2^16 bits, rounded up to bytes, and at most two bits more", () => {
    fc.assert(
      fc.property(frequencies(7), fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 500 }), (made, symbols) => {
        const bits = symbols.reduce((sum, symbol) => sum - Math.log2(made[symbol] / totalFrequency), 0);
        const written = encodeAll(symbols, () => made).length * 8;
        expect(written).toBeGreaterThanOrEqual(bits - 0.01);
        expect(written).toBeLessThan(bits + 2 + 8 + 0.01);
      }),
      { numRuns: 200 },
    );
  });

  it("writes bits as they are where every bit is as probable as the other", () => {
    const fair = frequenciesOf([0.5, 0.5]);
    const bits = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0];
    expect([...encodeAll(bits, () => fair)].slice(0, 2)).toEqual([0b10110010, 0b11110000]);
  });

  it("survives intervals that stay around the middle: a thousand undecided digits", () => {
    const thirds = frequenciesOf([1 / 3, 1 / 3, 1 / 3]);
    const middle = new Array<number>(1000).fill(1);
    for (const last of [0, 2]) {
      const symbols = [...middle, last];
      expect(
        decodeAll(
          encodeAll(symbols, () => thirds),
          symbols.length,
          () => thirds,
        ),
      ).toEqual(symbols);
    }
  });

  it("writes the improbable at 16 bits a symbol, and the certain for nothing", () => {
    const sure = frequenciesOf([1, 0]);
    const improbable = new Array<number>(100).fill(1);
    const bytes = encodeAll(improbable, () => sure);
    expect(bytes.length).toBeGreaterThanOrEqual(200);
    expect(bytes.length).toBeLessThanOrEqual(201);
    expect(decodeAll(bytes, 100, () => sure)).toEqual(improbable);
    expect(encodeAll(new Array<number>(1000).fill(0), () => frequenciesOf([1])).length).toBe(1);
  });

  it("writes no symbol in one byte, and two encoders do not meet", () => {
    expect(new ArithmeticEncoder().finish().length).toBe(1);
    const [a, b] = [new ArithmeticEncoder(), new ArithmeticEncoder()];
    const fair = frequenciesOf([0.5, 0.5]);
    a.encode(1, fair);
    expect([...b.finish()]).toEqual([...new ArithmeticEncoder().finish()]);
  });

  it("refuses symbols that the model does not know, and codes that are no bytes", () => {
    const fair = frequenciesOf([0.5, 0.5]);
    for (const wrong of [2, -1, 0.5, Number.NaN])
      expect(() => new ArithmeticEncoder().encode(wrong, fair)).toThrow(ValueError);
    expect(() => new ArithmeticDecoder("01" as never)).toThrow(DataError);
  });

  it("reads something from a damaged code, without an error and without end", () => {
    const fair = frequenciesOf([0.25, 0.25, 0.5]);
    expect(decodeAll(new Uint8Array(0), 50, () => fair)).toEqual(new Array<number>(50).fill(0));
  });
});
