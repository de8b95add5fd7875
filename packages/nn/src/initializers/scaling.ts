/**
 * Initialisers that keep the size of signals the same from layer to layer: random numbers whose variance is set by the
 * layer's fans. Keras's names (glorot, he, lecun) and PyTorch's (xavier, kaiming) each do what they do there.
 */

import { rand, randn, type Shape, truncatedNormal } from "@chainrule/core";
import { checkOptions, lookUp } from "@chainrule/core/internal";
import { aboveZero, checkRange, finite } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { fansOf } from "./fans.ts";
import { type GainOption, gainOf, type Initializer, type InitializerOptions, initializerOf } from "./initializer.ts";

/** Which fan the variance of weights is divided by: inputs, outputs, or the mean of both. */
export type FanMode = "fanIn" | "fanOut" | "fanAverage";

/** The distribution of {@link varianceScaling}, and its size. */
export interface VarianceScalingOptions {
  /** What the variance is, before division by the fan; 1 by default. */
  scale?: number;
  /** Which fan to divide by; `"fanIn"` by default. */
  mode?: FanMode;
  /** `"truncatedNormal"` (the default) redraws beyond two standard deviations, and makes up for what that narrows. */
  distribution?: "uniform" | "normal" | "truncatedNormal";
}

const scalingOptions = optionNames<VarianceScalingOptions>({ scale: true, mode: true, distribution: true });

/** The standard deviation of a normal cut off at ±2. */
const truncatedStd = 0.8796256610342398;

const fanByMode = {
  fanIn: (fanIn: number) => fanIn,
  fanOut: (_fanIn: number, fanOut: number) => fanOut,
  fanAverage: (fanIn: number, fanOut: number) => (fanIn + fanOut) / 2,
};

/**
 * Random numbers of mean 0 and variance scale / fan.
 *
 * @throws OptionError for an unknown mode or distribution; ValueError for a scale that is not above 0.
 *
 * @example
 * initializers.varianceScaling({ scale: 2, mode: "fanIn", distribution: "normal" })([784, 128]); // He's
 */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer {
  refuseSurplus("varianceScaling", arguments, 1);
  const where = "varianceScaling";
  checkOptions(where, options, scalingOptions);
  const { scale = 1, mode = "fanIn", distribution = "truncatedNormal" } = options;
  checkRange(where, "scale", scale, aboveZero);
  const fan = lookUp(`${where}, mode`, fanByMode, mode);
  const draw = lookUp(`${where}, distribution`, draws, distribution);
  const make = (shape: Shape, { layout, ...rest }: InitializerOptions) => {
    const { fanIn, fanOut } = fansOf(shape, layout);
    return draw(shape, Math.sqrt(scale / Math.max(1, fan(fanIn, fanOut))), rest);
  };
  return initializerOf("varianceScaling", varianceScaling, [{ scale, mode, distribution }], make);
}

type Draw = (
  shape: Parameters<typeof randn>[0],
  std: number,
  options: Parameters<typeof randn>[1],
) => ReturnType<typeof randn>;

/** A uniform on ±√3 σ has the standard deviation σ. */
const draws: Record<NonNullable<VarianceScalingOptions["distribution"]>, Draw> = {
  uniform: (shape, std, options) => rand(shape, { ...options, low: -Math.sqrt(3) * std, high: Math.sqrt(3) * std }),
  normal: (shape, std, options) => randn(shape, { ...options, std }),
  truncatedNormal: (shape, std, options) => truncatedNormal(shape, { ...options, std: std / truncatedStd }),
};

/**
 * Uniform on ±√(6 / (fanIn + fanOut)), variance 2 / (fanIn + fanOut): Keras's default for kernels
 * (Glorot & Bengio 2010).
 *
 * @example initializers.glorotUniform()([4, 3]); // shape [4, 3]
 */
export function glorotUniform(): Initializer {
  refuseSurplus("glorotUniform", arguments, 0);
  return varianceScaling({ mode: "fanAverage", distribution: "uniform" });
}

/**
 * Truncated normal of variance 2 / (fanIn + fanOut) (Glorot & Bengio 2010).
 *
 * @example initializers.glorotNormal()([4, 3]); // shape [4, 3]
 */
export function glorotNormal(): Initializer {
  refuseSurplus("glorotNormal", arguments, 0);
  return varianceScaling({ mode: "fanAverage" });
}

/**
 * Uniform on ±√(6 / fanIn), variance 2 / fanIn, made for relu (He et al. 2015).
 *
 * @example initializers.heUniform()([4, 3]); // shape [4, 3]
 */
export function heUniform(): Initializer {
  refuseSurplus("heUniform", arguments, 0);
  return varianceScaling({ scale: 2, distribution: "uniform" });
}

/**
 * Truncated normal of variance 2 / fanIn, made for relu (He et al. 2015).
 *
 * @example initializers.heNormal()([4, 3]); // shape [4, 3]
 */
export function heNormal(): Initializer {
  refuseSurplus("heNormal", arguments, 0);
  return varianceScaling({ scale: 2 });
}

/**
 * Uniform on ±√(3 / fanIn), variance 1 / fanIn (LeCun et al. 1998).
 *
 * @example initializers.lecunUniform()([4, 3]); // shape [4, 3]
 */
export function lecunUniform(): Initializer {
  refuseSurplus("lecunUniform", arguments, 0);
  return varianceScaling({ distribution: "uniform" });
}

/**
 * Truncated normal of variance 1 / fanIn (LeCun et al. 1998); what selu wants.
 *
 * @example initializers.lecunNormal()([4, 3]); // shape [4, 3]
 */
export function lecunNormal(): Initializer {
  refuseSurplus("lecunNormal", arguments, 0);
  return varianceScaling();
}

/**
 * Uniform of variance gain² · 2 / (fanIn + fanOut): PyTorch's `xavier_uniform_`.
 *
 * @example initializers.xavierUniform({ gain: 2 })([4, 3]); // shape [4, 3]
 */
export function xavierUniform(options: GainOption = {}): Initializer {
  refuseSurplus("xavierUniform", arguments, 1);
  const gain = gainOf("xavierUniform", options);
  return varianceScaling({ scale: gain ** 2, mode: "fanAverage", distribution: "uniform" });
}

/**
 * Normal, not truncated, of variance gain² · 2 / (fanIn + fanOut): PyTorch's `xavier_normal_`.
 *
 * @example initializers.xavierNormal()([4, 3]); // shape [4, 3]
 */
export function xavierNormal(options: GainOption = {}): Initializer {
  refuseSurplus("xavierNormal", arguments, 1);
  const gain = gainOf("xavierNormal", options);
  return varianceScaling({ scale: gain ** 2, mode: "fanAverage", distribution: "normal" });
}

/** What the weights of Kaiming's initialisers are followed by, which sets their size. */
export interface KaimingOptions {
  /** The slope of a leaky relu below 0; used with `nonlinearity: "leakyRelu"`. */
  a?: number;
  mode?: "fanIn" | "fanOut";
  /** What follows the layer, which sets the gain; `"leakyRelu"` by default, which with a = 0 is relu. */
  nonlinearity?: Nonlinearity;
}

const kaimingOptions = optionNames<KaimingOptions>({ a: true, mode: true, nonlinearity: true });

/**
 * Uniform of variance gain² / fan: PyTorch's `kaiming_uniform_` (He et al. 2015).
 *
 * @example initializers.kaimingUniform()([4, 3]); // shape [4, 3]
 */
export function kaimingUniform(options: KaimingOptions = {}): Initializer {
  refuseSurplus("kaimingUniform", arguments, 1);
  return kaiming("kaimingUniform", options, "uniform");
}

/**
 * Normal, not truncated, of variance gain² / fan: PyTorch's `kaiming_normal_` (He et al. 2015).
 *
 * @example initializers.kaimingNormal()([4, 3]); // shape [4, 3]
 */
export function kaimingNormal(options: KaimingOptions = {}): Initializer {
  refuseSurplus("kaimingNormal", arguments, 1);
  return kaiming("kaimingNormal", options, "normal");
}

function kaiming(where: string, options: KaimingOptions, distribution: "uniform" | "normal"): Initializer {
  checkOptions(where, options, kaimingOptions);
  const { a = 0, mode = "fanIn", nonlinearity = "leakyRelu" } = options;
  checkRange(where, "a", a, finite);
  return varianceScaling({ scale: calculateGain(nonlinearity, a) ** 2, mode, distribution });
}

const gains = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leakyRelu: (slope: number) => Math.sqrt(2 / (1 + slope ** 2)),
  selu: () => 3 / 4,
};

/** A nonlinearity whose gain is known. */
export type Nonlinearity = keyof typeof gains;

/**
 * By how much weights must be larger than 1 / √fan to keep the size of signals through a nonlinearity: PyTorch's
 * `calculate_gain`.
 *
 * @param slope of a leaky relu below 0.
 * @throws OptionError for a nonlinearity that it does not know.
 * @example initializers.calculateGain("relu"); // √2
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  refuseSurplus("calculateGain", arguments, 2);
  checkRange("calculateGain", "slope", slope, finite);
  return lookUp("calculateGain", gains, nonlinearity)(slope);
}
