/**
 * A model that says the same of every sample.
 */
import type { Tensor } from "@chainrule/core";
import type { DiagnosisContext } from "../program/context.ts";
import type { GraphValue } from "../program/graph.ts";
import type { Rule } from "../program/rule.ts";
import { productsOf } from "./products.ts";
import { columnsOf, rowsAreEqual, short } from "./statistics.ts";

/** Fewer samples say little. */
const fewestSamples = 4;
/**
 * Predictions that differ by less than float32 can tell are the same. In fit's first step, where it cannot be seen whether
 * the signal was lost on the way through many layers, they are to be equal.
 */
const sameTo = 1e-6;

export const constantPredictions: Rule = {
  name: "constant-predictions",
  explanation: "Predictions that do not depend on the input can be right only as often as the most frequent answer.",
  kind: "numbers",
  *check(context) {
    const { inputs, targets } = context.program;
    if (inputs.length > 0 && inputs.every(rowsAreEqual)) return;
    if (targets.length > 0 && targets.every(rowsAreEqual)) return;
    for (const value of predictionsOf(context)) {
      const { tensor } = value;
      const rows = tensor.shape[0] ?? 0;
      if (
        tensor.rank === 0 ||
        rows < fewestSamples ||
        tensor.size === 0 ||
        !areSame(tensor, context.hasTakenStep ? 0 : sameTo) ||
        startsAtZero(context, value)
      )
        continue;
      const layer = producerLayer(value);
      yield {
        evidence: `The predictions for all ${rows} samples are ${Array.from(tensor.storage.slice(0, Math.min(4, tensor.size / rows)), short).join(", ")}.`,
        fix: "Look at the layers from the input on for the first whose outputs are the same for all samples; if it came in training, make the model anew and take a tenth of the learning rate.",
        layer,
      };
    }
  },
};

/** What the losses take as predictions, or else what the model returns. */
function predictionsOf({ graph }: DiagnosisContext): readonly GraphValue[] {
  const taken = graph.losses.flatMap(({ inputs }) =>
    inputs.flatMap(({ role, value }) => (role === "prediction" ? value : [])),
  );
  if (taken.length > 0) return [...new Set(taken)];
  return graph.layers.filter(({ outer }) => outer === null).flatMap(({ outputs }) => outputs);
}

function producerLayer(value: GraphValue): string | undefined {
  let at = value;
  while (at.producer && !at.producer.layer) at = at.producer.inputs[0];
  return at.producer?.layer?.title;
}

function areSame(x: Tensor, to: number): boolean {
  return columnsOf(x).every((column) => {
    let [least, most] = [column[0], column[0]];
    for (const y of column) [least, most] = [Math.min(least, y), Math.max(most, y)];
    return most - least <= to * Math.max(Math.abs(least), Math.abs(most));
  });
}

/** Whether the last weights are 0, as in logistic regression at its start. */
function startsAtZero(context: DiagnosisContext, value: GraphValue): boolean {
  const products = productsOf(context);
  const deepest = Math.max(0, ...products.map(({ depth }) => depth));
  const last = products.filter(({ depth }) => depth === deepest);
  const isZero =
    last.length > 0 &&
    last.every(
      ({ weight, data }) => context.valueOf(weight).storage.every((x: number) => x === 0) && !rowsAreEqual(data.tensor),
    );
  return isZero && (context.program.iterations === 0 || context.optimizer?.lr === 0) && value.tensor.size > 0;
}
