import { type KernelOperand, type Op, sizeOf } from "@chainrule/core";
import {
  convolve,
  convolveOp,
  inputGradient,
  inputGradientOp,
  type Window,
  weightGradient,
  weightGradientOp,
} from "@chainrule/core/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wasmBackend } from "./backend.ts";
import { scratch } from "./scratch-heap.ts";

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

/** Compares what is computed of a case, forward and backward, with the plain kernels; notes which ops were. */
function compare(each: Case, computed: Set<string>): void {
  const { images, groups, channels, outputs } = each;
  const window = windowOf(each);
  const sliding = { window, groups };
  const x = block([images, groups * channels, window.height, window.width], 1);
  const w = block([groups * outputs, channels, ...window.kernel], 2);
  const y = block([images, groups * outputs, ...window.out], 3);
  const depth = channels * sizeOf(window.kernel);
  for (const [op, clear, like, inputs, terms] of [
    [convolveOp, convolve, y, [x, w], depth],
    [inputGradientOp, inputGradient, x, [y, w], outputs * sizeOf(window.kernel)],
    [weightGradientOp, weightGradient, w, [x, y], images * sizeOf(window.out)],
  ] as const) {
    const storage = wasmBackend.compute(op as Op, inputs, sliding, like);
    if (storage === null) continue;
    computed.add(op.name);
    const expected = { ...like, storage: new Float32Array(like.storage.length) };
    clear(expected, inputs, sliding);
    expectClose({ ...like, storage }, expected, terms);
  }
}

describe("convolution in WebAssembly is that by columns", () => {
  it("forward, by the images and by the weights, whatever its sizes", () => {
    const computed = new Set<string>();
    fc.assert(
      fc.property(cases, (each) => compare(each, computed)),
      { numRuns: 200 },
    );
    expect(computed.size).toBe(3);
  });

  it("depthwise, whatever its sizes", () => {
    const computed = new Set<string>();
    const depthwise = fc.record({
      each: cases,
      groups: fc.integer({ min: 2, max: 40 }),
      across: fc.integer({ min: 1, max: 40 }),
      outputs: fc.integer({ min: 1, max: 5 }),
      before: fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })),
      steps: fc.boolean(),
    });
    fc.assert(
      fc.property(depthwise, ({ each, groups, across, outputs, before, steps }) => {
        const stride = steps ? each.stride : ([1, 1] as [number, number]);
        const out: [number, number] = [each.out[0], across];
        compare({ ...each, groups, channels: 1, outputs, stride, out, before }, computed);
      }),
      { numRuns: 200 },
    );
    expect(computed.size).toBe(3);
  });

  it("depthwise, with infinities and NaN where the windows see them alone", () => {
    const window: Window = {
      ...{ height: 6, width: 9, kernel: [3, 3], stride: [1, 1], dilation: [1, 1] },
      ...{ before: [1, 1], out: [6, 9] },
    };
    const sliding = { window, groups: 40 };
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const x = block([2, 40, 6, 9], 1);
      const w = block([40, 1, 3, 3], 2);
      // Within, and in the first column, which the last taps never see.
      for (const at of [14, 18]) (x.storage as Float32Array)[6 * 9 * (at - 11) + at] = odd;
      // Zeros beyond the edges are multiplied by it forward, and nothing is in the gradient by the images.
      const wild = { ...w, storage: Float32Array.from(w.storage, (value, i) => (i === 9 ? odd : value)) };
      for (const [op, clear, like, inputs] of [
        [convolveOp, convolve, x, [x, w]],
        [inputGradientOp, inputGradient, x, [x, w]],
        [inputGradientOp, inputGradient, x, [x, wild]],
        [weightGradientOp, weightGradient, w, [x, x]],
        [weightGradientOp, weightGradient, w, [x, block([2, 40, 6, 9], 3)]],
      ] as const) {
        const storage = wasmBackend.compute(op as Op, inputs, sliding, like)!;
        const expected = { ...like, storage: new Float32Array(like.storage.length) };
        clear(expected, inputs, sliding);
        storage.forEach((value, i) => {
          if (Number.isFinite(expected.storage[i])) expect(value).toBeCloseTo(expected.storage[i], 3);
          else expect(value).toBe(expected.storage[i]);
        });
      }
    }
  });

  it("with infinite weights, which zeros that stand for no window do not meet", () => {
    const window: Window = {
      ...{ height: 6, width: 9, kernel: [3, 3], stride: [1, 1], dilation: [1, 1] },
      ...{ before: [1, 1], out: [6, 9] },
    };
    const [x, w, y] = [block([2, 3, 6, 9], 1), block([5, 3, 3, 3], 2), block([2, 5, 6, 9], 3)];
    for (const at of [0, 8, 31]) {
      (w.storage as Float32Array)[at] = Number.NEGATIVE_INFINITY;
      const storage = wasmBackend.compute(inputGradientOp as Op, [y, w], { window, groups: 1 }, x)!;
      const expected = { ...x, storage: new Float32Array(x.storage.length) };
      inputGradient(expected, [y, w], { window, groups: 1 });
      expect(expected.storage.some(Number.isFinite)).toBe(true);
      storage.forEach((value, i) => {
        if (Number.isFinite(expected.storage[i])) expect(value).toBeCloseTo(expected.storage[i], 3);
        else expect(value).toBe(expected.storage[i]);
      });
    }
  });

  it("and takes the same memory each time", () => {
    const window: Window = {
      ...{ height: 9, width: 9, out: [9, 9] },
      ...{ kernel: [3, 3], stride: [1, 1], dilation: [1, 1], before: [1, 1] },
    };
    const y = block([2, 16, 9, 9], 1);
    const inputs = [block([2, 8, 9, 9], 2), block([16, 8, 3, 3], 3)];
    const run = () => wasmBackend.compute(convolveOp as Op, inputs, { window, groups: 1 }, y);
    const first = run();
    const used = scratch()?.used;
    expect(run()).toEqual(first);
    expect(first).not.toBeNull();
    expect(scratch()?.used).toBe(used);
  });
});
