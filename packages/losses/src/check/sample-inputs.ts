/**
 * Inputs to check a loss with, drawn from the domains that it declares.
 */
import { Generator, normalizeAxis, OptionError, type TensorLike, tensor } from "@chainrule/core";
import type { Loss } from "../definition/loss.ts";
import { type Domain, domains } from "../inputs/domains.ts";

/** Four samples of three numbers or classes: small enough for differences, large enough to tell axes apart. */
const shape = [4, 3];

/** Inputs by name, and the loss with the options that belong to them. */
export interface SampledInputs {
  readonly inputs: Readonly<Record<string, TensorLike>>;
  readonly loss?: Loss;
}

/**
 * Inputs for a loss, the same for the same seed.
 *
 * @throws OptionError for a function that defineLoss did not make, of whose inputs nothing is known.
 */
export function sampleInputs(loss: Loss | undefined, seed: number | string): SampledInputs {
  if (!loss)
    throw new OptionError({
      where: "checkLoss",
      expected: "inputs, { prediction, target }, for a function that defineLoss did not make",
      got: "none",
    });
  const generator = new Generator(seed);
  if (loss.sample) {
    const { inputs, options } = loss.sample(() => generator.normal());
    return { inputs, loss: loss.with({ ...options, ...loss.options }) };
  }
  const axis = normalizeAxis("axis", typeof loss.options.axis === "number" ? loss.options.axis : -1, shape.length);
  const entries = Object.entries(loss.inputs).map(([role, domain]) => [role, draw(domain, axis, generator)]);
  return { inputs: Object.fromEntries(entries) };
}

function draw(domain: Domain, axis: number, generator: Generator): TensorLike {
  if (domain === "label" || domain === "labelOrDistribution")
    return Int32Array.from({ length: shape[1 - axis] }, () => generator.integer(0, shape[axis]));
  const numbers = Float64Array.from({ length: shape[0] * shape[1] }, () => domains[domain].sample(generator.normal()));
  const drawn = tensor(numbers, { shape });
  return domain === "distribution" ? drawn.div(drawn.sum(axis, { keepDims: true })) : drawn;
}
