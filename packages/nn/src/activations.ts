/**
 * Activations by name: the functions between layers, in one table.
 */
import {
  elu,
  exp,
  gelu,
  hardSigmoid,
  hardSwish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  OptionError,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  type Tensor,
  tanh,
} from "@chainrule/core";
import { describe, isFunction, lookUp } from "@chainrule/core/internal";

/** A function that a layer ends with. Any such function can be given where a name can. */
export type ActivationFunction = (x: Tensor) => Tensor;

/** A name that finds an activation. */
export type ActivationName =
  | "linear"
  | "relu"
  | "relu6"
  | "leaky_relu"
  | "elu"
  | "selu"
  | "gelu"
  | "silu"
  | "swish"
  | "mish"
  | "sigmoid"
  | "hard_sigmoid"
  | "log_sigmoid"
  | "tanh"
  | "hard_tanh"
  | "hard_swish"
  | "hard_silu"
  | "softplus"
  | "softsign"
  | "softmax"
  | "log_softmax"
  | "exponential"
  | FurtherName;

/** Those that a bundle has where it imports their functions. */
type FurtherName = "sparsemax" | "entmax";

/** An activation, or the name of one with its defaults. */
export type ActivationLike = ActivationFunction | ActivationName;

/** Keras's names, each with what it does in Keras. */
const byName: Record<Exclude<ActivationName, FurtherName>, ActivationFunction> & Record<string, ActivationFunction> = {
  linear: (x) => x,
  relu,
  relu6,
  leaky_relu: (x) => leakyRelu(x, 0.2),
  elu: (x) => elu(x),
  selu,
  gelu: (x) => gelu(x),
  silu,
  swish: silu,
  mish,
  sigmoid,
  hard_sigmoid: hardSigmoid,
  log_sigmoid: logSigmoid,
  tanh,
  hard_tanh: hardtanh,
  hard_swish: hardSwish,
  hard_silu: hardSwish,
  softplus,
  softsign,
  softmax: (x) => softmax(x),
  log_softmax: (x) => logSoftmax(x),
  exponential: exp,
};

/** Whether an activation has this name. */
export function isActivationName(name: string): boolean {
  return Object.hasOwn(byName, name);
}

/** Gives activations names of their own. */
export function nameActivations(activations: Readonly<Record<FurtherName, ActivationFunction>>): void {
  Object.assign(byName, activations);
}

/**
 * The activation of a name, such as "relu"; "softmax" and "log_softmax" go along the last axis, and "leaky_relu" has
 * Keras's slope of 0.2 (the layer `LeakyReLU` and the function `leakyRelu` have PyTorch's 0.01).
 *
 * @throws OptionError for an unknown name, with the nearest.
 */
export function activationByName(name: string): ActivationFunction {
  return lookUp("activation", byName, name);
}

/** The name that stands for exactly this function; null for any other. */
export function activationName(activation: ActivationFunction): string | null {
  return Object.keys(byName).find((name) => byName[name] === activation) ?? null;
}

/** The activation itself, that of a name, or null for none. @throws OptionError for anything else. */
export function toActivation(activation: ActivationLike | null | undefined): ActivationFunction | null {
  if (activation === undefined || activation === null) return null;
  if (typeof activation === "string") return activationByName(activation);
  if (isFunction(activation)) return activation as ActivationFunction;
  throw new OptionError({
    where: "activation",
    expected: 'a name such as "relu", or a function of a tensor',
    got: describe(activation),
    hint: "A layer stands by itself: new Dense(16), new ReLU().",
  });
}

/** Whether a function is one of those with names. */
export function isBuiltInActivation(f: unknown): boolean {
  return Object.values(byName).includes(f as ActivationFunction);
}
