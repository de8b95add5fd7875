/**
 * Yielding to the event loop: signals, timers and the page wait while training runs, until it pauses for them.
 */

/** How long training runs between two pauses, in milliseconds: short for a hand or an eye, long for the computer. */
const interval = 20;

/** Resolves after the tasks that wait in the event loop. `setTimeout` would take 4 ms in browsers. */
const nextTask: () => Promise<void> =
  typeof setImmediate === "function"
    ? () => new Promise((resolve) => setImmediate(resolve))
    : () =>
        new Promise((resolve) => {
          const { port1, port2 } = new MessageChannel();
          const onmessage = () => {
            port1.close();
            resolve();
          };
          Object.assign(port1, { onmessage });
          port2.postMessage(null);
        });

/** Knows when it is time to yield to the event loop. */
export class EventLoopYield {
  #since = performance.now();

  /** Whether the last pause is long enough ago. */
  get isDue(): boolean {
    return performance.now() - this.#since >= interval;
  }

  /** Pauses until waiting tasks have run. */
  async pause(): Promise<void> {
    await nextTask();
    this.#since = performance.now();
  }
}
