/**
 * The WebAssembly memory of eager kernels: operands are copied in, results out, and nothing stays there, so that each kernel
 * has the block that the one before it had.
 */
import { createHeap, type Heap } from "../wasm/heap.ts";

let heap: Heap | null | undefined;
/** The block, and its bytes. */
let [address, room] = [0, 0];

/** The memory, or null where WebAssembly or its SIMD is missing or forbidden. */
export function scratch(): Heap | null {
  if (heap === undefined) heap = createHeap();
  return heap;
}

/** The address of so many bytes of the memory, until another kernel asks for some; 0 where there is no room. */
export function scratchBlock(bytes: number): number {
  if (bytes <= room) return address;
  const memory = scratch()!;
  if (room > 0) memory.free(address, room);
  address = memory.tryAllocate(bytes);
  room = address > 0 ? bytes : 0;
  return address;
}
