/**
 * The layer in which every output sees every input, as Keras has it (`Dense`) and as PyTorch has it (`Linear`).
 */

import { OptionError, type Parameter, ShapeError, type Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { type ActivationFunction, type ActivationLike, toActivation } from "../activations.ts";
import { randomUniform } from "../initializers/initializer.ts";
import { kaimingUniform } from "../initializers/scaling.ts";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { type Regularizer, toRegularizer } from "../regularizers.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import {
  activation,
  count,
  flag,
  type KernelOptions,
  kernelOptions,
  type LayerOptions,
  type OptionTable,
  requireOptions,
  withPositional,
} from "./options.ts";
import { penaltiesOf } from "./penalties.ts";
import { knownLength } from "./shape.ts";

/** The size of a {@link Dense} layer, its activation and its weights. */
export interface DenseOptions extends LayerOptions, KernelOptions {
  /** How many outputs there are. */
  units: number;
  /** What is applied to the result, by name or as a function; nothing by default. */
  activation?: ActivationLike | null;
}

const denseOptions: OptionTable<DenseOptions> = {
  units: count,
  activation,
  ...kernelOptions,
};

/**
 * y = activation(x W + b).
 *
 * Weights: `kernel` W [in, units], `bias` b [units]. Shape: input [batch, .., in], output [batch, .., units].
 *
 * @throws OptionError for unknown options, and for units that are no whole number of at least 1.
 *
 * @example
 * new Dense({ units: 10, inputDim: 784, activation: "softmax" });
 * new Dense(10, { kernelRegularizer: l2(0.001) });
 */
export class Dense extends Layer {
  readonly units: number;
  readonly activation: ActivationFunction | null;
  /** The weights, [in, units]; there once the layer is built. */
  kernel!: Parameter;
  /** The biases, [units], or null. */
  bias: Parameter | null = null;
  readonly #options: DenseOptions;
  readonly #kernelRegularizer: Regularizer | null;
  readonly #biasRegularizer: Regularizer | null;

  constructor(units: number | DenseOptions, options?: Omit<DenseOptions, "units">) {
    const own = withPositional<DenseOptions, "units">("Dense", "units", units, options);
    super(own, denseOptions);
    refuseSurplus("Dense", arguments, 2);
    this.units = own.units;
    this.activation = toActivation(own.activation);
    this.#options = own;
    this.#kernelRegularizer = toRegularizer(own.kernelRegularizer);
    this.#biasRegularizer = toRegularizer(own.biasRegularizer);
    this.buildIfKnown();
  }

  override build(inputShape: BatchShape): void {
    const { useBias = true, kernelInitializer = "glorot_uniform", biasInitializer = "zeros" } = this.#options;
    const { kernelConstraint, biasConstraint } = this.#options;
    const shape = [knownLength(inputShape, -1), this.units];
    this.kernel = this.addWeight(shape, kernelInitializer, undefined, kernelConstraint);
    if (useBias) this.bias = this.addWeight([this.units], biasInitializer, undefined, biasConstraint);
  }

  override checkInput(inputShape: BatchShape): void {
    checkFeatures(inputShape, this.built ? this.kernel.shape[0] : (this.inputShape?.at(-1) ?? null), 2);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return [...inputShape.slice(0, -1), this.units];
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    const product = x.matmul(this.kernel);
    const result = this.bias ? product.add(this.bias) : product;
    return this.activation ? this.activation(result) : result;
  }

  protected override ownPenalties(): Tensor[] {
    return penaltiesOf([this.#kernelRegularizer, this.kernel], [this.#biasRegularizer, this.bias]);
  }
}

/** Throws unless the last axis has the expected length (null: any) and there are axes enough. */
export function checkFeatures(shape: BatchShape, features: number | null, minRank: number): void {
  const given = shape.at(-1);
  if (shape.length >= minRank && (features === null || given === null || given === features)) return;
  const leadingAxes = minRank > 1 ? "[batch, .., " : "[.., ";
  const single = shape.length === minRank - 1 && (features === null || given === features);
  throw new ShapeError({
    where: "input",
    expected: `shape ${leadingAxes}${features ?? "features"}]`,
    got: formatBatchShape(shape),
    hint: single
      ? "For a single example, add the batch axis with unsqueeze(0)."
      : shape.length < minRank
        ? undefined
        : `The layer was made for ${features} features in the last axis.`,
  });
}

/** Whether a {@link Linear} layer has a bias, and what every layer takes. */
export interface LinearOptions extends LayerOptions {
  /** Whether to add a bias; true by default. */
  bias?: boolean;
}

const linearOptions: OptionTable<LinearOptions> = { bias: flag };

/**
 * y = x Wᵀ + b, PyTorch's `nn.Linear`: weights in its layout and drawn as it draws them, both from ±1 / √in.
 *
 * Weights: `weight` W [out, in], `bias` b [out]. Shape: input [.., in], output [.., out].
 *
 * @throws OptionError for unknown options, and for features that are no whole number of at least 1.
 *
 * @example
 * const layer = new Linear(784, 128);
 * layer.call(randn([64, 784])); // shape [64, 128]
 */
export class Linear extends Layer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** The weights, [out, in]. */
  weight!: Parameter;
  /** The biases, [out], or null. */
  bias: Parameter | null = null;
  readonly #useBias: boolean;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    requireOptions("Linear", options);
    if (options.inputDim !== undefined || options.inputShape !== undefined)
      throw new OptionError({
        where: "Linear",
        expected: "the number of inputs as its first argument only",
        got: describe(options),
      });
    super(options, linearOptions);
    refuseSurplus("Linear", arguments, 3);
    count("Linear", "inFeatures", inFeatures);
    count("Linear", "outFeatures", outFeatures);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.#useBias = options.bias ?? true;
    this.buildForAnyShape();
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.inFeatures, this.outFeatures, ...super.constructorArguments()];
  }

  override build(): void {
    this.weight = this.addWeight([this.outFeatures, this.inFeatures], kaimingUniform({ a: Math.sqrt(5) }), "out-in");
    const bound = 1 / Math.sqrt(this.inFeatures);
    if (this.#useBias) this.bias = this.addWeight([this.outFeatures], randomUniform({ low: -bound, high: bound }));
  }

  override checkInput(inputShape: BatchShape): void {
    checkFeatures(inputShape, this.inFeatures, 1);
  }

  override get assumedShape(): BatchShape {
    return this.inputShape ?? [null, this.inFeatures];
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return [...inputShape.slice(0, -1), this.outFeatures];
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    const product = x.matmul(this.weight.T);
    return this.bias ? product.add(this.bias) : product;
  }
}
