import { Generator, logSumExp, type Shape, type Tensor, tensor, vjp } from "@chainrule/core";
import { setBackend } from "@chainrule/core/internal";
import { describe, expect, it } from "vitest";
import "../index.ts";

const generator = new Generator(5);
const functions = {
  softmax: (x: Tensor, axis: number) => x.softmax(axis),
  logSoftmax: (x: Tensor, axis: number) => x.logSoftmax(axis),
  logSumExp: (x: Tensor, axis: number) => logSumExp(x, axis),
};

function random(shape: Shape, scale = 10): Tensor {
  const size = shape.reduce((total, length) => total * length, 1);
  return tensor(
    Float32Array.from({ length: size }, () => scale * generator.normal()),
    { shape },
  );
}

/** With the plain kernels, and with the fast ones. */
function both<T>(f: () => T): [T, T] {
  const fast = f();
  const before = setBackend(null);
  try {
    return [f(), fast];
  } finally {
    setBackend(before);
  }
}

function expectClose(name: keyof typeof functions, x: Tensor, axis: number): void {
  const [clear, fast] = both(() => functions[name](x, axis));
  expect(fast.shape).toEqual(clear.shape);
  // A difference of floats of 60 is rounded by 2e-6, which the exponential makes relative; a sum just above 1 by 2e-16.
  const [got, wanted] = [fast.toTypedArray(), clear.toTypedArray()];
  wanted.forEach((y, i) => {
    const isClose = Object.is(got[i], y) || Math.abs(got[i] - y) <= 5e-6 * Math.abs(y) + 1e-15;
    if (!isClose) expect.fail(`${name} of ${x.shape} along ${axis}, element ${i}: ${got[i]}, not ${y}`);
  });
}

describe.each(Object.keys(functions) as (keyof typeof functions)[])("%s of many elements", (name) => {
  it.each([
    [[64, 4], 1],
    [[32, 10], 1],
    [[85, 3], 1],
    [[300, 1], 1],
    [[257], 0],
    [[1, 40_000], 1],
    [[7, 5000], 1],
    [[5000, 7], 1],
    [[5000, 7], 0],
    [[6, 11, 13], 1],
    [[2, 300, 3, 5], 1],
  ] as const)("is the plain kernel's to rounding: %j along axis %d", (shape, axis) => {
    expectClose(name, random(shape), axis);
  });

  it("has infinities, NaN and masked classes as the plain kernel has them", () => {
    const x = random([40, 9]).toTypedArray();
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    const rows = [
      [nan, 1, 2],
      [inf, 1, 2],
      [inf, inf, -inf],
      [inf, nan, 0],
      [-inf, 1, -inf],
      [-3e38, 3e38, 0],
      [1e-42, -0, 0],
    ];
    rows.forEach((row, i) => {
      x.set(row, 9 * 5 * i);
    });
    x.fill(-inf, 9, 18);
    expectClose(name, tensor(x, { shape: [40, 9] }), 1);
  });
});

describe("many elements", () => {
  it("keep a loss that is far below the precision of 1", () => {
    const x = new Float32Array(300).fill(-20);
    for (let i = 0; i < 300; i += 3) x[i] = 0;
    const [clear, fast] = both(() => tensor(x, { shape: [100, 3] }).logSoftmax(-1));
    expect(fast.toTypedArray()[0]).toBe(clear.toTypedArray()[0]);
    expect(fast.toTypedArray()[0]).toBeCloseTo(-2 * Math.exp(-20), 12);
    expect(fast.toTypedArray()[0]).toBeLessThan(0);
  });

  it("of doubles are left to the plain kernel", () => {
    const x = tensor(
      Float64Array.from({ length: 400 }, () => generator.normal()),
      { shape: [20, 20] },
    );
    for (const f of Object.values(functions)) {
      const [clear, fast] = both(() => f(x, 1));
      expect(fast.toTypedArray()).toEqual(clear.toTypedArray());
    }
  });

  it("of no lines and of no classes are nothing", () => {
    for (const shape of [
      [0, 300],
      [300, 0],
    ])
      for (const f of [functions.softmax, functions.logSoftmax]) expect(f(random(shape), 1).shape).toEqual(shape);
    expect(logSumExp(random([300, 0]), 1).toTypedArray()[299]).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe.each(["softmax", "logSoftmax"] as const)("what %s of many elements sends back", (name) => {
  const back = (x: Tensor, g: Tensor, axis: number) => vjp((t) => t[name](axis), x)[1](g)[0];

  it.each([
    [[64, 4], 1],
    [[32, 10], 1],
    [[300, 1], 1],
    [[257], 0],
    [[1, 40_000], 1],
    [[5000, 7], 1],
    [[5000, 7], 0],
    [[6, 11, 13], 1],
  ] as const)("is the plain kernel's to rounding: %j along axis %d", (shape, axis) => {
    const [x, g] = [random(shape), random(shape, 1)];
    const [clear, fast] = both(() => back(x, g, axis));
    const [got, wanted] = [fast.toTypedArray(), clear.toTypedArray()];
    // Terms of which the two parts are made, times a few roundings.
    const scale = 1 + Math.abs(g.sum(axis).abs().max().item());
    wanted.forEach((y, i) => {
      if (Math.abs(got[i] - y) > 2e-6 * scale) expect.fail(`element ${i}: ${got[i]}, not ${y}`);
    });
  });

  it("has infinities and NaN where the plain kernel has them", () => {
    const x = random([40, 9]);
    const numbers = random([40, 9], 1).toTypedArray();
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].forEach((special, i) => {
      numbers[9 * i + 2 * i] = special;
    });
    const [clear, fast] = both(() => back(x, tensor(numbers, { shape: [40, 9] }), 1).toTypedArray());
    expect(Array.from(fast, (y) => (Number.isFinite(y) ? 0 : y))).toEqual(
      Array.from(clear, (y) => (Number.isFinite(y) ? 0 : y)),
    );
  });
});
