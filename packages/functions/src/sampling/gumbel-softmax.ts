/**
 * Samples of a categorical distribution that gradients go through.
 */
import {
  argmax,
  asTensor,
  type Generator,
  normalizeAxis,
  oneHot,
  permute,
  randGumbel,
  softmax,
  type Tensor,
  type TensorLike,
  ValueError,
} from "@chainrule/core";
import { checkOptions, describe, floats } from "@chainrule/core/internal";

/** How sharp samples are, and where they come from. */
export interface GumbelSoftmaxOptions {
  /** τ, above 0; 1 unless given. The smaller, the nearer to one-hot, and the more gradients vary. */
  temperature?: number;
  /** One-hot samples, with the gradient of the soft ones (straight through). */
  hard?: boolean;
  /** The axis of the classes; the last unless given. */
  axis?: number;
  /** Where the random numbers come from; by default the generator that `manualSeed` sets. */
  generator?: Generator;
}

/**
 * A sample of the categorical distribution softmax(logits), relaxed so that it has a gradient: softmax((logits + G) / τ) with
 * Gumbel-distributed G; the larger τ, the nearer to uniform.
 *
 * Shape: that of the logits; along the axis a sample adds up to 1. With `hard` it is one-hot, at the class of the largest, and
 * its gradient is that of the soft sample. Jang, Gu and Poole, "Categorical reparameterization with Gumbel-softmax", 2017; Maddison,
 * Mnih and Teh, "The concrete distribution", 2017.
 *
 * @throws ValueError for a temperature that is not above 0; ShapeError for logits without axes.
 * @example gumbelSoftmax([[2, 1, 0.5]], { temperature: 0.5, hard: true }).sum(); // 1
 */
export function gumbelSoftmax(logits: TensorLike, options: GumbelSoftmaxOptions = {}): Tensor {
  checkOptions("gumbelSoftmax", options, ["temperature", "hard", "axis", "generator"]);
  const { temperature = 1, hard = false, axis = -1, generator } = options;
  if (typeof temperature !== "number" || !(temperature > 0))
    throw new ValueError({ where: "gumbelSoftmax", expected: "a temperature above 0", got: describe(temperature) });
  const input = floats(asTensor(logits, "gumbelSoftmax"));
  const along = normalizeAxis("gumbelSoftmax", axis, input.rank);
  const noise = randGumbel(input.shape, { dtype: input.dtype, generator });
  const soft = softmax(input.add(noise).div(temperature), along);
  if (!hard) return soft;
  const last = oneHot(argmax(soft, along), input.shape[along]).cast(input.dtype);
  const place = [...last.shape.keys()].slice(0, -1);
  const chosen = permute(last, place.toSpliced(along, 0, last.rank - 1));
  // The soft sample takes nothing away from the hard one, and leaves its gradient.
  return chosen.add(soft.sub(soft.detach()));
}
