/**
 * A recorded computation as a list: what drawings and explanations of tensors start from.
 */
import type { Tensor } from "../tensor/tensor.ts";
import { nodeOf, type TapeNode } from "./hooks.ts";
import { inputsOf } from "./released.ts";

/** One tensor of a computation. */
export interface Recorded {
  /** By which it is the same: the step that made it, or the leaf. */
  readonly node: TapeNode;
  /** With its numbers as they were. */
  readonly tensor: Tensor;
  /** Where in the list the inputs of its step stand, in their order; none for a leaf. */
  readonly inputs: readonly number[];
}

/**
 * Every tensor that `result` was made of, each after those that it was made of, and the result last.
 *
 * @throws GraphError where the graph has been released and forgotten.
 */
export function recorded(where: string, result: Tensor): Recorded[] {
  const found: Recorded[] = [];
  const places = new Map<TapeNode, number>();
  // A stack of one's own, because chains of operations are longer than the stack of functions is deep.
  const stack: { tensor: Tensor; next: number }[] = [{ tensor: result, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const { tensor } = top;
    const inputs = tensor.tapeEntry ? inputsOf(where, tensor.tapeEntry) : [];
    if (top.next < inputs.length) {
      const input = inputs[top.next++];
      if (!places.has(nodeOf(input))) stack.push({ tensor: input, next: 0 });
      continue;
    }
    stack.pop();
    const node = nodeOf(tensor);
    if (places.has(node)) continue;
    places.set(node, found.length);
    found.push({ node, tensor, inputs: inputs.map((input) => places.get(nodeOf(input))!) });
  }
  return found;
}
