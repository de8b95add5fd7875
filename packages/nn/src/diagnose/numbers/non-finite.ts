/**
 * NaN and infinities, and the operation where they begin.
 */
import { isFloat, type Tensor } from "@chainrule/core";
import type { Rule } from "../program/rule.ts";

export const nonFinite: Rule = {
  name: "non-finite",
  explanation: "Whatever is computed of NaN is NaN: after one such step every weight is lost.",
  kind: "numbers",
  *check(context) {
    if (context.loss === null || countNonFinite(context.loss) === 0) return;
    for (const { op, inputs, output, layer, line } of context.graph.ops) {
      const bad = countNonFinite(output.tensor);
      if (bad === 0 || inputs.some(({ tensor }) => countNonFinite(tensor) > 0)) continue;
      yield {
        evidence: `${op.name} makes ${bad} of ${output.tensor.size} numbers NaN or infinite, of inputs that are finite.`,
        fix: "Keep its input where it is defined: add an epsilon under log, sqrt and division, or take the stable form (logSoftmax, logSumExp, a loss that takes logits).",
        layer: layer?.title,
        line: line(),
      };
      return;
    }
  },
};

function countNonFinite(x: Tensor): number {
  if (!isFloat(x.dtype)) return 0;
  let count = 0;
  for (const value of x.storage) if (!Number.isFinite(value)) count++;
  return count;
}
