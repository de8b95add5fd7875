/**
 * The backend that computes eager operations in WebAssembly where that pays, to the same results as the plain kernels.
 */
import { type KernelOperand, type Op, sizeOf, type TensorSpec, type TypedArray } from "@chainrule/core";
import {
  allocateFor,
  type Backend,
  convolve,
  convolveOp,
  inputGradient,
  inputGradientOp,
  logSoftmaxBackwardOp,
  logSoftmaxOp,
  logSumExpOp,
  matmulOp,
  maxPoolBackwardOp,
  maxPoolGatherOp,
  maxPoolOp,
  multiplyBatches,
  type Sliding,
  softmaxBackwardOp,
  softmaxOp,
  sumPoolBackwardOp,
  sumPoolOp,
  type Window,
  type WindowFunction,
  weightGradient,
  weightGradientOp,
} from "@chainrule/core/internal";
import { computeElementwise } from "./elementwise.ts";
import { fastMultiply } from "./matmul.ts";
import { computeSoftmax, computeSoftmaxBackward } from "./softmax.ts";
import { wasmWindows } from "./window.ts";

/** Fills `out`, or returns false to leave it to the op's own kernel. */
type FastKernel<Attributes> = (out: KernelOperand, inputs: readonly KernelOperand[], attributes: Attributes) => boolean;

const kernels = new Map<Op, FastKernel<unknown>>();

function accelerate<Attributes>(op: Op<Attributes>, kernel: FastKernel<Attributes>): void {
  kernels.set(op as Op, kernel as FastKernel<unknown>);
}

// Each product is rounded and then added, in float32 for float32 operands: the plain kernel adds in doubles, and so differs
// in rounding, and where a sum of large numbers overflows on its way. Padding is 0 beside 0, which no infinity meets.
accelerate(matmulOp, (out, inputs, transposed) => {
  multiplyBatches(out, inputs, transposed, fastMultiply);
  return true;
});

/** Below this many multiplications, copying to another memory costs more than it saves. */
const smallConvolution = 4096;

/** The images' shape, the weights' and the result's, whichever of them the op computes. */
type ConvolutionShapes = (out: KernelOperand, inputs: readonly KernelOperand[]) => readonly (readonly number[])[];

function accelerateConvolution(
  op: Op<Sliding>,
  call: WindowFunction,
  plain: typeof convolve,
  shapesOf: ConvolutionShapes,
): void {
  accelerate(op, (out, inputs, sliding) => {
    const [x, y] = shapesOf(out, inputs);
    const { window, groups } = sliding;
    const sizes = { window, groups, images: x[0], channels: x[1], outputs: y[1] };
    const terms = sizeOf(y) * (x[1] / groups) * window.kernel[0] * window.kernel[1];
    if (terms <= smallConvolution) return false;
    if (out.dtype === "float32" && wasmWindows()?.convolve(call, out, inputs, sizes)) return true;
    plain(out, inputs, sliding, fastMultiply);
    return true;
  });
}

// As for matmul; padding around images is 0, as in the plain kernel, so that an infinite weight makes NaN of it in both.
accelerateConvolution(convolveOp, "convolve", convolve, (out, [x]) => [x.shape, out.shape]);
accelerateConvolution(inputGradientOp, "convolveInputGradient", inputGradient, (out, [g]) => [out.shape, g.shape]);
accelerateConvolution(weightGradientOp, "convolveWeightGradient", weightGradient, (_, [x, g]) => [x.shape, g.shape]);

/** Below this many numbers, copying to another memory costs more than it saves. */
const smallPool = 512;

function acceleratePool(op: Op<Window>, call: WindowFunction): void {
  accelerate(op, (out, inputs, window) => {
    if (Math.max(out.storage.length, inputs[0].storage.length) <= smallPool) return false;
    if (out.dtype !== "float32" || inputs.some(({ dtype }) => dtype !== "float32")) return false;
    return wasmWindows()?.pool(call, out, inputs, window) ?? false;
  });
}

// The largest is chosen as Math.max does, NaN above all and 0 above -0; a window's sum begins at 0 and is one of doubles, in
// the plain kernel's order.
acceleratePool(maxPoolOp, "maxPool");
acceleratePool(maxPoolBackwardOp, "maxPoolBackward");
acceleratePool(maxPoolGatherOp, "maxPoolGather");
acceleratePool(sumPoolOp, "sumPool");
acceleratePool(sumPoolBackwardOp, "sumPoolBackward");

accelerate(softmaxOp, (out, [x], axis) => computeSoftmax("softmax", out, x, { first: axis, last: axis }));
accelerate(logSoftmaxOp, (out, [x], axis) => computeSoftmax("logSoftmax", out, x, { first: axis, last: axis }));
accelerate(softmaxBackwardOp, (out, inputs, axis) => computeSoftmaxBackward("softmax", out, inputs, axis));
accelerate(logSoftmaxBackwardOp, (out, inputs, axis) => computeSoftmaxBackward("logSoftmax", out, inputs, axis));
accelerate(logSumExpOp, (out, [x], axes) => computeSoftmax("logSumExp", out, x, axes));

function compute(op: Op, inputs: readonly KernelOperand[], attributes: unknown, spec: TensorSpec): TypedArray | null {
  const kernel = kernels.get(op);
  if (!kernel) return computeElementwise(op, inputs, attributes, spec);
  const { shape, dtype } = spec;
  const out = { shape, dtype, storage: allocateFor(op.name, shape, dtype) };
  return kernel(out, inputs, attributes) ? out.storage : null;
}

/** WebAssembly beside the plain kernels; where the host has none, it leaves everything to them. */
export const wasmBackend: Backend = { name: "wasm", compute };
