/**
 * Masks that layers attach to tensors do not go into compiled code or come out of it: that is refused.
 */
import { JitError } from "@chainrule/core";
import { attachedMask } from "@chainrule/core/internal";

/** @throws JitError where a mask is attached to one of the tensors. */
export function refuseMasks(where: string, tensors: readonly unknown[]): void {
  if (tensors.some(attachedMask))
    throw new JitError({
      where,
      expected: "tensors without a mask: it would be lost",
      got: "one with",
      hint: "Put the layers that make and use masks into one function, or detach().",
    });
}
