/**
 * The rules of the diagnosis that look at numbers.
 */
import type { DiagnosisContext } from "../program/context.ts";
import type { Evidence, Rule } from "../program/rule.ts";
import { traceRules } from "../rules/index.ts";
import { constantFeatures, unscaledFeatures } from "./features.ts";
import { explodingGradients, vanishingGradients } from "./gradient-flow.ts";
import { initialLoss } from "./initial-loss.ts";
import { constantLabels, leakedLabels, unscaledTargets } from "./labels.ts";
import { missingZeroGrad } from "./missing-zero-grad.ts";
import { nonFinite } from "./non-finite.ts";
import { cannotOverfit, shuffledLabels } from "./overfit.ts";
import { constantPredictions } from "./predictions.ts";
import { symmetricWeights } from "./symmetric-weights.ts";
import { deadUnits, saturatedUnits } from "./units.ts";
import { updateRatio } from "./update-ratio.ts";

/**
 * The rules, each with those whose findings explain its own: what follows from another thing that is wrong is not said
 * beside it. A rule comes after all that it lists.
 */
const causes: readonly (readonly [rule: Rule, ...causes: readonly Rule[]])[] = [
  [nonFinite],
  [missingZeroGrad],
  [constantFeatures],
  [unscaledFeatures, nonFinite, constantFeatures],
  [constantLabels],
  [leakedLabels],
  [unscaledTargets, nonFinite, constantLabels, unscaledFeatures],
  [symmetricWeights, nonFinite, constantFeatures],
  [deadUnits, nonFinite, unscaledFeatures, constantFeatures, symmetricWeights],
  [saturatedUnits, nonFinite, unscaledFeatures],
  [vanishingGradients, nonFinite, unscaledFeatures, deadUnits, saturatedUnits],
  [explodingGradients, nonFinite, unscaledFeatures],
  [
    initialLoss,
    nonFinite,
    symmetricWeights,
    unscaledFeatures,
    constantFeatures,
    explodingGradients,
    saturatedUnits,
    unscaledTargets,
  ],
  [
    updateRatio,
    nonFinite,
    missingZeroGrad,
    unscaledFeatures,
    unscaledTargets,
    symmetricWeights,
    deadUnits,
    saturatedUnits,
    vanishingGradients,
    explodingGradients,
    initialLoss,
  ],
];
const symptoms = causes.map(([rule]) => rule);
const late: typeof causes = [
  [constantPredictions, ...symptoms.filter((rule) => rule !== leakedLabels && rule !== updateRatio)],
  [shuffledLabels, ...symptoms, constantPredictions],
  [cannotOverfit, ...symptoms, constantPredictions],
];

/** What may follow from operations that are wrong, too; the other rules look at something else. */
const follows: readonly Rule[] = [initialLoss, updateRatio, constantPredictions, shuffledLabels, cannotOverfit];

/** All of them, in the order in which they are looked at. */
export const numberRules: readonly Rule[] = [...causes, ...late].map(([rule, ...before]) => ({
  ...rule,
  *check(context) {
    if (context.loss === null) return;
    const others = follows.includes(rule) ? [...traceRules, ...before] : before;
    if (!others.some((cause) => foundBy(cause, context).length > 0)) yield* foundBy(rule, context);
  },
}));

/** What a rule finds, worked out once. */
function foundBy(rule: Rule, context: DiagnosisContext): readonly Evidence[] {
  return context.once(rule, () => [...rule.check(context)]);
}
