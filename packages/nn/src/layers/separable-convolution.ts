/**
 * Convolutions in which channels do not see each other: each by its own kernels (depthwise), and these mixed at each
 * place (separable). They have far fewer weights than a convolution of the same size.
 */

import type { Padding, Pair, Parameter, Tensor } from "@chainrule/core";
import { type ActivationFunction, type ActivationLike, toActivation } from "../activations.ts";
import type { ConstraintLike } from "../constrained.ts";
import type { InitializerLike } from "../initializers/by-name.ts";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { type Regularizer, type RegularizerLike, toRegularizer } from "../regularizers.ts";
import { refuseSurplus } from "../surplus.ts";
import type { Conv1dOptions } from "./convolution.ts";
import { slide } from "./convolution.ts";
import { Layer } from "./layer.ts";
import {
  activation,
  constraint,
  count,
  flag,
  initializer,
  type KernelOptions,
  kernelOptions,
  type LayerOptions,
  type OptionTable,
  type OwnOptions,
  optional,
  regularizer,
  requireOptions,
  unchecked,
} from "./options.ts";
import { penaltiesOf } from "./penalties.ts";
import { knownLength } from "./shape.ts";
import { checkSpatial, perAxis, type Sliding, sidesOf, slidShape } from "./sliding.ts";

/** How the window moves, and how many kernels each channel has; `Size` and `Pads` are how each spells lengths. */
interface WindowOptions<Size, Pads> extends LayerOptions {
  /** The kernel's length, or its height and width. */
  kernelSize: Size;
  /** How far the kernel moves each time; 1 by default. */
  stride?: Size;
  /** "valid" (the default) for none; "same" for as many zeros that stride 1 keeps the size; or how many on each side. */
  padding?: Pads;
  /** How far apart the kernel's elements are; 1 by default. */
  dilation?: Size;
  /** How many kernels each channel has, whose results stand side by side; 1 by default. */
  depthMultiplier?: number;
  /** What is applied to the result, by name or as a function; nothing by default. */
  activation?: ActivationLike | null;
}

const windowOptions: OptionTable<WindowOptions<unknown, unknown>> = {
  kernelSize: unchecked,
  stride: unchecked,
  padding: unchecked,
  dilation: unchecked,
  depthMultiplier: optional(count),
  activation,
};

/** What both kinds share: the window, the depth, the activation. */
abstract class ByChannel<Size extends Pair, Pads> extends Layer {
  readonly depthMultiplier: number;
  readonly activation: ActivationFunction | null;
  /** The biases, or null. */
  bias: Parameter | null = null;
  protected readonly window: Sliding;

  constructor(options: WindowOptions<Size, Pads>, axes: number, own: OwnOptions) {
    const where = new.target.name;
    requireOptions(where, options, own);
    super(options, own);
    const { kernelSize, stride = 1, padding = "valid", dilation = 1 } = options;
    this.depthMultiplier = options.depthMultiplier ?? 1;
    this.window = {
      kernel: perAxis(where, "kernelSize", kernelSize, axes, 1),
      stride: perAxis(where, "stride", stride, axes, 1),
      dilation: perAxis(where, "dilation", dilation, axes, 1),
      padding: sidesOf(where, padding, axes),
    };
    this.activation = toActivation(options.activation);
  }

  /** How many output channels there are for a number of input channels. */
  protected abstract outputs(channels: number | null): number | null;

  /** How many input channels the kernels are for, once they are made. */
  protected abstract get channels(): number;

  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, this.window.kernel.length, this.built ? this.channels : (this.inputShape?.[1] ?? null));
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return [inputShape[0], this.outputs(inputShape[1]), ...slidShape(inputShape.slice(2), this.window)];
  }

  protected activated(y: Tensor): Tensor {
    return this.activation ? this.activation(y) : y;
  }
}

/** The window and the weights of a depthwise convolution. */
interface DepthwiseOptions<Size, Pads> extends WindowOptions<Size, Pads>, KernelOptions {}

const depthwiseOptions: OptionTable<DepthwiseOptions<unknown, unknown>> = { ...windowOptions, ...kernelOptions };

abstract class Depthwise<Size extends Pair, Pads> extends ByChannel<Size, Pads> {
  /** The kernels, those of each channel one after the other; there once the layer is built. */
  kernel!: Parameter;
  readonly #options: DepthwiseOptions<Size, Pads>;
  readonly #kernelRegularizer: Regularizer | null;
  readonly #biasRegularizer: Regularizer | null;

  constructor(options: DepthwiseOptions<Size, Pads>, axes: number) {
    super(options, axes, depthwiseOptions);
    this.#options = options;
    this.#kernelRegularizer = toRegularizer(options.kernelRegularizer);
    this.#biasRegularizer = toRegularizer(options.biasRegularizer);
    this.buildIfKnown();
  }

  protected outputs(channels: number | null): number | null {
    return channels === null ? null : channels * this.depthMultiplier;
  }

  protected get channels(): number {
    return this.kernel.shape[0] / this.depthMultiplier;
  }

  override build(inputShape: BatchShape): void {
    const { useBias = true, kernelInitializer = "glorot_uniform", biasInitializer = "zeros" } = this.#options;
    const filters = knownLength(inputShape, 1) * this.depthMultiplier;
    const { kernelConstraint, biasConstraint } = this.#options;
    this.kernel = this.addWeight([filters, 1, ...this.window.kernel], kernelInitializer, "out-in", kernelConstraint);
    if (useBias) this.bias = this.addWeight([filters], biasInitializer, undefined, biasConstraint);
  }

  forward(x: Tensor): Tensor {
    return this.activated(slide(x, this.kernel, this.window, this.channels, this.bias ?? undefined));
  }

  protected override ownPenalties(): Tensor[] {
    return penaltiesOf([this.#kernelRegularizer, this.kernel], [this.#biasRegularizer, this.bias]);
  }
}

/** The window and the weights of a {@link DepthwiseConv1d}. */
export type DepthwiseConv1dOptions = DepthwiseOptions<number, Conv1dOptions["padding"]>;

/**
 * The convolution of each channel of a signal by itself, with D = `depthMultiplier` kernels of its own:
 * y[n, c D + d, i] = activation(Σ x[n, c, i s + u] W[c D + d, 0, u] + b[c D + d]).
 *
 * Weights: `kernel` W [channels · D, 1, kernelSize], `bias` b [channels · D]: those of PyTorch's `Conv1d` with as many
 * groups as channels.
 *
 * Shape: input [batch, channels, length], output [batch, channels · D, length'] with length' as for {@link Conv1d}.
 *
 * @throws OptionError for options that it does not know or that cannot be; ShapeError for anything but signals with the
 *   channels it was made for.
 * @example new DepthwiseConv1d({ kernelSize: 3, padding: "same" }).call(randn([2, 4, 10])); // shape [2, 4, 10]
 */
export class DepthwiseConv1d extends Depthwise<number, Conv1dOptions["padding"]> {
  constructor(options: DepthwiseConv1dOptions) {
    super(options, 1);
    refuseSurplus("DepthwiseConv1d", arguments, 1);
  }
}

/** The window and the weights of a {@link DepthwiseConv2d}. */
export type DepthwiseConv2dOptions = DepthwiseOptions<Pair, Padding>;

/**
 * The convolution of each channel of an image by itself, with D = `depthMultiplier` kernels of its own:
 * y[n, c D + d, i, j] = activation(Σ x[n, c, i s + u, j s + v] W[c D + d, 0, u, v] + b[c D + d]).
 *
 * Weights: `kernel` W [channels · D, 1, height, width], `bias` b [channels · D]: those of PyTorch's `Conv2d` with as many
 * groups as channels.
 *
 * Shape: input [batch, channels, height, width], output [batch, channels · D, height', width'] as for {@link Conv2d}.
 *
 * @throws OptionError for options that it does not know or that cannot be; ShapeError for anything but images with the
 *   channels it was made for.
 * @example new DepthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }).call(randn([2, 4, 8, 8])); // shape [2, 8, 6, 6]
 */
export class DepthwiseConv2d extends Depthwise<Pair, Padding> {
  constructor(options: DepthwiseConv2dOptions) {
    super(options, 2);
    refuseSurplus("DepthwiseConv2d", arguments, 1);
  }
}

/** The window, the channels and the weights of a separable convolution. */
interface SeparableOptions<Size, Pads> extends WindowOptions<Size, Pads> {
  /** How many output channels there are. */
  filters: number;
  /** Whether to add a bias; true by default. */
  useBias?: boolean;
  /** Of the kernels of each channel; "glorot_uniform" by default. */
  depthwiseInitializer?: InitializerLike;
  /** Of what mixes the channels; "glorot_uniform" by default. */
  pointwiseInitializer?: InitializerLike;
  /** "zeros" by default. */
  biasInitializer?: InitializerLike;
  depthwiseRegularizer?: RegularizerLike;
  pointwiseRegularizer?: RegularizerLike;
  biasRegularizer?: RegularizerLike;
  /** What the weights are held to after each step of an optimizer, such as `maxNorm()`. */
  depthwiseConstraint?: ConstraintLike;
  pointwiseConstraint?: ConstraintLike;
  biasConstraint?: ConstraintLike;
}

const separableOptions: OptionTable<SeparableOptions<unknown, unknown>> = {
  ...windowOptions,
  filters: count,
  useBias: flag,
  depthwiseInitializer: initializer,
  pointwiseInitializer: initializer,
  biasInitializer: initializer,
  depthwiseRegularizer: regularizer,
  pointwiseRegularizer: regularizer,
  biasRegularizer: regularizer,
  depthwiseConstraint: constraint,
  pointwiseConstraint: constraint,
  biasConstraint: constraint,
};

abstract class Separable<Size extends Pair, Pads> extends ByChannel<Size, Pads> {
  readonly filters: number;
  /** The kernels of each channel; there once the layer is built. */
  depthwiseKernel!: Parameter;
  /** What mixes their results at each place. */
  pointwiseKernel!: Parameter;
  readonly #options: SeparableOptions<Size, Pads>;
  readonly #regularizers: readonly (Regularizer | null)[];

  constructor(options: SeparableOptions<Size, Pads>, axes: number) {
    super(options, axes, separableOptions);
    this.filters = options.filters;
    this.#options = options;
    const { depthwiseRegularizer, pointwiseRegularizer, biasRegularizer } = options;
    this.#regularizers = [depthwiseRegularizer, pointwiseRegularizer, biasRegularizer].map(toRegularizer);
    this.buildIfKnown();
  }

  protected outputs(): number {
    return this.filters;
  }

  protected get channels(): number {
    return this.depthwiseKernel.shape[0] / this.depthMultiplier;
  }

  override build(inputShape: BatchShape): void {
    const { useBias = true, biasInitializer = "zeros" } = this.#options;
    const { depthwiseInitializer = "glorot_uniform", pointwiseInitializer = "glorot_uniform" } = this.#options;
    const inner = knownLength(inputShape, 1) * this.depthMultiplier;
    const { kernel } = this.window;
    const one = kernel.map(() => 1);
    const { depthwiseConstraint, pointwiseConstraint, biasConstraint } = this.#options;
    const mixing = [this.filters, inner, ...one];
    this.depthwiseKernel = this.addWeight([inner, 1, ...kernel], depthwiseInitializer, "out-in", depthwiseConstraint);
    this.pointwiseKernel = this.addWeight(mixing, pointwiseInitializer, "out-in", pointwiseConstraint);
    if (useBias) this.bias = this.addWeight([this.filters], biasInitializer, undefined, biasConstraint);
  }

  forward(x: Tensor): Tensor {
    const inner = slide(x, this.depthwiseKernel, this.window, this.channels, undefined);
    const one = this.window.kernel.map(() => 1);
    const point: Sliding = { kernel: one, stride: one, dilation: one, padding: "valid" };
    return this.activated(slide(inner, this.pointwiseKernel, point, 1, this.bias ?? undefined));
  }

  protected override ownPenalties(): Tensor[] {
    const weights = [this.depthwiseKernel, this.pointwiseKernel, this.bias];
    return penaltiesOf(...weights.map((weight, i) => [this.#regularizers[i], weight] as const));
  }
}

/** The window, the channels and the weights of a {@link SeparableConv1d}. */
export type SeparableConv1dOptions = SeparableOptions<number, Conv1dOptions["padding"]>;

/**
 * A {@link DepthwiseConv1d} without bias, and then a {@link Conv1d} with a kernel of 1 (Chollet 2017).
 *
 * Weights: `depthwiseKernel` [channels · D, 1, kernelSize], `pointwiseKernel` [filters, channels · D, 1], `bias`
 * [filters], where D is the `depthMultiplier`.
 *
 * Shape: input [batch, channels, length], output [batch, filters, length'] with length' as for {@link Conv1d}.
 *
 * @throws OptionError for options that it does not know or that cannot be; ShapeError for anything but signals with the
 *   channels it was made for.
 * @example new SeparableConv1d({ filters: 6, kernelSize: 3 }).call(randn([2, 4, 10])); // shape [2, 6, 8]
 */
export class SeparableConv1d extends Separable<number, Conv1dOptions["padding"]> {
  constructor(options: SeparableConv1dOptions) {
    super(options, 1);
    refuseSurplus("SeparableConv1d", arguments, 1);
  }
}

/** The window, the channels and the weights of a {@link SeparableConv2d}. */
export type SeparableConv2dOptions = SeparableOptions<Pair, Padding>;

/**
 * A {@link DepthwiseConv2d} without bias, and then a {@link Conv2d} with a kernel of 1 (Chollet 2017).
 *
 * Weights: `depthwiseKernel` [channels · D, 1, height, width], `pointwiseKernel` [filters, channels · D, 1, 1], `bias`
 * [filters], where D is the `depthMultiplier`.
 *
 * Shape: input [batch, channels, height, width], output [batch, filters, height', width'] as for {@link Conv2d}.
 *
 * @throws OptionError for options that it does not know or that cannot be; ShapeError for anything but images with the
 *   channels it was made for.
 *
 * @example
 * const layer = new SeparableConv2d({ filters: 16, kernelSize: 3, padding: "same", activation: "relu" });
 * layer.call(randn([2, 8, 14, 14])); // shape [2, 16, 14, 14]
 */
export class SeparableConv2d extends Separable<Pair, Padding> {
  constructor(options: SeparableConv2dOptions) {
    super(options, 2);
    refuseSurplus("SeparableConv2d", arguments, 1);
  }
}
