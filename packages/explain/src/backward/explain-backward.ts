/**
 * `explainBackward`: a backward pass, step by step, with formulas and numbers.
 */
import { asTensor, GraphError, isTracing, Tensor, Value } from "@chainrule/core";
import { checkOptions, formatShape, isBuiltinOp } from "@chainrule/core/internal";
import { type BatchComputer, lookAt, type ResultFunction, type Subject } from "@chainrule/viz/internal";
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
 * @param result a loss: a tensor of one number (of several with the option `gradient`), or a `Value`. Or a model with a
 *   batch, `[x, y]`, of which the loss is explained as `fit` would compute it; or a function that returns a loss, also a
 *   jitted one, with its arguments. These are run, and what they change is undone; lines of the program are told then.
 * @returns data, of which `toText()`, `toMarkdown()` and `JSON.stringify` make what is to be read.
 * @throws GraphError for a tensor that depends on nothing with `requiresGrad`, for one of several numbers, and where the
 *   graph is forgotten: after the backward passes of several other losses, or at once if it is large.
 *
 * @example
 * const x = tensor([1, 2]);
 * const w = parameter([3, 4]);
 * const loss = x.mul(w).sum();
 * const explained = explainBackward(loss, { names: { x, w, loss } });
 * explained.steps.find(({ node }) => explained.nodes[node].name === "w").gradient.values; // [1, 2]
 * explainBackward(model, [x.reshape([1, 2]), [1]]).nodes.some(({ name }) => name === "layers.0.kernel"); // true
 */
export function explainBackward(result: Tensor | Value, options?: ExplainOptions): BackwardExplanation;
export function explainBackward(
  computes: BatchComputer | ResultFunction,
  batch: readonly unknown[],
  options?: ExplainOptions,
): BackwardExplanation;
export function explainBackward(
  subject: Subject,
  second?: readonly unknown[] | ExplainOptions,
  third?: ExplainOptions,
): BackwardExplanation {
  return explainedBy("explainBackward", subject, second, third);
}

/** {@link explainBackward} for a function that is called `where`, which its errors name. */
export function explainedBy(
  where: string,
  subject: Subject,
  second?: readonly unknown[] | ExplainOptions,
  third?: ExplainOptions,
): BackwardExplanation {
  const isResult = subject instanceof Tensor || subject instanceof Value;
  const [batch, options = {}] = isResult ? [undefined, second as ExplainOptions | undefined] : [second, third];
  checkOptions(where, options, explainOptionNames);
  const settings = readOptions(where, options);
  return lookAt(where, subject, batch, options.loss, (result, seen) => {
    if (result instanceof Value) return new BackwardExplanation(dataOfValue(result));
    const gradient = checkResult(where, result, options);
    return new BackwardExplanation(dataOfTensor(where, result, { ...settings, ...seen, gradient }));
  });
}

/** The gradient to begin with, if one is given. @throws GraphError for a tensor that one cannot go back from. */
export function checkResult(
  where: string,
  result: Tensor,
  options: Pick<ExplainOptions, "gradient">,
): Tensor | undefined {
  if (isTracing())
    throw new GraphError({
      where,
      expected: "a computation with numbers",
      got: "one inside a jitted function",
      hint: "Call it outside of jit, with the function and its arguments.",
    });
  const op = result.tapeEntry?.op;
  if (op?.name === "jit" && !isBuiltinOp(op))
    throw new GraphError({
      where,
      expected: "a result whose steps are known",
      got: "one of a compiled function",
      hint: "Pass the function and its arguments, explainBackward(f, [x, y]), or compute the result without jit.",
    });
  if (!result.requiresGrad)
    throw new GraphError({
      where,
      expected: "a tensor that remembers how it was made",
      got: "one that depends on nothing with requiresGrad",
      hint: "Make the weights with parameter(…), and compute the loss outside of noGrad and jit.",
    });
  if (options.gradient !== undefined) return asTensor(options.gradient, where, result.dtype);
  if (result.size === 1) return undefined;
  throw new GraphError({
    where,
    expected: "a loss, which is one number",
    got: `a tensor of shape ${formatShape(result.shape)}`,
    hint: "Reduce it with sum() or mean(), or say with which gradient to begin: { gradient: ones(y.shape) }.",
  });
}
