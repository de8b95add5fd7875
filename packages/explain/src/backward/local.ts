/**
 * The local derivative of one step by one of its inputs, as numbers: what the step's gradient rule does to ones.
 */
import { broadcastTo, type GradientRule, ones, reshape, stack, type Tensor, zeros } from "@chainrule/core";
import { loweringOf, sameShape, type TapeEntry, withGradEnabled } from "@chainrule/core/internal";
import { numbersOf } from "../explanation/numbers.ts";
import type { LocalDerivative } from "../explanation/types.ts";

/** The derivative's form and its numbers, where there are not too many. */
export function localNumbers(step: TapeEntry, argument: number, maxElements: number): Omit<LocalDerivative, "formula"> {
  const factor = elementwiseFactor(step, argument);
  if (factor) return { form: "elementwise", numbers: numbersOf(factor, maxElements) };
  const pairs = step.output!.size * step.inputs![argument].size;
  if (pairs > maxElements || pairs === 0) return { form: "large" };
  return { form: "jacobian", numbers: numbersOf(jacobianOf(step, argument), maxElements) };
}

/** What the gradient rule of an input makes of a gradient; zeros where it says that there is none. */
export function sendThrough(step: TapeEntry, argument: number, g: Tensor, inputs = step.inputs!): Tensor {
  const rules = step.op.gradient as GradientRule | readonly GradientRule[];
  const rule = typeof rules === "function" ? rules : rules[argument];
  const part = rule(g, { inputs, output: step.output!, attributes: step.attributes }, argument);
  return part ?? zeros(inputs[argument].shape, { dtype: g.dtype });
}

/**
 * For an op that computes each element by itself, the derivative of each by the element of the input that it is made of, in
 * the result's shape; null for other ops.
 *
 * The input takes the result's shape first: an element that was broadcast has a derivative for each of its uses.
 */
export function elementwiseFactor(step: TapeEntry, argument: number): Tensor | null {
  const { op, attributes } = step;
  const output = step.output!;
  if (loweringOf(op, attributes)?.kind !== "elementwise") return null;
  return withGradEnabled(false, () => {
    const inputs = step.inputs!.map((x) => broadcastTo(x.detach(), output.shape));
    const factor = sendThrough(step, argument, ones(output.shape, { dtype: output.dtype }), inputs);
    return sameShape(factor.shape, output.shape) ? factor : null;
  });
}

/** All derivatives of the result's elements by the input's, in the result's shape followed by the input's. */
export function jacobianOf(step: TapeEntry, argument: number): Tensor {
  const output = step.output!;
  const shape = [...output.shape, ...step.inputs![argument].shape];
  if (output.size === 0) return zeros(shape, { dtype: output.dtype });
  return withGradEnabled(false, () => {
    const rows = Array.from({ length: output.size }, (_, i) => sendThrough(step, argument, oneAt(output, i)));
    return reshape(stack(rows), shape);
  });
}

/** Zeros in the tensor's shape, with a 1 at one place. */
export function oneAt(x: Tensor, place: number): Tensor {
  const numbers = new Float64Array(x.size);
  numbers[place] = 1;
  return reshape(numbers, x.shape).cast(x.dtype);
}
