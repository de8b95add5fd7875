// Binary focal loss on logits (Lin et al. 2017): what is easy counts little.
import { defineLoss, logSigmoid } from "chainrule";

export default defineLoss(
  "myFocal",
  (z, y, { gamma = 2 } = {}) => {
    // The log of the probability of what came true: never log(sigmoid(z)), which rounds to log(0).
    const logP = y.mul(logSigmoid(z)).add(y.neg().add(1).mul(logSigmoid(z.neg())));
    const missing = logP.exp().neg().add(1);
    return missing.pow(gamma).mul(logP).neg();
  },
  { inputs: { prediction: "logit", target: "truth" } },
);
