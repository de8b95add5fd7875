/**
 * How many steps each weight has taken. Weights that have always been updated together share one counter.
 */
import { buffer, type Parameter, scalar } from "@chainrule/core";

/**
 * Counts steps in float64 scalars, so that what is computed from a count is computed once for all that share it, and
 * can be compiled. A weight that gets no gradient does not count the step, as in PyTorch.
 */
export class StepCounters {
  readonly #counterOf = new Map<Parameter, Parameter>();

  /** The counter of each of the weights that are updated together now; the update increments it. */
  forUpdateOf(weights: readonly Parameter[]): Parameter[] {
    const members = new Map<Parameter | undefined, Parameter[]>();
    for (const weight of weights) {
      const counter = this.#counterOf.get(weight);
      members.set(counter, [...(members.get(counter) ?? []), weight]);
    }
    for (const [before, those] of members)
      if (!before || this.#sharedBy(before) !== those.length) this.#start(those, before);
    return weights.map((weight) => this.#counterOf.get(weight)!);
  }

  /** How many weights share a counter. */
  #sharedBy(counter: Parameter): number {
    let count = 0;
    for (const other of this.#counterOf.values()) if (other === counter) count++;
    return count;
  }

  /** Gives weights a counter of their own, at 0 or at another counter's count. */
  #start(weights: readonly Parameter[], from?: Parameter): Parameter {
    const counter = buffer(from ? from.detach() : scalar(0, "float64"));
    for (const weight of weights) this.#counterOf.set(weight, counter);
    return counter;
  }

  /** Sets each weight's count. Counters are kept where they can be, because compiled steps hold on to them. */
  restore(counts: ReadonlyMap<Parameter, number>): void {
    const members = new Map<Parameter | undefined, Map<number, Parameter[]>>();
    for (const [weight, count] of counts) {
      const counter = this.#counterOf.get(weight);
      const byCount = members.get(counter) ?? new Map<number, Parameter[]>();
      members.set(counter, byCount.set(count, [...(byCount.get(count) ?? []), weight]));
    }
    for (const [before, byCount] of members)
      for (const [count, those] of byCount) {
        const isWhole = before && byCount.size === 1 && this.#sharedBy(before) === those.length;
        (isWhole ? before : this.#start(those)).assign(count);
      }
  }

  /** The weight's counter; undefined before its first step. */
  of(weight: Parameter): Parameter | undefined {
    return this.#counterOf.get(weight);
  }
}
