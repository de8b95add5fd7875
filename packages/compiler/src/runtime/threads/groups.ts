/**
 * The thread group of each heap that has one. What threads need is theirs alone: it is in a bundle that calls `setNumThreads`.
 */
import type { Heap } from "../../wasm/heap.ts";
import type { ThreadGroup } from "./thread-group.ts";

const groups = new WeakMap<Heap, ThreadGroup>();

/** The threads that work on the heap; null where there is only the main one. */
export function threadGroupOf(heap: Heap): ThreadGroup | null {
  return groups.get(heap) ?? null;
}

export function setThreadGroup(group: ThreadGroup): void {
  groups.set(group.heap, group);
}
