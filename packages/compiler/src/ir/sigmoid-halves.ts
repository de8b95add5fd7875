/**
 * Sigmoid as two ops, so that a loop can compute one after the other (see `passes/stages.ts`): e^-|x|, and what becomes of it.
 */
import { JitError, type Op } from "@chainrule/core";

function half(name: string): Op<void> {
  return {
    name,
    inferShape: ([x]) => x,
    kernel: () => {
      throw new JitError({ where: name, expected: "an op that is compiled", got: "one that is run" });
    },
    lower: { kind: "elementwise" },
  };
}

/** e^-|x| */
export const sigmoidHeadOp = half("exp(-|x|)");
/** Sigmoid, of x and e^-|x|. */
export const sigmoidTailOp = half("sigmoid");
