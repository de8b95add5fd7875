/**
 * Reductions along every kind of axes, and products of matrices of every rank.
 */

import type { Axes, ReduceOptions, Tensor } from "../../src/index.ts";
import * as core from "../../src/index.ts";
import { at, type GradientCase, type GradientTable, numbers } from "./case.ts";

const cube = numbers([2, 3, 2]);

/** Along one axis, several, all and none, kept and gone; of one element, a scalar and nothing. */
function along(
  f: (x: Tensor, axis?: Axes, options?: ReduceOptions) => Tensor,
  { empty = true, x = cube }: { empty?: boolean; x?: Tensor } = {},
): GradientCase[] {
  const cases = [
    ...([undefined, 0, 1, -1, [0, 2], [1, 2], [-1, 0, 1], []] as Axes[]).flatMap((axis) => [
      at(`axis ${JSON.stringify(axis)}`, (t) => f(t, axis), x),
      at(`axis ${JSON.stringify(axis)}, kept`, (t) => f(t, axis, { keepDims: true }), x),
    ]),
    at("one element", (t) => f(t), [[0.7]]),
    at("a scalar", (t) => f(t), 0.7),
  ];
  return empty
    ? [...cases, at("nothing", (t) => f(t), []), at("lines of nothing", (t) => f(t, 1), numbers([2, 0]))]
    : cases;
}

export const reductions: GradientTable = {
  sum: along(core.sum),
  mean: along(core.mean),
  prod: [
    ...along(core.prod),
    at("one zero in a line", (x) => core.prod(x, 1), [
      [0.5, 0, -2],
      [1.5, 2, 3],
    ]),
    at("seven in a line, one of them 0", (x) => core.prod(x), [0.5, 2, -1.5, 0, 0.7, 3, 1.1]),
    at("two zeros in a line", (x) => core.prod(x, 1), [
      [0, 0, -2],
      [0, 2, 0],
    ]),
    at("zeros and axes apart", (x) => core.prod(x, [0, 2]), [
      [
        [0, 1.2],
        [3, -1],
      ],
      [
        [2, 0],
        [0.5, 1],
      ],
    ]),
  ],
  max: along(core.max, { empty: false }),
  min: along(core.min, { empty: false }),
  // With one element the variance is 0 whatever the element is, and its root has a kink there.
  variance: [...along(core.variance), at("correction 1", (x) => core.variance(x, 1, { correction: 1 }), cube)],
  std: [
    ...along(core.std).filter(({ name }) => !/\[\]/.test(name)),
    at("correction 1", (x) => core.std(x, 1, { correction: 1 }), cube),
  ],
  logSumExp: [
    ...along(core.logSumExp),
    at("with -Infinity", (x) => core.logSumExp(x, 1), [
      [0.3, Number.NEGATIVE_INFINITY],
      [1, 2],
    ]),
    at("far apart", (x) => core.logSumExp(x), [1000, 999, -1000]),
  ],
  norm: [
    ...along(core.norm, { empty: false }),
    at("p 1", (x) => core.norm(x, 1, { p: 1 }), cube),
    at("p 3", (x) => core.norm(x, 1, { p: 3 }), cube),
    at("p 0.5", (x) => core.norm(x, 1, { p: 0.5 }), cube),
    at("p 1.5", (x) => core.norm(x, [0, 2], { p: 1.5, keepDims: true }), cube),
    at("p Infinity", (x) => core.norm(x, 1, { p: Number.POSITIVE_INFINITY }), cube),
  ],
  cumsum: [0, 1, -1].flatMap((axis) => [
    at(`axis ${axis}`, (x) => core.cumsum(x, axis), cube),
    at(`axis ${axis}, reversed`, (x) => core.cumsum(x, axis, { reverse: true }), cube),
  ]),
};

/** Shapes of matrix products: vectors, matrices, batches, and how they broadcast. */
const products: readonly (readonly [number[], number[]])[] = [
  [[3], [3]],
  [[3], [3, 2]],
  [[2, 3], [3]],
  [
    [2, 3],
    [3, 2],
  ],
  [
    [1, 1],
    [1, 1],
  ],
  [[3], [2, 3, 2]],
  [[2, 2, 3], [3]],
  [
    [2, 2, 3],
    [3, 2],
  ],
  [
    [2, 3],
    [2, 3, 2],
  ],
  [
    [2, 2, 3],
    [2, 3, 2],
  ],
  [
    [2, 1, 2, 3],
    [2, 3, 2],
  ],
  [
    [1, 2, 3],
    [2, 3, 2],
  ],
  [
    [2, 2, 2, 1],
    [1, 2],
  ],
  [
    [2, 0],
    [0, 3],
  ],
  [
    [0, 2],
    [2, 3],
  ],
  [
    [2, 0, 2],
    [2, 3],
  ],
];

export const matrices: GradientTable = {
  matmul: [
    ...products.map(([a, b]) => at(`[${a}] times [${b}]`, core.matmul, numbers(a), numbers(b, 1))),
    at("with its transpose", (a) => core.matmul(a, a.T), numbers([2, 3])),
    at("both transposed", (a, b) => core.matmul(a.T, b.T), numbers([3, 2]), numbers([2, 3], 1)),
    at(
      "large enough for blocks",
      (a, b) => core.matmul(a, b).mean(0),
      numbers([2, 48]),
      // The product is about 1, so that a sine of it does not magnify how its sums were rounded.
      numbers([48, 48], 1)
        .slice(":", "0:2")
        .matmul(numbers([2, 48]))
        .div(16),
    ),
  ],
  dot: [at("vectors", core.dot, numbers([3]), numbers([3], 1)), at("itself", (a) => core.dot(a, a), numbers([3]))],
  outer: [at("vectors", core.outer, numbers([3]), numbers([2], 1))],
  einsum: [
    at("a matrix product", (a, b) => core.einsum("ij,jk->ik", a, b), numbers([2, 3]), numbers([3, 2], 1)),
    at("a trace", (a) => core.einsum("ii", a), numbers([3, 3])),
    at(
      "three factors",
      (a, b, c) => core.einsum("bi,ij,bj->b", a, b, c),
      numbers([2, 3]),
      numbers([3, 2], 1),
      numbers([2, 2], 2),
    ),
    at("an ellipsis", (a, b) => core.einsum("...i,i->...", a, b), numbers([2, 2, 3]), numbers([3], 1)),
  ],
};

/** Images [batch, channels, height, width]. */
const image = numbers([1, 2, 4, 3]);

export const windows: GradientTable = {
  conv2d: [
    at("plain", (x, w) => core.conv2d(x, w), image, numbers([2, 2, 2, 2], 1)),
    at(
      "stride, padding, dilation, groups, bias",
      (x, w, b) => core.conv2d(x, w, { stride: [2, 1], padding: 1, dilation: [1, 2], groups: 2, bias: b }),
      image,
      numbers([2, 1, 2, 2], 1),
      numbers([2], 2),
    ),
  ],
  conv1d: [
    at("stride 2", (x, w) => core.conv1d(x, w, { stride: 2, padding: 1 }), numbers([2, 2, 5]), numbers([2, 2, 3], 1)),
  ],
  convTranspose2d: [
    at(
      "stride 2",
      (x, w) => core.convTranspose2d(x, w, { stride: 2, padding: 1 }),
      numbers([1, 2, 2, 3]),
      numbers([2, 1, 3, 3], 1),
    ),
    at(
      "room for more windows than there are",
      (x, w) => core.convTranspose2d(x, w, { dilation: [1, 3], outputPadding: [0, 2] }),
      numbers([1, 2, 2, 3]),
      numbers([2, 1, 2, 2], 1),
    ),
  ],
  maxPool2d: [
    at("2 x 2", (x) => core.maxPool2d(x, 2), image),
    at("overlapping", (x) => core.maxPool2d(x, 3, { stride: 1, padding: 1 }), image),
  ],
  avgPool2d: [
    at("2 x 2", (x) => core.avgPool2d(x, 2), image),
    at("without padding in the count", (x) => core.avgPool2d(x, 3, { padding: 1, countIncludePad: false }), image),
  ],
  maxPool1d: [at("2", (x) => core.maxPool1d(x, 2), numbers([1, 2, 5]))],
  avgPool1d: [at("2", (x) => core.avgPool1d(x, 2), numbers([1, 2, 5]))],
  adaptiveMaxPool2d: [at("pieces that overlap", (x) => core.adaptiveMaxPool2d(x, [3, 2]), image)],
  adaptiveAvgPool2d: [at("pieces that overlap", (x) => core.adaptiveAvgPool2d(x, [3, 2]), image)],
  upsample2d: [
    at("nearest", (x) => core.upsample2d(x, 2), image),
    at("bilinear", (x) => core.upsample2d(x, 2, { mode: "bilinear" }), image),
  ],
  unfold: [at("overlapping", (x) => core.unfold(x, 2, { padding: 1 }), image)],
  fold: [at("overlapping", (x) => core.fold(x, [3, 3], 2), numbers([1, 8, 4]))],
};
