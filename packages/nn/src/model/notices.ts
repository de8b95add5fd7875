/**
 * What is said once on the console while training goes on: a loss that is no number any more, and batches that do not end.
 */

/** How many batches of unknown number pass before it is asked whether they are without end. */
const manyBatches = 10_000;

/** Says once that the loss is NaN or infinite. */
export class LossNotice {
  #given: boolean;

  /** @param quiet for where something else sees to it, such as `TerminateOnNaN`. */
  constructor(quiet = false) {
    this.#given = quiet;
  }

  /** @param lr the learning rate, where it is in training. */
  give(loss: number, where: string, lr?: number): void {
    if (this.#given) return;
    this.#given = true;
    const rate = lr === undefined ? "a smaller learning rate" : `a smaller learning rate than ${lr}`;
    console.warn(
      `${where}: the loss is ${loss}. This is said once.\n` +
        `  Try ${rate}, inputs scaled to about -1 to 1, clipNorm in the optimizer, and look for missing values in the data. ` +
        "fit with { debugNaN: true } says where the first NaN is; the callback TerminateOnNaN ends training there.",
    );
  }
}

/** Asks whether batches whose number is not known are without end, when there have been very many. */
export function checkEnd(where: string, option: string, number: number, isLimited: boolean): void {
  if (number !== manyBatches || isLimited) return;
  console.warn(
    `${where} has taken ${manyBatches} batches and goes on, because their number is not known. ` +
      `If they are without end, say how many to take: ${option}.`,
  );
}
