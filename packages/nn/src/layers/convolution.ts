/**
 * Convolutions as layers: small kernels that slide over signals and images, the same weights everywhere.
 */

import { conv1d, conv2d, OptionError, type Padding, type Pair, type Parameter, type Tensor } from "@chainrule/core";
import { type ActivationFunction, type ActivationLike, toActivation } from "../activations.ts";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { type Regularizer, toRegularizer } from "../regularizers.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import {
  activation,
  count,
  type KernelOptions,
  kernelOptions,
  type LayerOptions,
  type OptionTable,
  type OwnOptions,
  optional,
  unchecked,
} from "./options.ts";
import { penaltiesOf } from "./penalties.ts";
import { knownLength } from "./shape.ts";
import { checkSpatial, perAxis, type Sliding, sidesOf, slidShape } from "./sliding.ts";

/** What the layers of convolutions share; `Size` and `Pads` are how each spells lengths and padding. */
export interface ConvOptions<Size, Pads> extends LayerOptions, KernelOptions {
  /** How many output channels there are: one for each kernel. */
  filters: number;
  /** The kernel's length, or its height and width. */
  kernelSize: Size;
  /** How far the kernel moves each time; 1 by default. */
  stride?: Size;
  /**
   * "valid" (the default) for none; "same" for as many zeros that stride 1 keeps the size; or how many on each side.
   */
  padding?: Pads;
  /** How far apart the kernel's elements are; 1 by default. */
  dilation?: Size;
  /** Channels are split into this many groups that do not see each other; as many as channels: depthwise. */
  groups?: number;
  /** What is applied to the result, by name or as a function; nothing by default. */
  activation?: ActivationLike | null;
}

/** What {@link ConvOptions} may be. */
export const convOptions: OptionTable<ConvOptions<unknown, unknown>> = {
  filters: count,
  kernelSize: unchecked,
  stride: unchecked,
  padding: unchecked,
  dilation: unchecked,
  groups: optional(count),
  activation,
  ...kernelOptions,
};

/** What all of them do: weights for a window, the convolution, the activation. */
export abstract class Convolution<Size extends Pair, Pads> extends Layer {
  readonly filters: number;
  readonly groups: number;
  readonly activation: ActivationFunction | null;
  /** The kernels, with the features first; there once the layer is built. */
  kernel!: Parameter;
  /** The biases, [filters], or null. */
  bias: Parameter | null = null;
  protected readonly window: Sliding;
  readonly #options: ConvOptions<Size, Pads>;
  readonly #kernelRegularizer: Regularizer | null;
  readonly #biasRegularizer: Regularizer | null;

  constructor(options: ConvOptions<Size, Pads>, axes: number, own: OwnOptions = convOptions) {
    super(options, own);
    const where = new.target.name;
    const { filters, kernelSize, stride = 1, padding = "valid", dilation = 1, groups = 1 } = options;
    if (filters % groups !== 0)
      throw new OptionError({ where, expected: `groups that divide the ${filters} filters`, got: `${groups}` });
    this.filters = filters;
    this.groups = groups;
    this.window = {
      kernel: perAxis(where, "kernelSize", kernelSize, axes, 1),
      stride: perAxis(where, "stride", stride, axes, 1),
      dilation: perAxis(where, "dilation", dilation, axes, 1),
      padding: sidesOf(where, padding, axes),
    };
    this.activation = toActivation(options.activation);
    this.#options = options;
    this.#kernelRegularizer = toRegularizer(options.kernelRegularizer);
    this.#biasRegularizer = toRegularizer(options.biasRegularizer);
  }

  /** The two feature axes of the kernels for a number of input channels. */
  protected features(channels: number): [number, number] {
    return [this.filters, channels / this.groups];
  }

  /** How many input channels the kernels are for, once they are made. */
  protected get channels(): number {
    return this.kernel.shape[1] * this.groups;
  }

  override build(inputShape: BatchShape): void {
    const { useBias = true, kernelInitializer = "glorot_uniform", biasInitializer = "zeros" } = this.#options;
    const channels = knownLength(inputShape, 1);
    if (channels % this.groups !== 0)
      throw new OptionError({
        where: "groups",
        expected: `a number that divides the ${channels} input channels`,
        got: `${this.groups}`,
      });
    const { kernelConstraint, biasConstraint } = this.#options;
    const shape = [...this.features(channels), ...this.window.kernel];
    this.kernel = this.addWeight(shape, kernelInitializer, "out-in", kernelConstraint);
    if (useBias) this.bias = this.addWeight([this.filters], biasInitializer, undefined, biasConstraint);
  }

  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, this.window.kernel.length, this.built ? this.channels : (this.inputShape?.[1] ?? null));
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return [inputShape[0], this.filters, ...slidShape(inputShape.slice(2), this.window)];
  }

  /** The convolution itself. */
  protected abstract convolve(x: Tensor, bias: Tensor | undefined): Tensor;

  forward(x: Tensor): Tensor {
    const y = this.convolve(x, this.bias ?? undefined);
    return this.activation ? this.activation(y) : y;
  }

  protected override ownPenalties(): Tensor[] {
    return penaltiesOf([this.#kernelRegularizer, this.kernel], [this.#biasRegularizer, this.bias]);
  }
}

/** The convolution of signals or images by a window. */
export function slide(
  x: Tensor,
  kernel: Tensor,
  { stride, dilation, padding }: Sliding,
  groups: number,
  bias: Tensor | undefined,
): Tensor {
  if (stride.length === 1) {
    const sides = typeof padding === "string" ? padding : padding[0];
    return conv1d(x, kernel, { stride: stride[0], dilation: dilation[0], padding: sides, groups, bias });
  }
  const sides = typeof padding === "string" ? padding : ([padding[0], padding[1]] as const);
  return conv2d(x, kernel, { stride: pairOf(stride), dilation: pairOf(dilation), padding: sides, groups, bias });
}

/** A number for each axis as core takes it for images. */
export function pairOf([vertical, horizontal]: readonly number[]): readonly [number, number] {
  return [vertical, horizontal];
}

/** The window, the channels and the weights of a {@link Conv1d}. */
export type Conv1dOptions = ConvOptions<number, number | "same" | "valid" | readonly [number, number]>;

/**
 * The convolution of signals: y[n, o, i] = activation(Σ x[n, c, i s + u] W[o, c, u] + b[o]).
 *
 * Weights: `kernel` W [filters, channels / groups, kernelSize], `bias` b [filters]: PyTorch's layout.
 *
 * Shape: input [batch, channels, length], output [batch, filters, length'] with
 * length' = ⌊(length + padding - dilation (kernelSize - 1) - 1) / stride⌋ + 1, with "same" ⌈length / stride⌉. Sequences
 * [batch, time, features] are turned with `permute([0, 2, 1])`.
 *
 * @throws OptionError for options that it does not know or that cannot be; ShapeError for anything but signals with the
 *   channels it was made for.
 *
 * @example
 * const layer = new Conv1d({ filters: 8, kernelSize: 3, padding: "same", activation: "relu" });
 * layer.call(randn([2, 4, 100])); // shape [2, 8, 100]
 */
export class Conv1d extends Convolution<number, Conv1dOptions["padding"]> {
  constructor(options: Conv1dOptions) {
    super(options, 1);
    refuseSurplus("Conv1d", arguments, 1);
    this.buildIfKnown();
  }

  protected convolve(x: Tensor, bias: Tensor | undefined): Tensor {
    return slide(x, this.kernel, this.window, this.groups, bias);
  }
}

/** The window, the channels and the weights of a {@link Conv2d}. */
export type Conv2dOptions = ConvOptions<Pair, Padding>;

/**
 * The convolution of images: y[n, o, i, j] = activation(Σ x[n, c, i s + u, j s + v] W[o, c, u, v] + b[o]).
 *
 * Weights: `kernel` W [filters, channels / groups, height, width], `bias` b [filters]: PyTorch's layout.
 *
 * Shape: input [batch, channels, height, width], output [batch, filters, height', width'] with
 * height' = ⌊(height + padding - dilation (kernel height - 1) - 1) / stride⌋ + 1, with "same" ⌈height / stride⌉.
 *
 * @throws OptionError for options that it does not know or that cannot be; ShapeError for anything but images with the
 *   channels it was made for.
 *
 * @example
 * const layer = new Conv2d({ filters: 16, kernelSize: 3, padding: "same", activation: "relu" });
 * layer.call(randn([8, 1, 28, 28])); // shape [8, 16, 28, 28]
 */
export class Conv2d extends Convolution<Pair, Padding> {
  constructor(options: Conv2dOptions) {
    super(options, 2);
    refuseSurplus("Conv2d", arguments, 1);
    this.buildIfKnown();
  }

  protected convolve(x: Tensor, bias: Tensor | undefined): Tensor {
    return slide(x, this.kernel, this.window, this.groups, bias);
  }
}
