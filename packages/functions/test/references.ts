/**
 * How each function is called for the cases of `functions.json`: by the name there, of tensors and options.
 */
import type { Axes, Tensor } from "@chainrule/core";
import * as functions from "../src/index.ts";

type Inputs = Readonly<Record<string, Tensor>>;
// biome-ignore lint/suspicious/noExplicitAny: options as the file has them.
type Options = any;

const unary =
  (f: (x: Tensor) => Tensor) =>
  ({ x }: Inputs) =>
    f(x);
const binary =
  (f: (a: Tensor, b: Tensor) => Tensor) =>
  ({ a, b }: Inputs) =>
    f(a, b);
const running =
  (f: (x: Tensor, axis: number, options: functions.RunningOptions) => Tensor) =>
  ({ x }: Inputs, { axis, reverse }: Options) =>
    f(x, axis, { reverse });
const axisOf = (axis: unknown) => axis as Axes;

export const references: Readonly<Record<string, (inputs: Inputs, options: Options) => Tensor>> = {
  log10: unary(functions.log10),
  exp2: unary(functions.exp2),
  asinh: unary(functions.asinh),
  acosh: unary(functions.acosh),
  atanh: unary(functions.atanh),
  erfc: unary(functions.erfc),
  erfinv: unary(functions.erfinv),
  lgamma: unary(functions.lgamma),
  digamma: unary(functions.digamma),
  atan2: binary(functions.atan2),
  hypot: binary(functions.hypot),
  logAddExp: binary(functions.logAddExp),
  xlogy: binary(functions.xlogy),
  floorDivide: binary(functions.floorDivide),
  fmod: binary(functions.fmod),
  lerp: ({ start, end, weight }, options) => functions.lerp(start, end, weight ?? options.weight),
  nanToNum: ({ x }, options) => functions.nanToNum(x, options),

  median: ({ x }, { axis, keepDims }) => functions.median(x, axisOf(axis), { keepDims }),
  quantiles: ({ x }, { q, axis, ...options }) => functions.quantiles(x, q, axisOf(axis), options),
  cumprod: running(functions.cumprod),
  cummax: running(functions.cummax),
  logCumSumExp: running(functions.logCumSumExp),
  diff: ({ x }, { axis, n }) => functions.diff(x, axis, { n }),
  "histogram.counts": ({ x, weights }, options) => functions.histogram(x, { weights, ...options }).counts,
  "histogram.edges": ({ x }, options) => functions.histogram(x, options).edges,
  bincount: ({ x, weights }, options) => functions.bincount(x, { weights, ...options }),
  covariance: ({ x }, options) => functions.covariance(x, options),
  correlation: unary((x) => functions.correlation(x)),

  tril: ({ x }, { k }) => functions.tril(x, k),
  triu: ({ x }, { k }) => functions.triu(x, k),
  diagonal: ({ x }, options) => functions.diagonal(x, options),
  trace: ({ x }, options) => functions.trace(x, options),
  roll: ({ x }, { shift, axis }) => functions.roll(x, shift, axis),
  arraySplit: ({ x }, { pieces, piece, axis }) => functions.arraySplit(x, pieces, axis)[piece],
  meshgrid: (inputs, { indexing, which }) => functions.meshgrid(Object.values(inputs), { indexing })[which],
  hstack: ({ a, b }) => functions.hstack([a, b]),
  vstack: ({ a, b }) => functions.vstack([a, b]),
  dstack: ({ a, b }) => functions.dstack([a, b]),

  searchsorted: ({ sorted, values }, options) => functions.searchsorted(sorted, values, options),
  maskedFill: ({ x, mask, value }, options) => functions.maskedFill(x, mask, value ?? options.value),
  maskedSelect: ({ x, mask }) => functions.maskedSelect(x, mask),
  nonzero: unary(functions.nonzero),
  "unique.values": ({ x }, options) => functions.unique(x, options).values,
  "unique.indices": ({ x }, options) => functions.unique(x, options).indices,
  "unique.inverse": ({ x }, options) => functions.unique(x, options).inverse,
  "unique.counts": ({ x }, options) => functions.unique(x, options).counts,
  scatter: ({ x, indices, values }, { axis }) => functions.scatter(x, indices, values, axis),
  sliceUpdate: ({ x, values }, { ranges }) => functions.sliceUpdate(x, ranges, values),

  cdist: ({ a, b }, { p }) => functions.cdist(a, b, { p: p === "inf" ? Number.POSITIVE_INFINITY : p }),
  normalize: ({ x }, { axis, ...options }) => functions.normalize(x, axis, options),
};
