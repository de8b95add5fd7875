import { describe, expect, test } from "vitest";
import { DTypeError, ValueError } from "../errors.ts";
import { largestBelow } from "./fills.ts";
import { defaultGenerator, Generator, type GeneratorState, manualSeed } from "./generator.ts";
import { threefry2x32 } from "./threefry.ts";

type Fill = (generator: Generator, array: Float64Array) => Float64Array;

/** Every fill of floats, with parameters that take it through all of its branches. */
const fills: Record<string, Fill> = {
  uniform: (g, a) => g.fillUniform(a, -1, 3),
  normal: (g, a) => g.fillNormal(a, 5, 2),
  truncatedNormal: (g, a) => g.fillTruncatedNormal(a, 5, 2),
  integers: (g, a) => g.fillIntegers(a, -5, 1000),
  "integers of a large span": (g, a) => g.fillIntegers(a, 0, 2 ** 52 + 1),
  bernoulli: (g, a) => g.fillBernoulli(a, 0.3),
  categorical: (g, a) => g.fillCategorical(a, [1, 2, 0, 3]),
  "poisson of a small rate": (g, a) => g.fillPoisson(a, 3),
  "poisson of a large rate": (g, a) => g.fillPoisson(a, 30),
  exponential: (g, a) => g.fillExponential(a, 2),
  gamma: (g, a) => g.fillGamma(a, 2.5, 2),
  "gamma of a small concentration": (g, a) => g.fillGamma(a, 0.3),
  beta: (g, a) => g.fillBeta(a, 0.5, 2),
  gumbel: (g, a) => g.fillGumbel(a, 1, 2),
  laplace: (g, a) => g.fillLaplace(a, 1, 2),
};

describe("a seed", () => {
  test.each(Object.entries(fills))("gives the same %s again, and another seed gives others", (_, fill) => {
    const draw = (seed: number | string) => fill(new Generator(seed), new Float64Array(50));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(8)).not.toEqual(draw(7));
  });

  test("is the same as a number and as its spelling", () => {
    expect(new Generator(7).state).toEqual(new Generator("7").state);
    expect(new Generator("rosebud").state).not.toEqual(new Generator("Rosebud").state);
  });

  test("promises these numbers for good", () => {
    expect(new Generator(42).state).toEqual({ key: [30140002, 2157764213], counter: [0, 0] });
    const [first, second] = threefry2x32([0, 0], [30140002, 2157764213], 13);
    const drawn = new Generator(42).fillUniform(new Float32Array(2));
    expect([...drawn]).toEqual([(first >>> 8) / 2 ** 24, (second >>> 8) / 2 ** 24]);
  });

  test("left out, makes every generator different", () => {
    expect(new Generator().state.key).not.toEqual(new Generator().state.key);
  });
});

describe("filling 10 numbers", () => {
  test.each(Object.entries(fills))("equals filling 4 and then 6: %s", (_, fill) => {
    const whole = fill(new Generator(1), new Float64Array(10));
    const generator = new Generator(1);
    const parts = [...fill(generator, new Float64Array(4)), ...fill(generator, new Float64Array(6))];
    expect(parts).toEqual([...whole]);
  });

  test("of float32 equals any split of uniforms and any even split of normals, beyond one chunk too", () => {
    const uniforms = new Generator(1).fillUniform(new Float32Array(5000));
    const normals = new Generator(1).fillNormal(new Float32Array(5000));
    for (const first of [1, 2, 3, 63, 64, 65, 1023, 1024, 2049, 4999]) {
      const generator = new Generator(1);
      const parts = [first, 5000 - first].map((n) => generator.fillUniform(new Float32Array(n)));
      expect([...parts[0], ...parts[1]]).toEqual([...uniforms]);
      if (first % 2 === 1) continue;
      const again = new Generator(1);
      const halves = [first, 5000 - first].map((n) => again.fillNormal(new Float32Array(n)));
      expect([...halves[0], ...halves[1]]).toEqual([...normals]);
    }
  });

  test("counts words: uniforms take one (float64: two), an odd number of normals is rounded up to even", () => {
    const counted = (draw: (g: Generator) => unknown) => {
      const generator = new Generator(1);
      draw(generator);
      return generator.state.counter[0];
    };
    expect(counted((g) => g.fillUniform(new Float32Array(7)))).toBe(7);
    expect(counted((g) => g.fillUniform(new Float64Array(7)))).toBe(14);
    expect(counted((g) => g.fillNormal(new Float32Array(7)))).toBe(8);
    expect(counted((g) => g.fillNormal(new Float32Array(1025)))).toBe(1026);
    expect(counted((g) => g.fillNormal(new Float64Array(7)))).toBe(16);
    expect(counted((g) => g.fillBernoulli(new Uint8Array(7), 0.5))).toBe(7);
    expect(counted((g) => g.fillExponential(new Float32Array(7)))).toBe(14);
    expect(counted((g) => g.uniform())).toBe(2);
    expect(counted((g) => g.normal())).toBe(4);
  });

  test("of none draws nothing", () => {
    for (const fill of Object.values(fills)) {
      const generator = new Generator(1);
      expect(fill(generator, new Float64Array(0))).toHaveLength(0);
      expect(generator.state.counter).toEqual([0, 0]);
    }
  });

  test("returns the array it was given, as a part of a larger one too", () => {
    const whole = new Float32Array(10);
    const part = whole.subarray(3, 6);
    expect(new Generator(1).fillUniform(part)).toBe(part);
    expect([...whole].map((x) => x !== 0)).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0].map(Boolean));
  });
});

describe("the state", () => {
  test("survives JSON and continues where it was taken, in the middle of a pair of words too", () => {
    for (const before of [0, 1, 2, 63, 64, 1001]) {
      const generator = new Generator(3);
      generator.fillUniform(new Float32Array(before));
      const saved = JSON.stringify(generator.state);
      const expected = generator.fillUniform(new Float32Array(200));
      const other = new Generator();
      other.uniform();
      other.state = JSON.parse(saved);
      expect(other.fillUniform(new Float32Array(200))).toEqual(expected);
    }
  });

  test("is a copy", () => {
    const generator = new Generator(3);
    const state = generator.state;
    generator.uniform();
    expect(state.counter).toEqual([0, 0]);
  });

  test.each([
    null,
    undefined,
    {},
    { key: [1, 2] },
    { key: [1, 2], counter: [0] },
    { key: [1, 2], counter: [0, -1] },
    { key: [1, 2 ** 32], counter: [0, 0] },
    { key: [1, 0.5], counter: [0, 0] },
    { key: "ab", counter: [0, 0] },
  ])("refuses %o and stays what it was", (state) => {
    const generator = new Generator(3);
    const before = generator.state;
    expect(() => {
      generator.state = state as unknown as GeneratorState;
    }).toThrow(ValueError);
    expect(generator.state).toEqual(before);
  });

  test("says what it wants", () => {
    expect(() => {
      new Generator(3).state = { key: [1, 2], counter: [0, -1] };
    }).toThrow(
      'Generator.state: expected { key: [k0, k1], counter: [low, high] } of whole numbers from 0 to 2^32 - 1, got {"key":[1,2],"counter":[0,-1]}.',
    );
  });
});

describe("fork", () => {
  test("gives a child that is reproducible, and that leaves the parent as it is", () => {
    const parent = new Generator(5);
    const child = parent.fork();
    const state = parent.state;
    expect(state.counter).toEqual([2, 0]);
    child.fillUniform(new Float32Array(10));
    expect(parent.state).toEqual(state);
    expect(new Generator(5).fork().uniform()).toBe(new Generator(5).fork().uniform());
    expect(parent.fork().uniform()).not.toBe(new Generator(5).fork().uniform());
  });
});

describe("the default generator", () => {
  test("is one and the same, and starts over with manualSeed", () => {
    const generator = defaultGenerator();
    expect(manualSeed(11)).toBe(generator);
    expect(defaultGenerator()).toBe(generator);
    expect(generator.uniform()).toBe(new Generator(11).uniform());
  });
});

describe("single draws", () => {
  test("are the first number of a Float64Array", () => {
    const one = () => new Float64Array(1);
    expect(new Generator(9).uniform(-2, 5)).toBe(new Generator(9).fillUniform(one(), -2, 5)[0]);
    expect(new Generator(9).normal(-2, 5)).toBe(new Generator(9).fillNormal(one(), -2, 5)[0]);
    expect(new Generator(9).integer(-2, 5)).toBe(new Generator(9).fillIntegers(one(), -2, 5)[0]);
    expect(new Generator(9).bernoulli(0.5)).toBe(new Generator(9).fillBernoulli(one(), 0.5)[0] === 1);
  });

  test("of an integer between neighbours is the lower one", () => {
    expect(new Generator(9).integer(4, 5)).toBe(4);
    expect(new Generator(9).integer(-(2 ** 53) + 1, -(2 ** 53) + 2)).toBe(-(2 ** 53) + 1);
  });
});

describe("permutation, shuffle and choice", () => {
  test("a permutation has every number once; of 0 it is empty, of 1 it is [0]", () => {
    const generator = new Generator(2);
    expect([...generator.permutation(1000)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(generator.permutation(0)).toEqual(new Int32Array(0));
    expect(generator.permutation(1)).toEqual(new Int32Array([0]));
  });

  test("each of the 24 orders of 4 is equally likely", () => {
    const generator = new Generator(2);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = generator.permutation(4).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(49.7); // the 0.1% point at 23 degrees of freedom
  });

  test("shuffle works in place on plain and on typed arrays, as permutation does", () => {
    const letters = ["a", "b", "c", "d", "e"];
    expect(new Generator(4).shuffle(letters)).toBe(letters);
    expect(letters).toEqual([...new Generator(4).permutation(5)].map((i) => "abcde"[i]));
    expect(new Generator(4).shuffle([])).toEqual([]);
    expect(new Generator(4).shuffle(Float32Array.of(0, 1, 2, 3, 4))).toEqual(
      Float32Array.from(new Generator(4).permutation(5)),
    );
  });

  test("choice takes each element equally often", () => {
    const generator = new Generator(6);
    const counts = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 30_000; i++) counts[generator.choice(["a", "b", "c"] as const)]++;
    for (const count of Object.values(counts)) expect(Math.abs(count - 10_000)).toBeLessThan(300);
    expect(generator.choice([7])).toBe(7);
  });
});

describe("bounds", () => {
  test("uniforms never reach the upper bound, though rounding would", () => {
    const generator = new Generator(1);
    const narrow = generator.fillUniform(new Float32Array(10_000), 1, 1 + 2 ** -22);
    expect(new Set(narrow)).toEqual(new Set([1, 1 + 2 ** -23]));
    const wide = generator.fillUniform(new Float64Array(10_000), 1, 1 + 2 ** -51);
    expect(new Set(wide)).toEqual(new Set([1, 1 + 2 ** -52]));
    for (let i = 0; i < 1000; i++) expect(generator.uniform(1, 1 + 2 ** -52)).toBe(1);
  });

  test("the largest float below a number", () => {
    for (const limit of [1, -1, 0, 1e-45, -1e-45, 2 ** 24 + 1, 3e38]) {
      const below = largestBelow(limit, Float32Array);
      expect(below).toBeLessThan(limit);
      expect(Math.fround(below)).toBe(below);
      expect(Math.fround((below + limit) / 2) === below || Math.fround((below + limit) / 2) >= limit).toBe(true);
    }
    expect(largestBelow(1, Float64Array)).toBe(1 - 2 ** -53);
    expect(largestBelow(-1, Float64Array)).toBe(-1 - 2 ** -52);
    expect(largestBelow(0, Float64Array)).toBe(-Number.MIN_VALUE);
  });

  test("integers cover the whole range of their array", () => {
    const generator = new Generator(1);
    const int32 = generator.fillIntegers(new Int32Array(10_000), -(2 ** 31), 2 ** 31);
    expect(Math.min(...int32)).toBeLessThan(-2.1e9);
    expect(Math.max(...int32)).toBeGreaterThan(2.1e9);
    expect(new Set(generator.fillIntegers(new Uint8Array(10_000), 0, 256)).size).toBe(256);
  });

  test("probabilities 0 and 1 are never and always; a standard deviation of 0 gives the mean", () => {
    const generator = new Generator(1);
    expect(new Set(generator.fillBernoulli(new Uint8Array(5000), 0))).toEqual(new Set([0]));
    expect(new Set(generator.fillBernoulli(new Uint8Array(5000), 1))).toEqual(new Set([1]));
    expect(new Set(generator.fillNormal(new Float32Array(5000), 3, 0))).toEqual(new Set([3]));
    expect(new Set(generator.fillTruncatedNormal(new Float32Array(5000), 3, 0))).toEqual(new Set([3]));
    expect(new Set(generator.fillPoisson(new Int32Array(5000), 0))).toEqual(new Set([0]));
  });
});

describe("misuse", () => {
  const g = new Generator(0);
  const floats = new Float32Array(3);
  const ints = new Int32Array(3);
  const cases: [string, () => unknown, string][] = [
    [
      "low > high",
      () => g.uniform(2, 1),
      "uniform: expected finite bounds with low <= high, got low = 2 and high = 1.\n  Swap them: (1, 2).",
    ],
    ["a bound that is not finite", () => g.uniform(0, Number.POSITIVE_INFINITY), "got low = 0 and high = Infinity."],
    ["too wide an interval", () => g.uniform(-1.7e308, 1.7e308), "expected bounds whose difference is finite"],
    [
      "std < 0",
      () => g.normal(0, -1),
      "normal: expected a finite standard deviation of at least 0, got -1.\n  If this is the logarithm",
    ],
    [
      "std of NaN",
      () => g.fillNormal(floats, 0, Number.NaN),
      "fillNormal: expected a finite standard deviation of at least 0, got NaN.",
    ],
    [
      "a mean of NaN",
      () => g.fillTruncatedNormal(floats, Number.NaN),
      "fillTruncatedNormal: expected a finite mean, got NaN.",
    ],
    [
      "p above 1",
      () => g.bernoulli(30),
      "bernoulli: expected a probability from 0 to 1, got 30.\n  If this is a percentage, write 0.3.",
    ],
    [
      "p below 0",
      () => g.fillBernoulli(ints, -2),
      "fillBernoulli: expected a probability from 0 to 1, got -2.\n  If this is a logit",
    ],
    [
      "a fraction as bound",
      () => g.integer(0, 1.5),
      "integer: expected whole numbers of at most 2^53 as bounds, got low = 0 and high = 1.5.",
    ],
    [
      "integers with low >= high",
      () => g.fillIntegers(ints, 3, 3),
      "fillIntegers: expected whole numbers with low < high, got low = 3 and high = 3.",
    ],
    [
      "a span above 2^53",
      () => g.integer(-(2 ** 53) + 1, 2 ** 53),
      "expected a difference between the bounds of at most 2^53",
    ],
    [
      "integers that do not fit",
      () => g.fillIntegers(new Uint8Array(3), 0, 257),
      "fillIntegers: expected whole numbers from 0 to 255, which a Uint8Array holds exactly, got numbers from 0 up to 257",
    ],
    [
      "a fraction as length",
      () => g.permutation(2.5),
      "permutation: expected a whole number from 0 to 2^31 - 1, got 2.5.",
    ],
    [
      "a choice from nothing",
      () => g.choice([]),
      "choice: expected an array with something to choose from, got an empty one.",
    ],
    ["a rate of 0", () => g.fillExponential(floats, 0), "fillExponential: expected a finite rate above 0, got 0."],
    [
      "a concentration below 0",
      () => g.fillGamma(floats, -1),
      "fillGamma: expected a finite concentration above 0, got -1.\n  If this came from a network",
    ],
    ["a parameter of beta", () => g.fillBeta(floats, 1, 0), "fillBeta: expected a finite b above 0, got 0."],
    ["a scale of 0", () => g.fillGumbel(floats, 0, 0), "fillGumbel: expected a finite scale above 0, got 0."],
    ["a location of NaN", () => g.fillLaplace(floats, Number.NaN), "fillLaplace: expected a finite location, got NaN."],
    ["a negative rate", () => g.fillPoisson(ints, -1), "fillPoisson: expected a rate from 0 to 1e9, got -1."],
    ["a rate too large", () => g.fillPoisson(ints, 1e10), "a normal with mean = rate and std = sqrt(rate) is as good"],
    [
      "a negative weight",
      () => g.fillCategorical(ints, [1, -2]),
      "fillCategorical: expected probabilities of at least 0, got -2 at index 1.",
    ],
    [
      "weights that are all 0",
      () => g.fillCategorical(ints, [0, 0]),
      "expected probabilities with a finite sum above 0, got 2 with the sum 0.",
    ],
    ["no weights", () => g.fillCategorical(ints, []), "expected probabilities with a finite sum above 0, got none."],
    [
      "a seed of NaN",
      () => new Generator(Number.NaN),
      "manualSeed: expected a finite number or a string as seed, got NaN.",
    ],
    [
      "a seed of null",
      () => manualSeed(null as unknown as number),
      "expected a finite number or a string as seed, got null.",
    ],
  ];

  test.each(cases)("%s", (_, act, message) => {
    expect(act).toThrow(ValueError);
    expect(act).toThrow(message);
  });

  test("an array of the wrong kind", () => {
    const wrong = (array: unknown) => array as Float32Array;
    expect(() => g.fillUniform(wrong(ints))).toThrow(DTypeError);
    expect(() => g.fillNormal(wrong([1, 2]))).toThrow("expected a Float32Array or a Float64Array, got an array of 2.");
    expect(() => g.fillGamma(wrong(ints), 1)).toThrow("got a Int32Array of 3.");
    expect(() => g.fillPoisson(wrong(new Uint8Array(1)), 1)).toThrow(DTypeError);
    expect(() => g.fillBernoulli(wrong([1]), 0.5)).toThrow(DTypeError);
  });
});
