/**
 * Inputs of one shape: a loss never broadcasts one against another.
 */
import { type Shape, ShapeError, sizeOf, type Tensor } from "@chainrule/core";
import { formatShape, sameShape } from "@chainrule/core/internal";

/**
 * Throws unless an input has the predictions' shape.
 *
 * PyTorch's mse and TensorFlow.js's subtraction broadcast [64, 1] against [64] to 64 times too many losses; a loss of
 * ours never does.
 */
export function checkSameShape(name: string, role: string, x: Tensor, first: Tensor, firstRole: string): void {
  if (sameShape(x.shape, first.shape)) return;
  throw new ShapeError({
    where: name,
    expected: `${role} and ${firstRole} of the same shape`,
    got: `${role} ${formatShape(x.shape)} and ${firstRole} ${formatShape(first.shape)}`,
    hint: reshapeHint(role, x.shape, first.shape),
  });
}

function reshapeHint(role: string, shape: Shape, wanted: Shape): string {
  const never = "A loss never broadcasts one against the other.";
  if (sizeOf(shape) === sizeOf(wanted)) return `Write ${role}.reshape(${formatShape(wanted)}). ${never}`;
  if (shape.length === wanted.length - 1 && shape.every((length, axis) => length === wanted[axis]))
    return `If these are class indices, use crossEntropy or sparseCategoricalCrossEntropy, or oneHot(${role}, ${wanted.at(-1)}). ${never}`;
  return `Look at what the last layer returns: it needs as many outputs as the ${role} has numbers. ${never}`;
}
