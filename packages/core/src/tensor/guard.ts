/**
 * Checks of numbers, which hold within `jit` as they do outside.
 */
import { withGradEnabled } from "./dispatch.ts";
import type { Tensor } from "./tensor.ts";
import { stateTracer, tracer, withTracer } from "./tracer.ts";

/**
 * Runs a check that reads numbers; while `jit` traces, when there are none, has the compiled function look instead: where
 * something is wrong, it gives up before it has changed anything, and the function is run uncompiled, check and all.
 *
 * @param operands the tensors that the check reads. Those that are known while tracing are checked then, once.
 * @param check throws for numbers that are wrong.
 * @param bad where they are wrong, in tensor operations: the compiled form of the check. If it sees something wrong where
 *   the check does not, nothing but time is lost.
 */
export function guard(operands: readonly Tensor[], check: () => void, bad: () => Tensor): void {
  if (tracer === null) check();
  // Detached, because a parameter stands for what it is at this point.
  else if (operands.every((x) => x.detach().traced === null)) withTracer(null, check);
  else stateTracer()!.guard(withGradEnabled(false, bad));
}
