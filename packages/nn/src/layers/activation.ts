/**
 * Activations as layers: by name or function, and under the names that PyTorch and Keras give them as classes.
 */

import {
  elu,
  gelu,
  leakyRelu,
  logSoftmax,
  mish,
  OptionError,
  type Parameter,
  relu,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  type Tensor,
  tanh,
  where,
} from "@chainrule/core";
import { type ActivationFunction, type ActivationLike, toActivation } from "../activations.ts";
import { markBuiltIn } from "../built-in.ts";
import type { InitializerLike } from "../initializers/by-name.ts";
import { constant } from "../initializers/initializer.ts";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import {
  initializer,
  type LayerOptions,
  mergeOptions,
  type OptionTable,
  type OwnOptions,
  requireOptions,
  unchecked,
  withPositional,
} from "./options.ts";
import { alongAxis, checkAxis, knownLength } from "./shape.ts";

/** Which function an {@link Activation} applies, and what every layer takes. */
export interface ActivationOptions extends LayerOptions {
  activation: ActivationLike;
}

const activationOptions: OptionTable<ActivationOptions> = { activation: unchecked };

/**
 * Applies an activation.
 *
 * Shape: any, and the same comes out.
 *
 * @throws OptionError for an unknown name, with the nearest.
 * @example new Activation("relu");
 */
export class Activation extends Layer {
  readonly activation: ActivationFunction;

  constructor(activation: ActivationLike | ActivationOptions, options?: LayerOptions, known: OwnOptions = []) {
    const own = withPositional<ActivationOptions, "activation">("Activation", "activation", activation, options);
    super(own, mergeOptions(activationOptions, known));
    refuseSurplus("Activation", arguments, new.target === Activation ? 2 : 3);
    const found = toActivation(own.activation);
    if (!found) throw new OptionError({ where: "Activation", expected: "an activation", got: "none" });
    this.activation = found;
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    return inputShape;
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    return this.activation(x);
  }
}

/** A class of activation layers with options of its own. */
export interface ActivationClass<Own extends object> {
  new (options?: [keyof Own] extends [never] ? LayerOptions : LayerOptions & Partial<Own>): Activation;
}

function activationClass<Own extends object>(
  name: string,
  defaults: Own,
  make: (own: Own) => ActivationFunction,
): ActivationClass<Own> {
  const Made = class extends Activation {
    readonly #given: object;

    constructor(options: LayerOptions & Partial<Own> = {}) {
      refuseSurplus(name, arguments, 1);
      requireOptions(name, options);
      const own = make({ ...defaults, ...options });
      markBuiltIn([own]);
      super(own, options, Object.keys(defaults));
      this.#given = { ...options };
    }

    protected override constructorArguments(): readonly unknown[] {
      return [this.#given];
    }
  };
  Object.defineProperty(Made, "name", { value: name });
  return Made as ActivationClass<Own>;
}

/**
 * max(x, 0).
 *
 * Shape: any, and the same comes out.
 *
 * @example new ReLU().call([-2, 2]); // [0, 2]
 */
export const ReLU = activationClass("ReLU", {}, () => relu);
/**
 * x where positive, else `negativeSlope` · x; 0.01 by default, as in PyTorch (Keras has 0.3).
 *
 * Shape: any, and the same comes out.
 *
 * @example new LeakyReLU({ negativeSlope: 0.1 }).call([-2, 2]); // [-0.2, 2]
 */
export const LeakyReLU = activationClass(
  "LeakyReLU",
  { negativeSlope: 0.01 },
  (own) => (x) => leakyRelu(x, own.negativeSlope),
);
/**
 * x where positive, else α (eˣ - 1).
 *
 * Shape: any, and the same comes out.
 *
 * @example new ELU({ alpha: 2 }).call([-2, 2]); // [-1.7293, 2]
 */
export const ELU = activationClass("ELU", { alpha: 1 }, (own) => (x) => elu(x, own.alpha));
/**
 * λ elu(x, α), with the constants that keep mean 0 and variance 1.
 *
 * Shape: any, and the same comes out.
 *
 * @example new SELU().call([-2, 2]); // [-1.5202, 2.1014]
 */
export const SELU = activationClass("SELU", {}, () => selu);
/**
 * x Φ(x); `approximate: "tanh"` as in GPT-2.
 *
 * Shape: any, and the same comes out.
 *
 * @example new GELU({ approximate: "tanh" }).call([-2, 2]); // [-0.0454, 1.9546]
 */
export const GELU = activationClass(
  "GELU",
  { approximate: "none" as "none" | "tanh" },
  (own) => (x) => gelu(x, { approximate: own.approximate }),
);
/**
 * x sigmoid(x), also called swish.
 *
 * Shape: any, and the same comes out.
 *
 * @example new SiLU().call([-2, 2]); // [-0.2384, 1.7616]
 */
export const SiLU = activationClass("SiLU", {}, () => silu);
/**
 * x tanh(softplus(x)).
 *
 * Shape: any, and the same comes out.
 *
 * @example new Mish().call([-2, 2]); // [-0.2525, 1.944]
 */
export const Mish = activationClass("Mish", {}, () => mish);
/**
 * 1 / (1 + e⁻ˣ).
 *
 * Shape: any, and the same comes out.
 *
 * @example new Sigmoid().call([-2, 2]); // [0.1192, 0.8808]
 */
export const Sigmoid = activationClass("Sigmoid", {}, () => sigmoid);
/**
 * sinh x / cosh x.
 *
 * Shape: any, and the same comes out.
 *
 * @example new Tanh().call([-2, 2]); // [-0.964, 0.964]
 */
export const Tanh = activationClass("Tanh", {}, () => tanh);
/**
 * log(1 + eˣ).
 *
 * Shape: any, and the same comes out.
 *
 * @example new Softplus().call([-2, 2]); // [0.1269, 2.1269]
 */
export const Softplus = activationClass("Softplus", {}, () => softplus);
/**
 * exp(xᵢ) / Σⱼ exp(xⱼ): probabilities from logits, along the last axis unless `axis` says otherwise.
 *
 * Shape: any, and the same comes out.
 *
 * @example new Softmax().call([[0, 1]]); // [[0.2689, 0.7311]]
 */
export const Softmax = activationClass("Softmax", { axis: -1 }, (own) => (x) => softmax(x, own.axis));
/**
 * xᵢ - log Σⱼ exp(xⱼ): the logarithms of probabilities from logits, along the last axis unless `axis` says otherwise.
 *
 * Shape: any, and the same comes out.
 *
 * @example new LogSoftmax().call([[0, 1]]); // [[-1.3133, -0.3133]]
 */
export const LogSoftmax = activationClass("LogSoftmax", { axis: -1 }, (own) => (x) => logSoftmax(x, own.axis));

/** Which slopes a {@link PReLU} shares, and where they start. */
export interface PReLUOptions extends LayerOptions {
  /** The axis that has a slope for each place; null (the default) for one slope throughout. */
  axis?: number | null;
  /** What slopes start from; 0.25 by default. */
  alphaInitializer?: InitializerLike;
}

const preluOptions: OptionTable<PReLUOptions> = { axis: unchecked, alphaInitializer: initializer };

/**
 * x where positive, else α x, with α learned (He et al. 2015).
 *
 * Weights: `alpha`, [1] or [the axis's length]. Shape: any, and the same comes out.
 *
 * @example new PReLU({ axis: -1 });
 */
export class PReLU extends Layer {
  /** The slopes below 0; there once the layer is built. */
  alpha!: Parameter;
  readonly axis: number | null;
  readonly #initializer: InitializerLike;

  constructor(options: PReLUOptions = {}) {
    super(options, preluOptions);
    refuseSurplus("PReLU", arguments, 1);
    this.axis = options.axis ?? null;
    this.#initializer = options.alphaInitializer ?? constant(0.25);
    this.buildIfKnown();
  }

  override build(inputShape: BatchShape): void {
    this.alpha = this.addWeight([this.axis === null ? 1 : knownLength(inputShape, this.axis)], this.#initializer);
  }

  override checkInput(inputShape: BatchShape): void {
    if (this.axis !== null) checkAxis(inputShape, this.axis, this.built ? this.alpha.size : null);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return inputShape;
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    const alpha = this.axis === null ? this.alpha : alongAxis(this.alpha, x.rank, this.axis);
    return where(x.greater(0), x, x.mul(alpha));
  }
}
