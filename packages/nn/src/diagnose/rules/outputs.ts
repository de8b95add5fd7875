/**
 * Outputs that the loss cannot take: an activation too few before it, or one of another range.
 */
import type { Tensor } from "@chainrule/core";
import type { DiagnosisContext } from "../program/context.ts";
import type { Facts, Squash } from "../program/facts.ts";
import type { GraphValue } from "../program/graph.ts";
import { placeOf } from "../program/place.ts";
import { factsOf, head, type Prediction, predictions } from "../program/reach.ts";
import type { Evidence, Rule } from "../program/rule.ts";
import { behindViews, opName } from "../program/values.ts";
import { classesOf, isProbable } from "./classes.ts";
import { range, shown } from "./words.ts";

export const logitsIntoProbabilityLoss: Rule = {
  name: "logits-into-probability-loss",
  explanation:
    "The logarithm that this loss takes is of probabilities: of any other numbers it is wrong, NaN or cut off.",
  kind: "trace",
  *check(context) {
    for (const { loss, input, facts } of predictions(context)) {
      const wanted = wantedBounds[input.domain];
      if (!wanted || isWithin(facts, wanted)) continue;
      if (facts.squash && isOtherForm(input.domain, facts.squash)) {
        yield {
          evidence: `${loss.name} takes ${wanted.what}, and gets the result of ${facts.squash.name}: numbers ${range(facts)}, here ${shown(input.value)}.`,
          fix:
            input.domain === "probability"
              ? "Take softmax (sigmoid) in place of its logarithm, or a loss of logarithms, nll."
              : "Take logSoftmax (logSigmoid) in place of it, or a loss of probabilities.",
          ...placeOf(facts.squash.op),
        };
        continue;
      }
      if (!isRaw(input.value)) continue;
      yield {
        evidence: `${loss.name} takes ${wanted.what}, and gets what a weighted sum makes, which may be any number: here ${shown(input.value)}.`,
        fix: wanted.fix(loss.name),
        ...placeOf(behindViews(input.value).producer),
      };
    }
    yield* inWrittenLosses(context);
  },
};

/** Whether it is probabilities where their logarithms are wanted, or the other way round. */
function isOtherForm(domain: string, { kind }: Squash): boolean {
  if (domain === "probability") return kind === "logSoftmax" || kind === "logSigmoid";
  return domain === "logProbability" && /^(softmax|sigmoid|normalized)$/.test(kind);
}

/** Logarithms, in losses that are written out, of what a weighted sum makes. */
function* inWrittenLosses(context: DiagnosisContext): Iterable<Evidence> {
  for (const op of context.graph.ops) {
    if (op.loss || op.layer || opName(op) !== "log" || !head(context).has(op.output)) continue;
    const [input] = op.inputs;
    if (!input.tensor.requiresGrad || !isRaw(input) || !isLoose(factsOf(context).of(input))) continue;
    yield {
      evidence: `The logarithm at the loss is taken of what a weighted sum makes, which may be any number: here ${shown(input)}.`,
      fix: "Take logSoftmax(-1) of the logits (or logSigmoid), or use crossEntropy (binaryCrossEntropyWithLogits), which does.",
      ...placeOf(op),
    };
    return;
  }
}

/** Whether numbers may be below 0, or are cut off at both ends to look like probabilities. */
function isLoose({ low, squash }: Facts): boolean {
  return low < 0 || squash?.kind === "clamp" || squash?.name === "clamp";
}

interface Wanted {
  readonly what: string;
  readonly low: number;
  readonly high: number;
  fix(loss: string): string;
}

const infinity = Number.POSITIVE_INFINITY;
const positive = {
  low: 0,
  high: infinity,
  fix: () => 'End the model in a function whose results are positive: activation "softplus" or "exponential".',
};

/** What losses want of predictions that are not logits. */
const wantedBounds: Partial<Record<Prediction["input"]["domain"], Wanted>> = {
  probability: {
    what: "probabilities",
    low: 0,
    high: 1,
    fix: (loss) =>
      `End the model in activation "softmax" ("sigmoid" for yes and no), or, which is exact for all numbers, give the logits to ${/binary/i.test(loss) ? "binaryCrossEntropyWithLogits" : "crossEntropy"} (or ${loss} with fromLogits: true, where it has that).`,
  },
  logProbability: {
    what: "logarithms of probabilities",
    low: -infinity,
    high: 0,
    fix: () => "Take logSoftmax(-1) before it, or use crossEntropy, which does.",
  },
  nonNegative: { ...positive, what: "numbers of 0 or more" },
  positive: { ...positive, what: "numbers above 0" },
};

const rounding = 1e-6;

function isWithin(facts: Pick<Facts, "low" | "high">, wanted: Pick<Wanted, "low" | "high">): boolean {
  return facts.low >= wanted.low - rounding && facts.high <= wanted.high + rounding;
}

/** Whether it is what a product with weights makes, perhaps shifted, scaled, or cut off at both ends. */
function isRaw(value: GraphValue): boolean {
  const { producer } = behindViews(value);
  if (!producer) return false;
  const name = opName(producer);
  if (/^(matmul|convolve|convolveInputGradient)$/.test(name))
    return producer.inputs.some((input) => input.tensor.requiresGrad);
  if (name === "gather") return producer.inputs[0].isWeight;
  if (!/^(add|sub|mul|div|neg|clamp|where|slice|maximum|sum|concat)$/.test(name)) return false;
  return producer.inputs.some((input) => input.tensor.requiresGrad && isRaw(input));
}

export const outputRange: Rule = {
  name: "output-range",
  explanation:
    "What the last activation cannot reach, no training can: the loss stays above 0, and where the activation is flat there is no gradient.",
  kind: "trace",
  *check(context) {
    for (const prediction of predictions(context)) yield* ofPrediction(prediction);
    yield* ofDifferences(context);
  },
};

function* ofPrediction(prediction: Prediction): Iterable<Evidence> {
  const { loss, input, facts, target } = prediction;
  const { squash } = facts;
  if (loss.inputs.some(({ domain }) => domain === "sign")) {
    yield* oneSided(prediction);
    return;
  }
  if (!squash || isProbable(squash)) {
    if (squash && input.domain === "real" && target) yield* missedTargets(facts, squash, target, loss.name);
    return;
  }
  const what = `${squash.name} gives numbers ${range(facts)}, here ${shown(input.value)}`;
  const place = placeOf(squash.op);
  const wanted = wantedBounds[input.domain];
  if (wanted && !isWithin(facts, wanted))
    yield { evidence: `${loss.name} takes ${wanted.what}, and ${what}.`, fix: wanted.fix(loss.name), ...place };
  if (input.domain === "logit" && isNarrow(facts, squash, input.value))
    yield {
      evidence: `${loss.name} takes logits, which may be any number, and ${what}.`,
      fix: `Leave ${squash.name} out of the last layer.`,
      ...place,
    };
  if (input.domain === "real" && target) yield* missedTargets(facts, squash, target, loss.name);
}

/** A score whose sign is the decision, of a function that has one sign only. */
function* oneSided({ loss, facts }: Prediction): Iterable<Evidence> {
  const { squash, low, high } = facts;
  const isOfSigns = loss.inputs.some(({ domain }) => domain === "sign");
  if (!isOfSigns || !squash || (low < 0 && high > 0)) return;
  yield {
    evidence: `${loss.name} decides by the sign of the score, and ${squash.name} gives numbers ${range(facts)}.`,
    fix: `Leave ${squash.name} out of the last layer, or take tanh.`,
    ...placeOf(squash.op),
  };
}

/** Whether logits between these bounds leave probabilities out: all on one side, or too near to each other. */
function isNarrow({ low, high }: Facts, { kind }: Squash, { producer }: GraphValue): boolean {
  if (Number.isFinite(low) && Number.isFinite(high)) return high - low <= 6 && kind !== "other";
  // A pool of what relu made is how some networks of convolutions end.
  const isDirect = !producer || !/Pool|sum|max|div/.test(opName(producer));
  return kind === "relu" && isDirect;
}

/** Differences, in losses that are written out, of outputs from targets that they cannot reach. */
function* ofDifferences(context: DiagnosisContext): Iterable<Evidence> {
  const facts = factsOf(context);
  for (const op of context.graph.ops) {
    if (op.loss || op.layer || opName(op) !== "sub" || !head(context).has(op.output)) continue;
    const [a, b] = op.inputs;
    const [prediction, target] = a.tensor.requiresGrad ? [a, b] : [b, a];
    if (!prediction.tensor.requiresGrad || target.tensor.requiresGrad || target.tensor.size !== prediction.tensor.size)
      continue;
    if (
      !isTarget(context.program.targets, target) ||
      !op.output.consumers.some((next) => /^(square|abs|pow|mul)$/.test(opName(next)))
    )
      continue;
    const { squash, ...known } = facts.of(prediction);
    if (squash) yield* missedTargets(known, squash, target, "The loss");
  }
}

/** Whether it is made of the targets; where these are not known apart, whether it is data at all. */
function isTarget(targets: readonly Tensor[], value: GraphValue, depth = 8): boolean {
  const { producer, tensor } = behindViews(value);
  if (targets.length === 0) return true;
  if (targets.some((y) => y === tensor || (y.held !== null && y.held === tensor.held))) return true;
  return depth > 0 && producer !== null && producer.inputs.some((each) => isTarget(targets, each, depth - 1));
}

function* missedTargets(
  facts: Pick<Facts, "low" | "high">,
  squash: Squash,
  target: GraphValue,
  loss: string,
): Iterable<Evidence> {
  const { storage, size } = target.tensor;
  const slack = 1e-3 * Math.max(1, Math.abs(facts.low), Math.abs(facts.high) === infinity ? 1 : Math.abs(facts.high));
  let [missed, least, most] = [0, infinity, -infinity];
  for (const y of storage) {
    if (y < facts.low - slack || y > facts.high + slack) missed++;
    if (y < least) least = y;
    if (y > most) most = y;
  }
  if (missed === 0 || missed < size / 100) return;
  yield {
    evidence: `${squash.name} gives numbers ${range(facts)}, and ${missed} of ${size} targets lie outside, which go from ${number(least)} to ${number(most)}. ${loss === "The loss" ? loss : `The loss ${loss}`} cannot reach 0.`,
    fix: `End the model without ${squash.name} (a last layer without activation takes any number), or scale the targets into that range.`,
    ...placeOf(squash.op),
  };
}

const number = (x: number) => Number(x.toPrecision(3)).toString();

export const sigmoidForClasses: Rule = {
  name: "sigmoid-for-exclusive-classes",
  explanation:
    "A loss of classes of which one is right takes probabilities that sum to 1; sigmoid makes each by itself.",
  kind: "trace",
  *check(context) {
    for (const { loss, input, facts } of predictions(context)) {
      const classes = classesOf(loss, input.value) ?? 1;
      if (input.domain !== "probability" || facts.squash?.kind !== "sigmoid" || classes < 2) continue;
      yield {
        evidence: `${loss.name} takes probabilities of ${classes} classes, and gets the results of sigmoid: here ${shown(input.value)}, which sum to what they like.`,
        fix: 'Take activation "softmax", or, where several classes may be right at once, binaryCrossEntropy with targets of 0 and 1 for each.',
        ...placeOf(facts.squash.op),
      };
    }
  },
};

export const softmaxForSeveralLabels: Rule = {
  name: "softmax-for-several-labels",
  explanation:
    "The results of softmax sum to 1: they cannot be near 1 for several labels of a sample, nor near 0 for all.",
  kind: "trace",
  *check(context) {
    for (const { loss, facts, target } of predictions(context)) {
      const { squash } = facts;
      const isOfEach =
        loss.inputs.some(({ isGiven, domain }) => isGiven && domain === "probability") && /binary/i.test(loss.name);
      if (!isOfEach || squash?.kind !== "softmax" || squash.axis === null || squash.length < 2 || !target) continue;
      const { tensor } = target;
      if (squash.axis !== tensor.rank - 1) continue;
      const classes = tensor.shape[tensor.rank - 1];
      if (classes !== squash.length) continue;
      const rows = tensor.size / classes;
      let several = 0;
      for (let row = 0; row < rows; row++) {
        let total = 0;
        for (let i = 0; i < classes; i++) total += tensor.storage[row * classes + i];
        if (Math.abs(total - 1) > 0.01) several++;
      }
      if (several === 0) continue;
      yield {
        evidence: `${several} of ${rows} samples have targets that do not sum to 1, and ${squash.name} gives ${classes} numbers that do.`,
        fix: 'Take activation "sigmoid" in place of softmax, with binaryCrossEntropy.',
        ...placeOf(squash.op),
      };
    }
  },
};
