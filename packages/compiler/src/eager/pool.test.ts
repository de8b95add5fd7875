import { type KernelOperand, type Op, sizeOf } from "@chainrule/core";
import {
  maxPool,
  maxPoolBackward,
  maxPoolBackwardOp,
  maxPoolGather,
  maxPoolGatherOp,
  maxPoolOp,
  sumPool,
  sumPoolBackward,
  sumPoolBackwardOp,
  sumPoolOp,
  type Window,
} from "@chainrule/core/internal";
import { fuzzing } from "@chainrule/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { wasmBackend } from "./backend.ts";

const { runs, limit } = fuzzing(13);
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

/** Whole numbers, many of them equal, and a few that are wild. */
function block(shape: number[], seed: number, wild: readonly number[] = []): KernelOperand {
  const storage = Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.round(3 * Math.sin(i * 1.7 + seed)));
  wild.forEach((x, i) => {
    storage[(i * 101 + seed) % storage.length] = x;
  });
  return { shape, dtype: "float32", storage };
}

/** Two of one sign overflow float32, and four do not cancel there. */
const large = Array.from({ length: 4000 }, (_, i) => (i % 3 === 0 ? 3e38 : i % 3 === 1 ? -3e38 : 2e38));

const pair = (least: number, most: number) =>
  fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }));
const cases = fc.record({
  planes: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })),
  out: pair(1, 19),
  kernel: pair(1, 4),
  stride: pair(1, 4),
  dilation: pair(1, 3),
  padded: pair(0, 1),
  more: pair(0, 2),
  wild: fc.constantFrom([], [], [nan, infinity], [-infinity, -infinity, nan], large, [-0, -0, 0, -0, -0, 0, -0, -0]),
  halves: fc.boolean(),
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function windowOf({ out, kernel, stride, dilation, padded, more, halves }: Case): Window {
  const each = halves
    ? { kernel: [2, 2] as const, stride: [2, 2] as const, dilation: [1, 1] as const, before: [0, 0] as const }
    : { kernel, stride, dilation, before: [kernel[0] > 1 ? padded[0] : 0, kernel[1] > 1 ? padded[1] : 0] as const };
  const [height, width] = [0, 1].map(
    (d) => (out[d] - 1) * each.stride[d] + (each.kernel[d] - 1) * each.dilation[d] + 1 - each.before[d] + more[d],
  );
  return { height, width, out, ...each };
}

it("pooling in WebAssembly is that tap by tap, forward and backward, NaN and infinities alike", limit, () => {
  const computed = new Set<string>();
  fc.assert(
    fc.property(cases, (each) => {
      const window = windowOf(each);
      const x = block([...each.planes, window.height, window.width], 1, each.wild);
      const v = block([...x.shape], 2);
      const g = block([...each.planes, ...window.out], 3);
      const y = { ...g, storage: new Float32Array(g.storage.length) };
      maxPool(y, [x], window);
      for (const [op, clear, like, inputs] of [
        [maxPoolOp, maxPool, g, [x]],
        [maxPoolBackwardOp, maxPoolBackward, x, [g, x, y]],
        [maxPoolGatherOp, maxPoolGather, g, [v, x, y]],
        [sumPoolOp, sumPool, g, [x]],
        [sumPoolBackwardOp, sumPoolBackward, x, [g]],
      ] as const) {
        const storage = wasmBackend.compute(op as Op, inputs, window, like);
        if (storage === null) continue;
        computed.add(op.name);
        const expected = { ...like, storage: new Float32Array(like.storage.length) };
        clear(expected, inputs, window);
        expected.storage.forEach((e, i) => {
          const f = storage[i];
          // Only what elements get of several windows is added up in another order.
          const isNear =
            op.name.endsWith("Backward") && Number.isFinite(e) && Math.abs(f - e) <= 1e-6 * Math.max(1, Math.abs(e));
          if (!isNear && !Object.is(f, e))
            expect.fail(`${inputs.length} inputs: element ${i} of [${like.shape}] is ${f}, not ${e}`);
        });
      }
    }),
    runs(200),
  );
  expect(computed.size).toBe(5);
});

it("the largest of a window that sees NaN is NaN, whatever its sign, and 0 is above -0", () => {
  const window = windowOf({
    ...{
      planes: [1, 1],
      out: [17, 17],
      kernel: [3, 3],
      stride: [2, 2],
      dilation: [1, 1],
      padded: [1, 1],
      more: [0, 0],
    },
    ...{ wild: [], halves: false },
  });
  const x = block([1, 1, window.height, window.width], 1);
  const bits = new Uint32Array(x.storage.buffer);
  const strange = [
    0xffc00000, 0x7fc00000, 0xff800001, 0x7fffffff, 0x80000000, 0, 0xff800000, 0x7f800000, 0xff7fffff, 1,
  ];
  for (let i = 0; i < bits.length; i++) if (i % 3 > 0) bits[i] = strange[(i * 7) % 13] ?? 0x80000001;
  const storage = wasmBackend.compute(maxPoolOp as Op, [x], window, { shape: [1, 1, ...window.out], dtype: "float32" });
  const expected = { shape: [1, 1, ...window.out], dtype: "float32" as const, storage: new Float32Array(17 * 17) };
  maxPool(expected, [x], window);
  expect(expected.storage.some(Number.isNaN)).toBe(true);
  expect(storage).toEqual(expected.storage);
});
