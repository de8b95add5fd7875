/**
 * The loss around a solution, along two directions of the weights: the data of a picture.
 */
import { Generator, noGrad, OptionError, Parameter, Tensor, tensor, ValueError } from "@chainrule/core";
import { atomic, checkFunction, checkOptions, describe } from "@chainrule/core/internal";
import { checkSize } from "../charts/line-data.ts";
import { checkRange } from "../drawing/options.ts";
import type { Extent } from "../drawing/ticks.ts";

/** Weights by name: a model says them itself. */
export type LandscapeWeights = readonly Parameter[] | { namedParameters(): ReadonlyMap<string, Parameter> };

/** Options of {@link lossLandscape}. */
export interface LandscapeOptions {
  /** At how many places along each direction the loss is computed, 21 by default; an odd number has the solution itself. */
  steps?: number;
  /** How far to go, in lengths of the directions; [-1, 1] by default. */
  range?: Extent;
  /** By which seed the directions are drawn; 0 by default. */
  seed?: number | string;
  /**
   * Directions of one's own in place of random ones: for each weight that is trained, in its order, a tensor of its shape.
   * From one solution to another: `[b0.sub(a0), b1.sub(a1)]`.
   */
  directions?: readonly [readonly Tensor[], readonly Tensor[]];
}

/** The loss on a square of weights around a solution; JSON-able. */
export interface LossLandscape {
  /** How far along the first direction, and along the second. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** The losses, a row for each y, in it one for each x. */
  readonly losses: readonly (readonly number[])[];
}

const where = "lossLandscape";

/**
 * Computes the loss along two directions from where the weights are: losses[j][i] = L(w + x_i d1 + y_j d2).
 *
 * The directions are random and filter-normalised, so that landscapes of different models can be compared: each filter of a
 * direction (the weights of one output of a layer) is as long as that filter of the weights, and biases and other weights
 * of one axis stay. Weights, buffers, gradients and random numbers are afterwards, bit by bit, what they were, also where
 * the loss throws.
 *
 * @param loss computes the loss with the weights as they are, such as `() => crossEntropy(model.call(x), y)`. Put the model
 *   in evaluation before, `model.eval()`, where dropout or batch statistics would disturb.
 * @param weights a model, or its parameters; frozen ones stay.
 * @throws OptionError for directions that do not fit; ValueError for a function that returns no number, or
 *   a promise.
 *
 * Source: Li et al., "Visualizing the Loss Landscape of Neural Nets", NeurIPS 2018.
 *
 * @example
 * const landscape = lossLandscape(() => binaryCrossEntropy(model.call(x), y.reshape([-1, 1])), model, { steps: 5 });
 * landscape.losses.length; // 5
 * await writeFile("landscape.svg", lossLandscapeSvg(landscape));
 */
export function lossLandscape(
  loss: () => Tensor | number,
  weights: LandscapeWeights,
  options: LandscapeOptions = {},
): LossLandscape {
  checkFunction(where, loss, "a function that computes the loss");
  checkOptions(where, options, ["steps", "range", "seed", "directions"]);
  const { steps = 21, range = [-1, 1], seed = 0, directions } = options;
  checkSize(where, "steps", steps, 2);
  checkRange(where, range);
  const trained = trainedOf(weights);
  const parameters = trained.map(([, parameter]) => parameter);
  const [first, second] = directions ? checkDirections(directions, parameters) : randomDirections(trained, seed);
  const start = parameters.map((parameter) => parameter.detach());
  const at = (x: number, y: number) =>
    undone(() => {
      parameters.forEach((parameter, i) => {
        parameter.assign(start[i].add(first[i].mul(x)).add(second[i].mul(y)));
      });
      return toNumber(noGrad(loss));
    });
  // From the middle outwards in equal steps, so that the solution itself is 0 and not nearly.
  const place = (i: number) => (range[0] * (steps - 1 - i) + range[1] * i) / (steps - 1);
  const places = Array.from({ length: steps }, (_, i) => place(i));
  return { x: places, y: places, losses: places.map((y) => places.map((x) => at(x, y))) };
}

function trainedOf(weights: unknown): [name: string, parameter: Parameter][] {
  const model = weights as { namedParameters?: unknown } | null;
  const entries: unknown =
    typeof model?.namedParameters === "function"
      ? [...(model as { namedParameters(): ReadonlyMap<string, Parameter> }).namedParameters()]
      : Array.isArray(weights)
        ? weights.map((parameter) => ["", parameter])
        : [];
  const all = entries as [string, unknown][];
  if (all.length === 0 || !all.every(([, parameter]) => parameter instanceof Parameter))
    throw new ValueError({
      where,
      expected: "a model with weights, or a list of parameters",
      got: all.length === 0 && model !== null && typeof model === "object" ? "no weights" : describe(weights),
      hint: "A model makes its weights when it knows the shape of its inputs: call it once.",
    });
  const trained = (all as [string, Parameter][]).filter(([, { requiresGrad }]) => requiresGrad);
  if (trained.length > 0) return trained;
  throw new ValueError({ where, expected: "weights that are trained", got: "frozen ones alone" });
}

function checkDirections(directions: unknown, parameters: readonly Parameter[]): Tensor[][] {
  const fits = (list: unknown) =>
    Array.isArray(list) &&
    list.length === parameters.length &&
    list.every((d, i) => d instanceof Tensor && d.shape.join() === parameters[i].shape.join());
  if (Array.isArray(directions) && directions.length === 2 && directions.every(fits))
    return directions.map((list: Tensor[]) => list.map((d) => d.detach()));
  throw new OptionError({
    where,
    expected: `two directions, each with ${parameters.length} tensors: ${parameters.map(({ shape }) => `[${shape.join(", ")}]`).join(", ")}`,
    got: describe(directions),
  });
}

/** Two directions from normal numbers, in the order of the weights. */
function randomDirections(trained: readonly (readonly [string, Parameter])[], seed: number | string): Tensor[][] {
  const generator = new Generator(seed);
  return [0, 1].map(() => trained.map(([name, parameter]) => filterNormalized(name, parameter, generator)));
}

/** A random direction, each filter of which is as long as that of the weights; 0 for weights of one axis. */
function filterNormalized(name: string, parameter: Parameter, generator: Generator): Tensor {
  const { shape, dtype, size, rank } = parameter;
  const values = new Float64Array(size);
  if (rank >= 2) {
    const weights = parameter.toTypedArray();
    for (let i = 0; i < size; i++) values[i] = generator.normal();
    // Kernels [in, out] of dense layers have their outputs last; convolutions and PyTorch's weights first.
    const isLast = rank === 2 && !/(^|\.)weight$/.test(name);
    const filters = isLast ? shape[1] : shape[0];
    const filterOf = (i: number) => (isLast ? i % filters : Math.floor(i / (size / filters)));
    const [own, drawn] = [new Float64Array(filters), new Float64Array(filters)];
    for (let i = 0; i < size; i++) {
      own[filterOf(i)] += weights[i] ** 2;
      drawn[filterOf(i)] += values[i] ** 2;
    }
    for (let i = 0; i < size; i++) values[i] *= Math.sqrt(own[filterOf(i)] / drawn[filterOf(i)]) || 0;
  }
  return tensor(values, { shape, dtype });
}

/** Ends what is undone on purpose. */
const done = Symbol("done");

/** Runs a function, and undoes what it changed of parameters, buffers, gradients and random numbers. */
function undone(f: () => number): number {
  let result = Number.NaN;
  try {
    atomic(() => {
      result = f();
      throw done;
    });
  } catch (reason) {
    if (reason !== done) throw reason;
  }
  return result;
}

function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (value instanceof Tensor && value.size === 1) return value.item();
  throw new ValueError({
    where,
    expected: "a loss: a number, or a tensor of one",
    got: value instanceof Tensor ? `shape [${value.shape.join(", ")}]` : describe(value),
  });
}
