/**
 * What may be wrong, in a sentence for each rule of `diagnose`, and which of them a learner chooses from.
 */
import { wordOf } from "./collection.ts";

/** By the rule's name. */
export const faults: Readonly<Record<string, string>> = {
  "constant-loss": "The loss does not depend on any weight",
  "no-gradient": "Some weights get no gradient: the chain is cut on the way",
  "softmax-over-one-unit": "Softmax over a single unit: it is 1 whatever comes in",
  "softmax-over-batch": "Softmax along the wrong axis: over the samples instead of the classes",
  "softmax-before-logits-loss": "The network ends in softmax or sigmoid, and the loss applies it once more",
  "double-softmax": "Softmax of softmax within the network",
  "logits-into-probability-loss": "The loss wants probabilities and gets raw numbers",
  "output-range": "The outputs cannot reach the targets: their range is another",
  "sigmoid-for-exclusive-classes": "Each class has a sigmoid of its own, though only one can be right",
  "softmax-for-several-labels": "Softmax, though several labels can be right at once",
  "accidental-broadcast": "Shapes that differ are stretched: each prediction is compared with every target",
  "wrong-mode": "A layer is in the wrong mode: training or evaluation",
  "dropout-on-output": "Dropout on the outputs themselves",
  "ignored-input": "An input that changes nothing",
  "missing-activation": "Layers without anything nonlinear between them: together they are one",
  "non-finite": "A number that is not finite appears: NaN or infinity",
  "missing-zero-grad": "Gradients are not set to zero: each step adds to the last",
  "constant-features": "A feature has the same value in all rows",
  "unscaled-features": "Features are on scales that are far too large or too different",
  "constant-labels": "All labels are the same",
  "leaked-labels": "The answer is among the features",
  "unscaled-targets": "The targets are far from the scale of the outputs",
  "symmetric-weights": "All units begin alike, and stay alike",
  "dead-units": "Units that are 0 for every sample: no gradient comes through them",
  "saturated-units": "Units at the flat ends of tanh or sigmoid",
  "vanishing-gradients": "The gradient all but vanishes on the way to the first layers",
  "exploding-gradients": "The gradient grows from layer to layer",
  "initial-loss": "The first loss is far above that of guessing: the last layer begins too large or off",
  "update-ratio": "The learning rate is far too small or too large for these weights",
  "constant-predictions": "The predictions are the same for all samples",
  "shuffled-labels": "Features and labels do not belong together: their order is another",
  "cannot-overfit": "The model is not able to learn even a few samples by heart",
};

/** What is chosen where nothing is wrong. */
export const nothing = "nothing";

/** What the learner chooses from: what is wrong, three that are not, and nothing; in the same order for the same program. */
export function choicesFor(id: string, told: string | null): string[] {
  const by = (word: (rule: string) => string) => (a: string, b: string) => (word(a) < word(b) ? -1 : 1);
  const others = Object.keys(faults)
    .filter((rule) => rule !== told)
    .sort(by((rule) => wordOf(`${id} ${rule}`)));
  const chosen = told === null ? others.slice(0, 4) : [told, ...others.slice(0, 3)];
  return [...chosen.sort(by((rule) => wordOf(`${rule} in ${id}`))), nothing];
}
