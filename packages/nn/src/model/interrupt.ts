/**
 * Ctrl-C: the first ends what is running in good order, the second ends the process as always.
 */

/** Whether Ctrl-C was pressed, as long as someone is listening. */
export interface Interrupt {
  readonly requested: boolean;
  /** Stops listening. */
  release(): void;
}

/** Listens for Ctrl-C, once; where there are no signals (in browsers) it never comes. */
export function listenForInterrupt(): Interrupt {
  const target = typeof process === "object" && typeof process.once === "function" ? process : null;
  let requested = false;
  const listener = () => {
    requested = true;
  };
  target?.once("SIGINT", listener);
  return {
    get requested() {
      return requested;
    },
    release: () => target?.off("SIGINT", listener),
  };
}
