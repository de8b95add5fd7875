/**
 * Ops without a compiled form: their kernels in JavaScript, on views of the heap.
 */
import type { KernelOperand } from "@chainrule/core";
import { refusePromise } from "@chainrule/core/internal";
import type { GraphNode } from "../ir/graph.ts";
import type { Command } from "./command.ts";
import type { MemoryLayout } from "./memory-layout.ts";

/** Runs the node's kernel where its operands lie. */
export function hostKernel(node: GraphNode, layout: MemoryLayout): Command {
  const { source } = node;
  // A view that is not written by a loop has no elements.
  if (source.kind !== "op" || source.op.kernel === "view") return () => {};
  const { attributes, inputs } = source;
  const { kernel } = source.op;
  const { heap } = layout;
  const operandOf = (value: GraphNode): KernelOperand => ({
    shape: value.shape,
    dtype: value.dtype,
    storage: layout.numbersOf(value),
  });
  let generation = -1;
  let out: KernelOperand;
  let operands: KernelOperand[];
  return () => {
    if (generation !== heap.generation) {
      out = operandOf(node);
      operands = inputs.map(operandOf);
      generation = heap.generation;
    }
    out.storage.fill(0);
    refusePromise(source.op.name, kernel(out, operands, attributes) as unknown);
  };
}
