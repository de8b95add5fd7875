/**
 * Weight normalisation: the length of a unit's weights and their direction, learned apart.
 */

import { OptionError, type Parameter, sqrt, type Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import type { BatchShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { type Conv1d, type Conv2d, Convolution } from "./convolution.ts";
import { Dense, Linear } from "./dense.ts";
import { Layer } from "./layer.ts";
import type { LayerOptions } from "./options.ts";
import { DepthwiseConv1d, DepthwiseConv2d } from "./separable-convolution.ts";
import type { ConvTranspose1d, ConvTranspose2d } from "./transposed-convolution.ts";

/** What has weights that can be normalised. */
type Normalizable =
  | Dense
  | Linear
  | Conv1d
  | Conv2d
  | ConvTranspose1d
  | ConvTranspose2d
  | DepthwiseConv1d
  | DepthwiseConv2d;

/**
 * The layer with weights w = g · v / ‖v‖ (Salimans & Kingma 2016), where v is the layer's own kernel and g the `magnitude` of
 * each unit, at first ‖v‖, so that nothing changes; both are learned. Lengths are taken of each unit's incoming weights, of
 * a convolution's along all axes but its first, as PyTorch's `weight_norm` does. Biases stay as they are.
 *
 * Weights: `magnitude` g [units], and those of `layer`, whose `kernel` (or `weight`) is v. Penalties and constraints of the
 * layer's kernel are on v.
 *
 * Shape: that of the layer.
 *
 * @param layer a dense layer, a convolution or a transposed or depthwise one.
 * @throws OptionError for another layer, and for one with an activityRegularizer, which belongs into these options.
 *
 * @example
 * const layer = new WeightNorm(new Dense({ units: 4, activation: "tanh" }));
 * layer.call(randn([2, 3])); // shape [2, 4]
 * [...layer.namedParameters().keys()]; // ["magnitude", "layer.kernel", "layer.bias"]
 */
export class WeightNorm extends Layer {
  /** The length of each unit's weights, [units]; there once the layer is built. */
  magnitude!: Parameter;
  readonly layer: Normalizable;

  constructor(layer: Normalizable, options: LayerOptions = {}) {
    const where = "WeightNorm";
    super(options);
    refuseSurplus(where, arguments, 2);
    const known = [Dense, Linear, Convolution, DepthwiseConv1d, DepthwiseConv2d];
    if (!known.some((Class) => layer instanceof Class))
      throw new OptionError({ where, expected: "a dense layer or a convolution", got: describe(layer) });
    if (layer.activityRegularizer)
      throw new OptionError({
        where,
        expected: "the activityRegularizer among its own options",
        got: "one of the layer within",
      });
    this.layer = layer;
    this.inputShape ??= layer.inputShape;
    if (this.layer.built) this.ensureBuilt(this.inputShape ?? this.layer.assumedShape!);
    else this.buildIfKnown();
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.layer, ...super.constructorArguments()];
  }

  /** The layer's property with its weights. */
  get #name(): "weight" | "kernel" {
    return this.layer instanceof Linear ? "weight" : "kernel";
  }

  get #direction(): Parameter {
    return (this.layer as unknown as Readonly<Record<string, Parameter>>)[this.#name];
  }

  /** The lengths of the directions, with the axes of the kernel. */
  #lengths(direction: Tensor): Tensor {
    const isLast = this.layer instanceof Dense;
    const axes = direction.shape
      .map((_, axis) => axis)
      .filter((axis) => (isLast ? axis < direction.rank - 1 : axis > 0));
    return sqrt(direction.square().sum(axes, { keepDims: true }));
  }

  override build(inputShape: BatchShape): void {
    this.layer.ensureBuilt(inputShape);
    const direction = this.#direction;
    const lengths = this.#lengths(direction).detach().reshape(-1);
    this.magnitude = this.addWeight([lengths.size], () => lengths);
  }

  override checkInput(inputShape: BatchShape): void {
    this.layer.checkInput(inputShape);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    return this.layer.outputShape(inputShape);
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return this.layer.computeMask(mask);
  }

  forward(x: Tensor): Tensor {
    const direction = this.#direction;
    const lengths = this.#lengths(direction);
    const weight = direction.mul(this.magnitude.reshape(lengths.shape).div(lengths));
    // The layer's formula with other weights in its place; the layer itself keeps its own.
    return Object.create(this.layer, { [this.#name]: { value: weight } }).forward(x);
  }
}
