/**
 * Letting others have a turn: training runs in one go, and signals, timers and the page wait until it pauses.
 */

/** How long training goes on before it pauses, in milliseconds: short for a hand or an eye, long for the computer. */
const stretch = 20;

/** Resolves after whatever was waiting has had its turn. `setTimeout` would wait 4 ms in browsers. */
const turn: () => Promise<void> =
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

/** Knows when it is time to pause. */
export class Turns {
  #since = performance.now();

  /** Whether the last pause is long enough ago. */
  get due(): boolean {
    return performance.now() - this.#since >= stretch;
  }

  /** Pauses. */
  async take(): Promise<void> {
    await turn();
    this.#since = performance.now();
  }
}
