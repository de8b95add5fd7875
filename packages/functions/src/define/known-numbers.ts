/**
 * Functions whose results have a shape that the numbers decide: where numbers are not there yet, they are refused.
 */
import { JitError, type Tensor } from "@chainrule/core";
import { tracer } from "@chainrule/core/internal";

/**
 * Throws a JitError where one of the tensors has no numbers, within `jit` and what else records operations.
 *
 * @param instead what to write there.
 */
export function needsNumbers(where: string, tensors: readonly Tensor[], instead: string): void {
  // Detached, because a parameter stands for what it is at this point.
  if (tracer === null || tensors.every((x) => x.detach().traced === null)) return;
  throw new JitError({
    where,
    expected: "tensors with numbers, since they decide the result's shape",
    got: "one that is only recorded, as within jit, fit and the like, where shapes must be known before the numbers",
    hint: instead,
  });
}
