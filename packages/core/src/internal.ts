/**
 * What the other packages of this library build on, and nobody else: it changes without notice.
 */
import "./methods.ts";

export { checkCount, checkFunction, checkList, checkNumber, checkText, isFunction, listInWords } from "./arguments.ts";
export { type BackwardObserver, observeBackward } from "./autodiff/backward.ts";
export { identityOp } from "./autodiff/functional.ts";
export { areHooksUsed, hasHooks, nodeOf, type TapeNode } from "./autodiff/hooks.ts";
export { type Recorded, recorded } from "./autodiff/recorded.ts";
export { mostReleased } from "./autodiff/released.ts";
export { checkOptions, describe, didYouMean, editDistance, isPromise, lookUp, teachOptions } from "./errors.ts";
export { withAwaitHint } from "./forgotten-await.ts";
export { convolve, inputGradient, weightGradient } from "./kernels/convolution.ts";
export { mapKernel, mergeAxes, pairKernel, pairLoop } from "./kernels/elementwise.ts";
export {
  type Matrix,
  type Multiply,
  multiply,
  multiplyBatches,
  multiplyBlocked,
  multiplySmall,
} from "./kernels/matmul.ts";
export { maxPool, maxPoolBackward, maxPoolGather, type PoolKernel, sumPool, sumPoolBackward } from "./kernels/pool.ts";
export { forEachRow, splitAtAxes } from "./kernels/reduce.ts";
export { resolveIndex } from "./kernels/resolve-index.ts";
export { erf as erfOfNumber } from "./kernels/special.ts";
export { leftOutHint } from "./left-out.ts";
export { type NamesElsewhere, teachNames } from "./names-elsewhere.ts";
export { logSoftmaxBackwardOp, logSoftmaxOp, softmaxBackwardOp, softmaxOp } from "./ops/activation.ts";
export { power } from "./ops/arithmetic.ts";
export { castOp } from "./ops/cast.ts";
export { whereOp } from "./ops/compare.ts";
export { convolveOp, inputGradientOp, weightGradientOp } from "./ops/convolution.ts";
export { asIndices, floats, promoteOperands } from "./ops/define.ts";
export { argsortOp, gatherOp, indexAddOp, scatterAddOp, takeAlongAxisOp } from "./ops/indexing.ts";
export { matmulOp } from "./ops/matmul.ts";
export { concatOp, permuteOp } from "./ops/movement.ts";
export { maxPoolBackwardOp, maxPoolGatherOp, maxPoolOp, sumPoolBackwardOp, sumPoolOp } from "./ops/pool.ts";
export { allOp, anyOp, cumsumOp, logSumExpOp, maxOp, minOp, prodOp } from "./ops/reduce.ts";
export { placeOf } from "./ops/refuse-where.ts";
export { builtin, builtinOps, hasWindowOps, isBuiltinOp, type OpFunction, withOp } from "./ops/registry.ts";
export { readRanges, sliceOp, sliceScatterOp } from "./ops/slice.ts";
export { broadcastOp, reshapeOp, sumOp } from "./ops/sum.ts";
export { clampOp } from "./ops/unary.ts";
export { foldOp, unfoldOp } from "./ops/window.ts";
export { randomOp } from "./random/tensors.ts";
export { valuesBehind } from "./scalar/graph.ts";
export { atomic, isAtomic, onFailure, undone } from "./tensor/atomic.ts";
export { type Backend, backend, setBackend } from "./tensor/backend.ts";
export {
  applyOp,
  areOpsWatched,
  compute,
  type OpWatcher,
  refusePromise,
  TapeEntry,
  withGradEnabled,
  withOpWatcher,
} from "./tensor/dispatch.ts";
export { allocate, allocateFor, toFloat, toNumeric } from "./tensor/dtype.ts";
export { guard } from "./tensor/guard.ts";
export type {
  AxisLoopKind,
  AxisRange,
  IndexingKind,
  Lowering,
  ScalarFunction,
  SliceBounds,
  Sliding,
  Transposed,
  Window,
  WindowFunction,
} from "./tensor/lowering.ts";
export { attachedMask, attachMask } from "./tensor/masks.ts";
export { loweringOf } from "./tensor/op.ts";
export type { ParameterBuffer } from "./tensor/parameter.ts";
export { enterScope, leaveScope, type Scope } from "./tensor/scope.ts";
export { broadcastStrides, checkShape, formatShape, sameShape, stridesOf } from "./tensor/shape.ts";
export {
  type Effect,
  perform,
  type StateTracer,
  stateTracer,
  type TracedValue,
  type Tracer,
  tracer,
  withTracer,
} from "./tensor/tracer.ts";
export { noteLine, userLine } from "./user-line.ts";
