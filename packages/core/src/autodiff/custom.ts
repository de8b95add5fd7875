/**
 * A function of tensors with a gradient rule of its own.
 */
import { checkFunction, checkText } from "../arguments.ts";
import { describe, GraphError } from "../errors.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { applyOp, isGradEnabled, withGradEnabled } from "../tensor/dispatch.ts";
import type { Op } from "../tensor/op.ts";
import { Tensor } from "../tensor/tensor.ts";

/**
 * Joins a function of tensors with the gradient that its backward pass is to use instead of the function's own.
 *
 * For better numbers than the chain rule gives, or for a useful gradient where there is none (straight-through).
 * To add an operation with a kernel of its own, use `defineOp`.
 *
 * @param forward computes the result in tensor operations; they are not recorded.
 * @param gradient given `g`, the gradient by the result, returns one gradient (or null) for each input, in tensor
 *   operations; with one input it may return just that one. It must be linear in `g`, a product of `g` and what does not
 *   depend on it: `jvp` differentiates it by `g`, and several gradients that arrive are added up first.
 *   {@link checkGradients} looks whether it is.
 * @throws GraphError where the forward function returns no tensor, or the rule's results do not match the inputs.
 *
 * @example
 * const roundStraightThrough = customGradient(
 *   (x) => x.round(),
 *   (g) => g,
 * );
 */
export function customGradient(
  forward: (...inputs: Tensor[]) => Tensor,
  gradient: (
    g: Tensor,
    call: { inputs: readonly Tensor[]; output: Tensor },
  ) => Tensor | null | readonly (Tensor | null)[],
  name = forward?.name || "customGradient",
): (...inputs: TensorLike[]) => Tensor {
  checkText("customGradient", "name", name);
  checkFunction(name, forward, "a function that computes the result");
  checkFunction(name, gradient, "a function that computes the gradients");
  return (...inputs) => {
    const xs = inputs.map((input) => asTensor(input, name));
    const result = withGradEnabled(false, () => forward(...xs.map((x) => x.detach())));
    if (!(result instanceof Tensor))
      throw new GraphError({ where: name, expected: "a function that returns a tensor", got: describe(result) });
    // All parts are asked for one by one; the rule runs once for each gradient that arrives.
    let lastG: Tensor | undefined;
    let lastRecording = false;
    let lastParts: readonly (Tensor | null)[] = [];
    // The result stands first among the inputs, cut off from what made it; then those that gradients go to.
    const op: Op<void> = {
      name,
      inferShape: ([value]) => value,
      kernel: "view",
      gradient: (g, { inputs, output }, which) => {
        if (which === 0) return null;
        const call = { inputs: inputs.slice(1), output };
        if (g !== lastG || isGradEnabled() !== lastRecording) {
          const parts = gradient(g, call);
          lastParts = Array.isArray(parts) ? parts : [parts as Tensor | null];
          lastG = g;
          lastRecording = isGradEnabled();
          if (lastParts.length !== xs.length)
            throw new GraphError({
              where: `gradient of ${name}`,
              expected: `${xs.length} gradients, one for each input`,
              got: `${lastParts.length}`,
            });
        }
        return lastParts[which - 1];
      },
    };
    return applyOp(op, [result.detach(), ...xs], undefined);
  };
}
