/**
 * What a rule of the diagnosis is, and what it finds.
 */
import type { DiagnosisContext } from "./context.ts";

/** The name of a rule; `docs/diagnose.md` has a section of each. */
export type RuleName =
  | "constant-loss"
  | "no-gradient"
  | "softmax-over-one-unit"
  | "softmax-over-batch"
  | "softmax-before-logits-loss"
  | "double-softmax"
  | "logits-into-probability-loss"
  | "output-range"
  | "sigmoid-for-exclusive-classes"
  | "softmax-for-several-labels"
  | "accidental-broadcast"
  | "wrong-mode"
  | "dropout-on-output"
  | "ignored-input"
  | "missing-activation"
  | "non-finite"
  | "missing-zero-grad"
  | "constant-features"
  | "unscaled-features"
  | "constant-labels"
  | "leaked-labels"
  | "unscaled-targets"
  | "symmetric-weights"
  | "dead-units"
  | "saturated-units"
  | "vanishing-gradients"
  | "exploding-gradients"
  | "initial-loss"
  | "update-ratio"
  | "constant-predictions"
  | "shuffled-labels"
  | "cannot-overfit";

/** What is wrong in one place. */
export interface Evidence {
  /** What was seen, with numbers: a sentence or two. */
  readonly evidence: string;
  /** What to type instead. */
  readonly fix: string;
  /** The layer, as error messages name it: `layer "dense_1" (Dense)`. */
  readonly layer?: string;
  /** Where that stands in the user's program: `file.ts:12:5`. */
  readonly line?: string;
}

/** What a rule found: one thing that is wrong, why it matters, and what to do. */
export interface Finding extends Evidence {
  /** The name of the rule, such as "softmax-before-logits-loss". */
  readonly rule: RuleName;
  /** Why it matters, in a sentence. */
  readonly explanation: string;
}

/** Something that may be wrong with a training, and how to see it. */
export interface Rule {
  readonly name: RuleName;
  /** Why it matters, in a sentence without numbers. */
  readonly explanation: string;
  /**
   * What it looks at: `"trace"` the operations of the forward pass and the loss, which cost nothing more to look at;
   * `"numbers"` values, gradients and updates, which `fit` looks at as far as its budget of time goes.
   */
  readonly kind: "trace" | "numbers";
  /** What is wrong, place by place; nothing where all is well. It changes nothing, other than within `context.trial`. */
  check(context: DiagnosisContext): Iterable<Evidence>;
}
