import {
  avgPool2d,
  conv1d,
  conv2d,
  convTranspose2d,
  grad,
  maxPool2d,
  type Tensor,
  tensor,
  unfold,
  valueAndGrad,
  vjp,
} from "@chainrule/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jit } from "../src/index.ts";
import { expectSame } from "./same.ts";

/** How a window slides: every number for both directions. */
const sliding = fc.record({
  height: fc.integer({ min: 1, max: 19 }),
  width: fc.integer({ min: 1, max: 23 }),
  kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  padding: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
  dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
});
type Sliding = typeof sliding extends fc.Arbitrary<infer T> ? T : never;

/** What pooling is told of a window. */
type Pooled = {
  kernel: [number, number];
  stride: [number, number];
  padding: [number, number];
  dilation: [number, number];
};

function fits({ height, width, kernel, padding, dilation }: Sliding): boolean {
  return [height, width].every((size, d) => size + 2 * padding[d] > dilation[d] * (kernel[d] - 1));
}

/** Numbers between -1 and 1 that look random; some of them wild, if asked for. */
function numbers(shape: number[], seed: number, wild: readonly number[] = []): Tensor {
  const size = shape.reduce((total, n) => total * n, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 2.4 + i * i * 0.13 + seed));
  wild.forEach((x, i) => {
    if (size > 0) data[(i * 37 + seed * 11) % size] = x;
  });
  return tensor(data, { shape });
}

/** Values and gradients, compiled and eager. A last input weighs the results, so that their gradients differ. */
function check(f: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): void {
  const y = f(...inputs);
  expectSame(jit(f)(...inputs), y, "value");
  const slopes = valueAndGrad(
    (...x: Tensor[]) =>
      f(...x.slice(0, -1))
        .mul(x[x.length - 1])
        .sum(),
    { argument: inputs.map((_, i) => i) },
  );
  const all = [...inputs, numbers([...y.shape], 5)];
  const found = jit(slopes)(...all) as unknown as [Tensor, Tensor[]];
  const [, gradients] = slopes(...all);
  // A weight's gradient sums over all places of all images, which may cancel to nearly nothing.
  const places = y.shape[1] > 0 ? y.size / y.shape[1] : 0;
  for (const [i, g] of gradients.entries())
    expectSame(found[1][i], g, `gradient ${i}`, i === 1 && inputs.length > 1 ? 2e-8 * places : 0);
}

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const wildOnes = fc.constantFrom<readonly number[]>([], [], [infinity], [-infinity, -infinity], [nan], [nan, infinity]);

describe("a convolution", () => {
  const cases = fc
    .record({
      sliding,
      images: fc.integer({ min: 0, max: 3 }),
      groups: fc.integer({ min: 1, max: 3 }),
      channels: fc.integer({ min: 1, max: 6 }),
      outputs: fc.integer({ min: 1, max: 10 }),
      wild: wildOnes,
    })
    .filter(({ sliding }) => fits(sliding));

  it("is the same compiled and eager, gradients too, whatever its sizes", () => {
    fc.assert(
      fc.property(cases, ({ sliding, images, groups, channels, outputs, wild }) => {
        const { height, width, kernel, stride, padding, dilation } = sliding;
        const x = numbers([images, groups * channels, height, width], 1, wild);
        const w = numbers([groups * outputs, channels, ...kernel], 2);
        check((a, b) => conv2d(a, b, { stride, padding, dilation, groups }), [x, w]);
      }),
      { numRuns: 150 },
    );
  });

  it("of each image by kernels of its own is the same compiled and eager, whatever its stride, dilation and padding", () => {
    const depthwise = fc
      .record({
        sliding: sliding.map((each) => ({ ...each, height: each.height + 2, width: 2 * each.width })),
        padding: fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 7 })),
        images: fc.integer({ min: 1, max: 3 }),
        groups: fc.integer({ min: 2, max: 7 }),
        outputs: fc.integer({ min: 1, max: 5 }),
        wild: wildOnes,
      })
      .filter(({ sliding, padding }) => fits({ ...sliding, padding }));
    fc.assert(
      fc.property(depthwise, ({ sliding: { height, width, kernel, stride, dilation }, padding, images, ...rest }) => {
        const { groups, outputs, wild } = rest;
        const x = numbers([images, groups, height, width], 1, wild);
        const w = numbers([groups * outputs, 1, ...kernel], 2);
        check((a, b) => conv2d(a, b, { stride, padding, dilation, groups }), [x, w]);
      }),
      { numRuns: 150 },
    );
  });

  it("is the product of the kernels with the windows as columns, eagerly too", () => {
    fc.assert(
      fc.property(cases, ({ sliding: { kernel, stride, padding, dilation, ...image }, groups, ...rest }) => {
        const { images, channels, outputs, wild } = rest;
        const x = numbers([images, groups * channels, image.height, image.width], 3, wild);
        const w = numbers([groups * outputs, channels, ...kernel], 4);
        const depth = channels * kernel[0] * kernel[1];
        const plainly = (a: Tensor, b: Tensor) => {
          const columns = unfold(a, kernel, { stride, padding, dilation });
          const windows = columns.shape[2];
          return b
            .reshape([groups, outputs, depth])
            .matmul(columns.reshape([images, groups, depth, windows]))
            .reshape([images, groups * outputs, windows]);
        };
        const y = conv2d(x, w, { stride, padding, dilation, groups });
        const flat = [images, groups * outputs, y.shape[2] * y.shape[3]];
        expectSame(y.reshape(flat), plainly(x, w), "value");
        const weigh = numbers(flat, 6);
        const by = { argument: [0, 1] };
        const found = valueAndGrad(
          (a: Tensor, b: Tensor) => conv2d(a, b, { stride, padding, dilation, groups }).reshape(flat).mul(weigh).sum(),
          by,
        )(x, w)[1];
        const expected = valueAndGrad((a: Tensor, b: Tensor) => plainly(a, b).mul(weigh).sum(), by)(x, w)[1];
        for (const [i, g] of expected.entries()) expectSame(found[i], g, `gradient ${i}`);
      }),
      { numRuns: 150 },
    );
  });

  it("along one axis, and transposed, is the same compiled and eager", () => {
    const signal = numbers([3, 4, 21], 1);
    check((x, w) => conv1d(x, w, { stride: 2, padding: 3, dilation: 2 }), [signal, numbers([5, 4, 3], 2)]);
    check((x, w) => conv1d(x, w, { padding: "same", groups: 2 }), [signal, numbers([6, 2, 4], 2)]);
    const images = numbers([2, 6, 5, 4], 1);
    const options = { stride: 2, padding: 1, outputPadding: 1, groups: 2 };
    check((x, w) => convTranspose2d(x, w, options), [images, numbers([6, 3, 3, 3], 2)]);
    check((x, w) => convTranspose2d(x, w, { dilation: 2 }), [images, numbers([6, 3, 3, 2], 2)]);
  });

  it("of float64 and of whole numbers is the same, too", () => {
    const x = numbers([2, 2, 6, 5], 1);
    const w = numbers([3, 2, 3, 2], 2);
    check((a, b) => conv2d(a, b, { padding: 1 }), [x.cast("float64"), w.cast("float64")]);
    const whole = (a: Tensor) => a.mul(10).round().cast("int32");
    expectSame(jit((a: Tensor, b: Tensor) => conv2d(a, b))(whole(x), whole(w)), conv2d(whole(x), whole(w)));
  });

  it("shares its tables among all that slide alike, and gives its memory back", () => {
    const x = numbers([4, 3, 9, 9], 1);
    const w = numbers([3, 3, 3, 3], 2);
    const twice = jit((a: Tensor, b: Tensor) => conv2d(conv2d(a, b, { padding: 1 }), b, { padding: 1 }));
    const { kernels } = twice.explain(x, w);
    expect(kernels.map(({ kind }) => kind)).toEqual(["window", "window"]);
    expect(kernels[0].flops).toBe(2 * 4 * 3 * 81 * 27);
  });
});

describe("pooling", () => {
  const cases = fc
    .record({
      sliding,
      images: fc.integer({ min: 0, max: 2 }),
      channels: fc.integer({ min: 1, max: 3 }),
      wild: wildOnes,
    })
    .filter(({ sliding: s }) => fits(s) && s.padding.every((n, d) => n <= Math.floor(s.kernel[d] / 2)));
  const pools = {
    // The sign of a 0 among others of either sign depends on the order in which they are looked at: + 0 makes it 0.
    maxPool2d: (x: Tensor, { kernel, ...options }: Pooled) => maxPool2d(x, kernel, options).add(0),
    avgPool2d: (x: Tensor, { kernel, ...options }: Pooled) => avgPool2d(x, kernel, options),
    "avgPool2d without padding in the count": (x: Tensor, { kernel, ...options }: Pooled) =>
      avgPool2d(x, kernel, { ...options, countIncludePad: false }),
  };

  it.each(Object.entries(pools))("by %s is the same compiled and eager, gradients too", (_name, pool) => {
    fc.assert(
      fc.property(cases, ({ sliding: { height, width, ...window }, images, channels, wild }) => {
        // Whole numbers, so that many are equally large.
        const x = numbers([images, channels, height, width], 1, wild).mul(2).round();
        check((a) => pool(a, window), [x]);
      }),
      { numRuns: 100 },
    );
  });

  it.each(Object.entries(pools))("by %s of 2 x 2 takes the fast way, for every width", (_name, pool) => {
    for (const [height, width] of [
      [2, 2],
      [4, 8],
      [6, 18],
      [5, 9],
      [7, 15],
      [24, 24],
    ])
      for (const wild of [[], [nan, infinity, -infinity, -infinity]]) {
        const x = numbers([2, 3, height, width], 1, wild).mul(2).round();
        check((a) => pool(a, { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1] }), [x]);
      }
  });

  it("makes 0 of -0 in sums, and of what is not the largest, one by one and four at a time", () => {
    const [zeros, ones] = [numbers([1, 2, 6, 18], 1).abs().mul(-0), numbers([1, 2, 6, 18], 1).neg()];
    for (const x of [zeros, ones])
      for (const stride of [1, 2])
        for (const pool of Object.values(pools))
          check((a) => pool(a, { kernel: [2, 2], stride: [stride, stride], padding: [0, 0], dilation: [1, 1] }), [x]);
    const spread = (g: Tensor) => vjp((a) => avgPool2d(a, 2), ones)[1](g)[0];
    const g = avgPool2d(ones, 2).abs().mul(-0);
    expectSame(jit(spread)(g), spread(g), "-0 to all of each window");
  });

  it("by the largest has second gradients that agree", () => {
    const x = numbers([2, 2, 7, 6], 1);
    const bend = (window: Pooled) =>
      grad((a: Tensor) => {
        const slope = grad((b: Tensor) => pools.maxPool2d(b, window).square().sum())(a);
        return slope.mul(numbers([2, 2, 7, 6], 2)).sum();
      });
    for (const stride of [1, 2]) {
      const second = bend({ kernel: [2, 2], stride: [stride, stride], padding: [1, 0], dilation: [1, 1] });
      expectSame(jit(second)(x), second(x), `stride ${stride}`);
    }
  });
});
