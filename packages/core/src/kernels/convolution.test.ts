import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KernelOperand } from "../tensor/op.ts";
import { sizeOf } from "../tensor/shape.ts";
import {
  convolve,
  convolveByColumns,
  inputGradient,
  inputGradientByColumns,
  weightGradient,
  weightGradientByColumns,
} from "./convolution.ts";
import { scratch } from "./scratch.ts";
import type { Window } from "./window.ts";

function block(shape: number[], seed: number): KernelOperand {
  const storage = Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 1.7 + i * i * 0.3 + seed));
  return { shape, dtype: "float32", storage };
}

const cases = fc.record({
  images: fc.integer({ min: 1, max: 5 }),
  groups: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 9 }),
  outputs: fc.integer({ min: 1, max: 17 }),
  out: fc.tuple(fc.integer({ min: 4, max: 13 }), fc.integer({ min: 1, max: 21 })),
  kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  before: fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })),
  after: fc.tuple(fc.integer({ min: -2, max: 4 }), fc.integer({ min: -2, max: 4 })),
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

/** Images just as large as the windows reach, less the padding before and behind, and more where rows are left over. */
function windowOf({ out, kernel, stride, dilation, before, after }: Case): Window {
  const [height, width] = [0, 1].map((d) =>
    Math.max(1, (out[d] - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 1 - before[d] + after[d]),
  );
  return { height, width, kernel, stride, dilation, before, out };
}

function expectClose(actual: KernelOperand, expected: KernelOperand, terms: number): void {
  actual.storage.forEach((x, i) => {
    if (!(Math.abs(x - expected.storage[i]) <= 1e-6 * Math.max(8, terms)))
      expect.fail(`element ${i} of [${actual.shape}] is ${x}, not ${expected.storage[i]}`);
  });
}

describe("convolution in WebAssembly is that by columns", () => {
  it("forward, by the images and by the weights, whatever its sizes", () => {
    fc.assert(
      fc.property(cases, (each) => {
        const { images, groups, channels, outputs } = each;
        const window = windowOf(each);
        const sliding = { window, groups };
        const x = block([images, groups * channels, window.height, window.width], 1);
        const w = block([groups * outputs, channels, ...window.kernel], 2);
        const y = block([images, groups * outputs, ...window.out], 3);
        const depth = channels * sizeOf(window.kernel);
        for (const [fast, clear, like, inputs, terms] of [
          [convolve, convolveByColumns, y, [x, w], depth],
          [inputGradient, inputGradientByColumns, x, [y, w], outputs * sizeOf(window.kernel)],
          [weightGradient, weightGradientByColumns, w, [x, y], images * sizeOf(window.out)],
        ] as const) {
          const [found, expected] = [0, 1].map(() => ({ ...like, storage: new Float32Array(like.storage.length) }));
          fast(found, inputs, sliding);
          clear(expected, inputs, sliding);
          expectClose(found, expected, terms);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("and leaves nothing behind in the memory of kernels", () => {
    const window: Window = {
      ...{ height: 9, width: 9, out: [9, 9] },
      ...{ kernel: [3, 3], stride: [1, 1], dilation: [1, 1], before: [1, 1] },
    };
    const before = scratch()?.used;
    const y = block([2, 16, 9, 9], 1);
    convolve(y, [block([2, 8, 9, 9], 2), block([16, 8, 3, 3], 3)], { window, groups: 1 });
    expect(scratch()?.used).toBe(before);
  });
});
