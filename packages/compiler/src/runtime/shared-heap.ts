/**
 * The heap that all compiled programs share; `setNumThreads` makes it another one.
 */
import { createHeap, type Heap } from "../wasm/heap.ts";
import { residentsOf } from "./residents.ts";

let shared: Heap | null | undefined;

/** The heap that all programs share, if there can be one. */
export function sharedHeap(): Heap | null {
  if (shared === undefined) shared = createHeap();
  return shared;
}

/** Makes another heap the one that all programs share; a new one by default, when it is first needed. */
export function useHeap(heap?: Heap): void {
  if (shared) residentsOf(shared).retire();
  shared = heap;
}
