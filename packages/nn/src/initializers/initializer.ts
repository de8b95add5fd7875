/**
 * What an initialiser is, and those that do not look at the shape: constants and plain random numbers.
 */

import {
  type DType,
  truncatedNormal as drawTruncatedNormal,
  eye,
  full,
  type Generator,
  rand,
  randn,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
} from "@chainrule/core";
import { checkOptions, formatShape } from "@chainrule/core/internal";
import { madeBy } from "../made-by.ts";
import { anyNumber, atLeastZero, checkRange, finite } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import type { WeightLayout } from "./fans.ts";

/** What an initialiser is told of the weight that it makes. */
export interface InitializerOptions {
  readonly dtype?: DType;
  /** Where random numbers come from; by default the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
  /** Where the feature axes stand, for initialisers that scale by them; by default `"in-out"`. */
  readonly layout?: WeightLayout;
}

/** Makes the first values of weights of a shape. Any such function can be given where a name can. */
export type Initializer = (shape: Shape, options?: InitializerOptions) => Tensor;

const initializerOptions = optionNames<InitializerOptions>({ dtype: true, generator: true, layout: true });

/** An initialiser that checks what it is given, and says how it was made. */
export function initializerOf(
  where: string,
  factory: (...args: never[]) => Initializer,
  args: readonly unknown[],
  make: (shape: Shape, options: InitializerOptions) => Tensor,
): Initializer {
  const checked: Initializer = (shape, options = {}) => {
    sizeOf(shape);
    checkOptions(where, options, initializerOptions);
    return make(shape, options);
  };
  return madeBy(factory, args, checked);
}

/** Zeros: the default of biases. @example initializers.zeros()([3]); // [0, 0, 0] */
export function zeros(): Initializer {
  refuseSurplus("zeros", arguments, 0);
  return constant(0);
}

/** Ones: the default of the scales of normalisations. @example initializers.ones()([2]); // [1, 1] */
export function ones(): Initializer {
  refuseSurplus("ones", arguments, 0);
  return constant(1);
}

/** One number throughout. @example new Dense({ units: 1, biasInitializer: initializers.constant(-2) }); */
export function constant(value: number): Initializer {
  refuseSurplus("constant", arguments, 1);
  checkRange("constant", "value", value, anyNumber);
  const make = (shape: Shape, { dtype }: InitializerOptions) => full(shape, value, { dtype });
  return initializerOf("constant", constant, [value], make);
}

/**
 * The identity matrix times `gain`.
 *
 * @throws ShapeError for weights that are no matrix.
 * @example initializers.identity()([2, 2]); // [[1, 0], [0, 1]]
 */
export function identity(options: GainOption = {}): Initializer {
  refuseSurplus("identity", arguments, 1);
  const gain = gainOf("identity", options);
  const make = (shape: Shape, { dtype }: InitializerOptions) => {
    if (shape.length !== 2)
      throw new ShapeError({ where: "identity", expected: "a matrix to initialise", got: formatShape(shape) });
    return eye(shape[0], shape[1], { dtype }).mul(gain);
  };
  return initializerOf("identity", identity, [{ gain }], make);
}

/** By what weights are multiplied. */
export interface GainOption {
  /** 1 by default. */
  gain?: number;
}

/** The gain of options. @throws OptionError for other options; ValueError for what is no finite number. */
export function gainOf(where: string, options: GainOption): number {
  checkOptions(where, options, optionNames<GainOption>({ gain: true }));
  const { gain = 1 } = options;
  checkRange(where, "gain", gain, finite);
  return gain;
}

interface Normal {
  mean?: number;
  /** The standard deviation; 0.05, as in Keras. */
  std?: number;
}

const normalOptions = optionNames<Normal>({ mean: true, std: true });

function normalOf(where: string, options: Normal): Required<Normal> {
  checkOptions(where, options, normalOptions);
  const { mean = 0, std = 0.05 } = options;
  checkRange(where, "mean", mean, finite);
  checkRange(where, "std", std, atLeastZero);
  return { mean, std };
}

interface Uniform {
  low?: number;
  high?: number;
}

const uniformOptions = optionNames<Uniform>({ low: true, high: true });

/** Normally distributed numbers, N(mean, std²). @example initializers.randomNormal({ std: 0.02 })([784, 10]); */
export function randomNormal(options: Normal = {}): Initializer {
  refuseSurplus("randomNormal", arguments, 1);
  const { mean, std } = normalOf("randomNormal", options);
  const make = (shape: Shape, { dtype, generator }: InitializerOptions) =>
    randn(shape, { mean, std, dtype, generator });
  return initializerOf("randomNormal", randomNormal, [{ mean, std }], make);
}

/**
 * Normally distributed numbers, those more than two `std` from the mean drawn again. The spread of what is left is
 * 0.88 std.
 *
 * @example initializers.truncatedNormal({ std: 0.02 })([784, 10]);
 */
export function truncatedNormal(options: Normal = {}): Initializer {
  refuseSurplus("truncatedNormal", arguments, 1);
  const { mean, std } = normalOf("truncatedNormal", options);
  const make = (shape: Shape, { dtype, generator }: InitializerOptions) =>
    drawTruncatedNormal(shape, { mean, std, dtype, generator });
  return initializerOf("truncatedNormal", truncatedNormal, [{ mean, std }], make);
}

/**
 * Numbers between `low` and `high`, all equally likely; by default ±0.05, as in Keras.
 *
 * @example initializers.randomUniform({ low: -1, high: 1 })([2, 3]); // shape [2, 3]
 */
export function randomUniform(options: Uniform = {}): Initializer {
  refuseSurplus("randomUniform", arguments, 1);
  checkOptions("randomUniform", options, uniformOptions);
  const { low = -0.05, high = 0.05 } = options;
  for (const [name, value] of Object.entries({ low, high })) checkRange("randomUniform", name, value, finite);
  const make = (shape: Shape, { dtype, generator }: InitializerOptions) => rand(shape, { low, high, dtype, generator });
  return initializerOf("randomUniform", randomUniform, [{ low, high }], make);
}
