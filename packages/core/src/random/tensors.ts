/**
 * Tensors of random numbers. Each takes `generator`, `dtype` and `requiresGrad`; the same seed gives the same numbers.
 */

import { checkOptions, DTypeError, describe, OptionError, ShapeError } from "../errors.ts";
import type { Formulas } from "../ops/formulas.ts";
import { builtin } from "../ops/registry.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import type { CreateOptions } from "../tensor/create.ts";
import { applyOp } from "../tensor/dispatch.ts";
import { checkDType, type DType, getDefaultDType, isFloat, type TypedArray } from "../tensor/dtype.ts";
import type { Op } from "../tensor/op.ts";
import { checkShape, formatShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { defaultGenerator, Generator } from "./generator.ts";

/** The dtype of random tensors, and the generator that they are drawn from. */
export interface RandomOptions extends CreateOptions {
  /** Where the numbers come from; by default the generator that `manualSeed` sets. */
  generator?: Generator;
}

const randomOptions = ["generator", "dtype", "requiresGrad"];

type Floats = Float32Array | Float64Array;

/** One draw: what it is called, its parameters, and how a generator fills an array with it. */
export interface Draw {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly distribution: string;
  readonly parameters: readonly number[];
  readonly generator: Generator;
  fill(array: TypedArray): void;
}

export const randomOp: Op<Draw> = builtin({
  name: "random",
  random: true,
  inferShape: (_inputs, { shape, dtype }) => ({ shape, dtype }),
  kernel: (out, _inputs, { fill }) => fill(out.storage),
});

/** What explanations say of this op. */
export const randomFormulas: Formulas = {
  random: { text: ["drawn at random"], tex: ["\\text{drawn at random}"] },
};

function draw<A extends TypedArray>(
  distribution: string,
  shape: Shape,
  options: RandomOptions,
  dtype: DType,
  parameters: readonly number[],
  fill: (generator: Generator, array: A) => void,
): Tensor {
  checkShape(distribution, shape);
  checkDType(distribution, dtype);
  const generator = options.generator ?? defaultGenerator();
  if (!(generator instanceof Generator))
    throw new OptionError({ where: distribution, expected: "a Generator as generator", got: describe(generator) });
  const made = applyOp(randomOp, [], {
    shape: [...shape],
    dtype,
    distribution,
    parameters,
    generator,
    fill: (array: TypedArray) => fill(generator, array as A),
  });
  if (options.requiresGrad) made.requiresGrad = true;
  return made;
}

/** The dtype to draw floats in. @throws DTypeError for integers. */
function floatDType(where: string, { dtype = getDefaultDType() }: RandomOptions): DType {
  if (isFloat(dtype)) return dtype;
  throw new DTypeError({
    where,
    expected: "a float dtype",
    got: describe(dtype),
    hint: "For whole numbers use randint, for truth values bernoulli.",
  });
}

function floats(
  where: string,
  shape: Shape,
  options: RandomOptions,
  parameters: readonly number[],
  fill: (generator: Generator, array: Floats) => void,
): Tensor {
  return draw<Floats>(where, shape, options, floatDType(where, options), parameters, fill);
}

/**
 * Numbers from `low` up to but not including `high`, each equally likely; by default from 0 to 1. Only `low` where the two
 * are equal.
 *
 * @throws ValueError unless low <= high.
 * @example rand([2, 3], { generator: new Generator(1) });
 */
export function rand(shape: Shape, options: RandomOptions & { low?: number; high?: number } = {}): Tensor {
  checkShape("rand", shape);
  checkOptions("rand", options, [...randomOptions, "low", "high"]);
  const { low = 0, high = 1 } = options;
  return floats("rand", shape, options, [low, high], (g, array) => g.fillUniform(array, low, high));
}

/**
 * Normally distributed numbers, by default with mean 0 and standard deviation 1.
 *
 * @throws ValueError for a standard deviation below 0.
 * @example randn([784, 10], { std: 0.05 });
 */
export function randn(shape: Shape, options: RandomOptions & { mean?: number; std?: number } = {}): Tensor {
  checkShape("randn", shape);
  checkOptions("randn", options, [...randomOptions, "mean", "std"]);
  const { mean = 0, std = 1 } = options;
  return floats("randn", shape, options, [mean, std], (g, array) => g.fillNormal(array, mean, std));
}

/**
 * Normally distributed numbers, those further than two standard deviations from the mean drawn again.
 *
 * @throws ValueError for a standard deviation below 0.
 * @example truncatedNormal([2, 3]); // shape [2, 3]
 */
export function truncatedNormal(shape: Shape, options: RandomOptions & { mean?: number; std?: number } = {}): Tensor {
  checkOptions("truncatedNormal", options, [...randomOptions, "mean", "std"]);
  const { mean = 0, std = 1 } = options;
  return floats("truncatedNormal", shape, options, [mean, std], (g, array) => g.fillTruncatedNormal(array, mean, std));
}

/**
 * Whole numbers from `low` up to but not including `high`, each equally likely; int32 unless a dtype is named.
 *
 * @throws ValueError unless both are whole and low < high.
 * @example randint(0, 10, [5]);
 */
export function randint(low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor {
  checkOptions("randint", options, randomOptions);
  return draw("randint", shape, options, options.dtype ?? "int32", [low, high], (g, array) =>
    g.fillIntegers(array, low, high),
  );
}

/**
 * Truth values that are true with probability `p`; bool unless a dtype is named, which then holds 0 and 1.
 *
 * @throws ValueError for a p outside [0, 1].
 * @example bernoulli(0.8, [64, 128], { dtype: "float32" }); // a dropout mask
 */
export function bernoulli(p: number, shape: Shape, options: RandomOptions = {}): Tensor {
  checkOptions("bernoulli", options, randomOptions);
  return draw("bernoulli", shape, options, options.dtype ?? "bool", [p], (g, array) => g.fillBernoulli(array, p));
}

/**
 * Class indices, drawn with the given probabilities (which need not sum to 1); int32.
 *
 * @throws ShapeError unless the probabilities are a vector, ValueError for negative ones.
 * @example categorical([0.7, 0.2, 0.1], [100]);
 */
export function categorical(probabilities: TensorLike, shape: Shape, options: RandomOptions = {}): Tensor {
  checkOptions("categorical", options, randomOptions);
  const p = asTensor(probabilities, "categorical");
  if (p.rank !== 1)
    throw new ShapeError({ where: "categorical", expected: "a vector of probabilities", got: formatShape(p.shape) });
  const weights = p.toTypedArray();
  return draw("categorical", shape, options, options.dtype ?? "int32", Array.from(weights), (g, array) =>
    g.fillCategorical(array, weights),
  );
}

/**
 * Numbers of events at a mean of `rate`, P(k) = rateᵏ exp(-rate) / k!; float unless a dtype is named.
 *
 * @throws ValueError for a rate below 0.
 * @example randPoisson(3, [2, 3]); // shape [2, 3]
 */
export function randPoisson(rate: number, shape: Shape, options: RandomOptions = {}): Tensor {
  checkOptions("randPoisson", options, randomOptions);
  const dtype = options.dtype ?? getDefaultDType();
  return draw<Floats | Int32Array>("randPoisson", shape, options, dtype, [rate], (g, array) =>
    g.fillPoisson(array, rate),
  );
}

/**
 * Waiting times with density rate exp(-rate x).
 *
 * @throws ValueError for a rate that is not above 0.
 * @example randExponential(2, [2, 3]); // shape [2, 3]
 */
export function randExponential(rate: number, shape: Shape, options: RandomOptions = {}): Tensor {
  checkOptions("randExponential", options, randomOptions);
  return floats("randExponential", shape, options, [rate], (g, array) => g.fillExponential(array, rate));
}

/**
 * Gamma-distributed numbers above 0, density ∝ x^(concentration - 1) exp(-rate x).
 *
 * @throws ValueError for parameters not above 0.
 * @example randGamma(2, [2, 3]); // shape [2, 3]
 */
export function randGamma(
  concentration: number,
  shape: Shape,
  options: RandomOptions & { rate?: number } = {},
): Tensor {
  checkOptions("randGamma", options, [...randomOptions, "rate"]);
  const { rate = 1 } = options;
  return floats("randGamma", shape, options, [concentration, rate], (g, array) =>
    g.fillGamma(array, concentration, rate),
  );
}

/**
 * Beta-distributed numbers in (0, 1), density ∝ x^(a-1) (1-x)^(b-1), neither 0 nor 1 even after rounding.
 *
 * @throws ValueError for parameters not above 0.
 * @example randBeta(2, 3, [2, 3]); // shape [2, 3]
 */
export function randBeta(a: number, b: number, shape: Shape, options: RandomOptions = {}): Tensor {
  checkOptions("randBeta", options, randomOptions);
  return floats("randBeta", shape, options, [a, b], (g, array) => g.fillBeta(array, a, b));
}

/**
 * Gumbel-distributed numbers, -log(-log(u)): added to logits, their argmax is a draw from the softmax.
 *
 * @example randGumbel([2, 3]); // shape [2, 3]
 */
export function randGumbel(shape: Shape, options: RandomOptions = {}): Tensor {
  checkOptions("randGumbel", options, randomOptions);
  return floats("randGumbel", shape, options, [0, 1], (g, array) => g.fillGumbel(array));
}

/**
 * Laplace-distributed numbers, density exp(-|x|/scale) / (2 scale).
 *
 * @throws ValueError for a scale not above 0.
 * @example randLaplace([2, 3]); // shape [2, 3]
 */
export function randLaplace(shape: Shape, options: RandomOptions & { scale?: number } = {}): Tensor {
  checkOptions("randLaplace", options, [...randomOptions, "scale"]);
  const { scale = 1 } = options;
  return floats("randLaplace", shape, options, [0, scale], (g, array) => g.fillLaplace(array, 0, scale));
}

/**
 * The whole numbers from 0 to n - 1 in random order, int32.
 *
 * @throws ValueError for an n that is no count.
 * @example const order = randperm(x.shape[0]); x.gather(order);
 */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  checkOptions("randperm", options, randomOptions);
  return draw<Int32Array>("randperm", [n], options, "int32", [n], (g, array) => array.set(g.permutation(n)));
}
