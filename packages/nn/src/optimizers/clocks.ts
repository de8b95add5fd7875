/**
 * How many steps each weight has seen. Weights that have always been updated together share one count.
 */
import { buffer, type Parameter, scalar } from "@chainrule/core";

/**
 * Counts steps in float64 scalars, so that what is computed from a count is computed once for all that share it, and
 * can be compiled. A weight that gets no gradient does not count the step, as in PyTorch.
 */
export class Clocks {
  readonly #clockOf = new Map<Parameter, Parameter>();

  /** The clock of each of the weights that are now updated together, for the update to move on by 1. */
  together(weights: readonly Parameter[]): Parameter[] {
    const members = new Map<Parameter | undefined, Parameter[]>();
    for (const weight of weights) {
      const clock = this.#clockOf.get(weight);
      members.set(clock, [...(members.get(clock) ?? []), weight]);
    }
    for (const [before, those] of members)
      if (!before || this.#sharedBy(before) !== those.length) this.#start(those, before);
    return weights.map((weight) => this.#clockOf.get(weight)!);
  }

  /** How many weights go by a clock. */
  #sharedBy(clock: Parameter): number {
    let count = 0;
    for (const other of this.#clockOf.values()) if (other === clock) count++;
    return count;
  }

  /** Gives weights a clock of their own, at 0 or at another clock's count. */
  #start(weights: readonly Parameter[], from?: Parameter): Parameter {
    const clock = buffer(from ? from.detach() : scalar(0, "float64"));
    for (const weight of weights) this.#clockOf.set(weight, clock);
    return clock;
  }

  /** Sets each weight's count. Clocks are kept where they can be, because compiled steps hold on to them. */
  restore(counts: ReadonlyMap<Parameter, number>): void {
    const together = new Map<Parameter | undefined, Map<number, Parameter[]>>();
    for (const [weight, count] of counts) {
      const clock = this.#clockOf.get(weight);
      const byCount = together.get(clock) ?? new Map<number, Parameter[]>();
      together.set(clock, byCount.set(count, [...(byCount.get(count) ?? []), weight]));
    }
    for (const [before, byCount] of together)
      for (const [count, members] of byCount) {
        const isWhole = before && byCount.size === 1 && this.#sharedBy(before) === members.length;
        (isWhole ? before : this.#start(members)).assign(count);
      }
  }

  /** The weight's clock; undefined before its first step. */
  of(weight: Parameter): Parameter | undefined {
    return this.#clockOf.get(weight);
  }
}
