/**
 * A first loss that is far from what a model that knows nothing has.
 */
import type { DiagnosisContext } from "../program/context.ts";
import type { Evidence, Rule } from "../program/rule.ts";
import { isUntrained, type LossReference, referencesOf } from "./reference.ts";
import { rms, short } from "./statistics.ts";

/**
 * Logits of variance s² that have nothing to do with the labels cost about s²/2 (1 - 1/K) nats more than even ones, and a
 * single one for yes or no s²/8. The common initialisers have s² of at most 2 for inputs of about 1; twice what that costs
 * is far.
 */
const farInNats = (classes: number, isSingle: boolean) => (isSingle ? 0.5 : 2 * (1 - 1 / classes));
/**
 * What one sample costs then deviates by about √2, or half of it; three times that, over √n, a small batch has by chance.
 * Where inputs are alike, as images with the same background are, so are their logits: no more than four count as independent.
 */
const byChance = (samples: number, isSingle: boolean) =>
  ((isSingle ? 1.5 : 3) * Math.SQRT2) / Math.sqrt(Math.min(samples, 4));
/** Predictions of a regression that are this many times larger than all targets, and than 1. */
const farPredictions = 10;

export const initialLoss: Rule = {
  name: "initial-loss",
  explanation:
    "A model that knows nothing should say so: predictions that are sure and wrong cost the first epochs, in which they are only taken back.",
  kind: "numbers",
  *check(context) {
    if (!isUntrained(context)) return;
    for (const reference of referencesOf(context)) {
      const found = reference.classes === null ? ofRegression(reference) : ofClasses(reference);
      if (found) yield { ...found, ...headOf(context, reference) };
    }
  },
};

function ofClasses({
  actual,
  ignorant,
  constant,
  classes,
  samples,
  call,
  prediction,
  target,
}: LossReference): Evidence | null {
  const expected = Math.max(ignorant, constant);
  // Options of the loss, such as a focal exponent or a weight of classes, scale what it costs to know nothing.
  const scale = Math.max(1, ignorant / Math.log(classes!));
  const isSingle = prediction.size === target.size && classes === 2;
  const far = (farInNats(classes!, isSingle) + byChance(samples, isSingle)) * scale;
  if (!(actual - expected > far)) return null;
  return {
    evidence: `${call.name} starts at ${short(actual)}; a model that knows nothing has ln ${classes} = ${short(Math.log(classes!))}${Math.abs(constant - ignorant) > 0.01 ? `, and one that knows the frequencies of the labels ${short(constant)}` : ""}.`,
    fix: 'Start the last layer small: kernelInitializer: initializers.randomNormal({ std: 0.01 }), biasInitializer: "zeros"; and leave the other layers at their defaults.',
  };
}

function ofRegression({ actual, constant, prediction, target, call }: LossReference): Evidence | null {
  const [said, wanted] = [rms(prediction.storage), rms(target.storage)];
  if (!(said > farPredictions * Math.max(1, wanted))) return null;
  return {
    evidence: `${call.name} starts at ${short(actual)}, where always saying the mean of the targets has ${short(constant)}: predictions are of the order of ${short(said)}, targets of ${short(wanted)}.`,
    fix: 'Leave the initialisers at their defaults, "glorot_uniform" or "he_normal" for relu, so that predictions start at the order of 1.',
  };
}

/** The layer that the predictions come from. */
function headOf({ graph }: DiagnosisContext, { call }: LossReference): Pick<Evidence, "layer" | "line"> {
  const prediction = call.inputs[0].value;
  let at = prediction;
  while (at.producer && !at.producer.layer) at = at.producer.inputs[0];
  const layer = at.producer?.layer ?? graph.layers.find(({ outputs }) => outputs.includes(prediction));
  return { layer: layer?.title, line: call.line() };
}
