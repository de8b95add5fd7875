/**
 * Outputs that the loss cannot take: an activation too many before it, one too few, or one of another range.
 */
import type { Tensor } from "@chainrule/core";
import { formatShape } from "@chainrule/core/internal";
import type { DiagnosisContext } from "../program/context.ts";
import { behindViews, type Facts, opName, type Squash } from "../program/facts.ts";
import type { GraphOp, GraphValue, LossCall } from "../program/graph.ts";
import { placeOf } from "../program/place.ts";
import { factsOf, head, type Prediction, predictions } from "../program/reach.ts";
import type { Evidence, Rule } from "../program/rule.ts";
import { range, shown } from "./words.ts";

/** Functions after which numbers are probabilities, or logarithms of such. */
const isProbable = ({ kind }: Squash) => /^(softmax|logSoftmax|sigmoid|logSigmoid|normalized)$/.test(kind);

export const softmaxBeforeLogitsLoss: Rule = {
  name: "softmax-before-logits-loss",
  explanation:
    "This loss applies softmax or sigmoid by itself: applied twice, the probabilities come near to each other, the gradient all but vanishes, and the loss stays far above 0.",
  kind: "trace",
  *check(context) {
    const seen = new Set<GraphOp>();
    for (const { loss, input, facts } of predictions(context)) {
      const { squash } = facts;
      if (input.domain !== "logit" || !squash || !isProbable(squash)) continue;
      seen.add(squash.op);
      yield {
        evidence: `${loss.name} takes logits, and gets the result of ${squash.name}: numbers ${range(facts)}, here ${shown(input.value)}.${floorOf(facts, input.value)}`,
        fix: `Leave ${squash.name} out and give ${loss.name} the numbers before it (for predictions take it afterwards), or keep it and take a loss of probabilities, ${ofProbabilities(loss.name)}.`,
        ...placeOf(squash.op),
      };
    }
    // In a loss that the user has written out.
    for (const op of context.graph.ops) {
      const found = op.loss || isOfModel(context, op) ? null : secondSoftmax(context, op);
      if (!found || seen.has(found.op)) continue;
      seen.add(found.op);
      yield {
        evidence: `${opName(op)} at the loss is taken of what ${found.name} has made already: ${shown(op.inputs[0])}.`,
        fix: `Leave one of the two out: ${opName(op)} takes logits.`,
        ...placeOf(found.op),
      };
    }
  },
};

export const doubleSoftmax: Rule = {
  name: "double-softmax",
  explanation:
    "Softmax or sigmoid of probabilities brings them near to each other: nothing certain can come out any more.",
  kind: "trace",
  *check(context) {
    const seen = new Set<GraphOp>();
    for (const op of context.graph.ops) {
      const found = op.loss || !isOfModel(context, op) ? null : secondSoftmax(context, op);
      if (!found || seen.has(found.op)) continue;
      seen.add(found.op);
      yield {
        evidence: `${opName(op)} is taken of what ${found.name} has made already: of ${shown(op.inputs[0])} it makes ${shown(op.output)}.`,
        fix: "Leave one of the two out.",
        ...placeOf(op),
      };
    }
  },
};

/** Whether an operation belongs to the model; in a program without layers, whether it makes outputs rather than logarithms. */
function isOfModel({ layers }: DiagnosisContext, op: GraphOp): boolean {
  return op.layer !== null || (layers.length === 0 && !/^log/.test(opName(op)));
}

/** What an operation that makes probabilities of logits is taken of, where these are probabilities already. */
function secondSoftmax(context: DiagnosisContext, op: GraphOp): Squash | null {
  const name = opName(op);
  const isWritten = factsOf(context).of(op.output).squash?.op === op;
  if (!/^(softmax|logSoftmax|sigmoid|logSumExp)$/.test(name) && !(isWritten && name === "div")) return null;
  if (!op.output.tensor.requiresGrad) return null;
  const [input] = name === "div" ? [logitsOf(op)] : op.inputs;
  const squash = input && factsOf(context).of(input).squash;
  // Of their logarithms both are sound: to make them sharper, and to add probabilities up.
  return squash && /^(softmax|sigmoid|normalized)$/.test(squash.kind) && squash.op !== op ? squash : null;
}

/** What a softmax that is written out is taken of. */
function logitsOf(op: GraphOp): GraphValue | null {
  const { producer } = behindViews(op.inputs[0]);
  if (!producer || !/^(exp|pow)$/.test(opName(producer))) return null;
  const inside = behindViews(producer.inputs[opName(producer) === "pow" ? 1 : 0]);
  return inside.producer && opName(inside.producer) === "sub" ? inside.producer.inputs[0] : inside;
}

/** What the loss cannot go below where logits lie between two bounds. */
function floorOf({ low, high, squash }: Facts, { tensor }: GraphValue): string {
  const classes = squash?.axis === null || squash === null ? null : tensor.shape[squash.axis];
  if (classes === null || classes < 2 || !Number.isFinite(high - low)) return "";
  const floor = Math.log(1 + (classes - 1) * Math.exp(low - high));
  return ` Of ${classes} classes it cannot go below ${floor.toFixed(2)}.`;
}

/** The losses that take what softmax or sigmoid makes. */
function ofProbabilities(name: string): string {
  return /binary/i.test(name) ? "binaryCrossEntropy" : "categoricalCrossEntropy or sparseCategoricalCrossEntropy";
}

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

export const softmaxOverOneUnit: Rule = {
  name: "softmax-over-one-unit",
  explanation:
    "Softmax along an axis of length 1 is 1, whatever comes in: the output is constant and there is no gradient.",
  kind: "trace",
  *check(context) {
    const seen = new Set<GraphOp>();
    for (const { loss, input } of predictions(context)) {
      const classes = classesOf(loss, input.value);
      const producer = behindViews(input.value).producer;
      if (classes !== 1 || !producer || loss.output !== null) continue;
      yield {
        evidence: `${loss.name} takes scores of several classes, and gets those of one, of shape ${formatShape(input.value.tensor.shape)}.`,
        fix: oneUnit,
        ...placeOf(producer),
      };
    }
    for (const op of context.graph.ops) {
      const { squash } = factsOf(context).of(op.output);
      if (squash?.op !== op || squash.axis === null || squash.length !== 1 || !op.output.tensor.requiresGrad) continue;
      const first = firstOfUnit(op);
      if (!first || seen.has(first)) continue;
      seen.add(first);
      yield {
        evidence: `${op.loss ? `${op.loss.name} takes ${squash.name}` : squash.name} along an axis of length 1, of shape ${formatShape(op.output.tensor.shape)}: every result is ${squash.kind === "logSoftmax" ? "0" : "1"}.`,
        fix: oneUnit,
        ...placeOf(op.loss ? first : op),
      };
    }
  },
};

const oneUnit =
  "For yes or no take one unit with sigmoid and binaryCrossEntropy (or no activation and binaryCrossEntropyWithLogits); for K classes take K units.";

/** The axis of the classes, for a loss of classes; null for another one. */
function classAxis({ inputs, options }: LossCall, { tensor }: GraphValue): number | null {
  if (!inputs.some(({ domain }) => /^(label|distribution|labelOrDistribution)$/.test(domain))) return null;
  const axis = (options.axis as number | undefined) ?? -1;
  return axis < 0 ? axis + tensor.rank : axis;
}

/** How many classes a loss of classes gets scores of; null for another loss. */
function classesOf(loss: LossCall, value: GraphValue): number | null {
  const axis = classAxis(loss, value);
  return axis === null ? null : (value.tensor.shape[axis] ?? null);
}

/** The product with weights that makes one unit, where the axis is that of its units and no axis of data that happens to be short. */
function firstOfUnit(op: GraphOp): GraphOp | null {
  let value: GraphValue | undefined = op.inputs[0];
  for (let steps = 0; value && steps < 12; steps++) {
    const { producer } = behindViews(value) as GraphValue;
    if (!producer) return null;
    const name = opName(producer);
    if (/^(matmul|convolve)$/.test(name))
      return producer.inputs.some(({ isWeight }) => isWeight) || hasUnit(producer) ? producer : null;
    if (!/^(add|sub|mul|div|neg|exp|sigmoid|tanh|relu|slice|where|clamp|log)$/.test(name)) return null;
    value = producer.inputs.find((input) => input.tensor.requiresGrad && !input.isWeight);
  }
  return null;
}

function hasUnit({ inputs }: GraphOp): boolean {
  return inputs.some((input) => behindViews(input).isWeight);
}

export const softmaxOverBatch: Rule = {
  name: "softmax-over-batch",
  explanation:
    "Each sample's probabilities over the classes are to sum to 1; along another axis, samples or places take them from each other.",
  kind: "trace",
  *check(context) {
    const seen = new Set<GraphOp>();
    const report = (squash: Squash): Evidence => {
      const { shape } = squash.op.output.tensor;
      const own = squash.op.loss ? squash.op.loss.name : squash.name;
      return {
        evidence: `${own} goes along axis ${squash.axis} of shape ${formatShape(shape)}, that of the ${squash.length} samples, rather than along that of the classes.`,
        fix: squash.op.loss
          ? `${own} with { axis: -1 }.`
          : `${squash.name === "logSoftmax" ? "logSoftmax" : "softmax"}(-1), along the last axis.`,
        ...placeOf(squash.op),
      };
    };
    for (const { loss, input, facts } of predictions(context)) {
      const { squash } = facts;
      const axis = classAxis(loss, input.value);
      if (!squash || squash.overBatch || squash.axis === null || axis === null || squash.axis === axis) continue;
      if (!/^(softmax|logSoftmax)$/.test(squash.kind) || squash.length < 2 || seen.has(squash.op)) continue;
      seen.add(squash.op);
      yield {
        evidence: `${squash.name} goes along axis ${squash.axis} of shape ${formatShape(input.value.tensor.shape)}, and ${loss.name} takes the classes along axis ${axis}.`,
        fix: `softmax(${axis}), along the axis of the classes.`,
        ...placeOf(squash.op),
      };
    }
    const values = [
      ...predictions(context).map(({ input }) => input.value),
      ...context.graph.ops.flatMap((op) =>
        /^(logSoftmax|log|logSumExp)$/.test(opName(op)) && head(context).has(op.output)
          ? [op.output, op.inputs[0]]
          : [],
      ),
    ];
    for (const value of values) {
      const { squash } = factsOf(context).of(value);
      if (!squash?.overBatch || squash.length < 2 || seen.has(squash.op)) continue;
      if (!/^(softmax|logSoftmax)$/.test(squash.kind)) continue;
      seen.add(squash.op);
      yield report(squash);
    }
  },
};

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
