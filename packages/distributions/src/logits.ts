/**
 * The two ways to say how probable something is: by probabilities or by logits.
 */
import { OptionError, Tensor, type TensorLike } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";

/** Probabilities, or their logits: exactly one of the two. */
export interface LogitsOrProbs {
  /** Probabilities. */
  probs?: TensorLike;
  /** What a network gives: numbers of any size, of which sigmoid or softmax makes probabilities. */
  logits?: TensorLike;
}

/** Which of the two is given, and its numbers. @throws OptionError unless it is exactly one. */
export function oneOf(where: string, parameters: LogitsOrProbs): ["logits" | "probs", TensorLike] {
  if (typeof parameters === "number" || Array.isArray(parameters) || parameters instanceof Tensor)
    throw new OptionError({
      where,
      expected: "either { probs } or { logits }",
      got: describe(parameters),
      hint: `Say which they are: new ${where}({ probs: … }), or { logits: … } for numbers of any size, as a network gives them.`,
    });
  checkOptions(where, parameters, ["probs", "logits"]);
  const { probs, logits } = parameters ?? {};
  if ((probs === undefined) === (logits === undefined))
    throw new OptionError({
      where,
      expected: "either { probs } or { logits }",
      got: probs === undefined ? "neither" : "both",
    });
  return probs === undefined ? ["logits", logits!] : ["probs", probs];
}
