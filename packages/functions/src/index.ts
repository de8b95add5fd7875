/**
 * Functions of tensors beyond core's, each by itself: a program has those that it imports.
 */
import "./names-elsewhere.ts";

export { cdist } from "./distances/cdist.ts";
export { type NormalizeOptions, normalize } from "./distances/normalize.ts";
export { floorDivide, fmod } from "./elementwise/division.ts";
export { exp2, log10, logAddExp, xlogy } from "./elementwise/exponential.ts";
export { acosh, asinh, atanh } from "./elementwise/hyperbolic.ts";
export { lerp } from "./elementwise/lerp.ts";
export { type NanToNumOptions, nanToNum } from "./elementwise/nan-to-num.ts";
export { atan2, hypot } from "./elementwise/plane.ts";
export { type SearchsortedOptions, searchsorted } from "./indexing/searchsorted.ts";
export { maskedFill, maskedSelect, nonzero } from "./indexing/selection.ts";
export { type DiagonalOptions, diagonal, trace, tril, triu } from "./indexing/triangles.ts";
export { type Unique, unique } from "./indexing/unique.ts";
export { scatter, sliceUpdate } from "./indexing/updates.ts";
export { arraySplit } from "./joining/array-split.ts";
export { meshgrid } from "./joining/meshgrid.ts";
export { roll } from "./joining/roll.ts";
export { dstack, hstack, type NamedTensors, type Stacked, stackRecords, vstack } from "./joining/stacks.ts";
export { cholesky } from "./linear-algebra/cholesky.ts";
export { det, slogdet } from "./linear-algebra/determinant.ts";
export { eigh } from "./linear-algebra/eigh.ts";
export { lstsq } from "./linear-algebra/lstsq.ts";
export { inv, solve } from "./linear-algebra/solve.ts";
export { svd } from "./linear-algebra/svd.ts";
export { type CovarianceOptions, correlation, covariance } from "./reductions/covariance.ts";
export { type BincountOptions, bincount, type HistogramOptions, histogram } from "./reductions/histogram.ts";
export { median, type QuantileOptions, quantiles } from "./reductions/quantiles.ts";
export { cummax } from "./running/cummax.ts";
export { cumprod } from "./running/cumprod.ts";
export { diff } from "./running/diff.ts";
export { logCumSumExp } from "./running/log-cum-sum-exp.ts";
export type { RunningOptions } from "./running/running.ts";
export { type GumbelSoftmaxOptions, gumbelSoftmax } from "./sampling/gumbel-softmax.ts";
export { erfc, erfinv } from "./special/error-function.ts";
export { digamma, lgamma } from "./special/gamma.ts";
