/**
 * Batches, epoch by epoch: where one epoch ends and the next goes on.
 */
import { DataError } from "@chainrule/core";
import type { Batch, Source } from "./data.ts";

/** Gives the batches of one epoch after the other. */
export class Feed {
  readonly #source: Source;
  readonly #stepsPerEpoch: number | undefined;
  #pass: Iterator<Batch> | AsyncIterator<Batch> | null = null;
  #taken = 0;
  /** Whether the pass has given nothing yet. */
  #fresh = true;

  constructor(source: Source, stepsPerEpoch: number | undefined) {
    this.#source = source;
    this.#stepsPerEpoch = stepsPerEpoch;
  }

  /** How many batches the epoch has had. */
  get taken(): number {
    return this.#taken;
  }

  beginEpoch(): void {
    this.#taken = 0;
  }

  /** The next batch of the epoch, null at its end; a promise only where the source makes one wait. */
  next(): Batch | null | Promise<Batch | null> {
    if (this.#taken === this.#stepsPerEpoch) return null;
    if (this.#pass === null) {
      this.#pass = this.#source.pass();
      this.#fresh = true;
    }
    const coming = this.#pass.next();
    return coming instanceof Promise ? coming.then((item) => this.#receive(item)) : this.#receive(coming);
  }

  #receive(item: IteratorResult<Batch>): Batch | null | Promise<Batch | null> {
    if (!item.done) {
      this.#taken++;
      this.#fresh = false;
      return item.value;
    }
    this.#pass = null;
    if (this.#fresh) throw nothingCame(this.#stepsPerEpoch);
    // An epoch of a given length goes on with the data from the start.
    return this.#stepsPerEpoch === undefined ? null : this.next();
  }

  /** Lets a source that was not read to its end tidy up. */
  async close(): Promise<void> {
    await this.#pass?.return?.();
  }
}

function nothingCame(stepsPerEpoch: number | undefined): DataError {
  return new DataError({
    where: "fit",
    expected: "at least one batch in every pass through the data",
    got: "none",
    hint: `An iterator gives its batches once: pass a function that returns a new one for each ${stepsPerEpoch === undefined ? "epoch" : "pass"}, such as () => batches().`,
  });
}
