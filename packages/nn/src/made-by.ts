/**
 * How functions were made: of a regulariser, an initialiser or a schedule, the function that made it and what that was
 * given. A function says neither, and a saved model needs both.
 */
import { OptionError } from "@chainrule/core";
import { checkFunction, checkList, describe } from "@chainrule/core/internal";

/** A function that makes functions, and what it was given. */
export interface Making {
  readonly factory: (...args: never[]) => unknown;
  readonly args: readonly unknown[];
}

const makings = new WeakMap<object, Making>();

/**
 * The function itself; from now on {@link makingOf} tells how it was made, so that a model that uses it can be saved.
 *
 * @param factory the function that makes such functions.
 * @param args what it was given.
 *
 * @example
 * function cubic(strength: number) {
 *   return madeBy(cubic, [strength], (x: Tensor) => x.abs().pow(3).sum().mul(strength));
 * }
 * makingOf(cubic(0.1)).args; // [0.1]
 */
export function madeBy<F extends object>(factory: Making["factory"], args: readonly unknown[], made: F): F {
  const where = "madeBy";
  checkFunction(where, factory, "the function that makes such functions");
  checkList(where, args, "an array of what it was given");
  if (typeof made !== "function" && (typeof made !== "object" || made === null))
    throw new OptionError({ where, expected: "a function, or an object", got: describe(made) });
  makings.set(made, { factory, args });
  return made;
}

/** How a function was made, where {@link madeBy} was told. @example makingOf(l2(0.01)).args; // [0.01] */
export function makingOf(made: object): Making | null {
  return makings.get(Object(made)) ?? null;
}
