/**
 * Ctrl-C: the first ends the sweep in good order, the second ends the process as always.
 */

/** Whether Ctrl-C was pressed, and a promise of it. */
export class Interrupt {
  requested = false;
  /** Resolves when it is pressed. */
  readonly promise: Promise<void>;
  readonly #listener: () => void;

  constructor() {
    let resolve = () => {};
    this.promise = new Promise((done) => {
      resolve = done;
    });
    this.#listener = () => {
      this.requested = true;
      resolve();
    };
    this.#process?.once("SIGINT", this.#listener);
  }

  /** Stops listening. */
  release(): void {
    this.#process?.off("SIGINT", this.#listener);
  }

  get #process() {
    const { process } = globalThis;
    return typeof process?.once === "function" && typeof process.off === "function" ? process : null;
  }
}
