/**
 * An optimizer's updates outside of `jit`: those that come again and again are compiled by themselves, where the backend
 * in use can compile. With core alone they run one operation after another.
 */

import type { Parameter, Tensor } from "@chainrule/core";
import { atomic, backend, isAtomic, onFailure } from "@chainrule/core/internal";

/** Updates a set of weights, given their gradients; compiled, it changes all or nothing. */
type Update = (...gradients: Tensor[]) => void;

/** Updates of one set of weights. */
interface Kind {
  readonly weights: readonly Parameter[];
  /** All that a compiled update depends on but its numbers: weights, their step counters, their groups, settings. */
  readonly parts: readonly unknown[];
  /** How much has been computed so far, in the time that the update of one number takes. */
  spent: number;
  compiled: Update | null;
}

/** How many sets of weights are remembered: losses that take turns, layers that are frozen for a while. */
const mostKinds = 8;
/**
 * What takes as long as updating so many numbers: a step for each weight, whatever its size; compiling; compiling for
 * each weight. Adam's on a 2.5 GHz Xeon, Node 20: 13 ns for a number, 20 µs for a weight, 5 ms and 2 ms.
 */
const costs = { weight: 1_500, compiling: 400_000, compilingWeight: 150_000 };

/**
 * Runs updates one operation after another until that has taken as long as compiling takes, and from then on compiled:
 * whether many steps follow or none, it has at most doubled the time. Both do the same to float32 rounding.
 */
export class Updates {
  /** The latest first. */
  readonly #kinds: Kind[] = [];
  /** What was spent on sets of weights in a training that is resumed, until they come again. */
  #resumed: { readonly weights: readonly Parameter[]; readonly spent: number }[] = [];

  /**
   * @param parts all that the update depends on but its numbers: where these are the same, it must be the same.
   */
  run(parts: readonly unknown[], weights: readonly Parameter[], update: Update): void {
    if (isAtomic()) this.#noteSpent();
    const kind = this.#kindOf(parts, weights);
    kind.spent += weights.reduce((total, { size }) => total + size, costs.weight * weights.length);
    if (kind.spent > costs.compiling + costs.compilingWeight * weights.length)
      kind.compiled ??= backend?.compile?.(update) ?? null;
    const gradients = weights.map(({ grad }) => grad!.detach());
    if (kind.compiled) kind.compiled(...gradients);
    else atomic(() => update(...gradients));
  }

  /** Notes what was spent, so that it is as before if the function around this one is undone. */
  #noteSpent(): void {
    const [kinds, resumed] = [this.#kinds.map((kind) => [kind, { ...kind }] as const), this.#resumed.slice()];
    onFailure(() => {
      this.#kinds.splice(0, this.#kinds.length, ...kinds.map(([kind, before]) => Object.assign(kind, before)));
      this.#resumed = resumed;
    });
  }

  /** What decides which updates are compiled: how much was spent on which weights, the latest first. */
  spent(): { readonly weights: readonly Parameter[]; readonly spent: number }[] {
    return [...this.#kinds.map(({ weights, spent }) => ({ weights, spent })), ...this.#resumed].slice(0, mostKinds);
  }

  /** Goes on from what {@link spent} gave. */
  resume(spent: readonly { readonly weights: readonly Parameter[]; readonly spent: number }[]): void {
    this.#kinds.length = 0;
    this.#resumed = [...spent];
  }

  /** What was spent on these weights before, once. */
  #takeResumed(weights: readonly Parameter[]): number {
    const at = this.#resumed.findIndex(
      (each) => each.weights.length === weights.length && each.weights.every((weight, i) => weight === weights[i]),
    );
    return at < 0 ? 0 : this.#resumed.splice(at, 1)[0].spent;
  }

  #kindOf(parts: readonly unknown[], weights: readonly Parameter[]): Kind {
    const isSame = (kind: Kind) =>
      kind.parts.length === parts.length && kind.parts.every((part, i) => part === parts[i]);
    const at = this.#kinds.findIndex(isSame);
    if (at === 0) return this.#kinds[0];
    const kind =
      at > 0 ? this.#kinds.splice(at, 1)[0] : { parts, weights, spent: this.#takeResumed(weights), compiled: null };
    this.#kinds.unshift(kind);
    if (this.#kinds.length > mostKinds) this.#kinds.pop();
    return kind;
  }
}
