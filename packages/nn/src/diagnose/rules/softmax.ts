/**
 * Softmax and sigmoid where they do not belong: twice, before a loss that applies them, over one unit, along another axis.
 */
import { formatShape } from "@chainrule/core/internal";
import type { DiagnosisContext } from "../program/context.ts";
import type { Facts, Squash } from "../program/facts.ts";
import type { GraphOp, GraphValue } from "../program/graph.ts";
import { placeOf } from "../program/place.ts";
import { factsOf, head, predictions } from "../program/reach.ts";
import type { Evidence, Rule } from "../program/rule.ts";
import { behindViews, opName } from "../program/values.ts";
import { classAxis, classesOf, isProbable } from "./classes.ts";
import { range, shown } from "./words.ts";

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
