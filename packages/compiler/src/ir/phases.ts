/**
 * How threads share the work of a compiled graph: phases, one after another, and the tasks in each.
 */

/** Chunks that a graph's phases may have in all, and each of them: they are counted in 31 bits together. */
export const mostChunks = 2 ** 18 - 1;
export const mostChunksInPhase = 2 ** 13 - 1;

/** A group (by its number), cut into so many parts that any thread can do. */
export interface Task {
  readonly group: number;
  readonly parts: number;
}

/** Neighbouring groups, all of which wait for all before them. */
export interface Phase {
  /** The numbers of the first and the last group. */
  readonly first: number;
  readonly last: number;
  /**
   * - `split`: all threads do the parts of all tasks, in any order;
   * - `main`: the main thread does one group after another;
   * - `host`: it runs a kernel in JavaScript.
   */
  readonly kind: "split" | "main" | "host";
  readonly tasks: readonly Task[];
}
