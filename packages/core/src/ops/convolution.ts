/**
 * Convolution: a matrix product of the weights with every window. It is linear in the images and in the weights, so its
 * two gradients are all that is needed besides: the three are each other's gradients.
 */

import { checkOptions, describe, ShapeError, ValueError } from "../errors.ts";
import { convolve, inputGradient, weightGradient } from "../kernels/convolution.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { applyOp } from "../tensor/dispatch.ts";
import { toNumeric } from "../tensor/dtype.ts";
import type { Sliding } from "../tensor/lowering.ts";
import type { Op } from "../tensor/op.ts";
import { formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { promoteOperands } from "./define.ts";
import type { Formulas } from "./formulas.ts";
import { squeeze, unsqueeze } from "./movement.ts";
import { builtinWindow } from "./registry.ts";
import { reshape } from "./sum.ts";
import { checkImages, type Padding, type Pair, pairOf, type WindowOptions, windowOf } from "./window.ts";

/** y = x ∗ w, of images [N, C, H, W] and weights [O, C / groups, kh, kw]. */
export const convolveOp: Op<Sliding> = builtinWindow({
  name: "convolve",
  inferShape: ([x, w], { window }) => ({ shape: [x.shape[0], w.shape[0], ...window.out], dtype: x.dtype }),
  kernel: convolve,
  gradient: [
    (g, { inputs: [, w], attributes }) => applyOp(inputGradientOp, [g, w], attributes),
    (g, { inputs: [x], attributes }) => applyOp(weightGradientOp, [x, g], attributes),
  ],
  lower: (sliding) => ({ kind: "window", call: "convolve", sliding }),
});

/** From a gradient by y to the one by x: what each window saw is sent back through the kernel. */
export const inputGradientOp: Op<Sliding> = builtinWindow({
  name: "convolveInputGradient",
  inferShape: ([g, w], { window, groups }) => ({
    shape: [g.shape[0], w.shape[1] * groups, window.height, window.width],
    dtype: g.dtype,
  }),
  kernel: inputGradient,
  gradient: [
    (x, { inputs: [, w], attributes }) => applyOp(convolveOp, [x, w], attributes),
    (x, { inputs: [g], attributes }) => applyOp(weightGradientOp, [x, g], attributes),
  ],
  lower: (sliding) => ({ kind: "window", call: "convolveInputGradient", sliding }),
});

/** From images and a gradient by y to the gradient by w. */
export const weightGradientOp: Op<Sliding> = builtinWindow({
  name: "convolveWeightGradient",
  inferShape: ([x, g], { window, groups }) => ({
    shape: [g.shape[1], x.shape[1] / groups, ...window.kernel],
    dtype: x.dtype,
  }),
  kernel: weightGradient,
  gradient: [
    (w, { inputs: [, g], attributes }) => applyOp(inputGradientOp, [g, w], attributes),
    (w, { inputs: [x], attributes }) => applyOp(convolveOp, [x, w], attributes),
  ],
  lower: (sliding) => ({ kind: "window", call: "convolveWeightGradient", sliding }),
});

/** How the window of a convolution moves, and what is added to each channel. */
export interface ConvolutionOptions extends WindowOptions {
  /** Channels are split into this many groups that do not see each other; as many as channels: depthwise. */
  groups?: number;
  /** One number for each output channel. */
  bias?: TensorLike;
}

const optionNames = ["stride", "padding", "dilation", "groups", "bias"];

function checkWeights(
  where: string,
  x: Tensor,
  weight: Tensor,
  groups: number,
  channels: number,
  outputs: number,
): void {
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0 || outputs % groups !== 0)
    throw new ValueError({
      where,
      expected: `groups that divide ${channels} input and ${outputs} output channels`,
      got: describe(groups),
    });
  if (channels !== x.shape[1])
    throw new ShapeError({
      where,
      expected: `images with ${channels} channels, for weights of shape ${formatShape(weight.shape)} in ${groups} group(s)`,
      got: `${x.shape[1]} channels in ${formatShape(x.shape)}`,
      hint: x.shape[3] === channels ? "Channels come second here: permute([0, 3, 1, 2])." : undefined,
    });
}

/** Adds one number for each channel. */
function addBias(where: string, y: Tensor, bias: TensorLike | undefined): Tensor {
  if (bias === undefined) return y;
  const b = asTensor(bias, where);
  if (b.rank !== 1 || b.size !== y.shape[1])
    throw new ShapeError({ where, expected: `a bias of shape [${y.shape[1]}]`, got: formatShape(b.shape) });
  return y.add(reshape(b, [b.size, ...new Array<number>(y.rank - 2).fill(1)]));
}

/**
 * The cross-correlation of images with kernels, which networks call convolution:
 * y[n, o, i, j] = Σ x[n, c, i s + u, j s + v] w[o, c, u, v].
 *
 * Shape: x [N, C, H, W], weight [O, C / groups, kh, kw], bias [O]; result [N, O, H', W'] with
 * H' = ⌊(H + padding above and below - dilation (kh - 1) - 1) / stride⌋ + 1.
 *
 * @throws ShapeError where channels do not fit or the kernel is larger than the image.
 * @example conv2d(ones([1, 1, 4, 4]), ones([1, 1, 3, 3])); // [[[[9, 9], [9, 9]]]]
 * conv2d(zeros([8, 3, 28, 28]), zeros([16, 3, 5, 5]), { padding: "same" }); // shape [8, 16, 28, 28]
 */
export function conv2d(x: TensorLike, weight: TensorLike, options: ConvolutionOptions = {}): Tensor {
  const where = "conv2d";
  checkOptions(where, options, optionNames);
  const { groups = 1, bias, ...window } = options;
  const [input, w] = promoteOperands(where, x, weight, toNumeric);
  checkImages(where, input);
  if (w.rank !== 4)
    throw new ShapeError({
      where,
      expected: "weights as [output channels, input channels / groups, height, width]",
      got: formatShape(w.shape),
    });
  const [outputs, perGroup, kh, kw] = w.shape;
  checkWeights(where, input, w, groups, perGroup * groups, outputs);
  const sliding = windowOf(where, [input.shape[2], input.shape[3]], [kh, kw], window);
  return addBias(where, applyOp(convolveOp, [input, w], { window: sliding, groups }), bias);
}

/**
 * {@link conv2d} along one axis.
 *
 * Shape: x [N, C, L], weight [O, C / groups, k]; result [N, O, L'].
 *
 * @throws ShapeError where channels do not fit or the kernel is longer than the signal.
 * @example conv1d([[[1, 2, 3, 4]]], [[[1, -1]]]); // [[[-1, -1, -1]]]
 */
export function conv1d(
  x: TensorLike,
  weight: TensorLike,
  options: Omit<ConvolutionOptions, keyof WindowOptions> & {
    stride?: number;
    padding?: number | "same" | "valid" | readonly [number, number];
    dilation?: number;
  } = {},
): Tensor {
  const where = "conv1d";
  checkOptions(where, options, optionNames);
  const { stride = 1, padding = 0, dilation = 1, ...rest } = options;
  const [input, w] = [asTensor(x, where), asTensor(weight, where)];
  if (input.rank !== 3 || w.rank !== 3)
    throw new ShapeError({
      where,
      expected: "signals as [batch, channels, length] and weights as [outputs, channels / groups, length]",
      got: `${formatShape(input.shape)} and ${formatShape(w.shape)}`,
    });
  const sides: Padding =
    typeof padding === "string" ? padding : [[0, 0], typeof padding === "number" ? [padding, padding] : padding];
  const options2d = { ...rest, stride: [1, stride] as const, dilation: [1, dilation] as const, padding: sides };
  return squeeze(conv2d(unsqueeze(input, 2), unsqueeze(w, 2), options2d), 2);
}

/** How the window of a transposed convolution moves, and what is added to each channel. */
export interface ConvTransposeOptions {
  stride?: Pair;
  /** As in the convolution whose gradient this is: it makes the result smaller. */
  padding?: Pair;
  /** Rows and columns added below and to the right, where the stride leaves the size open. */
  outputPadding?: Pair;
  dilation?: Pair;
  groups?: number;
  bias?: TensorLike;
}

/**
 * The transposed convolution: each input pixel paints the kernel, weighted, onto a larger image. It is the gradient of
 * {@link conv2d} by its input.
 *
 * Shape: x [N, C, H, W], weight [C, O / groups, kh, kw]; result [N, O, H', W'] with
 * H' = (H - 1) stride - 2 padding + dilation (kh - 1) + outputPadding + 1.
 *
 * @throws ShapeError where channels do not fit or nothing is left; ValueError for an output padding that is below neither the stride nor the dilation.
 * @example convTranspose2d(zeros([8, 16, 7, 7]), zeros([16, 3, 3, 3]), { stride: 2, padding: 1, outputPadding: 1 }); // shape [8, 3, 14, 14]
 */
export function convTranspose2d(x: TensorLike, weight: TensorLike, options: ConvTransposeOptions = {}): Tensor {
  const where = "convTranspose2d";
  checkOptions(where, options, [...optionNames, "outputPadding"]);
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1, bias } = options;
  const [input, w] = promoteOperands(where, x, weight, toNumeric);
  checkImages(where, input);
  if (w.rank !== 4)
    throw new ShapeError({
      where,
      expected: "weights as [input channels, output channels / groups, height, width]",
      got: formatShape(w.shape),
    });
  const [channels, perGroup, kh, kw] = w.shape;
  const outputs = perGroup * groups;
  checkWeights(where, input, w, groups, channels, outputs);
  const [steps, spread] = [pairOf(where, "stride", stride, 1), pairOf(where, "dilation", dilation, 1)];
  const [cut, added] = [pairOf(where, "padding", padding, 0), pairOf(where, "outputPadding", outputPadding, 0)];
  if (added.some((n, d) => n >= Math.max(steps[d], spread[d])))
    throw new ValueError({
      where,
      expected: `an outputPadding below the stride or the dilation, ${formatShape(steps)} and ${formatShape(spread)}`,
      got: formatShape(added),
    });
  const [height, width] = [0, 1].map(
    (d) => (input.shape[2 + d] - 1) * steps[d] - 2 * cut[d] + spread[d] * ([kh, kw][d] - 1) + added[d] + 1,
  );
  if (height < 1 || width < 1)
    throw new ShapeError({
      where,
      expected: "an image and a kernel larger than the padding, which is cut off",
      got: `a result of ${formatShape([height, width])}`,
    });
  // One window for each pixel of the input, even if the added rows and columns had room for more.
  const window = {
    ...windowOf(where, [height, width], [kh, kw], { stride, padding, dilation }),
    out: [input.shape[2], input.shape[3]] as const,
  };
  return addBias(where, applyOp(inputGradientOp, [input, w], { window, groups }), bias);
}

/** What explanations say of these ops; n, o, c count images, output and input channels, i, j windows, u, v places in them. */
export const convolutionFormulas: Formulas = {
  convolve: {
    text: [
      "a ∗ b",
      "∂y[n,o,i,j]/∂a = b[o,c,u,v] where the window sees a, else 0",
      "∂y[n,o,i,j]/∂b[o,c,u,v] = a where the window sees it",
    ],
    tex: [
      "a \\ast b",
      "\\frac{\\partial y_{n o i j}}{\\partial a} = b_{o c u v} \\text{ where the window sees } a \\text{, else } 0",
      "\\frac{\\partial y_{n o i j}}{\\partial b_{o c u v}} = a \\text{ where the window sees it}",
    ],
    sends: {
      text: ["g times the kernel b, each added where its window was", "Σ g times what each window saw of a"],
      tex: [
        "g \\text{ times the kernel } b \\text{, each added where its window was}",
        "\\sum g \\text{ times what each window saw of } a",
      ],
    },
  },
  convolveInputGradient: {
    text: [
      "a times the kernel b, each added where its window is",
      "∂y/∂a[n,o,i,j] = b[o,c,u,v] where the window is, else 0",
      "∂y/∂b[o,c,u,v] = a[n,o,i,j] where the window is",
    ],
    tex: [
      "a \\text{ times the kernel } b \\text{, each added where its window is}",
      "\\frac{\\partial y}{\\partial a_{n o i j}} = b_{o c u v} \\text{ where the window is, else } 0",
      "\\frac{\\partial y}{\\partial b_{o c u v}} = a_{n o i j} \\text{ where the window is}",
    ],
    sends: {
      text: ["g ∗ b", "Σ a times what each window sees of g"],
      tex: ["g \\ast b", "\\sum a \\text{ times what each window sees of } g"],
    },
  },
  convolveWeightGradient: {
    text: [
      "Σ b times what each window saw of a",
      "∂y[o,c,u,v]/∂a = b[n,o,i,j] where the window sees a, else 0",
      "∂y[o,c,u,v]/∂b[n,o,i,j] = a where the window sees it",
    ],
    tex: [
      "\\sum b \\text{ times what each window saw of } a",
      "\\frac{\\partial y_{o c u v}}{\\partial a} = b_{n o i j} \\text{ where the window sees } a \\text{, else } 0",
      "\\frac{\\partial y_{o c u v}}{\\partial b_{n o i j}} = a \\text{ where the window sees it}",
    ],
    sends: {
      text: ["b times the kernel g, each added where its window was", "a ∗ g"],
      tex: ["b \\text{ times the kernel } g \\text{, each added where its window was}", "a \\ast g"],
    },
  },
};
