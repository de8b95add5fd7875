/**
 * Guards: what must not be true for a compiled function to be right. Where one is, the program gives up before it has
 * changed a parameter, and the function is run uncompiled, where its checks say what is wrong.
 */
import { JitError, type Op } from "@chainrule/core";

/** Looks at a single number, which must be 0. Nothing reads its result: it is alive all the same. */
export const guardOp: Op<void> = {
  name: "guard",
  inferShape: ([flag]) => flag,
  kernel: () => {
    throw new JitError({ where: "guard", expected: "an op that is compiled", got: "one that is run" });
  },
};

/** What a program throws where a guard fails, or an index is not there; only the function that runs it sees it. */
export const guardFailure = new Error("a guard of a compiled function failed");
