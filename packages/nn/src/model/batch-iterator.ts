/**
 * The batches of each epoch: where one epoch ends, and with which batch the next goes on.
 */
import { DataError } from "@chainrule/core";
import type { Batch, DataAdapter } from "./data-adapter.ts";

/** Iterates over the batches of one epoch after the other. */
export class BatchIterator {
  readonly #data: DataAdapter;
  readonly #stepsPerEpoch: number | undefined;
  #pass: Iterator<Batch> | AsyncIterator<Batch> | null = null;
  #steps = 0;
  /** Whether the pass through the data has given nothing yet. */
  #isPassEmpty = true;

  constructor(data: DataAdapter, stepsPerEpoch: number | undefined) {
    this.#data = data;
    this.#stepsPerEpoch = stepsPerEpoch;
  }

  /** How many batches the epoch has had. */
  get steps(): number {
    return this.#steps;
  }

  beginEpoch(): void {
    this.#steps = 0;
  }

  /** The next batch of the epoch, null at its end; a promise only where the data make one wait. */
  next(): Batch | null | Promise<Batch | null> {
    if (this.#steps === this.#stepsPerEpoch) return null;
    if (this.#pass === null) {
      this.#pass = this.#data.iterate();
      this.#isPassEmpty = true;
    }
    const result = this.#pass.next();
    return result instanceof Promise ? result.then((item) => this.#receive(item)) : this.#receive(result);
  }

  #receive(item: IteratorResult<Batch>): Batch | null | Promise<Batch | null> {
    if (!item.done) {
      this.#steps++;
      this.#isPassEmpty = false;
      return item.value;
    }
    this.#pass = null;
    if (this.#isPassEmpty) throw noBatches(this.#stepsPerEpoch, this.#steps, this.#data.isOneShot);
    // An epoch of a given length goes on with the data from the start.
    return this.#stepsPerEpoch === undefined ? null : this.next();
  }

  /** Lets an iterator that was not read to its end tidy up. */
  async close(): Promise<void> {
    await this.#pass?.return?.();
  }
}

function noBatches(stepsPerEpoch: number | undefined, steps: number, isOneShot: boolean): DataError {
  const what = stepsPerEpoch === undefined ? "epoch" : "pass";
  return new DataError({
    where: "fit",
    expected:
      isOneShot && stepsPerEpoch !== undefined
        ? `${stepsPerEpoch} batches for the epoch`
        : "at least one batch in every pass through the data",
    got: isOneShot && steps > 0 ? `${steps}, and no more` : "none",
    hint: `An iterator gives its batches once: pass a function that returns a new one for each ${what}, such as () => batches().`,
  });
}
