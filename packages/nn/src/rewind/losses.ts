/**
 * What each step returned, by which it is seen whether a step that is run again does the same.
 */
import { ModelError } from "@chainrule/core";

/** Of so many of the last steps it is known: 8 MiB of numbers. */
const most = 2 ** 20;

/** Numbers of steps, counted from 1. */
export class Losses {
  /** That of step n at (n - 1) modulo its length. */
  #numbers = new Float64Array(1024);
  #last = 0;

  /** The last step of which there is one. */
  get last(): number {
    return this.#last;
  }

  /** What the step returned; undefined where that is not known, or no longer. */
  at(step: number): number | undefined {
    const isKnown = step <= this.#last && step > this.#last - this.#numbers.length;
    return isKnown ? this.#numbers[(step - 1) % this.#numbers.length] : undefined;
  }

  /** Whether it may be what the step returned before. */
  agree(step: number, loss: number): boolean {
    const before = this.at(step);
    return before === undefined || Object.is(before, loss);
  }

  note(step: number, loss: number): void {
    if (step > this.#numbers.length && this.#numbers.length < most) {
      const longer = new Float64Array(this.#numbers.length * 4);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers[(step - 1) % this.#numbers.length] = loss;
    this.#last = Math.max(this.#last, step);
  }

  dropAfter(step: number): void {
    this.#last = Math.min(this.#last, step);
  }
}

/** The error for a step that is run again and gives another number. */
export function isOther(where: string, step: number, before: number | undefined, now: number): ModelError {
  return new ModelError({
    where: `${where}, step ${step}`,
    expected: `the result of the first time, ${before}, when the step is run again`,
    got: `${now}`,
    hint: `It goes by something that is not put back: ${where === "Rewind" ? "give a callback stateDict and loadStateDict, and draw batches from the generator of manualSeed" : "name it among the parts (a generator, an object of settings, what has stateDict), or let it depend on the number of the step"}.`,
  });
}
