/**
 * Functions of tensors, of rows [4, 6] of a batch, that PyTorch and JAX are to compute as we do.
 */

import type { Tensor } from "chainrule";
import * as f from "chainrule";

const edges = [-0.5, 0, 0.25, 1];
/** The rows as small matrices. */
const matrices = (x: Tensor) => x.reshape(-1, 2, 3);

export const functionCases: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  acosh: (x) => f.acosh(x.abs().add(1.2)),
  asinh: f.asinh,
  atanh: (x) => f.atanh(x.tanh().mul(0.9)),
  log10: (x) => f.log10(x.abs().add(0.1)),
  exp2: f.exp2,
  erfc: f.erfc,
  erfinv: (x) => f.erfinv(x.tanh().mul(0.9)),
  lgamma: (x) => f.lgamma(x.abs().add(0.5)),
  digamma: (x) => f.digamma(x.abs().add(0.5)),
  atan2: (x) => f.atan2(x, x.flip(1)),
  "atan2 of a number": (x) => f.atan2(0.5, x),
  hypot: (x) => f.hypot(x, 0.7),
  logAddExp: (x) => f.logAddExp(x, x.flip(1)),
  xlogy: (x) => f.xlogy(x, x.abs().add(0.1)),
  floorDivide: (x) => f.floorDivide(x, 0.3).mul(x),
  fmod: (x) => f.fmod(x, x.flip(1).abs().add(0.5)),
  lerp: (x) => f.lerp(x, x.flip(1), 0.3),
  nanToNum: f.nanToNum,
  median: (x) => f.median(x, 1, { keepDims: true }),
  quantiles: (x) => f.quantiles(x, 0.3, 1, { keepDims: true }),
  cumprod: (x) => f.cumprod(x, 1),
  "cumprod from the end": (x) => f.cumprod(x, 1, { reverse: true }),
  cummax: (x) => f.cummax(x, 1),
  "cummax from the end": (x) => f.cummax(x, 1, { reverse: true }),
  logCumSumExp: (x) => f.logCumSumExp(x, -1),
  "logCumSumExp from the end": (x) => f.logCumSumExp(x, -1, { reverse: true }),
  diff: (x) => f.diff(x),
  tril: (x) => f.tril(matrices(x), 1),
  triu: (x) => f.triu(matrices(x)),
  diagonal: (x) => f.diagonal(matrices(x), { offset: 1 }),
  trace: (x) => f.trace(matrices(x)).unsqueeze(1),
  covariance: (x) => f.covariance(matrices(x)),
  correlation: (x) => f.correlation(matrices(x)),
  roll: (x) => f.roll(x, 2, 1),
  arraySplit: (x) => f.arraySplit(x, [2], 1)[1],
  hstack: (x) => f.hstack([x, x.neg()]),
  searchsorted: (x) => f.searchsorted(edges, x, { side: "right" }).cast(x.dtype).mul(x),
  "searchsorted of lines": (x) => f.searchsorted(x.sort(1), x.flip(1)).cast(x.dtype).mul(x),
  maskedFill: (x) => f.maskedFill(x, x.greater(0.5), 0.5),
  sliceUpdate: (x) => f.sliceUpdate(x, [":", "1:3"], 0.5),
  cdist: (x) => f.cdist(matrices(x), matrices(x.flip(1))),
  normalize: (x) => f.normalize(x),
};

/** What JAX alone can say. */
export const functionsOfJax: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  ...functionCases,
  scatter: (x) => {
    const [largest, smallest] = [f.argmax(x, 1, { keepDims: true }), f.argmin(x, 1, { keepDims: true })];
    return f.scatter(x, f.concat([largest, smallest, largest], 1), x.slice(":", [0, 3]).mul(2));
  },
};
