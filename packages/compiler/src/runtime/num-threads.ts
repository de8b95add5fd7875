/**
 * `setNumThreads`: how many threads compiled programs run on.
 */
import { ValueError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { sharedHeap, useHeap } from "./shared-heap.ts";
import { createThreadGroup, type ThreadGroup } from "./threads/thread-group.ts";
import { checkHost, noThreads } from "./threads/worker-pool.ts";

/** More than this are a mistake: workers beyond the machine's cores only wait for each other. */
const most = 64;

let group: ThreadGroup | null = null;
/** Changes come one after another. */
let change: Promise<unknown> = Promise.resolve();

/**
 * How many threads compiled programs run on at the moment: 1 unless `setNumThreads` was called.
 *
 * @example
 * await setNumThreads(4);
 * getNumThreads(); // 4
 */
export function getNumThreads(): number {
  return group?.present ?? 1;
}

/**
 * From here on, compiled functions (`jit`, and with it `fit`, `evaluate` and `predict`) run on `n` threads: this one,
 * and `n` - 1 workers that share its memory. `setNumThreads(1)` ends the workers.
 *
 * Matrix products, convolutions, and large elementwise operations, reductions and optimizer updates are split where
 * that pays; small steps stay on one thread. Results are the same in every run. Idle workers sleep, and do not keep the
 * process alive. Parameters keep their values; jitted functions are compiled anew at their next call.
 *
 * There must be as many idle cores, or it will be slower.
 *
 * @param n a whole number from 1 to 64: at most the number of cores (`os.availableParallelism()` in Node,
 *   `navigator.hardwareConcurrency` in pages).
 * @returns once all threads are ready, how many there are.
 * @throws ValueError (as a rejected promise, like the other) for another `n`.
 * @throws JitError where threads cannot share memory: a page that is not cross-origin isolated, a host without workers
 *   or WebAssembly. Everything then stays as it was.
 *
 * @example
 * await setNumThreads(2);
 * await model.fit(x, y, { epochs: 10 });
 * await setNumThreads(1);
 */
export function setNumThreads(n: number): Promise<number> {
  const result = change.then(() => changeTo(n));
  change = result.catch(() => {});
  return result;
}

async function changeTo(n: number): Promise<number> {
  if (!Number.isInteger(n) || n < 1 || n > most)
    throw new ValueError({ where: "setNumThreads", expected: `a whole number from 1 to ${most}`, got: describe(n) });
  if (n === getNumThreads()) return n;
  if (n > 1) {
    checkHost();
    if (sharedHeap() === null) throw noThreads("a host without WebAssembly and its SIMD", "Stay with one thread here.");
  }
  const next = n > 1 ? await createThreadGroup(n) : null;
  const before = group;
  group = next;
  useHeap(next?.heap);
  before?.stop();
  return n;
}
