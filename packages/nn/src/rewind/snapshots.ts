/**
 * The states of a training that are kept, in bounded memory: many of the steps around the one where it is, ever fewer of
 * those further away.
 */
import type { Taken } from "./parts.ts";

/** A state after so many steps. */
export interface Snapshot<Extra> {
  readonly step: number;
  readonly taken: Taken;
  /** What belongs to it besides. */
  readonly extra: Extra;
  /** Whether it came of a change between two steps, which no replay makes again. */
  readonly isPinned: boolean;
}

/** How much may be kept. */
export interface Budget {
  readonly count: number;
  readonly bytes: number;
}

/** Snapshots by step, in order. */
export class Snapshots<Extra> {
  readonly #budget: Budget;
  #list: Snapshot<Extra>[] = [];
  #bytes = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** How many there are. */
  get count(): number {
    return this.#list.length;
  }

  /** How much memory they take at most. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The first step that can be gone back to. */
  get earliest(): number | null {
    return this.#list[0]?.step ?? null;
  }

  /** The last one that is not after the step. */
  before(step: number): Snapshot<Extra> | undefined {
    return this.#list.findLast((each) => each.step <= step);
  }

  has(step: number): boolean {
    return this.before(step)?.step === step;
  }

  /** Adds one, in place of what there was of the same step, and lets go of others where there are too many. */
  add(snapshot: Snapshot<Extra>): void {
    // What variables there were before is of no use once there are others.
    const isOther = (each: Snapshot<Extra>) =>
      each.taken.variables.length !== snapshot.taken.variables.length ||
      each.taken.variables.some((variable, i) => variable !== snapshot.taken.variables[i]);
    this.#keep((each) => each.step !== snapshot.step);
    if (this.#list.length > 0 && isOther(this.#list[0])) this.#keep((each) => !isOther(each));
    const at = this.#list.findIndex((each) => each.step > snapshot.step);
    this.#list.splice(at < 0 ? this.#list.length : at, 0, snapshot);
    this.#bytes += snapshot.taken.bytes;
    while (this.#isOver() && this.#list.length > 2) this.#thin(snapshot.step);
  }

  /** Sees to it that the one of this step stays, as no replay makes what came after it; false where there is none. */
  pin(step: number): boolean {
    const at = this.#list.findIndex((each) => each.step === step);
    if (at >= 0) this.#list[at] = { ...this.#list[at], isPinned: true };
    return at >= 0;
  }

  /** Lets go of those after the step. */
  dropAfter(step: number): void {
    this.#keep((each) => each.step <= step);
  }

  #keep(isKept: (each: Snapshot<Extra>) => boolean): void {
    if (this.#list.every(isKept)) return;
    this.#list = this.#list.filter(isKept);
    this.#bytes = this.#list.reduce((sum, { taken }) => sum + taken.bytes, 0);
  }

  #isOver(): boolean {
    return this.#list.length > this.#budget.count || this.#bytes > this.#budget.bytes;
  }

  /**
   * Lets go of the one whose gap, measured by its distance, would be the smallest: so gaps grow in proportion to the
   * distance, and going back n steps replays a small share of n. Where no replay could do without any of them, the oldest
   * goes, and with it the steps before the next.
   */
  #thin(at: number): void {
    const list = this.#list;
    let least = 0;
    let smallest = Number.POSITIVE_INFINITY;
    for (let i = 1; i < list.length - 1; i++) {
      if (list[i].isPinned || list[i].step === at) continue;
      const gap = (list[i + 1].step - list[i - 1].step) / (Math.abs(at - list[i].step) + 1);
      if (gap < smallest) [least, smallest] = [i, gap];
    }
    this.#bytes -= list[least].taken.bytes;
    list.splice(least, 1);
  }
}
