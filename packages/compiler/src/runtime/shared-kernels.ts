/**
 * Functions that compiled programs share, such as the matrix product: compiled once for each heap.
 */

import { assemble, type FunctionDefinition } from "../wasm/assembler.ts";
import type { Heap } from "../wasm/heap.ts";
import { instantiate } from "../wasm/host.ts";
import { type SharedModule, threadGroupOf } from "./threads/thread-group.ts";

/** A module of functions that programs import by their names. */
export interface Kernels<Functions extends object> {
  readonly functions: Functions;
  /** Where other threads find it, if there are any. */
  readonly module: SharedModule | null;
}

const compiled = new WeakMap<Heap, Map<string, Kernels<object>>>();

/** The functions of that name on the heap's memory. */
export function sharedKernels<Functions extends object>(
  heap: Heap,
  name: string,
  define: () => readonly FunctionDefinition[],
): Kernels<Functions> {
  const all = compiled.get(heap) ?? new Map<string, Kernels<object>>();
  compiled.set(heap, all);
  let kernels = all.get(name);
  if (!kernels) {
    const threads = threadGroupOf(heap);
    const bytes = assemble(define(), [], { shared: threads !== null });
    const module = threads ? threads.publishModule(bytes, heap.allocate(bytes.length)) : null;
    kernels = { functions: instantiate(bytes, heap.memory), module };
    all.set(name, kernels);
  }
  return kernels as Kernels<Functions>;
}
