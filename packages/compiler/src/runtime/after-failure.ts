/**
 * What becomes of a call whose program gave up: it is run uncompiled, where checks and kernels say what is wrong, and in
 * which layer.
 */
import { JitError } from "@chainrule/core";
import { atomic } from "@chainrule/core/internal";
import { guardFailure } from "../ir/guard.ts";

/**
 * Runs the function as it is, after everything is again as it was before the program ran.
 *
 * @returns its result, where nothing is wrong: a guard may be mistaken by a rounding, and a function may catch its errors.
 * @throws what the function throws, after which everything is as it was; and the program's own error where the function,
 *   which a kernel of the user's may run another way the next time, throws none.
 */
export function afterFailure(error: unknown, uncompiled: () => unknown): unknown {
  if (error === guardFailure) return atomic(uncompiled);
  if (error instanceof JitError) throw error;
  // A kernel of the user's may have thrown before the program came to a check that stands before it.
  return atomic(() => {
    uncompiled();
    throw error;
  });
}
