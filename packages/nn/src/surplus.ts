/**
 * Arguments that nobody would look at: what JavaScript drops in silence is an error.
 */
import { OptionError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/**
 * Throws for arguments beyond those that a class or a function takes; `undefined` is none.
 *
 * @param given the `arguments` of the call.
 * @param count how many it takes.
 * @param hint what to do instead.
 * @throws OptionError for anything else.
 * @example
 * function constant(value: number) {
 *   refuseSurplus("constant", arguments, 1);
 * }
 */
export function refuseSurplus(
  where: string,
  given: ArrayLike<unknown>,
  count: number,
  hint = count === 0 ? undefined : "What is optional stands in one object of options.",
): void {
  for (let i = count; i < given.length; i++)
    if (given[i] !== undefined)
      throw new OptionError({
        where,
        expected: count === 0 ? "no arguments" : `no more than ${count} ${count === 1 ? "argument" : "arguments"}`,
        got: `${given.length}, the last of them ${describe(given[given.length - 1])}`,
        hint,
      });
}
