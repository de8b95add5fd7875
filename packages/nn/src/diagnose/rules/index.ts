/**
 * The rules of the diagnosis that look at the trace: at operations, and at what follows from them.
 */
import type { Rule } from "../program/rule.ts";
import {
  doubleSoftmax,
  logitsIntoProbabilityLoss,
  outputRange,
  sigmoidForClasses,
  softmaxBeforeLogitsLoss,
  softmaxForSeveralLabels,
  softmaxOverBatch,
  softmaxOverOneUnit,
} from "./activation-and-loss.ts";
import { constantLoss, noGradient } from "./gradients.ts";
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
