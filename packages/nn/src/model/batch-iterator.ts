/**
 * The batches of each epoch: where one epoch ends, and with which batch the next goes on.
 */
import { DataError } from "@chainrule/core";
import type { Batch, DataAdapter } from "./data-adapter.ts";
import { randomState, restoreRandom } from "./random-state.ts";
import type { SavedFields } from "./saved-fields.ts";

/** Iterates over the batches of one epoch after the other. */
export class BatchIterator {
  readonly #data: DataAdapter;
  readonly #stepsPerEpoch: number | undefined;
  #pass: Iterator<Batch> | AsyncIterator<Batch> | null = null;
  #steps = 0;
  /** How many batches the pass through the data has given. */
  #taken = 0;
  /** The random numbers when the pass began. */
  #random: Readonly<Record<string, unknown>> = {};

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
    this.#pass ??= this.#begin();
    const result = this.#pass.next();
    return result instanceof Promise ? result.then((item) => this.#receive(item)) : this.#receive(result);
  }

  #begin(): Iterator<Batch> | AsyncIterator<Batch> {
    this.#taken = 0;
    this.#random = randomState(this.#data);
    return this.#data.iterate();
  }

  /** Where it is within a pass through the data, for checkpoints; null between passes. */
  get position(): Readonly<Record<string, unknown>> | null {
    return this.#pass === null || this.#data.isOneShot ? null : { taken: this.#taken, random: this.#random };
  }

  /**
   * Goes on from a {@link position}: begins the pass with the same random numbers, and drops what it gave before.
   *
   * @throws DataError where the pass has fewer batches.
   */
  async resume(position: SavedFields | null): Promise<void> {
    if (position === null) return;
    const taken = position.count("taken");
    restoreRandom(position.fields("random"), this.#data);
    this.#pass = this.#begin();
    for (; this.#taken < taken; this.#taken++)
      if ((await this.#pass.next()).done) throw position.damaged(`${taken} batches in a pass`, this.#taken);
  }

  #receive(item: IteratorResult<Batch>): Batch | null | Promise<Batch | null> {
    if (!item.done) {
      this.#steps++;
      this.#taken++;
      return item.value;
    }
    this.#pass = null;
    if (this.#taken === 0) throw noBatches(this.#stepsPerEpoch, this.#steps, this.#data.isOneShot);
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
