/**
 * What a step finds that backward has left: gradients of the weights' shapes, or, which nobody wants, none.
 */
import { isTracing, type Parameter, ShapeError } from "@chainrule/core";
import { formatShape, sameShape } from "@chainrule/core/internal";

/** Throws a ShapeError for a gradient in another shape than its weight's. */
export function checkGradient(where: string, weight: Parameter): void {
  if (sameShape(weight.shape, weight.grad!.shape)) return;
  throw new ShapeError({
    where: `${where}.step`,
    expected: `a gradient in its parameter's shape, ${formatShape(weight.shape)}`,
    got: formatShape(weight.grad!.shape),
  });
}

let isSaid = false;

/** A step before any backward pass changes nothing, which nobody wants. */
export function sayOnce(name: string, parameters: Iterable<Parameter>): void {
  if (isSaid || isTracing() || ![...parameters].some(({ requiresGrad }) => requiresGrad)) return;
  isSaid = true;
  console.warn(
    `${name}.step: no parameter has a gradient, so that none changes. Call loss.backward() first. This is said once.`,
  );
}
