/**
 * One-dimensional slices through losses: which number goes along the axis, and what stands still meanwhile.
 *
 * A loss says of its inputs what kinds of numbers they are; from these follows the slice: a logit of the right class, a
 * probability, a distance from the target, an angle. A loss of which nothing else is known is followed along a line
 * through a point that is drawn at random from its domains.
 */
import {
  ChainRuleError,
  concat,
  DTypeError,
  OptionError,
  stack,
  Tensor,
  type TensorLike,
  tensor,
} from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";
import type { Extent } from "../drawing/ticks.ts";

/** What is asked of a loss: to be called; and, as far as it has them, the properties of those that `defineLoss` makes. */
export interface LossLike {
  (...inputsAndOptions: never[]): Tensor;
  readonly lossName?: string;
  /** Its inputs by name, with the kind of numbers that each takes. */
  readonly inputs?: Readonly<Record<string, string>>;
  with?(options: never): LossLike;
  /** The inputs that are data, not something to learn. */
  readonly given?: readonly string[];
  readonly whole?: boolean;
  readonly sample?: unknown;
}

/** A way through a loss's inputs. */
export interface Slice {
  /** What x is, and what stands still. */
  readonly label: string;
  readonly range: Extent;
  /** The inputs at x, which is a tensor without axes. */
  inputs(x: Tensor): readonly TensorLike[];
}

/** Where inputs that are not varied stand, and which one is varied. */
export interface SliceChoice {
  readonly along?: string;
  readonly at?: Readonly<Record<string, number>>;
}

/** A kind of numbers that one element of an input may have: where it stands by default, and from where to where it is drawn. */
interface Place {
  readonly still: number;
  readonly range: Extent;
  readonly word: string;
}

const places: Readonly<Record<string, Place>> = {
  real: { still: 0, range: [-3, 3], word: "" },
  logit: { still: 0, range: [-6, 6], word: "logit" },
  probability: { still: 0.5, range: [0, 1], word: "probability" },
  logProbability: { still: -1, range: [-5, 0], word: "log-probability" },
  logarithm: { still: 0, range: [-3, 3], word: "logarithm" },
  positive: { still: 1, range: [0.1, 5], word: "" },
  nonNegative: { still: 2, range: [0, 6], word: "" },
  sign: { still: 1, range: [-1, 1], word: "" },
  truth: { still: 1, range: [0, 1], word: "" },
};
/** Data stands elsewhere than what is learned: a probability as a target is what came true. */
const given: Readonly<Record<string, number>> = { probability: 1 };

const constant = (value: number) => tensor(value, { dtype: "float64" });
const row = (...values: readonly (Tensor | number)[]) =>
  stack(values.map((value) => (value instanceof Tensor ? value : constant(value)))).unsqueeze(0);
const rows = (...lists: readonly (readonly (Tensor | number)[])[]) => concat(lists.map((list) => row(...list)));

/** The loss's own inputs with the kinds of numbers in them; those of a plain function are a prediction and a target. */
function inputsOf(loss: LossLike): [role: string, kind: string][] {
  return Object.entries(loss.inputs ?? { prediction: "real", target: "real" });
}

/** The slice through a loss whose options are fixed. @throws OptionError for inputs that it does not have, or that stand in no slice. */
export function sliceOf(where: string, loss: LossLike, choice: SliceChoice): Slice {
  const inputs = inputsOf(loss);
  const roles = inputs.map(([role]) => role);
  for (const role of [...Object.keys(choice.at ?? {}), ...(choice.along === undefined ? [] : [choice.along])])
    if (!roles.includes(role))
      throw new OptionError({
        where,
        expected: `inputs of the loss (${roles.join(", ")})`,
        got: describe(role),
        hint: didYouMean(role, roles),
      });
  const candidates = choice.along !== undefined || choice.at !== undefined ? [elementwise] : families;
  let flat: Slice | null = null;
  for (const family of candidates) {
    const slice = family(loss, inputs, choice);
    if (!slice || !isTaken(loss, slice)) continue;
    if (isVaried(loss, slice)) return slice;
    flat ??= slice;
  }
  // A loss that is the same everywhere.
  if (flat !== null) return flat;
  throw new OptionError({
    where,
    expected: "a loss that compares number by number, as `along` and `at` have it, or `inputs` of your own",
    got: `${loss.lossName ?? "a function"} (${inputs.map(([role, kind]) => `${role}: ${kind}`).join(", ")})`,
    hint: "Pass the inputs at each x: { inputs: (x) => [prediction, target], xLabel, xRange }.",
  });
}

type Family = (
  loss: LossLike,
  inputs: readonly (readonly [role: string, kind: string])[],
  choice: SliceChoice,
) => Slice | null;

const isClass = (kind: string) => kind === "label" || kind === "distribution" || kind === "labelOrDistribution";

/** The right class against two others. */
const classes: Family = (_, inputs) => {
  const [[, kind], [, target] = ["", ""]] = inputs;
  if (inputs.length !== 2 || !isClass(target)) return null;
  const right = target === "distribution" ? row(1, 0, 0) : tensor([0], { dtype: "int32" });
  if (kind === "probability")
    return {
      label: "probability of the right class (two others share the rest)",
      range: [0, 1],
      inputs: (x) => [row(x, x.neg().add(1).div(2), x.neg().add(1).div(2)), right],
    };
  if (kind === "logProbability")
    return {
      label: "log-probability of the right class (two others share the rest)",
      range: [-5, -0.01],
      inputs: (x) => [row(x, x.exp().neg().add(1).div(2).log(), x.exp().neg().add(1).div(2).log()), right],
    };
  const word = kind === "logit" ? "logit" : "score";
  const range: Extent = kind === "logit" ? [-6, 6] : [-3, 3];
  return { label: `${word} of the right class (two others at 0)`, range, inputs: (x) => [row(x, 0, 0), right] };
};

/** Samples of two classes, of which those of one class are to be near each other: two of one are turned apart. */
const samples: Family = (_, inputs) => {
  const [[, kind], [, target] = ["", ""]] = inputs;
  if (inputs.length !== 2 || kind !== "real" || (target !== "label" && target !== "sequence")) return null;
  return {
    label: "angle between two samples of one class, in radians (one of another class stands across)",
    range: [0, Math.PI],
    inputs: (x) => [rows([1, 0, 0], [x.cos(), x.sin(), 0], [0, 0, 1]), tensor([0, 0, 1], { dtype: "int32" })],
  };
};

/** Two scores of one sample, of which the first is to be the higher one. */
const lists: Family = (_, inputs) => {
  const [[, kind], [, target] = ["", ""]] = inputs;
  const isTarget = ["nonNegative", "truth", "probability", "sign"].includes(target);
  if (inputs.length !== 2 || (kind !== "real" && kind !== "logit") || !isTarget) return null;
  return {
    label: `${kind === "logit" ? "logit" : "score"} of the first of two (the other at 0; their targets are 1 and 0)`,
    range: kind === "logit" ? [-6, 6] : [-3, 3],
    inputs: (x) => [row(x, 0), row(1, 0)],
  };
};

/** One of two classes in each of two samples, said as rightly as x. */
const regions: Family = (_, inputs) => {
  if (inputs.length !== 2 || inputs.some(([, kind]) => kind !== "probability")) return null;
  return {
    label: "probability of the right one of two classes, in each of 2 samples",
    range: [0, 1],
    inputs: (x) => [rows([x, x.neg().add(1)], [x.neg().add(1), x]), rows([1, 0], [0, 1])],
  };
};

/** A label that is said in each of three frames. */
const sequences: Family = (_, inputs) => {
  if (inputs[1]?.[1] !== "sequence") return null;
  return {
    label: "logit of the label in each of 3 frames (blank and another at 0)",
    range: [-6, 6],
    inputs: (x) => [rows([0, x, 0], [0, x, 0], [0, x, 0]).unsqueeze(0), tensor([[1]], { dtype: "int32" })],
  };
};

/** An anchor with a positive at distance 1, and a negative that comes from near and goes far. */
const triplets: Family = (_, inputs) => {
  if (inputs.map(([role]) => role).join() !== "anchor,positive,negative") return null;
  return {
    label: "distance of the negative (that of the positive is 1)",
    range: [0.01, 4],
    inputs: (x) => [row(0, 0), row(1, 0), row(x, 0)],
  };
};

/** One probability of a distribution of two, against a target of 0.7 and 0.3. */
const distributions: Family = (loss, inputs) => {
  const kinds = inputs.map(([, kind]) => kind);
  const probabilities = ["probability", "logProbability"];
  if (inputs.length !== 2 || loss.whole || !kinds.every((kind) => probabilities.includes(kind))) return null;
  const asKind = (share: Tensor, kind: string) => (kind === "probability" ? share : share.log());
  const slice: Slice = {
    label: "first of two probabilities (target 0.7 and 0.3)",
    range: [0, 1],
    inputs: (x) => [asKind(row(x, x.neg().add(1)), kinds[0]), asKind(row(0.7, 0.3), kinds[1])],
  };
  return hasAxes(loss, slice, 2) ? null : slice;
};

/** Four elements of a set, all said as rightly as x. */
const sets: Family = (loss, inputs) => {
  if (inputs.length !== 2 || !loss.whole || inputs.some(([, kind]) => kind !== "probability")) return null;
  return {
    label: "probability of what is right, in each of 4 elements (2 of them are 1)",
    range: [0, 1],
    inputs: (x) => [row(x, x, x.neg().add(1), x.neg().add(1)), row(1, 1, 0, 0)],
  };
};

/** One number against another: the first input, or the one that is asked for, is varied. */
const elementwise: Family = (loss, inputs, { along = inputs[0][0], at = {} }) => {
  if (!inputs.every(([, kind]) => Object.hasOwn(places, kind))) return null;
  const varied = inputs.findIndex(([role]) => role === along);
  const stillAt = ([role, kind]: readonly [string, string], i: number) =>
    at[role] ?? (i > 0 ? given[kind] : undefined) ?? places[kind].still;
  const others = inputs.filter((_, i) => i !== varied);
  const place = places[inputs[varied][1]];
  // What is compared with numbers from 0 on is meant to be one of them.
  const isData = (role: string) => (loss.given ?? ["target"]).includes(role);
  const isAbove =
    place === places.real &&
    inputs.some(([role, kind]) => isData(role) && (kind === "nonNegative" || kind === "positive"));
  const { range } = isAbove ? places.nonNegative : place;
  const slice = (still: (input: readonly [string, string], i: number) => number): Slice => {
    const said = others.map((input) => `${input[0]} ${still(input, inputs.indexOf(input))}`).join(", ");
    return {
      label: `${along}${place.word && !place.word.includes(along) ? `, a ${place.word}` : ""} (${said})`,
      range,
      inputs: (x) =>
        inputs.map((input, i) => (i === varied ? x.reshape([1]) : tensor([still(input, i)], { dtype: "float64" }))),
    };
  };
  const first = slice(stillAt);
  if (Object.keys(at).length > 0 || !isTaken(loss, first)) return first;
  // A loss relative to the target has no sense at a target of 0.
  const isRelative = valueAt(loss, first, (range[0] + 2 * range[1]) / 3) > 1e4;
  return isRelative ? slice((input, i) => (stillAt(input, i) === 0 ? 1 : stillAt(input, i))) : first;
};

/** Two vectors of length 1 of which a loss sees the angle alone; a third input says that they belong together. */
const angles: Family = (loss, inputs) => {
  const [[first, kind], [second, other] = ["", ""], ...more] = inputs;
  if (kind !== "real" || other !== "real" || more.some(([, each]) => each !== "sign" && each !== "truth")) return null;
  const rest = more.map(() => tensor([1], { dtype: "float64" }));
  const at = (x: Tensor, length: number) => [row(x.cos().mul(length), x.sin().mul(length)), row(1, 0), ...rest];
  const slice: Slice = {
    label: `angle between ${first} and ${second}, in radians${more.map(([role]) => ` (${role} 1)`).join("")}`,
    range: [0, Math.PI],
    inputs: (x) => at(x, 1),
  };
  const longer: Slice = { ...slice, inputs: (x) => at(x, 3) };
  if (!isTaken(loss, slice) || !isTaken(loss, longer)) return null;
  const sees = [0.5, 1, 2].every((x) => Math.abs(valueAt(loss, slice, x) - valueAt(loss, longer, x)) < 1e-9);
  const differs = Math.abs(valueAt(loss, slice, 0.5) - valueAt(loss, slice, 2)) > 1e-9;
  return sees && differs ? slice : null;
};

/** Pairs of vectors among which each has to be found: the first pair is turned apart, the second stands across. */
const pairs: Family = (loss, inputs) => {
  if (loss.given?.length !== 0 || inputs.length !== 2 || inputs.some(([, kind]) => kind !== "real")) return null;
  const [[first], [second]] = inputs;
  const slice: Slice = {
    label: `angle between the first ${first} and its ${second}, in radians (2 pairs)`,
    range: [0, Math.PI],
    inputs: (x) => [rows([1, 0, 0], [0, 1, 0]), rows([x.cos(), 0, x.sin()], [0, 1, 0])],
  };
  return hasAxes(loss, slice, 2) ? null : slice;
};

/** The distance of two points; a third input says that they belong together. */
const distances: Family = (_, inputs) => {
  const [[first, kind], [second, other] = ["", ""], ...more] = inputs;
  if (kind !== "real" || other !== "real" || more.some(([, each]) => each !== "sign" && each !== "truth")) return null;
  const rest = more.map(() => tensor([1], { dtype: "float64" }));
  return {
    label: `distance of ${first} and ${second}${more.map(([role]) => ` (${role} 1)`).join("")}`,
    range: [0.01, 3],
    inputs: (x) => [row(x, 0), row(0, 0), ...rest],
  };
};

/** All numbers of the first input, moved together from a sample of the loss's own. */
const moved: Family = (loss, inputs) => {
  if (typeof loss.sample !== "function") return null;
  let seed = 0;
  // Numbers as even as the sample needs, the same every time.
  const normal = () => Math.sin(++seed * 12.9898) * 1.4;
  const sample = loss.sample(normal) as { inputs: Readonly<Record<string, TensorLike>> };
  const [first, ...others] = inputs.map(([role]) => sample.inputs[role]);
  const start = tensor(first as never, { dtype: "float64" });
  return {
    label: `all of ${inputs[0][0]}, moved by this from a sample`,
    range: [-3, 3],
    inputs: (x) => [start.add(x), ...others],
  };
};

/** In the order in which they are tried. */
const families: readonly Family[] = [
  classes,
  samples,
  sequences,
  triplets,
  distributions,
  sets,
  angles,
  elementwiseOnly,
  regions,
  lists,
  pairs,
  distances,
  elementwise,
  moved,
];

/** Like {@link elementwise}, for losses that are known to have a value for each element. */
function elementwiseOnly(...[loss, inputs, choice]: Parameters<Family>): Slice | null {
  const slice = elementwise(loss, inputs, choice);
  if (!slice || !loss.inputs) return slice;
  const wide: Slice = {
    ...slice,
    inputs: (x) => slice.inputs(x).map((input) => concat([input as Tensor, input as Tensor]).unsqueeze(0)),
  };
  return isTaken(loss, wide) && hasAxes(loss, wide, 2) ? slice : null;
}

/** A point inside the range, where nothing special is. */
const inside = ({ range: [low, high] }: Slice) => low + (high - low) * 0.37;

/** Whether the loss takes the inputs and returns something. */
function isTaken(loss: LossLike, slice: Slice): boolean {
  try {
    return Number.isFinite(valueAt(loss, slice, inside(slice)));
  } catch (error) {
    // That an option is unknown, or that it is no loss at all, is true of every slice.
    const isOfSlice = error instanceof ChainRuleError && !(error instanceof NoLoss || error instanceof OptionError);
    if (isOfSlice) return false;
    throw error;
  }
}

/** Whether the loss is not the same all along the slice, but for rounding. */
function isVaried(loss: LossLike, slice: Slice): boolean {
  const [low, high] = slice.range;
  const values = [0.13, 0.37, 0.59, 0.86].map((share) => valueAt(loss, slice, low + (high - low) * share));
  const finite = values.filter(Number.isFinite);
  const size = Math.max(...finite.map(Math.abs));
  return Math.max(...finite) - Math.min(...finite) > 1e-6 * size;
}

/** Whether there are losses of so many axes before they are put together. */
function hasAxes(loss: LossLike, slice: Slice, count: number): boolean {
  try {
    return call(loss, slice, constant(inside(slice)), { reduction: "none" }).rank === count;
  } catch (error) {
    if (error instanceof ChainRuleError) return false;
    throw error;
  }
}

/** The loss at x. */
export function call(loss: LossLike, slice: Slice, x: Tensor, options?: object): Tensor {
  const inputs = slice.inputs(x);
  const result = (loss as (...given: unknown[]) => unknown)(...inputs, ...(options ? [options] : []));
  if (result instanceof Tensor) return result;
  throw new NoLoss({
    where: "plotLoss",
    expected: "a loss that returns a tensor",
    got: describe(result),
    hint: "Has its function a return statement?",
  });
}

/** What is called is no loss at all, whatever its inputs. */
class NoLoss extends DTypeError {}

function valueAt(loss: LossLike, slice: Slice, x: number): number {
  return call(loss, slice, constant(x)).sum().item();
}
