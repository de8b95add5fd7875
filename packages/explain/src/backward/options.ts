/**
 * What explanations take besides the computation.
 */
import { OptionError, Tensor, type TensorLike } from "@chainrule/core";
import { checkCount, describe } from "@chainrule/core/internal";
import type { LossName } from "@chainrule/losses";

/** How to explain a backward pass. */
export interface ExplainOptions {
  /** What to call tensors: `{ x, w, loss }`. Weights of models go by their path without it, and Values by their label. */
  readonly names?: Readonly<Record<string, Tensor>>;
  /** Up to how many numbers of a tensor are told one by one; 64 by default. */
  readonly maxElements?: number;
  /** The gradient to begin with, in the result's shape, for a result of several numbers. */
  readonly gradient?: TensorLike;
  /** The loss of a model that is not compiled, or another one than it is compiled with. */
  readonly loss?: LossName | ((prediction: Tensor, target: Tensor) => Tensor);
}

/** The names of {@link ExplainOptions}. */
export const explainOptionNames = ["names", "maxElements", "gradient", "loss"];

/** The options, checked. @throws OptionError for what makes no sense. */
export function readOptions(where: string, { names = {}, maxElements = 64 }: ExplainOptions) {
  checkCount(where, "maxElements", maxElements);
  checkNames(where, names);
  return { names, maxElements };
}

function checkNames(where: string, names: unknown): void {
  if (typeof names !== "object" || names === null)
    throw new OptionError({ where, expected: "names as { x, w }", got: describe(names) });
  for (const x of Object.values(names))
    if (!(x instanceof Tensor))
      throw new OptionError({ where, expected: "tensors by name as names", got: describe(x) });
}
