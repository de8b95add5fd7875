/**
 * The rules of the diagnosis that look at the trace: at operations, and at what follows from them.
 */
import type { Rule } from "../program/rule.ts";
import { constantLoss, noGradient } from "./gradients.ts";
import { logitsIntoProbabilityLoss, outputRange, sigmoidForClasses, softmaxForSeveralLabels } from "./outputs.ts";
import { doubleSoftmax, softmaxBeforeLogitsLoss, softmaxOverBatch, softmaxOverOneUnit } from "./softmax.ts";
import { accidentalBroadcast, dropoutOnOutput, ignoredInput, missingActivation, wrongMode } from "./structure.ts";

/** All of them, in the order in which they are looked at. */
export const traceRules: readonly Rule[] = [
  constantLoss,
  noGradient,
  softmaxOverOneUnit,
  softmaxOverBatch,
  softmaxBeforeLogitsLoss,
  doubleSoftmax,
  logitsIntoProbabilityLoss,
  outputRange,
  sigmoidForClasses,
  softmaxForSeveralLabels,
  accidentalBroadcast,
  wrongMode,
  dropoutOnOutput,
  ignoredInput,
  missingActivation,
];
