/**
 * The line that says how far a sweep has come.
 */

/** 0: nothing; 1: a line that is written over on a terminal, elsewhere one for each run; "auto": the first, and nothing elsewhere. */
export type Verbosity = "auto" | 0 | 1;

/** Where it stands. */
export interface Standing {
  readonly done: number;
  readonly failed: number;
  readonly running: number;
  readonly total: number;
}

/** Says how far it has come. */
export class Progress {
  readonly #verbose: Verbosity;
  readonly #begin = performance.now();
  readonly #before: number;
  #isOpen = false;

  /** @param before how many runs a file had already. */
  constructor(verbose: Verbosity, before: number) {
    this.#verbose = verbose;
    this.#before = before;
  }

  update(standing: Standing): void {
    const terminal = terminalOf();
    if (this.#verbose === 0 || (this.#verbose === "auto" && terminal === null)) return;
    const line = this.#line(standing);
    if (terminal === null) console.error(line);
    else {
      this.#isOpen = true;
      terminal.write(`\r\u001b[K${line}`);
    }
  }

  /** Leaves the line as it is, and the terminal to others. */
  close(): void {
    if (this.#isOpen) terminalOf()?.write("\n");
    this.#isOpen = false;
  }

  #line({ done, failed, running, total }: Standing): string {
    const fresh = done - this.#before;
    const left = ((performance.now() - this.#begin) / 1000 / fresh) * (total - done);
    const parts = [
      `sweep: ${done} of ${total} runs`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(running > 0 ? [`${running} running`] : []),
      ...(fresh > 0 && done < total ? [`about ${inWords(left)} left`] : []),
    ];
    return parts.join(", ");
  }
}

function inWords(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** The standard error stream where it is a terminal, so that what a program prints can be piped elsewhere. */
function terminalOf(): { write(text: string): unknown } | null {
  const { stderr, env } = globalThis.process ?? {};
  return stderr?.isTTY && env?.TERM !== "dumb" ? stderr : null;
}
