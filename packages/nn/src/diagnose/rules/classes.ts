/**
 * Probabilities, and the axis of the classes that they are of.
 */
import type { Squash } from "../program/facts.ts";
import type { GraphValue, LossCall } from "../program/graph.ts";

/** Functions after which numbers are probabilities, or logarithms of such. */
export const isProbable = ({ kind }: Squash) => /^(softmax|logSoftmax|sigmoid|logSigmoid|normalized)$/.test(kind);

/** The axis of the classes, for a loss of classes; null for another one. */
export function classAxis({ inputs, options }: LossCall, { tensor }: GraphValue): number | null {
  if (!inputs.some(({ domain }) => /^(label|distribution|labelOrDistribution)$/.test(domain))) return null;
  const axis = (options.axis as number | undefined) ?? -1;
  return axis < 0 ? axis + tensor.rank : axis;
}

/** How many classes a loss of classes gets scores of; null for another loss. */
export function classesOf(loss: LossCall, value: GraphValue): number | null {
  const axis = classAxis(loss, value);
  return axis === null ? null : (value.tensor.shape[axis] ?? null);
}
