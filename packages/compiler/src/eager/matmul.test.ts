import { Generator } from "@chainrule/core";
import type { Matrix } from "@chainrule/core/internal";
import { multiplyBlocked, multiplySmall } from "@chainrule/core/internal";
import { describe, expect, it } from "vitest";
import { wasmMultiply } from "./matmul.ts";

const generator = new Generator(5);

/** A random matrix, stored by rows or by columns, somewhere inside a larger array. */
function matrix(rows: number, columns: number): Matrix {
  const start = generator.integer(0, 5);
  const data = generator.fillNormal(new Float32Array(start + rows * columns));
  return generator.bernoulli(0.5) ? { data, start, row: columns, column: 1 } : { data, start, row: 1, column: rows };
}

describe("the product in WebAssembly", () => {
  const compiled = wasmMultiply("float32");

  it("is there on this machine", () => {
    expect(compiled).not.toBeNull();
  });

  it("is the clear version's, and so is the blocked one's, for all kinds of sizes and layouts", () => {
    for (let trial = 0; trial < 60; trial++) {
      const [m, n, k] = Array.from({ length: 3 }, () => generator.integer(0, trial % 3 === 0 ? 300 : 20));
      const [a, b] = [matrix(m, k), matrix(k, n)];
      const [clear, blocked, fast] = Array.from({ length: 3 }, () => new Float32Array(m * n + 3).fill(7));
      multiplySmall(clear, 2, a, b, m, n, k);
      multiplyBlocked(blocked, 2, a, b, m, n, k);
      compiled!.multiply(fast, 2, a, b, m, n, k);
      const tolerance = 1e-6 * Math.max(1, k);
      for (const other of [blocked, fast])
        clear.forEach((x, i) => {
          if (!(Math.abs(other[i] - x) <= tolerance))
            expect.fail(`[${m}, ${k}] x [${k}, ${n}], element ${i}: ${other[i]}, not ${x}`);
        });
    }
  });

  it("of doubles is the clear version's", () => {
    for (let trial = 0; trial < 30; trial++) {
      const [m, n, k] = Array.from({ length: 3 }, () => generator.integer(0, trial % 3 === 0 ? 300 : 20));
      const [a, b] = [matrix(m, k), matrix(k, n)].map((x) => ({ ...x, data: Float64Array.from(x.data) }));
      const [clear, fast] = [0, 1].map(() => new Float64Array(m * n + 3).fill(7));
      multiplySmall(clear, 2, a, b, m, n, k);
      expect(wasmMultiply("float64")!.multiply(fast, 2, a, b, m, n, k)).toBe(true);
      clear.forEach((x, i) => {
        if (!(Math.abs(fast[i] - x) <= 1e-14 * Math.max(1, k))) expect.fail(`element ${i}: ${fast[i]}, not ${x}`);
      });
    }
  });

  it("takes operands that lie far apart, or that are whole numbers", () => {
    const [m, n, k] = [7, 9, 11];
    const apart = generator.fillNormal(new Float32Array(5 * m * k + 3));
    const whole = Int32Array.from({ length: k * n }, (_, i) => (i % 13) - 6);
    const a = { data: apart, start: 3, row: 5 * k, column: 5 };
    const b = { data: whole, start: 0, row: 1, column: k };
    const [clear, fast] = [new Float32Array(m * n), new Float32Array(m * n)];
    multiplySmall(clear, 0, a, b, m, n, k);
    compiled!.multiply(fast, 0, a, b, m, n, k);
    clear.forEach((x, i) => {
      expect(fast[i]).toBeCloseTo(x, 4);
    });
  });

  it("lets infinities and NaN through, and pads with nothing that they could multiply into", () => {
    const a = { data: Float32Array.of(1, Number.POSITIVE_INFINITY, Number.NaN, 1), start: 0, row: 2, column: 1 };
    const b = { data: Float32Array.of(1, 2, 3, 4), start: 0, row: 2, column: 1 };
    const out = new Float32Array(4);
    compiled!.multiply(out, 0, a, b, 2, 2, 2);
    expect([...out]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN, Number.NaN]);
  });
});
