/**
 * Several losses as one: their sum by weights, which keeps the parts apart for those who want to see them.
 */
import {
  ChainRuleError,
  DTypeError,
  OptionError,
  ShapeError,
  Tensor,
  type TensorLike,
  ValueError,
  zerosLike,
} from "@chainrule/core";
import { checkOptions, describe, formatShape, sameShape } from "@chainrule/core/internal";
import { checkReduction, type LossOptions, reduceLosses } from "../definition/reduction.ts";
import { lossByName } from "../definition/registry.ts";
import { isTensorLike } from "../inputs/tensors.ts";
import type { CombinedLoss } from "./combined-loss.ts";
import { commonInputs } from "./common-inputs.ts";
import type { LossPart, PartFunction } from "./part.ts";

/** What {@link combineLosses} takes for each part: its weight, if it goes by a loss's name, or the loss and its weight. */
export type PartLike = number | readonly [loss: string | PartFunction, weight: number];

const where = "combineLosses";

/**
 * The sum of several losses, each by its weight: ℓ = Σ_i w_i ℓ_i.
 *
 * A model that is compiled with it shows the parts beside the sum: `history.crossEntropy` and `history.dice`, before
 * their weights. A part of weight 0 is shown and not learned from.
 *
 * All parts get the same predictions and targets. Where one takes logits, they are logits, and a part that takes
 * probabilities gets them from softmax over the class axis of the part that has one, and from sigmoid where none has;
 * labels go to it as one-hot. The mean is the sum of the parts' own means; with reduction "none" there is one loss for
 * each sample, over whose further axes a part is averaged. Where a part is one number for the whole batch, as dice is
 * unless it is given an axis, so is the sum, and sample weights have nothing to weigh.
 *
 * @param parts by name: a weight for the loss of that name, or `[loss, weight]`, where the loss is a name, a loss with
 *   options fixed, or any function of predictions and targets.
 * @throws OptionError for names of no loss, weights that are not finite, no parts, and parts that take different inputs.
 *
 * Source: for cross-entropy with dice, Isensee et al., "nnU-Net", 2021.
 *
 * @example
 * const loss = combineLosses({ crossEntropy: 1, dice: 0.5 });
 * loss([[2, 0], [0, 1]], [0, 1]); // 0.3171
 * combineLosses({ fit: ["mse", 1], outliers: [huber.with({ delta: 0.1 }), 10] })([3], [1]); // 5.95
 */
export function combineLosses(parts: Readonly<Record<string, PartLike>>): CombinedLoss {
  return makeCombined(readParts(parts), {});
}

type Parts = Readonly<Record<string, LossPart>>;

function readParts(given: unknown): Parts {
  const isRecord = typeof given === "object" && given !== null && !Array.isArray(given) && !ArrayBuffer.isView(given);
  const entries = isRecord ? Object.entries(given) : [];
  if (entries.length === 0)
    throw new OptionError({
      where,
      expected: "losses by name with their weights, such as { crossEntropy: 1, dice: 0.5 }",
      got: isRecord ? "no losses" : describe(given),
    });
  const read = entries.map(([name, part]) => [name, readPart(name, part)] as const);
  return Object.fromEntries(read);
}

function readPart(name: string, given: unknown): LossPart {
  if (/^(val_)?loss$/.test(name))
    throw new OptionError({ where, expected: "names for the parts", got: `"${name}"`, hint: "The sum has that name." });
  const isPair = Array.isArray(given) && given.length === 2;
  const [loss, weight]: readonly unknown[] = isPair ? given : [name, given];
  if (typeof loss !== "string" && typeof loss !== "function")
    throw new OptionError({
      where: `${where}, "${name}"`,
      expected: "a weight, or [loss, weight]",
      got: describe(given),
    });
  if (typeof weight !== "number" || !Number.isFinite(weight))
    throw new OptionError({
      where: `${where}, "${name}"`,
      expected: isPair ? "a finite number as its weight" : "a finite number as its weight, or [loss, weight]",
      got: describe(weight),
      hint: typeof weight === "function" ? `Write ${name}: [${weight.name || "loss"}, 1].` : undefined,
    });
  if (typeof loss === "function") return { loss: loss as PartFunction, weight };
  try {
    return { loss: lossByName(loss), weight };
  } catch (error) {
    throw error instanceof OptionError ? error.inside(`${where}, "${name}"`) : error;
  }
}

function makeCombined(parts: Parts, fixed: LossOptions): CombinedLoss {
  const name = Object.entries(parts)
    .map(([part, { weight }]) => (weight === 1 ? part : `${weight} ${part}`))
    .join(" + ");
  const inputs = commonInputs(parts);
  const read = (options: LossOptions | undefined): LossOptions => {
    checkOptions(name, options, ["reduction", "sampleWeight"]);
    const all = { ...fixed, ...options };
    if (all.reduction !== undefined) checkReduction(name, all.reduction);
    return all;
  };
  const evaluateParts = (prediction: TensorLike, target: TensorLike, options?: LossOptions) => {
    const all = read(options);
    checkInputs(name, prediction, target);
    const given = inputs.forParts(name, prediction, target);
    const evaluated = (more: LossOptions) =>
      mapParts(parts, (part, key) => evaluatePart(key, part.loss, given[key], { ...all, ...more }));
    // Without a reduction each part has its own, which may be fixed in its options.
    const means = () => mapParts(evaluated({}), (part) => (part.rank === 0 ? part : part.mean()));
    const { reduction } = all;
    if (reduction === undefined || reduction === "mean") {
      const each = means();
      return { loss: weightedSum(parts, each), parts: each };
    }
    const each = evaluated({ reduction: "none" });
    const isWhole = Object.values(each).some(({ rank }) => rank === 0);
    const losses = weightedSum(parts, isWhole ? evaluated({ reduction: "mean" }) : perSample(name, each));
    if (reduction === "none") return { loss: losses, parts: each };
    return { loss: losses.sum(), parts: mapParts(each, (part) => part.sum()) };
  };
  const loss = (prediction: TensorLike, target: TensorLike, options?: LossOptions) =>
    evaluateParts(prediction, target, options).loss;
  return Object.assign(Object.defineProperty(loss, "name", { value: name }), {
    lossName: name,
    parts,
    inputs: inputs.domains,
    given: ["target"],
    options: fixed,
    optionNames: [],
    whole: Object.values(parts).some(({ loss }) => "whole" in loss && loss.whole),
    sample: undefined,
    with: (options: LossOptions) => makeCombined(parts, read(options)),
    evaluateParts,
    evaluate: (prediction: TensorLike, target: TensorLike, options?: LossOptions) => ({
      losses: loss(prediction, target, { ...options, reduction: "none" }),
      average: () => loss(prediction, target, { ...options, reduction: "mean" }),
    }),
  });
}

function mapParts<T, U>(parts: Readonly<Record<string, T>>, f: (part: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, f(part, name)]));
}

function checkInputs(name: string, prediction: unknown, target: unknown): void {
  for (const [role, x] of Object.entries({ prediction, target }))
    if (!isTensorLike(x))
      throw new ValueError({
        where: name,
        expected: "a prediction and a target, and then options",
        got: x === undefined ? `no ${role}` : `${describe(x)} as ${role}`,
        hint: `Call it as loss(prediction, target, { reduction: "mean" }).`,
      });
}

/** A part of the sum; errors say which. */
function evaluatePart(
  key: string,
  loss: PartFunction,
  [p, t]: readonly [Tensor, Tensor],
  options: LossOptions,
): Tensor {
  const inPart = (error: unknown) => (error instanceof ChainRuleError ? error.inside(`the part "${key}"`) : error);
  try {
    if ("lossName" in loss) return loss(p, t, options);
    const found: unknown = loss(p, t);
    if (found instanceof Tensor) return reduceLosses(key, found, options);
    throw new DTypeError({
      where: loss.name || "the function",
      expected: "a function that returns a tensor of losses",
      got: describe(found),
    });
  } catch (error) {
    throw inPart(error);
  }
}

/** Σ w ℓ, in the order of the parts. What has weight 0 is not added: it may be infinite. */
function weightedSum(parts: Parts, losses: Readonly<Record<string, Tensor>>): Tensor {
  const terms = Object.entries(parts).flatMap(([name, { weight }]) =>
    weight === 0 ? [] : [weight === 1 ? losses[name] : losses[name].mul(weight)],
  );
  if (terms.length > 0) return terms.reduce((sum, term) => sum.add(term));
  return zerosLike(Object.values(losses)[0]);
}

/** Each part's losses averaged over the axes that not all of them have. */
function perSample(name: string, losses: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const rank = Math.min(...Object.values(losses).map((each) => each.rank));
  const mean = (each: Tensor) =>
    each.rank === rank ? each : each.mean(Array.from({ length: each.rank - rank }, (_, i) => rank + i));
  const found = mapParts(losses, mean);
  const shapes = Object.values(found).map(({ shape }) => shape);
  if (shapes.every((shape) => sameShape(shape, shapes[0]))) return found;
  throw new ShapeError({
    where: name,
    expected: "parts with one loss for each sample",
    got: Object.entries(losses)
      .map(([part, { shape }]) => `${part} ${formatShape(shape)}`)
      .join(", "),
    hint: 'With reduction "mean" each part takes its own mean.',
  });
}
