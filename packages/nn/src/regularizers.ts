/**
 * Regularisers: penalties on the size of weights or outputs, added to the loss.
 */

import { abs, OptionError, square, type Tensor } from "@chainrule/core";
import { checkOptions, describe, lookUp } from "@chainrule/core/internal";
import { madeBy } from "./made-by.ts";
import { atLeastZero, checkRange } from "./number-checks.ts";
import { optionNames } from "./option-names.ts";
import { refuseSurplus } from "./surplus.ts";

/** The penalty on a tensor, a scalar. Any such function can be given where a name can. */
export type Regularizer = (x: Tensor) => Tensor;

/** A name that finds a regulariser. */
export type RegularizerName = "l1" | "l2" | "l1_l2" | "l1l2";

/** A regulariser, or the name of one with its default strength, 0.01. */
export type RegularizerLike = Regularizer | RegularizerName;

/**
 * `strength` · Σ |x|, which drives small weights to exactly 0 (Tibshirani 1996).
 *
 * @throws ValueError for a strength below 0.
 * @example new Dense({ units: 8, kernelRegularizer: l1(0.001) });
 */
export function l1(strength = 0.01): Regularizer {
  refuseSurplus("l1", arguments, 1);
  checkStrength("l1", strength);
  return madeBy(l1, [strength], (x: Tensor) => abs(x).sum().mul(strength));
}

/**
 * `strength` · Σ x², which shrinks all weights (Hoerl & Kennard 1970). Its gradient is 2 · strength · x: weight decay
 * of twice the strength.
 *
 * @throws ValueError for a strength below 0.
 * @example new Dense({ units: 8, kernelRegularizer: l2(0.001) });
 */
export function l2(strength = 0.01): Regularizer {
  refuseSurplus("l2", arguments, 1);
  checkStrength("l2", strength);
  return madeBy(l2, [strength], (x: Tensor) => square(x).sum().mul(strength));
}

/**
 * l1 · Σ |x| + l2 · Σ x², both 0.01 by default (elastic net, Zou & Hastie 2005).
 *
 * @throws ValueError for a strength below 0.
 * @example l1l2({ l1: 0.001, l2: 0.01 });
 */
export function l1l2(strengths: Strengths = {}): Regularizer {
  refuseSurplus("l1l2", arguments, 1);
  checkOptions("l1l2", strengths, strengthNames);
  const first = l1(strengths.l1);
  const second = l2(strengths.l2);
  return madeBy(l1l2, [strengths], (x: Tensor) => first(x).add(second(x)));
}

interface Strengths {
  l1?: number;
  l2?: number;
}

const strengthNames = optionNames<Strengths>({ l1: true, l2: true });

function checkStrength(where: string, strength: number): void {
  checkRange(where, "strength", strength, atLeastZero);
}

const byName: Readonly<Record<RegularizerName, () => Regularizer>> = { l1, l2, l1_l2: l1l2, l1l2 };

/** The regulariser of a name ("l1", "l2", "l1_l2") with strength 0.01. @throws OptionError for an unknown name. */
export function regularizerByName(name: string): Regularizer {
  return lookUp("regularizer", byName, name)();
}

/** The regulariser itself, that of a name, or null for none. @throws OptionError for anything else. */
export function toRegularizer(regularizer: RegularizerLike | null | undefined): Regularizer | null {
  if (regularizer === undefined || regularizer === null) return null;
  if (typeof regularizer === "string") return regularizerByName(regularizer);
  if (typeof regularizer === "function") return regularizer;
  throw new OptionError({
    where: "regularizer",
    expected: 'a name ("l1", "l2", "l1_l2"), or a function of a tensor',
    got: describe(regularizer),
    hint: "l2(0.001) makes one of a strength.",
  });
}
