// The textbook's cross-entropy of a logit, written as it is printed.
import { defineLoss, sigmoid } from "chainrule";

export default defineLoss(
  "textbook",
  (z, y) => {
    const p = sigmoid(z);
    const right = y.mul(p.log());
    const wrong = y.neg().add(1).mul(p.neg().add(1).log());
    return right.add(wrong).neg();
  },
  { inputs: { prediction: "logit", target: "truth" } },
);
