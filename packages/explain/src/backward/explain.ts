/**
 * `explain`: a computation and its chain rule as text.
 */
import type { Tensor, Value } from "@chainrule/core";
import type { BatchComputer, ResultFunction } from "@chainrule/viz/internal";
import { type explainBackward, explainedBy } from "./explain-backward.ts";
import type { ExplainOptions } from "./options.ts";

/**
 * Tells how `result` was computed and how the chain rule gives its derivative by everything it was made of.
 *
 * First forward, node by node, with values; then backward from the result: for each node its complete gradient, and
 * what it sends to each of those that it was made of, gradient × local derivative. ∂ marks a local derivative, by one
 * argument with the others held still; d a complete one, over all paths. It computes the gradients for itself, changes no
 * `grad`, and needs no `backward` before. Numbers are shown in six digits; what has no name is called v1, v2, …
 *
 * @param result a `Value`, or a tensor such as a loss; or a model or a function, with a batch or its arguments.
 * @throws what {@link explainBackward} does, of which this is the text.
 *
 * @example
 * const x = value(3, "x");
 * console.log(explain(x.mul(x).add(1).named("y")));
 * // Forward: each value from those before it
 * //   x = 3
 * //   v1 = mul(x, x) = x · x = 9
 * //   y = add(v1, 1) = v1 + 1 = 10
 * //
 * // Backward: each gradient times the local derivatives, sent to the values it was made of
 * //   dy/dy = 1
 * //     y = add(v1, 1) sends
 * //       to v1: dy/dy × ∂y/∂v1 = 1 × 1 = 1
 * //   dy/dv1 = 1
 * //     v1 = mul(x, x) sends
 * //       to x: dy/dv1 × ∂v1/∂x = 1 × 3 = 3
 * //         with ∂v1/∂x = x
 * //       to x: dy/dv1 × ∂v1/∂x = 1 × 3 = 3
 * //         with ∂v1/∂x = x
 * //   dy/dx = 3 + 3 = 6
 */
export function explain(result: Tensor | Value, options?: ExplainOptions): string;
export function explain(
  computes: BatchComputer | ResultFunction,
  batch: readonly unknown[],
  options?: ExplainOptions,
): string;
export function explain(...given: unknown[]): string {
  return explainedBy("explain", ...(given as Parameters<typeof explainBackward>)).toText();
}
