/**
 * A loss that training cannot change.
 */
import type { Rule } from "../program/rule.ts";

export const constantLoss: Rule = {
  name: "constant-loss",
  explanation: "A loss that does not depend on the weights has no gradient: training can change nothing.",
  kind: "trace",
  *check({ graph, loss, parameters }) {
    if (!loss || loss.requiresGrad || parameters.size === 0) return;
    const uses = new Set(graph.ops.flatMap(({ inputs }) => inputs.flatMap(({ parameter }) => parameter ?? [])));
    yield {
      evidence: `The loss is ${loss.item()}, and none of the ${parameters.size} parameters leads to it by operations that pass gradients on${uses.size > 0 ? `, though ${uses.size} of them are used` : ""}.`,
      fix: "Compute the loss of the model's outputs by differentiable operations: no argmax, no item() or toArray(), no detach() and no noGrad on the way.",
      line: graph.valueOf(loss)?.producer?.line(),
    };
  },
};
