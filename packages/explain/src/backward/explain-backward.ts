/**
 * `explainBackward`: a backward pass, step by step, with formulas and numbers.
 */
import { asTensor, DTypeError, GraphError, isTracing, Tensor, Value } from "@chainrule/core";
import { checkOptions, describe, formatShape } from "@chainrule/core/internal";
import { BackwardExplanation } from "../text/backward-explanation.ts";
import { dataOfTensor } from "./from-tensor.ts";
import { dataOfValue } from "./from-value.ts";
import { type ExplainOptions, explainOptionNames, readOptions } from "./options.ts";

/**
 * Tells the chain rule step by step, with the numbers of this computation: how each value was made, and on the way back for
 * each its whole gradient, the local derivatives by what it was made of, and what it sends to each.
 *
 * It goes back for itself and changes no `grad`; `backward` may have been called before, or not. Hooks that see gradients
 * (`onGradient`) are called.
 *
 * @param result a loss: a tensor of one number (of several with the option `gradient`), or a `Value`.
 * @returns data, of which `toText()`, `toMarkdown()` and `JSON.stringify` make what is to be read.
 * @throws GraphError for a tensor that depends on nothing with `requiresGrad`, for one of several numbers, and where the
 *   graph is forgotten: after the backward passes of several other losses.
 *
 * @example
 * const x = tensor([1, 2]);
 * const w = parameter([3, 4]);
 * const loss = x.mul(w).sum();
 * const explained = explainBackward(loss, { names: { x, w, loss } });
 * explained.steps.find(({ node }) => explained.nodes[node].name === "w").gradient.values; // [1, 2]
 */
export function explainBackward(result: Tensor | Value, options: ExplainOptions = {}): BackwardExplanation {
  const where = "explainBackward";
  checkOptions(where, options, explainOptionNames);
  const settings = readOptions(where, options);
  if (result instanceof Value) return new BackwardExplanation(dataOfValue(result));
  if (!(result instanceof Tensor))
    throw new DTypeError({ where, expected: "a tensor or a Value, such as a loss", got: describe(result) });
  if (isTracing())
    throw new GraphError({
      where,
      expected: "a computation with numbers",
      got: "one inside a jitted function",
      hint: "Call it outside of jit, with a loss that is computed there.",
    });
  const gradient = options.gradient === undefined ? undefined : asTensor(options.gradient, where, result.dtype);
  if (!result.requiresGrad)
    throw new GraphError({
      where,
      expected: "a tensor that remembers how it was made",
      got: "one that depends on nothing with requiresGrad",
      hint: "Make the weights with parameter(…), and compute the loss outside of noGrad and jit.",
    });
  if (gradient === undefined && result.size !== 1)
    throw new GraphError({
      where,
      expected: "a loss, which is one number",
      got: `a tensor of shape ${formatShape(result.shape)}`,
      hint: "Reduce it with sum() or mean(), or say with which gradient to begin: { gradient: ones(y.shape) }.",
    });
  return new BackwardExplanation(dataOfTensor(where, result, { ...settings, gradient }));
}
