/**
 * How much each sample counts in the loss: by itself, and by its class.
 */
import { DataError, type Tensor, type TensorLike, tensor, ValueError } from "@chainrule/core";
import { describe, formatShape } from "@chainrule/core/internal";
import { checkSampleWeights } from "../metrics/metric.ts";
import { largestInRows } from "../metrics/reading.ts";
import { type ReadContext, toTensor } from "./samples.ts";

/** A weight for each class, by its number: `{ 0: 1, 1: 5 }` or `[1, 5]`. */
export type ClassWeight = Readonly<Record<number, number>> | readonly number[];

/**
 * Weights [n] for n samples, or [n, …] for each position of a sample; undefined where none are given.
 *
 * @throws DataError where there is not one for each sample; ValueError for weights below 0.
 */
export function readSampleWeight(
  context: ReadContext,
  given: TensorLike | undefined,
  samples: number,
): Tensor | undefined {
  const { where } = context;
  if (given === undefined) return undefined;
  const weight = toTensor(context, "sampleWeight", given);
  if (weight.rank === 0 || weight.shape[0] !== samples)
    throw new DataError({
      where,
      expected: `a sampleWeight of shape [${samples}], one for each sample`,
      got: formatShape(weight.shape),
    });
  checkSampleWeights(where, weight.storage);
  return weight;
}

/**
 * The weight of each sample's class [n].
 *
 * @param y labels [n] or [n, 1], or one-hot rows [n, C].
 * @throws ValueError for a class without a weight, a weight below 0, and labels that are no whole numbers.
 */
export function classWeights({ where, dtype }: ReadContext, y: Tensor, weights: ClassWeight): Tensor {
  if (typeof weights !== "object" || weights === null)
    throw new ValueError({
      where,
      expected: "classWeight as an object of weights by class, such as { 0: 1, 1: 5 }",
      got: describe(weights),
    });
  for (const [label, weight] of Object.entries(weights))
    if (!(weight >= 0))
      throw new ValueError({ where, expected: `a weight of at least 0 for class ${label}`, got: describe(weight) });
  const labels = labelsOf(where, y);
  const table = weights as Readonly<Record<number, number>>;
  const missing = labels.find((label) => !Object.hasOwn(table, label));
  if (missing !== undefined)
    throw new ValueError({
      where,
      expected: "a classWeight for each class that occurs",
      got: Number.isInteger(missing) ? `none for class ${missing}` : `${missing}, which is no class`,
      hint: `Known classes: ${Object.keys(weights).join(", ") || "none"}.`,
    });
  return tensor(
    labels.map((label) => table[label]),
    { dtype },
  );
}

function labelsOf(where: string, y: Tensor): number[] {
  if (y.size === y.shape[0]) return Array.from(y.storage);
  if (y.rank === 2) return Array.from(largestInRows(y.storage, y.shape[1]));
  throw new DataError({
    where,
    expected: "targets [n], [n, 1] or [n, classes], to weight them by class",
    got: formatShape(y.shape),
    hint: "Give a sampleWeight instead.",
  });
}

/** Weights [n, …], if there are any, times weights [n]. */
export function multiply(weight: Tensor | undefined, perSample: Tensor): Tensor {
  if (weight === undefined) return perSample;
  return weight.mul(perSample.reshape([perSample.size, ...new Array<number>(weight.rank - 1).fill(1)]));
}
