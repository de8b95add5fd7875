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
  type Tensor,
} from "@chainrule/core";
import { checkOptions, formatShape } from "@chainrule/core/internal";
import { madeBy } from "../made-by.ts";
import { optionNames } from "../option-names.ts";
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

/** Zeros: the default of biases. @example initializers.zeros()([3]); // [0, 0, 0] */
export function zeros(): Initializer {
  return constant(0);
}

/** Ones: the default of the scales of normalisations. @example initializers.ones()([2]); // [1, 1] */
export function ones(): Initializer {
  return constant(1);
}

/** One number throughout. @example new Dense({ units: 1, biasInitializer: initializers.constant(-2) }); */
export function constant(value: number): Initializer {
  const make: Initializer = (shape, { dtype } = {}) => full(shape, value, { dtype });
  return madeBy(constant, [value], make);
}

/**
 * The identity matrix times `gain`.
 *
 * @throws ShapeError for weights that are no matrix.
 * @example initializers.identity()([2, 2]); // [[1, 0], [0, 1]]
 */
export function identity({ gain = 1 }: { gain?: number } = {}): Initializer {
  const make: Initializer = (shape, { dtype } = {}) => {
    if (shape.length !== 2)
      throw new ShapeError({ where: "identity", expected: "a matrix to initialise", got: formatShape(shape) });
    return eye(shape[0], shape[1], { dtype }).mul(gain);
  };
  return madeBy(identity, [{ gain }], make);
}

interface Normal {
  mean?: number;
  /** The standard deviation; 0.05, as in Keras. */
  std?: number;
}

const normalOptions = optionNames<Normal>({ mean: true, std: true });

interface Uniform {
  low?: number;
  high?: number;
}

const uniformOptions = optionNames<Uniform>({ low: true, high: true });

/** Normally distributed numbers, N(mean, std²). @example initializers.randomNormal({ std: 0.02 })([784, 10]); */
export function randomNormal({ mean = 0, std = 0.05, ...rest }: Normal = {}): Initializer {
  checkOptions("randomNormal", rest, normalOptions);
  const make: Initializer = (shape, { dtype, generator } = {}) => randn(shape, { mean, std, dtype, generator });
  return madeBy(randomNormal, [{ mean, std }], make);
}

/**
 * Normally distributed numbers, those more than two `std` from the mean drawn again. The spread of what is left is
 * 0.88 std.
 *
 * @example initializers.truncatedNormal({ std: 0.02 })([784, 10]);
 */
export function truncatedNormal({ mean = 0, std = 0.05, ...rest }: Normal = {}): Initializer {
  checkOptions("truncatedNormal", rest, normalOptions);
  const make: Initializer = (shape, { dtype, generator } = {}) =>
    drawTruncatedNormal(shape, { mean, std, dtype, generator });
  return madeBy(truncatedNormal, [{ mean, std }], make);
}

/** Numbers between `low` and `high`, all equally likely; by default ±0.05, as in Keras. */
export function randomUniform({ low = -0.05, high = 0.05, ...rest }: Uniform = {}): Initializer {
  checkOptions("randomUniform", rest, uniformOptions);
  const make: Initializer = (shape, { dtype, generator } = {}) => rand(shape, { low, high, dtype, generator });
  return madeBy(randomUniform, [{ low, high }], make);
}
