/**
 * Ops without a compiled form: their kernels in JavaScript.
 */
import type { KernelOperand, Op } from "@chainrule/core";
import { allocate, isBuiltinOp, refusePromise } from "@chainrule/core/internal";
import type { GraphNode } from "../ir/graph.ts";
import type { Command } from "./command.ts";
import type { MemoryLayout } from "./memory-layout.ts";

type Kernel = Exclude<Op["kernel"], "view">;

/** Runs the node's kernel on its operands. */
export function hostKernel(node: GraphNode, layout: MemoryLayout): Command {
  const { source } = node;
  // A view that is not written by a loop has no elements.
  if (source.kind !== "op" || source.op.kernel === "view") return () => {};
  const { op, inputs } = source;
  const attributes = layout.bindings.draws.get(source.attributes) ?? source.attributes;
  const run = isBuiltinOp(op) ? whereTheyLie : onCopies;
  return run(source.op.kernel, node, inputs, attributes, layout);
}

/** Built-in kernels do nothing but compute, so that views of the heap are good for as long as they run. */
function whereTheyLie(
  kernel: Kernel,
  node: GraphNode,
  inputs: readonly GraphNode[],
  attributes: unknown,
  layout: MemoryLayout,
): Command {
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
    kernel(out, operands, attributes);
  };
}

/**
 * A kernel of the user's may run other compiled functions, which make the heap grow and views of it void, and may keep
 * what it was given: it gets arrays of its own, as it does uncompiled.
 */
function onCopies(
  kernel: Kernel,
  node: GraphNode,
  inputs: readonly GraphNode[],
  attributes: unknown,
  layout: MemoryLayout,
): Command {
  const reads = inputs.map((input) => layout.readerOf(input));
  const to = layout.contiguousAddressOf(node);
  const { shape, dtype, size } = node;
  return () => {
    const operands = inputs.map(({ shape, dtype }, i): KernelOperand => ({ shape, dtype, storage: reads[i]() }));
    const out = { shape, dtype, storage: allocate(dtype, size) };
    refusePromise(node.name, kernel(out, operands, attributes) as unknown);
    layout.heap.write(dtype, to, out.storage);
  };
}
