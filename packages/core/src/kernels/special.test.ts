import { describe, expect, it } from "vitest";
import { erf, roundHalfToEven, sigmoid, softplus } from "./special.ts";

/** Computed with mpmath at 40 digits. */
const erfValues: [number, number][] = [
  [1e-300, 1.1283791670955126e-300],
  [1e-10, 1.1283791670955126e-10],
  [0.1, 0.1124629160182849],
  [0.25, 0.27632639016823696],
  [0.5, 0.5204998778130465],
  [0.75, 0.7111556336535151],
  [1, 0.8427007929497149],
  [1.25, 0.9229001282564583],
  [1.5, 0.9661051464753108],
  [1.75, 0.9866716712191824],
  [2, 0.9953222650189527],
  [2.25, 0.9985372834133188],
  [2.4999, 0.9995928300996666],
  [2.5, 0.999593047982555],
  [2.5001, 0.9995932657565293],
  [2.75, 0.9998993780778803],
  [3, 0.9999779095030014],
  [3.5, 0.9999992569016276],
  [4, 0.9999999845827421],
  [5, 0.9999999999984626],
  [5.5, 0.9999999999999927],
  [5.9, 0.9999999999999999],
  [6, 1],
  [10, 1],
];

it.each(erfValues)("erf(%d) is right to a few units in the last place, and odd", (x, y) => {
  expect(Math.abs(erf(x) - y) / y).toBeLessThan(1e-15);
  expect(erf(-x)).toBe(-erf(x));
});

/** Also by mpmath. */
const stable: [string, (x: number) => number, [number, number][]][] = [
  [
    "softplus",
    softplus,
    [
      [-800, 0],
      [-40, 4.248354255291589e-18],
      [-10, 4.539889921686465e-5],
      [-1, 0.3132616875182228],
      [0.5, 0.9740769841801067],
      [2, 2.1269280110429727],
      [800, 800],
      [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      [Number.NEGATIVE_INFINITY, 0],
    ],
  ],
  [
    "sigmoid",
    sigmoid,
    [
      [-800, 0],
      [-40, 4.248354255291589e-18],
      [-10, 4.5397868702434395e-5],
      [-1, 0.2689414213699951],
      [0.5, 0.6224593312018546],
      [40, 1],
      [Number.POSITIVE_INFINITY, 1],
      [Number.NEGATIVE_INFINITY, 0],
    ],
  ],
];

describe.each(stable)("%s keeps its digits far from zero", (_name, f, values) => {
  it.each(values)("at %d", (x, y) => {
    if (y === 0 || Math.abs(y) === Number.POSITIVE_INFINITY) expect(f(x)).toBeCloseTo(y, 300);
    else expect(Math.abs(f(x) - y) / y).toBeLessThan(4e-16);
  });

  it("passes NaN on", () => {
    expect(f(Number.NaN)).toBeNaN();
  });
});

it("halves are rounded to even, and everything else to the nearest", () => {
  const x = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994, 4503599627370495.5, -2.6, 1e300];
  const y = [-2, -2, -0, 0, 2, 2, 0, 4503599627370496, -3, 1e300];
  expect(x.map(roundHalfToEven)).toEqual(y);
  expect([-0, -0.3, Number.NaN, Number.NEGATIVE_INFINITY].map(roundHalfToEven)).toEqual([
    -0,
    -0,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
  ]);
});
