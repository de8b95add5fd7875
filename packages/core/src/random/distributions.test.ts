import { describe, expect, test } from "vitest";
import { erf } from "../kernels/special.ts";
import { Generator } from "./generator.ts";
import { categorical, logFactorial, poisson } from "./samplers.ts";
import { Words } from "./words.ts";

const n = 200_000;
type Floats = Float32Array | Float64Array;

/** The largest distance of the empirical from the true distribution function, times √n (Kolmogorov & Smirnov). */
function kolmogorov(draws: Floats, cdf: (x: number) => number): number {
  const sorted = draws.toSorted();
  let worst = 0;
  for (let i = 0; i < sorted.length; i++) {
    const p = cdf(sorted[i]);
    worst = Math.max(worst, p - i / sorted.length, (i + 1) / sorted.length - p);
  }
  return worst * Math.sqrt(sorted.length);
}

/** The same, looked at in the nine deciles only. */
function kolmogorovAtDeciles(draws: Floats, deciles: readonly number[]): number {
  const distances = deciles.map((decile, k) => {
    const below = Array.from(draws).filter((x) => x < decile).length;
    return Math.abs(below / draws.length - (k + 1) / 10);
  });
  return Math.max(...distances) * Math.sqrt(draws.length);
}

/** One true sample in a thousand lies further away. */
const kolmogorovLimit = 1.95;

/**
 * How many standard deviations the chi-square statistic lies above what is expected (Wilson & Hilferty's cube root);
 * cells of fewer than 5 expected are gathered in one.
 */
function chiSquareScore(draws: ArrayLike<number>, probabilities: readonly number[]): number {
  const counts = new Array<number>(probabilities.length).fill(0);
  for (let i = 0; i < draws.length; i++) if (draws[i] < counts.length) counts[draws[i]]++;
  let degrees = 0;
  let statistic = 0;
  let restExpected = draws.length;
  let restCount = draws.length;
  probabilities.forEach((p, k) => {
    const expected = p * draws.length;
    if (expected < 5) return;
    statistic += (counts[k] - expected) ** 2 / expected;
    restExpected -= expected;
    restCount -= counts[k];
    degrees++;
  });
  if (restExpected > 1) statistic += (restCount - restExpected) ** 2 / restExpected;
  else degrees--;
  const spread = 2 / (9 * degrees);
  return (Math.cbrt(statistic / degrees) - (1 - spread)) / Math.sqrt(spread);
}

function moments(draws: ArrayLike<number>): { mean: number; variance: number } {
  const values = Array.from(draws);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { mean, variance: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length };
}

const normalCdf = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2));

interface Case {
  name: string;
  fill: (generator: Generator, array: Floats) => Floats;
  mean: number;
  variance: number;
  /** The distribution function, or its deciles (from scipy.stats 1.17.1). */
  law: ((x: number) => number) | number[];
}

const cases: Case[] = [
  {
    name: "uniform on [-1, 3)",
    fill: (g, a) => g.fillUniform(a, -1, 3),
    mean: 1,
    variance: 16 / 12,
    law: (x) => (x + 1) / 4,
  },
  {
    name: "normal of mean 5 and std 2",
    fill: (g, a) => g.fillNormal(a, 5, 2),
    mean: 5,
    variance: 4,
    law: (x) => normalCdf((x - 5) / 2),
  },
  {
    name: "truncated normal",
    fill: (g, a) => g.fillTruncatedNormal(a),
    mean: 0,
    variance: 0.773741,
    law: (x) => (normalCdf(x) - normalCdf(-2)) / (normalCdf(2) - normalCdf(-2)),
  },
  {
    name: "exponential of rate 2",
    fill: (g, a) => g.fillExponential(a, 2),
    mean: 0.5,
    variance: 0.25,
    law: (x) => 1 - Math.exp(-2 * x),
  },
  {
    name: "gumbel at 1 of scale 2",
    fill: (g, a) => g.fillGumbel(a, 1, 2),
    mean: 1 + 2 * 0.577216,
    variance: 4 * 1.64493,
    law: (x) => Math.exp(-Math.exp(-(x - 1) / 2)),
  },
  {
    name: "laplace at 1 of scale 2",
    fill: (g, a) => g.fillLaplace(a, 1, 2),
    mean: 1,
    variance: 8,
    law: (x) => (x < 1 ? 0.5 * Math.exp((x - 1) / 2) : 1 - 0.5 * Math.exp((1 - x) / 2)),
  },
  {
    name: "gamma of concentration 1 (exponential) and rate 3",
    fill: (g, a) => g.fillGamma(a, 1, 3),
    mean: 1 / 3,
    variance: 1 / 9,
    law: (x) => 1 - Math.exp(-3 * x),
  },
  {
    name: "gamma of concentration 0.3",
    fill: (g, a) => g.fillGamma(a, 0.3),
    mean: 0.3,
    variance: 0.3,
    law: [0.000323725, 0.00327034, 0.0127267, 0.0337398, 0.0731311, 0.141253, 0.256565, 0.460074, 0.884811],
  },
  {
    name: "gamma of concentration 2.5",
    fill: (g, a) => g.fillGamma(a, 2.5),
    mean: 2.5,
    variance: 2.5,
    law: [0.805154, 1.17127, 1.49995, 1.82775, 2.17573, 2.56593, 3.03221, 3.64464, 4.61818],
  },
  {
    name: "gamma of concentration 40",
    fill: (g, a) => g.fillGamma(a, 40),
    mean: 40,
    variance: 40,
    law: [32.1389, 34.6035, 36.4577, 38.094, 39.6672, 41.2831, 43.0599, 45.2027, 48.2891],
  },
  {
    name: "beta(1/2, 1/2), the arcsine law",
    fill: (g, a) => g.fillBeta(a, 0.5, 0.5),
    mean: 0.5,
    variance: 0.125,
    law: (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x)),
  },
  {
    name: "beta(2, 5)",
    fill: (g, a) => g.fillBeta(a, 2, 5),
    mean: 2 / 7,
    variance: 0.0255102,
    law: [0.0925953, 0.139881, 0.181803, 0.222584, 0.26445, 0.309444, 0.360358, 0.422448, 0.510316],
  },
  {
    name: "beta(0.05, 0.1), most of it at the ends",
    fill: (g, a) => g.fillBeta(a, 0.05, 0.1),
    mean: 1 / 3,
    variance: 0.193237,
    law: [2.8667e-17, 3.00595e-11, 9.99556e-8, 3.15188e-5, 0.0027275, 0.0961418, 0.747572, 0.994413, 0.999995],
  },
];

describe.each([Float32Array, Float64Array])("in a %o", (Kind) => {
  test.each(cases)("$name is distributed as it should be", ({ fill, mean, variance, law }) => {
    const draws = fill(new Generator("distributions"), new Kind(n));
    const distance = typeof law === "function" ? kolmogorov(draws, law) : kolmogorovAtDeciles(draws, law);
    expect(distance).toBeLessThan(kolmogorovLimit);
    const drawn = moments(draws);
    expect(Math.abs(drawn.mean - mean)).toBeLessThan(4 * Math.sqrt(variance / n));
    expect(Math.abs(drawn.variance / variance - 1)).toBeLessThan(0.03);
    expect(draws.every(Number.isFinite)).toBe(true);
  });

  test("neighbouring normals are uncorrelated, in value and in size", () => {
    const draws = new Generator("pairs").fillNormal(new Kind(n));
    for (const lag of [1, 2, 3]) {
      const products = Float64Array.from(draws.subarray(lag), (x, i) => x * draws[i]);
      const sizes = Float64Array.from(draws.subarray(lag), (x, i) => (x * x - 1) * (draws[i] ** 2 - 1));
      expect(Math.abs(moments(products).mean)).toBeLessThan(4 / Math.sqrt(n));
      expect(Math.abs(moments(sizes).mean)).toBeLessThan((4 * 2) / Math.sqrt(n));
    }
  });

  test("truncated normals stay within 2 std", () => {
    const draws = new Generator(1).fillTruncatedNormal(new Kind(n), 10, 3);
    expect(Math.min(...draws.subarray(0, 50_000))).toBeGreaterThanOrEqual(4);
    expect(Math.max(...draws.subarray(0, 50_000))).toBeLessThanOrEqual(16);
  });
});

test("normals reach into the tails as often as they should", () => {
  const draws = new Generator("tails").fillNormal(new Float32Array(2_000_000));
  const beyond4 = draws.reduce((count: number, x: number) => count + (Math.abs(x) > 4 ? 1 : 0), 0);
  expect(Math.abs(beyond4 - 126.7)).toBeLessThan(4 * Math.sqrt(126.7)); // 2e6 · 2 (1 - Φ(4))
});

describe("where most of a distribution is near an end of its interval", () => {
  /** By its name: how it is drawn, and its deciles (from scipy.stats 1.17.1). */
  const laws: Record<string, [(g: Generator, a: Floats) => Floats, number[]]> = {
    "gamma of concentration 0.01": [
      (g, a) => g.fillGamma(a, 0.01),
      [
        5.66074e-101, 7.17584e-71, 2.91742e-53, 9.09646e-41, 4.46554e-31, 3.69827e-23, 1.83095e-16, 1.15311e-10,
        1.50359e-5,
      ],
    ],
    // Its upper deciles are 1 to the last digit.
    "beta(0.01, 0.01)": [
      (g, a) => g.fillBeta(a, 0.01, 0.01),
      [1.24726e-70, 1.5811e-40, 6.42812e-23, 2.00428e-10, 0.5, 0.9999999997995723],
    ],
    "beta(0.02, 3)": [
      (g, a) => g.fillBeta(a, 0.02, 3),
      [
        2.25903e-51, 2.54345e-36, 1.62176e-27, 2.86367e-21, 2.00643e-16, 1.82593e-12, 4.06279e-9, 3.22422e-6,
        0.00116692,
      ],
    ],
  };

  test.each(Object.entries(laws))("%s has the right deciles, and in float32 their roundings", (_, [fill, deciles]) => {
    const draws = fill(new Generator("ends"), new Float64Array(n));
    expect(kolmogorovAtDeciles(draws, deciles)).toBeLessThan(kolmogorovLimit);
    const rounded = fill(new Generator("ends"), new Float32Array(n));
    const [least, most] = [2 ** -149, 1 - 2 ** -24];
    const wrong = rounded.findIndex((x, i) => {
      const nearest = Math.fround(draws[i]);
      return x !== (nearest === 0 ? least : nearest === 1 ? most : nearest);
    });
    expect(wrong).toBe(-1);
  });

  test("nothing is 0, 1 or NaN, however small the parameters", () => {
    for (const Kind of [Float32Array, Float64Array])
      for (const tiny of [0.3, 1e-3, 1e-100, 1e-310, 5e-324]) {
        const gammas = new Generator(1).fillGamma(new Kind(1000), tiny);
        expect(gammas.every((x) => x > 0 && x < 100)).toBe(true);
        expect(new Generator(1).fillExponential(new Kind(1000), 1e308).every((x) => x > 0)).toBe(true);
        for (const [a, b] of [
          [tiny, tiny],
          [tiny, 2 * tiny],
          [tiny, 5],
          [1e300, tiny],
          [1, tiny],
        ]) {
          const betas = new Generator(1).fillBeta(new Kind(1000), a, b);
          expect(betas.every((x) => x > 0 && x < 1)).toBe(true);
          const mean = 1 / (1 + b / a);
          const { mean: drawn } = moments(betas);
          expect(Math.abs(drawn - mean)).toBeLessThan(1e-7 + 4 * Math.sqrt((mean * (1 - mean)) / 1000));
        }
      }
  });

  test("a small rate is not lost where the gamma by itself is no number", () => {
    const draws = new Generator(2).fillGamma(new Float64Array(n), 1e-3, 1e-300);
    // The median of small concentrations, (Γ(a + 1) / 2)^(1/a), with Γ(1.001) = 0.99942377.
    const median = Math.exp(1e3 * Math.log(0.99942377 / 2) + 300 * Math.LN10);
    const below = draws.filter((x) => x < median).length / n;
    expect(Math.abs(below - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / n));
  });
});

test("an interval of no length is its one number, and takes words as any other", () => {
  for (const low of [0, -3, 0.7, 1e300]) {
    const [one, other] = [new Generator(5), new Generator(5)];
    expect(one.uniform(low, low)).toBe(low);
    other.uniform();
    expect(one.state).toEqual(other.state);
    expect(one.fillUniform(new Float64Array(3), low, low)).toEqual(new Float64Array(3).fill(low));
    expect(one.fillUniform(new Float32Array(3), low, low)).toEqual(new Float32Array(3).fill(low));
  }
});

test("float32 uniforms are not below a bound that is no float32", () => {
  const draws = new Generator(6).fillUniform(new Float32Array(100_000), 0.7, 0.7 + 1e-6);
  expect(draws.every((x) => x >= 0.7 && x < 0.7 + 1e-6)).toBe(true);
});

describe("counts", () => {
  const poissonLaw = (rate: number) => {
    const log = (k: number) => {
      let sum = -rate;
      for (let i = 1; i <= k; i++) sum += Math.log(rate / i);
      return sum;
    };
    return Array.from({ length: Math.ceil(rate + 10 * Math.sqrt(rate) + 10) }, (_, k) => Math.exp(log(k)));
  };

  test.each([0.01, 0.5, 4, 9.99, 10, 30, 1000])("poisson of rate %d", (rate) => {
    const draws = new Generator("poisson").fillPoisson(new Int32Array(n), rate);
    expect(chiSquareScore(draws, poissonLaw(rate))).toBeLessThan(4);
    const { mean, variance } = moments(draws);
    expect(Math.abs(mean - rate)).toBeLessThan(4 * Math.sqrt(rate / n));
    expect(Math.abs(variance / rate - 1)).toBeLessThan(rate < 0.1 ? 0.1 : 0.03);
  });

  test("poisson of the largest rate fits an Int32Array", () => {
    const { mean, variance } = moments(new Generator(1).fillPoisson(new Int32Array(n), 1e9));
    expect(Math.abs(mean - 1e9)).toBeLessThan(4 * Math.sqrt(1e9 / n));
    expect(Math.abs(variance / 1e9 - 1)).toBeLessThan(0.03);
  });

  test("the logarithm of a factorial has 12 digits", () => {
    let sum = 0;
    for (let k = 0; k < 1000; k++) {
      sum += Math.log(Math.max(1, k));
      expect(Math.abs(logFactorial(k) - sum)).toBeLessThanOrEqual(1e-12 * Math.max(1, sum));
    }
  });

  /** Words that are all the same: the ends of the unit interval, which true draws hardly ever reach. */
  const constantWords = (word: number) => {
    const words = new Words();
    words.next = () => word;
    return words;
  };

  test("the smallest and the largest uniform give a category of weight above 0, and a Poisson count that exists", () => {
    const cumulated = Float64Array.of(0, 0.1, 0.1, 0.4, 0.4);
    expect(categorical(constantWords(0), cumulated)).toBe(1);
    expect(categorical(constantWords(0xffffffff), cumulated)).toBe(3);
    expect(poisson(constantWords(0), 5)).toBe(0);
    expect(poisson(constantWords(0xffffffff), 5)).toBeLessThan(50);
  });

  test.each([1, 2, 3, 10, 100, 1000])("integers below %d are unbiased", (span) => {
    const draws = new Generator("integers").fillIntegers(new Int32Array(n), 0, span);
    if (span === 1) expect(draws.every((k) => k === 0)).toBe(true);
    else expect(chiSquareScore(draws, new Array(span).fill(1 / span))).toBeLessThan(4);
  });

  test("integers of a span that does not divide 2^32 are unbiased: thirds of 3 * 2^30", () => {
    const draws = new Generator("thirds").fillIntegers(new Float64Array(n), 0, 3 * 2 ** 30);
    expect(
      chiSquareScore(
        draws.map((k) => Math.floor(k / 2 ** 30)),
        [1 / 3, 1 / 3, 1 / 3],
      ),
    ).toBeLessThan(4);
    const wide = new Generator("thirds").fillIntegers(new Float64Array(n), 0, 3 * 2 ** 51);
    expect(
      chiSquareScore(
        wide.map((k) => Math.floor(k / 2 ** 51)),
        [1 / 3, 1 / 3, 1 / 3],
      ),
    ).toBeLessThan(4);
  });

  test.each([0.001, 0.3, 0.5, 0.99])("bernoulli of %d", (p) => {
    const bits = new Generator("bernoulli").fillBernoulli(new Uint8Array(n), p);
    expect(Math.abs(moments(bits).mean - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
    const generator = new Generator("bernoulli");
    expect(Array.from({ length: 100 }, () => Number(generator.bernoulli(p)))).toEqual([...bits.subarray(0, 100)]);
  });

  test("categories come in proportion, whatever their sum, and those of weight 0 never", () => {
    const weights = [0, 3, 0, 1, 5, 0, 0.5, 0];
    const draws = new Generator("categorical").fillCategorical(new Int32Array(n), weights);
    const law = weights.map((weight) => weight / 9.5);
    expect(chiSquareScore(draws, law)).toBeLessThan(4);
    expect([...new Set(draws)].sort()).toEqual([1, 3, 4, 6]);
  });

  test("weights far apart or tiny are categories too", () => {
    const generator = new Generator(1);
    expect(new Set(generator.fillCategorical(new Int32Array(100), [5e-324]))).toEqual(new Set([0]));
    expect(new Set(generator.fillCategorical(new Int32Array(1000), [0, 1e-310, 0, 1e-310]))).toEqual(new Set([1, 3]));
    expect(new Set(generator.fillCategorical(new Int32Array(100), Float32Array.of(1e-30, 1e30)))).toEqual(new Set([1]));
  });
});
