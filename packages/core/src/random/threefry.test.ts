import { describe, expect, test } from "vitest";
import { fillThreefry13, threefry2x32, type WordPair } from "./threefry.ts";
import { Words } from "./words.ts";

/** From the file kat_vectors of Random123, the authors' own implementation: rounds, counter, key, words. */
const knownAnswers: [number, WordPair, WordPair, WordPair][] = [
  [13, [0, 0], [0, 0], [0x9d1c5ec6, 0x8bd50731]],
  [13, [0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0xfd36d048, 0x2d17272c]],
  [13, [0x243f6a88, 0x85a308d3], [0x13198a2e, 0x03707344], [0xba3e4725, 0xf27d669e]],
  [20, [0, 0], [0, 0], [0x6b200159, 0x99ba4efe]],
  [20, [0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x1cb996fc, 0xbb002be7]],
  [20, [0x243f6a88, 0x85a308d3], [0x13198a2e, 0x03707344], [0xc4923a9c, 0x483df7a0]],
];

describe("threefry2x32", () => {
  test.each(knownAnswers)("gives the known answer: %i rounds of %o under %o", (rounds, counter, key, words) => {
    expect(threefry2x32(counter, key, rounds)).toEqual(words);
  });

  test("takes 20 rounds unless told otherwise", () => {
    expect(threefry2x32([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe]);
  });

  test("written out for 13 rounds, it is the same and carries into the counter's high word", () => {
    const key: WordPair = [0xdeadbeef, 0x01234567];
    const out = new Uint32Array(8);
    fillThreefry13(out, 4, 0xfffffffe, 7, Uint32Array.from(key));
    const counters: WordPair[] = [
      [0xfffffffe, 7],
      [0xffffffff, 7],
      [0, 8],
      [1, 8],
    ];
    expect([...out]).toEqual(counters.flatMap((counter) => threefry2x32(counter, key, 13)));
  });
});

const key: WordPair = [0x9e3779b9, 42];

function wordsAt(counter: WordPair): Words {
  const words = new Words();
  words.state = { key, counter };
  return words;
}

/** Word number `index` of the sequence by the definition. */
function wordByDefinition(index: bigint): number {
  const pair = index >> 1n;
  const counter: WordPair = [Number(pair & 0xffffffffn), Number(pair >> 32n)];
  return threefry2x32(counter, key, 13)[Number(index & 1n)];
}

describe("Words", () => {
  test("word w is the half w mod 2 of the pair w / 2, also where the counter carries", () => {
    for (const start of [0n, 5n, 2n ** 32n - 3n, 2n ** 33n - 100n, 7n * 2n ** 32n + 1n]) {
      const words = wordsAt([Number(start & 0xffffffffn), Number(start >> 32n)]);
      const drawn = Array.from({ length: 200 }, () => words.next());
      expect(drawn).toEqual(drawn.map((_, i) => wordByDefinition(start + BigInt(i))));
    }
  });

  test("come out the same however many are asked for at once", () => {
    const expected = Array.from({ length: 1000 }, (_, i) => wordByDefinition(2n ** 32n - 501n + BigInt(i)));
    for (const sizes of [[1000], [1, 999], [64, 936], [63, 65, 872], [499, 2, 499], [500, 1, 499], [65, 64, 1, 870]]) {
      const words = wordsAt([2 ** 32 - 501, 0]);
      const drawn: number[] = [];
      for (const size of sizes) {
        const out = new Uint32Array(size + (size % 2));
        words.fill(out, size);
        drawn.push(...out.subarray(0, size));
      }
      expect(drawn).toEqual(expected);
      expect(words.state.counter).toEqual([499, 1]);
    }
  });

  test("asking for none leaves the counter as it is", () => {
    const words = wordsAt([3, 0]);
    words.fill(new Uint32Array(0), 0);
    expect(words.state).toEqual({ key, counter: [3, 0] });
  });

  test("a span above 2^32 is drawn from 53 bits, one of 2^32 from a whole word", () => {
    const words = wordsAt([0, 0]);
    expect(words.below(2 ** 32)).toBe(wordByDefinition(0n));
    for (let i = 0; i < 100; i++) {
      const draw = words.below(2 ** 52 + 1);
      expect(Number.isSafeInteger(draw) && draw >= 0 && draw <= 2 ** 52).toBe(true);
    }
    expect(words.state.counter[0]).toBeGreaterThan(300); // about half of the pairs are thrown away
  });

  test("an open number is never 0 or 1, whatever the words", () => {
    const words = wordsAt([0, 0]);
    for (const word of [0, 0xffffffff]) {
      words.next = () => word;
      expect(words.open()).toBeGreaterThan(0);
      expect(words.open()).toBeLessThan(1);
      expect(words.unit()).toBe(word === 0 ? 0 : 1 - 2 ** -53);
    }
  });
});
