/**
 * The WebAssembly memory of eager kernels: operands are copied in, results out, and nothing stays there.
 */
import { createHeap, type Heap } from "../wasm/heap.ts";

let heap: Heap | null | undefined;

/** The memory, or null where WebAssembly or its SIMD is missing or forbidden. */
export function scratch(): Heap | null {
  if (heap === undefined) heap = createHeap();
  return heap;
}
