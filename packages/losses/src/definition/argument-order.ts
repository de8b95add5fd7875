/**
 * The order of a function's parameters, as far as their names tell it: Keras calls losses and metrics with (yTrue, yPred),
 * PyTorch and this library with (predictions, targets). Swapped, most losses are silently another one.
 */
import { OptionError } from "@chainrule/core";

const target = /^(y_?)?(true|targets?|labels?|truth|actual|expected)$/i;
const prediction = /^(y_?)?(preds?|predictions?|predicted|hat|outputs?|logits?|probs?|probabilities)$/i;

/**
 * Throws for a function whose parameters are called as targets first and predictions second.
 *
 * @throws OptionError for `(yTrue, yPred) => …` and the like.
 */
export function refuseSwapped(where: string, f: unknown): void {
  const [, first, second] = /^(?:async\s+)?(?:function\b[^(]*)?\(?\s*([\w$]+)[^,)=]*,\s*([\w$]+)/.exec(String(f)) ?? [];
  if (first === undefined || !target.test(first) || !prediction.test(second)) return;
  throw new OptionError({
    where,
    expected: "a function of predictions and targets, in this order, as in PyTorch",
    got: `one of (${first}, ${second})`,
    hint: `Swap its parameters: (${second}, ${first}) => …. Keras has the other order.`,
  });
}
