/**
 * The gradient checks of each function: at which points, with which options. Away from kinks, where differences would say
 * something else.
 */
import { concat, eye, type Tensor, type TensorLike, tensor } from "@chainrule/core";
import * as functions from "../src/index.ts";

export interface GradientCase {
  readonly name: string;
  readonly f: (...inputs: Tensor[]) => Tensor;
  readonly inputs: readonly TensorLike[];
}

function at(name: string, f: GradientCase["f"], ...inputs: TensorLike[]): GradientCase {
  return { name, f, inputs };
}

/** Numbers between -2 and 2, all different and none near a whole or half one. */
export function numbers(shape: readonly number[], seed = 0): Tensor {
  const size = shape.reduce((total, n) => total * n, 1);
  const data = Float64Array.from({ length: size }, (_, i) => {
    const x = 2 * Math.sin(i * 2.4 + seed * 1.3 + 0.7);
    const half = Math.round(x * 2) / 2;
    return Math.abs(x - half) < 0.03 ? half + 0.07 : x;
  });
  return tensor(data, { shape });
}

/** Matrices that are far from singular. */
const matrices = (...shape: number[]) => {
  const [m, n] = shape.slice(-2);
  return numbers(shape).mul(0.4).add(eye(m, n).mul(2));
};

/** Matrices whose eigenvalues and singular values are far apart. */
const ascending = (...shape: number[]) => {
  const [m, n] = shape.slice(-2);
  return numbers(shape)
    .mul(0.3)
    .add(eye(m, n).cumsum(0).cumsum(1).sub(1).mul(eye(m, n)).mul(2).add(eye(m, n)));
};

const positives = (shape: readonly number[], seed = 0) => numbers(shape, seed).mul(0.4).add(1.2);

const unary = (f: (x: Tensor) => Tensor, x: TensorLike = numbers([2, 3])) => [
  at("of numbers", f, x),
  at("of a single number", f, 0.7),
  at("of nothing", f, numbers([0])),
];

const pairs = (f: (a: Tensor, b: Tensor) => Tensor, b = numbers) => [
  at("of pairs", f, numbers([2, 3]), b([2, 3], 1)),
  at("of columns and rows", f, numbers([2, 1]), b([3], 1)),
  at("of single numbers", f, 0.7, 1.3),
];

const running = (f: (x: Tensor, axis: number, options: functions.RunningOptions) => Tensor) =>
  [0, 1, -1].flatMap((axis) =>
    [false, true].map((reverse) =>
      at(`along ${axis}, reverse ${reverse}`, (x) => f(x, axis, { reverse }), numbers([3, 2, 2])),
    ),
  );

const weights = tensor([0.5, 2, 1.5, 0.7], { dtype: "float64" });

export const gradientTable: Readonly<Record<string, readonly GradientCase[]>> = {
  acosh: [at("above 1", functions.acosh, [1.2, 3, 50])],
  asinh: unary(functions.asinh),
  atanh: [at("within 1", functions.atanh, [-0.9, 0.01, 0.5])],
  erfc: unary(functions.erfc),
  erfinv: [at("within 1", functions.erfinv, [-0.8, 0.01, 0.6])],
  exp2: unary(functions.exp2),
  log10: unary(functions.log10, positives([2, 3])),
  lgamma: unary(functions.lgamma),
  digamma: [at("of numbers", functions.digamma, [0.6, 1.5, 3.2, 12.1]), at("below 0", functions.digamma, [-0.4, -2.6])],
  nanToNum: unary((x) => functions.nanToNum(x)),

  atan2: pairs(functions.atan2),
  hypot: pairs(functions.hypot),
  floorDivide: pairs(functions.floorDivide, positives),
  fmod: pairs(functions.fmod, positives),
  logAddExp: [...pairs(functions.logAddExp), at("at a tie", functions.logAddExp, [1, -2], [1, -2])],
  xlogy: [
    ...pairs(functions.xlogy, positives),
    at("of 0", (y) => functions.xlogy([0, 2, 0], y), [1.5, 2, 0.3]),
    at("at 0, by x", (x) => functions.xlogy(x, [1.5, 2, 0.3]), [0, 2, 0]),
  ],
  lerp: [
    at("by weights", functions.lerp, numbers([2, 3]), numbers([3], 1), numbers([2, 1], 2)),
    ...[0.3, 0.8].map((w) => at(`by ${w}`, (a, b) => functions.lerp(a, b, w), numbers([3]), numbers([3], 1))),
  ],

  median: [
    at("of an odd number", (x) => functions.median(x), numbers([5])),
    at("of an even number", (x) => functions.median(x, 0), numbers([4, 3])),
    at("axes apart", (x) => functions.median(x, [0, 2], { keepDims: true }), numbers([2, 3, 3])),
    at("of a single number", (x) => functions.median(x), 0.7),
  ],
  quantiles: (["linear", "lower", "higher", "nearest", "midpoint"] as const).map((interpolation) =>
    at(interpolation, (x) => functions.quantiles(x, [0.1, 0.5, 1], 1, { interpolation }), numbers([2, 6])),
  ),
  cumprod: [
    ...running(functions.cumprod),
    at("one zero", (x) => functions.cumprod(x, 0), [2, 0, 3, -1.5]),
    at("two zeros", (x) => functions.cumprod(x, 0), [0, 2, 0, 3]),
    at("zeros, from the end", (x) => functions.cumprod(x, 1, { reverse: true }), [
      [2, 0, 3],
      [0, 0, 1],
    ]),
  ],
  cummax: running(functions.cummax),
  logCumSumExp: [
    ...running(functions.logCumSumExp),
    at("with nothing in the sum", (x) => functions.logCumSumExp(concat([[-Infinity], x]), 0).slice("1:"), [1, 2, -1]),
  ],
  diff: [
    at("once", (x) => functions.diff(x), numbers([2, 4])),
    at("twice, first axis", (x) => functions.diff(x, 0, { n: 2 }), numbers([4, 2])),
  ],
  histogram: [
    at(
      "by weights",
      (w) => functions.histogram([0.5, 1.5, 1.7, 9], { bins: [0, 1, 2, 3], weights: w, density: true }).counts,
      weights,
    ),
  ],
  bincount: [at("by weights", (w) => functions.bincount([0, 2, 2, 1], { weights: w }), weights)],
  covariance: [
    at("of rows", (x) => functions.covariance(x), numbers([3, 4])),
    at("of batches", (x) => functions.covariance(x, { correction: 0 }), numbers([2, 2, 3])),
    at("of a vector", (x) => functions.covariance(x), numbers([4])),
  ],
  correlation: [
    // On the diagonal it is 1, the bound that it is cut at, whatever x is.
    at(
      "of rows",
      (x) =>
        functions.correlation(x).mul([
          [0, 1, 1],
          [1, 0, 1],
          [1, 1, 0],
        ]),
      numbers([3, 5]),
    ),
  ],

  tril: [at("with an offset", (x) => functions.tril(x, 1), numbers([2, 3, 3]))],
  triu: [at("with an offset", (x) => functions.triu(x, -1), numbers([2, 3, 3]))],
  diagonal: [at("of other axes", (x) => functions.diagonal(x, { offset: 1, axis1: 2, axis2: 0 }), numbers([3, 2, 3]))],
  trace: [at("of matrices", (x) => functions.trace(x), numbers([2, 3, 3]))],
  roll: [
    at("along an axis", (x) => functions.roll(x, 2, 1), numbers([2, 5])),
    at("in row-major order", (x) => functions.roll(x, -1), numbers([2, 3])),
  ],
  arraySplit: [at("a piece", (x) => functions.arraySplit(x, 2)[0], numbers([5, 2]))],
  meshgrid: [
    at("both", (a, b) => functions.meshgrid([a, b]).reduce((x, y) => x.mul(y)), numbers([3]), numbers([2], 1)),
  ],
  hstack: [at("matrices", (a, b) => functions.hstack([a, b]), numbers([2, 1]), numbers([2, 3], 1))],
  vstack: [at("vectors", (a, b) => functions.vstack([a, b]), numbers([3]), numbers([3], 1))],
  dstack: [at("matrices", (a, b) => functions.dstack([a, b]), numbers([2, 3]), numbers([2, 3], 1))],
  stackRecords: [
    at(
      "of two names",
      (a, b) => {
        const { x, y } = functions.stackRecords([
          { x: a, y: b },
          { x: b, y: a },
        ]);
        return x.mul(y.square());
      },
      numbers([3]),
      numbers([3], 1),
    ),
  ],

  maskedFill: [
    at("by a tensor", (x, v) => functions.maskedFill(x, [true, false, true], v), numbers([2, 3]), numbers([2, 1], 1)),
  ],
  maskedSelect: [at("of columns", (x) => functions.maskedSelect(x, [true, false, true]), numbers([2, 1]))],
  unique: [at("values", (x) => functions.unique(x).values, numbers([4]))],
  scatter: [
    at("rows", (x, v) => functions.scatter(x, [[2, 0]], v, 0), numbers([3, 2]), numbers([1, 2], 1)),
    at("the latest of several", (x, v) => functions.scatter(x, [1, -2, 1], v), numbers([3]), numbers([3], 1)),
  ],
  sliceUpdate: [
    at("a part", (x, v) => functions.sliceUpdate(x, ["::2", [1, 3]], v), numbers([3, 4]), numbers([2], 1)),
    at(
      "an element",
      (x, v) =>
        functions.sliceUpdate(
          x,
          [1, "2"].map(Number).map((i) => [i, i + 1] as const),
          v,
        ),
      numbers([3, 4]),
      0.7,
    ),
  ],

  solve: [
    at("matrices", functions.solve, matrices(2, 3, 3), numbers([3, 2], 1)),
    at("a vector", functions.solve, matrices(3, 3), numbers([3], 1)),
  ],
  inv: [at("of batches", functions.inv, matrices(2, 3, 3))],
  det: [at("of batches", functions.det, matrices(2, 3, 3)), at("of a number", functions.det, [[0.7]])],
  slogdet: [at("the logarithm", (a) => functions.slogdet(a).logAbsDet, matrices(2, 3, 3))],
  cholesky: [
    at("of squares", (a) => functions.cholesky(a.matmul(a.transpose())), matrices(2, 3, 3)),
    at("of what is not symmetric", (a) => functions.cholesky(a.mul(0.2).add(eye(3, 3).mul(2))), numbers([3, 3])),
  ],
  eigh: [
    at("eigenvalues", (a) => functions.eigh(a).eigenvalues, ascending(3, 3)),
    at("eigenvectors", (a) => functions.eigh(a).eigenvectors, ascending(2, 3, 3)),
  ],
  svd: [
    [3, 3],
    [4, 2],
    [2, 4],
  ].flatMap(([m, n]) => [
    at(`s, ${m} by ${n}`, (a) => functions.svd(a).s, ascending(m, n)),
    at(`u, ${m} by ${n}`, (a) => functions.svd(a).u, ascending(m, n)),
    at(`vh, ${m} by ${n}`, (a) => functions.svd(a).vh, ascending(m, n)),
  ]),
  lstsq: [
    at("more equations", (a, b) => functions.lstsq(a, b), ascending(4, 2), numbers([4], 1)),
    at("fewer equations", (a, b) => functions.lstsq(a, b), ascending(2, 3), numbers([2, 2], 1)),
  ],

  cdist: [1, 1.5, 2, 3, Number.POSITIVE_INFINITY].map((p) =>
    at(`p ${p}`, (a, b) => functions.cdist(a, b, { p }), numbers([3, 2]), numbers([2, 2], 5)),
  ),
  normalize: [
    at("rows", (x) => functions.normalize(x), numbers([2, 3])),
    at("columns, sizes", (x) => functions.normalize(x, 0, { p: 1 }), numbers([2, 3])),
  ],
};

/** Functions whose results are no floats, and that therefore end every gradient. */
export const withoutGradient: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  nonzero: functions.nonzero,
  searchsorted: (x) => functions.searchsorted(x, x),
};
