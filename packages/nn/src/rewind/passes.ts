/**
 * Batches, pass after pass, with a place that can be returned to.
 */
import { DataError, OptionError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import type { Taken } from "./parts.ts";

/** A source of batches: a list, what can be gone through again, or a function that returns it for each pass. */
export type Batches<Batch> = Iterable<Batch> | (() => Iterable<Batch>);

/** A place within the passes: how many batches this one has given, and the random numbers when it began. */
export interface Place {
  readonly taken: number;
  readonly random: Taken;
}

/** Goes through the batches, and begins again at their end. */
export class Passes<Batch> {
  readonly #where: string;
  readonly #open: () => Iterable<Batch>;
  readonly #random: () => Taken;
  #pass: Iterator<Batch> | null = null;
  #taken = 0;
  #began: Taken | null = null;

  /** @param random takes all that batches may be drawn by. @throws OptionError for what can be gone through once. */
  constructor(where: string, batches: Batches<Batch>, random: () => Taken) {
    const isOnce = typeof batches === "object" && batches !== null && "next" in batches;
    const isIterable = isIterableObject(batches);
    if (isOnce || !(isIterable || typeof batches === "function"))
      throw new OptionError({
        where: `${where}, batches`,
        expected: "batches that can be gone through again, or a function that returns them for each pass",
        got: isOnce ? "an iterator, which gives its batches once" : describe(batches),
        hint: "Write batches: () => batches(x, y, { batchSize: 32 }).",
      });
    this.#where = where;
    this.#open = typeof batches === "function" ? batches : () => batches;
    this.#random = random;
  }

  next(): Batch {
    for (const isSecond of [false, true]) {
      this.#pass ??= this.#begin();
      const { done, value } = this.#pass.next();
      if (!done) {
        this.#taken++;
        return value;
      }
      this.#pass = null;
      if (this.#taken === 0 || isSecond) break;
    }
    throw new DataError({
      where: `${this.#where}, batches`,
      expected: "at least one batch in every pass",
      got: "none",
      hint: "An iterator gives its batches once: pass a function that returns a new one, () => batches().",
    });
  }

  #begin(): Iterator<Batch> {
    this.#taken = 0;
    this.#began = this.#random();
    const opened: unknown = this.#open();
    if (isIterableObject(opened)) return (opened as Iterable<Batch>)[Symbol.iterator]();
    throw new DataError({
      where: `${this.#where}, batches`,
      expected: "a function that returns batches to iterate over",
      got: describe(opened),
    });
  }

  /** Null between two passes. */
  get place(): Place | null {
    return this.#pass === null ? null : { taken: this.#taken, random: this.#began! };
  }

  /** Returns to a place: begins that pass again with its random numbers, and drops what it gave before. */
  resume(place: Place | null): void {
    this.#pass?.return?.();
    this.#pass = null;
    if (place === null) return;
    place.random.restore();
    this.#pass = this.#begin();
    for (; this.#taken < place.taken; this.#taken++)
      if (this.#pass.next().done)
        throw new DataError({
          where: `${this.#where}, batches`,
          expected: `the ${place.taken} batches that the pass gave before`,
          got: `${this.#taken}`,
        });
  }
}

function isIterableObject(x: unknown): x is Iterable<unknown> {
  return (
    typeof x === "object" && x !== null && typeof (x as Partial<Iterable<unknown>>)[Symbol.iterator] === "function"
  );
}
