/**
 * The loss and the accuracy along a training, at steps that are the same whenever it is looked at.
 */
import type { Score } from "./training.ts";

/** Whether the curve has a point at this step: at each up to 256, then at 128 to 256 of each doubling. */
export function isMeasured(step: number): boolean {
  return step < 256 || step % 2 ** (Math.floor(Math.log2(step)) - 7) === 0;
}

/** What a curve has of each step. */
export const columns = ["step", "loss", "accuracy", "testLoss", "testAccuracy"] as const;

/** Points of a curve, in order. */
export class Curve {
  readonly #rows: number[] = [];

  /** The step of the last point; -1 where there is none. */
  get last(): number {
    return this.#rows.at(-columns.length) ?? -1;
  }

  /** How many points there are. */
  get length(): number {
    return this.#rows.length / columns.length;
  }

  add(step: number, train: Score, test: Score | null): void {
    this.#rows.push(step, train.loss, train.accuracy, test?.loss ?? Number.NaN, test?.accuracy ?? Number.NaN);
  }

  /** The points from this one on, row by row. */
  from(index: number): Float64Array<ArrayBuffer> {
    return Float64Array.from(this.#rows.slice(index * columns.length));
  }
}
