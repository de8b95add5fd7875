/**
 * Finding out the shape of a module's output by trying.
 */
import { noGrad, Tensor, zeros } from "@chainrule/core";
import type { Module } from "../module/module.ts";
import type { BatchShape } from "./shape.ts";

/**
 * The shape of what `module` makes of an input of a shape: computed on zeros twice, with 2 and with 3 for each length
 * that is null, so that what differs is what varies. Null where the output is no tensor.
 *
 * Modes stay as they were, and so do statistics, because it is done in evaluation mode.
 */
export function probeShape(module: Module<unknown>, inputShape: BatchShape): BatchShape | null {
  const parts = module.modules();
  const modes = parts.map((part) => part.training);
  try {
    module.eval();
    const [two, three] = [2, 3].map((n) => noGrad(() => module.call(zeros(inputShape.map((length) => length ?? n)))));
    if (!(two instanceof Tensor && three instanceof Tensor)) return null;
    return two.shape.map((length, axis) => (length === three.shape[axis] ? length : null));
  } finally {
    parts.forEach((part, i) => {
      part.training = modes[i];
    });
  }
}
