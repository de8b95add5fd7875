import { Generator } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { erf, sigmoid, softplus } from "../../../../core/src/kernels/special.ts";
import { assemble, type Code } from "../assembler.ts";
import { createMemory, instantiate } from "../host.ts";
import { relaxedSimd } from "./gemm.ts";
import { math, pow, wholePower } from "./math.ts";

/** Whether functions multiply and add in one instruction: as every host can, and as this one can besides. */
const forms = [false, true].filter((relaxed) => !relaxed || relaxedSimd());

/** Applies what `write` writes to each element (the pairs) of the inputs, whose lengths are multiples of 4. */
function apply(relaxed: boolean, write: (code: Code) => void, ...inputs: Float32Array[]): Float32Array {
  const n = inputs[0].length;
  const memory = createMemory(Math.ceil((n * 4 * (inputs.length + 1)) / 65536));
  const floats = new Float32Array(memory.buffer);
  inputs.forEach((x, i) => {
    floats.set(x, i * n);
  });
  const to = inputs.length * n * 4;
  const body = (code: Code) => {
    const at = code.local("i32");
    code.repeat(0, () => {
      code.get(at);
      inputs.forEach((_, i) => {
        code.get(at).access("v128.load", i * n * 4);
      });
      write(code);
      code.access("v128.store", to).advance(at, 16);
    });
  };
  const bytes = assemble([{ name: "f", parameters: ["i32"], body }], [], { relaxed });
  instantiate<{ f: (count: number) => void }>(bytes, memory).f(n / 4);
  return floats.slice(to / 4, to / 4 + n);
}

/** The distance between floats at x: 2^-149 for subnormal ones. */
function unit(x: number): number {
  return 2 ** Math.max(Math.floor(Math.log2(Math.abs(x))) - 23, -149);
}

/** How many units in the last place `got` is away from the double `x`. */
function distance(got: number, x: number): number {
  const rounded = Math.fround(x);
  if (Object.is(got, rounded) || (Number.isNaN(got) && Number.isNaN(x)))
    return Math.abs(x) < 1e38 && x !== 0 ? Math.abs(got - x) / unit(x) : 0;
  if (got === 0 && rounded === 0) return 1000; // the wrong sign
  if (!Number.isFinite(got) || !Number.isFinite(rounded)) {
    // Next to the largest float, infinity is one unit away.
    const largest = 2 ** 128 - 2 ** 104;
    const [p, q] = [got, rounded].map((z) => (Number.isFinite(z) ? z : Math.sign(z) * (largest + 2 ** 104)));
    return Math.abs(p - q) / 2 ** 104;
  }
  return Math.abs(got - x) / unit(x);
}

const generator = new Generator(3);
const specials = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1, -1, 0.5, -0.5];

/** Both signs of every exponent, with `each` mantissas: the ends and random ones. */
function everyExponent(each: number): Float32Array {
  const bits = new Int32Array(2 * 256 * each);
  let at = 0;
  for (const sign of [0, -0x80000000])
    for (let exponent = 0; exponent < 256; exponent++)
      for (let i = 0; i < each; i++) {
        const mantissa = i === 0 ? 0 : i === 1 ? 0x7fffff : i === 2 ? 1 : generator.integer(0, 0x800000);
        bits[at++] = sign | (exponent << 23) | mantissa;
      }
  const floats = new Float32Array(bits.buffer);
  floats.set(specials, 3 * each);
  return floats;
}

/** Evenly between two numbers. */
function sweep(from: number, to: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => from + ((to - from) * (i + generator.uniform())) / count);
}

function worst(got: Float32Array, exact: (i: number) => number): { units: number; at: number } {
  let [units, at] = [0, 0];
  got.forEach((y, i) => {
    const d = distance(y, exact(i));
    if (Number.isNaN(d)) [units, at] = [Number.POSITIVE_INFINITY, i];
    else if (d > units) [units, at] = [d, i];
  });
  return { units, at };
}

const references: Record<keyof typeof math, readonly [(x: number) => number, from: number, to: number]> = {
  exp: [Math.exp, -105, 90],
  expm1: [Math.expm1, -20, 90],
  log: [Math.log, 0.3, 3],
  log1p: [Math.log1p, -0.9, 3],
  log2: [Math.log2, 0.3, 3],
  tanh: [Math.tanh, -10, 10],
  sigmoid: [sigmoid, -105, 20],
  softplus: [softplus, -105, 30],
  erf: [erf, -4.5, 4.5],
  sin: [Math.sin, -100, 100],
  cos: [Math.cos, -100, 100],
  sqrt: [Math.sqrt, 0, 10],
  rsqrt: [(x) => 1 / Math.sqrt(x), 0, 10],
  reciprocal: [(x) => 1 / x, -10, 10],
};

describe.each(forms)("functions of four floats, relaxed multiply-add %s", (relaxed) => {
  const everywhere = everyExponent(64);

  it.each(Object.entries(references))("%s is exact to 2 units in the last place", (name, [exact, from, to]) => {
    for (const inputs of [everywhere, sweep(from, to, 40000), sweep(-2, 2, 20000)]) {
      const got = apply(relaxed, math[name as keyof typeof math], inputs);
      const { units, at } = worst(got, (i) => exact(inputs[i]));
      expect(units, `${name}(${inputs[at]}) = ${got[at]}, not ${exact(inputs[at])}`).toBeLessThan(2);
    }
  });

  it("sin and cos are exact where an angle is almost a multiple of π/2", () => {
    const near = Array.from({ length: 4000 }, (_, i) => (i + 1) * (Math.PI / 2));
    const large = [16367173 * 2 ** 72, 2 ** 20, 1e10, 3.4028234663852886e38];
    const inputs = Float32Array.from([...near, ...large, ...near.map((x) => x * 1001)]);
    for (const name of ["sin", "cos"] as const) {
      const got = apply(relaxed, math[name], inputs);
      const { units, at } = worst(got, (i) => Math[name](inputs[i]));
      expect(units, `${name}(${inputs[at]})`).toBeLessThan(2);
    }
  });

  it("pow is exact to 2 units in the last place", () => {
    const [xs, ys] = [everyExponent(128), sweep(-4, 4, 256 * 256)];
    const bases = sweep(0.01, 20, 65536);
    const whole = Float32Array.from(bases, () => generator.integer(-12, 13));
    for (const [x, y] of [
      [xs, ys],
      [bases, ys],
      [xs, whole],
      [bases.map((b) => -b), whole],
      [bases.map((b) => 1 + b * 1e-4), sweep(-1e5, 1e5, 65536)],
    ]) {
      const got = apply(relaxed, pow, x, y);
      const { units, at } = worst(got, (i) => x[i] ** y[i]);
      expect(units, `${x[at]} ** ${y[at]} = ${got[at]}`).toBeLessThan(2);
    }
  });

  it("pow has the edges of IEEE 754", () => {
    const ieee = (x: number, y: number) =>
      x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY) ? 1 : x ** y;
    const edges = [...specials, 2, -2, 3, -3, 1.5, -1.5, 1e-40];
    const pairs = edges.flatMap((x) => edges.map((y) => [x, y]));
    const [x, y] = [0, 1].map((i) => Float32Array.from(pairs, (pair) => pair[i]));
    const got = apply(relaxed, pow, x, y);
    got.forEach((z, i) => {
      const exact = ieee(x[i], y[i]);
      if (!(distance(z, exact) < 2)) expect.fail(`${x[i]} ** ${y[i]} = ${z}, not ${exact}`);
    });
  });

  it("whole powers of whole numbers are exact", () => {
    const x = Float32Array.from({ length: 16 }, (_, i) => i - 8);
    for (const power of [-3, -2, -1, 0, 1, 2, 3, 4, 5, 7]) {
      const y = new Float32Array(16).fill(power);
      for (const got of [apply(relaxed, (code) => wholePower(code, power), x), apply(relaxed, pow, x, y)])
        expect([...got]).toEqual([...x].map((base) => Math.fround(base ** power)));
    }
  });
});
