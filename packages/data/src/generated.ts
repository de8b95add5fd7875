/**
 * What all generators of data share: counting samples out to classes, and finishing a sample as shuffled tensors.
 */
import { type Generator, getDefaultDType, type Tensor, tensor, ValueError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { type RandomOptions, randomOptionKeys } from "./random-options.ts";

/** Options of every generator. */
export interface GeneratedDataOptions extends RandomOptions {
  /** The number of samples, 100 by default. */
  nSamples?: number;
  /** Whether to put the samples into random order (default true); else class by class. */
  shuffle?: boolean;
  /** The dtype of x: the default float, float32. */
  dtype?: "float32" | "float64";
}

/** Generated points and their classes. */
export interface GeneratedData {
  /** Points, [n, d], float. */
  x: Tensor;
  /** The class of each point, [n], int32. */
  y: Tensor;
}

export const generatorKeys = ["nSamples", "shuffle", "dtype", ...randomOptionKeys] as const;

/** A point and its class (or its value, for regression). */
export interface Point {
  readonly at: readonly number[];
  readonly label: number;
}

/** The points as tensors, in random order if that is asked for. */
export function toData(
  points: readonly Point[],
  { shuffle = true, dtype = getDefaultDType() }: GeneratedDataOptions,
  generator: Generator,
  labelDType: "int32" | "float32" | "float64" = "int32",
): GeneratedData {
  const ordered = shuffle ? generator.shuffle([...points]) : points;
  const flat = Float64Array.from(ordered.flatMap(({ at }) => at));
  const width = ordered[0].at.length;
  return {
    x: tensor(flat, { shape: [ordered.length, width], dtype }),
    y: tensor(
      Float64Array.from(ordered, ({ label }) => label),
      { dtype: labelDType },
    ),
  };
}

/** `total` samples shared out evenly, the first classes one more where it does not come out even. */
export function splitEvenly(total: number, classes: number): number[] {
  return Array.from({ length: classes }, (_, i) => Math.floor(total / classes) + (i < total % classes ? 1 : 0));
}

export function checkCount(where: string, name: string, value: number, least = 1): void {
  if (Number.isInteger(value) && value >= least && value < 2 ** 32) return;
  throw new ValueError({ where, expected: `${name} to be a whole number of at least ${least}`, got: inWords(value) });
}

export function checkNotNegative(where: string, name: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new ValueError({ where, expected: `a finite ${name} of at least 0`, got: inWords(value) });
}

/** A number as it is, and anything else in words. */
export function inWords(value: unknown): string {
  return typeof value === "number" ? String(value) : describe(value);
}

/** The point, each coordinate moved by a normal of the given standard deviation. */
export function addNoise(at: readonly number[], noise: number, generator: Generator): number[] {
  return noise === 0 ? [...at] : at.map((coordinate) => coordinate + generator.normal(0, noise));
}
