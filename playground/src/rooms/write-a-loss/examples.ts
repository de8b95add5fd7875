/**
 * Losses to begin with, sound ones and others, each with a question to answer before it is checked.
 */
import branch from "./examples/branch.ts?raw";
import cutOff from "./examples/cut-off.ts?raw";
import focal from "./examples/focal.ts?raw";
import tukey from "./examples/tukey.ts?raw";
import unstable from "./examples/unstable.ts?raw";
import wrongGradient from "./examples/wrong-gradient.ts?raw";

export interface LossExample {
  readonly title: string;
  readonly code: string;
  /** Predictions and the target that show what is special about it. */
  readonly points: readonly number[];
  readonly target: number;
  readonly question: string;
  readonly choices: readonly string[];
  readonly answer: number;
  readonly because: string;
}

export const examples: Readonly<Record<string, LossExample>> = {
  focal: {
    title: "Focal loss",
    code: focal,
    points: [-40, -2, 0, 2.2, 40],
    target: 1,
    question:
      "The network is 90% sure of what is true (logit 2.2). How much smaller is the focal loss with γ = 2 than the cross-entropy, −log 0.9 = 0.105?",
    choices: ["half of it", "a tenth of it", "a hundredth of it"],
    answer: 2,
    because:
      "The cross-entropy is multiplied by (1 − 0.9)² = 0.01: see the row of 2.2. What is easy hardly counts, so that rare and hard cases are learned. Set γ = 0: the cross-entropy itself.",
  },
  tukey: {
    title: "Tukey’s biweight",
    code: tukey,
    points: [0, 1, 2, 4.6, 5, 100],
    target: 0,
    question: "An outlier lies at 100, the prediction should be 0. How hard does this loss pull?",
    choices: ["100 times as hard as at 1", "as hard as at 1", "not at all"],
    answer: 2,
    because:
      "Beyond c = 4.685 the loss is constant, its derivative 0: outliers are left alone. The price: a prediction that begins far off is never pulled back.",
  },
  unstable: {
    title: "Unstable: the textbook’s formula",
    code: unstable,
    points: [-40, 0, 10, 20, 40],
    target: 0,
    question:
      "The logit is 40, the truth 0: the network is sure, and wrong. What does the formula give in float32, where log(1 + e⁴⁰) = 40 is right?",
    choices: ["40", "17", "Infinity", "0"],
    answer: 2,
    because:
      "sigmoid(40) rounds to 1 in float32, 1 − 1 is 0, and −log 0 is infinite. Mend it: the log of sigmoid(z) is logSigmoid(z), that of 1 − sigmoid(z) is logSigmoid(z.neg()).",
  },
  "wrong-gradient": {
    title: "Wrong: a derivative by hand",
    code: wrongGradient,
    points: [-2, 0, 1, 3],
    target: 0,
    question: "The value is right, (p − t)². What would training with this loss look like?",
    choices: ["it diverges", "as with half the learning rate", "nothing is learned"],
    answer: 1,
    because:
      "The derivative of x² is 2x; this one says x. Training goes the right way at half the pace, which nobody would notice: only the comparison with differences does. Mend it: .mul(2).",
  },
  "cut-off": {
    title: "Wrong: a gradient that is cut off",
    code: cutOff,
    points: [-2, 0, 1, 3],
    target: 0.5,
    question:
      "detach() keeps the scale out of the gradient. Is the derivative still that of the loss as it is written?",
    choices: ["yes: a scale has no derivative", "no: the scale depends on the prediction"],
    answer: 1,
    because:
      "The loss that is drawn and the one that is followed are two: gradient steps no longer go down the curve. Sometimes that is meant; then say so. Take detach() away, and the check passes.",
  },
  branch: {
    title: "Unstable: the branch not taken",
    code: branch,
    points: [-1, 0, 0.5, 2],
    target: 0,
    question: "where(…) takes 0 where the prediction is right, and not log(0). What is the derivative there?",
    choices: ["0", "infinite", "NaN"],
    answer: 2,
    because:
      "The gradient goes through both branches: 0 times the infinite derivative of the log at 0 is NaN. Put a harmless number in first: where(ok, where(ok, off, 1).log(), 0), with ok = off.greater(0).",
  },
};
