/**
 * Programs that compute something else than was meant: shapes that only broadcast, modes, inputs that are left out.
 */
import { type Shape, ShapeError } from "@chainrule/core";
import { formatShape } from "@chainrule/core/internal";
import { Dropout } from "../../layers/dropout.ts";
import { BatchNorm } from "../../layers/norm.ts";
import type { DiagnosisContext } from "../program/context.ts";
import type { Graph, GraphOp, GraphValue, LayerCall } from "../program/graph.ts";
import { placeOf, placeOfCall } from "../program/place.ts";
import { behindLoss, head, predictions } from "../program/reach.ts";
import type { Evidence, Rule } from "../program/rule.ts";
import { opName } from "../program/values.ts";
import { digits, listed } from "./words.ts";

export const accidentalBroadcast: Rule = {
  name: "accidental-broadcast",
  explanation:
    "Outputs [n, 1] less targets [n] are [n, n], every output less every target: the loss is a number as any other, and teaches the mean.",
  kind: "trace",
  *check(context) {
    const { error, graph, program } = context;
    // In fit the error itself is seen.
    if (program.where !== "fit" && error instanceof ShapeError && /would broadcast$/.test(error.got))
      yield { evidence: `${error.where}: ${error.got}.`, fix: error.hint ?? reshapeFix, ...placeOf(graph.ops.at(-1)) };
    for (const op of graph.ops) {
      if (op.loss || !/^(add|sub|mul|div|pow|maximum|minimum)$/.test(opName(op)) || !head(context).has(op.output))
        continue;
      const [a, b] = op.inputs;
      const { shape } = op.output.tensor;
      if (!isStretched(a, shape) || !isStretched(b, shape)) continue;
      if (a.tensor.requiresGrad === b.tensor.requiresGrad || isMeant(a, b)) continue;
      yield {
        evidence: `${opName(op)} of shapes ${formatShape(a.tensor.shape)} and ${formatShape(b.tensor.shape)} broadcasts both, to ${formatShape(shape)}: ${op.output.tensor.size} numbers of ${Math.max(a.tensor.size, b.tensor.size)}.`,
        fix: reshapeFix,
        ...placeOf(op),
      };
      return;
    }
  },
};

const reshapeFix = "Bring both to one shape before: squeeze(-1) on the outputs, or unsqueeze(-1) on the targets.";

function isStretched({ tensor }: GraphValue, shape: Shape): boolean {
  return tensor.size > 1 && tensor.shape.length <= shape.length && tensor.size < shape.reduce((size, n) => size * n, 1);
}

/** Whether somebody has put axes in on both sides, or the two do not have the same rows. */
function isMeant(a: GraphValue, b: GraphValue): boolean {
  if (a.tensor.size !== b.tensor.size) return true;
  const hasAxes = ({ producer, tensor }: GraphValue) =>
    producer !== null && opName(producer) === "reshape" && producer.inputs[0].tensor.shape.length < tensor.shape.length;
  return hasAxes(a) && hasAxes(b);
}

export const wrongMode: Rule = {
  name: "wrong-mode",
  explanation:
    "Dropout and batch normalisation compute one thing in training and another in evaluation: in the wrong mode nothing is dropped, or statistics are stale, or predictions are noise.",
  kind: "trace",
  *check({ layers, loss, graph }) {
    if (!loss) return;
    if (!loss.requiresGrad) {
      yield* inEvaluation(layers, graph);
      return;
    }
    const still = layers.filter((call) => !call.training && dependsOnMode(call) && !outermost(call).training);
    if (still.length === 0) return;
    const names = [...new Set(still.map(({ title }) => title))];
    yield {
      evidence: `A loss to train on was computed with ${names.length} of the layers that depend on the mode in evaluation mode: ${listed(names)}.`,
      fix: "Call model.train() before the training step, and model.eval() before predictions.",
      ...placeOfCall(still[0]),
    };
  },
};

/** Layers in training mode where nothing is on the tape though there are weights: an evaluation, by hand. */
function* inEvaluation(layers: readonly LayerCall[], { ops }: Graph): Iterable<Evidence> {
  const isOffTape = ops.some(
    ({ inputs, output, op }) =>
      op.gradient && !output.tensor.requiresGrad && inputs.some((x) => x.isWeight && x.tensor.requiresGrad),
  );
  const noisy = layers.filter((call) => call.training && dependsOnMode(call));
  if (!isOffTape || noisy.length === 0) return;
  const names = [...new Set(noisy.map(({ title }) => title))];
  yield {
    evidence: `Without the tape, as for an evaluation, ${names.length} layers are in training mode: ${listed(names)}.`,
    fix: "Call model.eval() before evaluations and predictions, and model.train() before the next training step.",
    ...placeOfCall(noisy[0]),
  };
}

function outermost(call: LayerCall): LayerCall {
  let at = call;
  while (at.outer) at = at.outer;
  return at;
}

function dependsOnMode({ module }: LayerCall): boolean {
  if (module.isFrozen) return false;
  if (module instanceof Dropout) return module.rate > 0;
  const { dropout } = module as { dropout?: unknown };
  return module instanceof BatchNorm || (typeof dropout === "number" && dropout > 0);
}

export const dropoutOnOutput: Rule = {
  name: "dropout-on-output",
  explanation:
    "Dropout after the last layer sets outputs themselves to 0 and the others too high: no weights can make up for it.",
  kind: "trace",
  *check(context) {
    const outputs = [...head(context)];
    for (const call of context.layers) {
      if (!(call.module instanceof Dropout) || call.module.rate === 0 || !call.training) continue;
      const [output] = call.outputs;
      const isLast =
        output && output !== call.inputs[0] && outputs.includes(output) && leadsStraightToLoss(context, output);
      if (!isLast) continue;
      yield {
        evidence: `${call.title} drops ${digits(100 * call.module.rate)}% of the outputs, of shape ${formatShape(output.tensor.shape)}, on which the loss is computed.`,
        fix: "Move the dropout before the last layer.",
        ...placeOfCall(call),
      };
    }
  },
};

/** Whether a value goes into a loss with nothing but activations and changes of form between. */
function leadsStraightToLoss(context: DiagnosisContext, value: GraphValue): boolean {
  const found = predictions(context).map(({ input }) => input.value);
  if (found.length === 0) return true;
  const straight = /^(reshape|permute|cast|softmax|logSoftmax|sigmoid|tanh|relu|mul|div|slice|exp)$/;
  return found.some((prediction) => {
    let at: GraphValue | undefined = prediction;
    for (let steps = 0; at && steps < 8; steps++) {
      if (at === value) return true;
      const { producer }: GraphValue = at;
      if (!producer || !straight.test(opName(producer))) return false;
      at = producer.inputs.find(({ tensor }) => tensor.requiresGrad);
    }
    return false;
  });
}

export const ignoredInput: Rule = {
  name: "ignored-input",
  explanation: "What the loss is not computed of, the model cannot learn from.",
  kind: "trace",
  *check(context) {
    const { inputs } = context.program;
    if (inputs.length === 0 || !context.loss?.requiresGrad) return;
    const used = behindLoss(context);
    const isUsed = inputs.map((x) =>
      [...used].some(({ tensor }) => tensor === x || (x.held !== null && tensor.held === x.held)),
    );
    const ignored = inputs.flatMap((x, i) =>
      isUsed[i] ? [] : [`${inputs.length > 1 ? `input ${i + 1} ` : ""}${formatShape(x.shape)}`],
    );
    if (ignored.length === 0) return;
    yield {
      evidence: `The loss is not computed of ${inputs.length > 1 ? listed(ignored) : `the inputs, ${ignored[0]}`}.`,
      fix: "Look at forward: is another variable used in its place, or its result thrown away?",
    };
  },
};

export const missingActivation: Rule = {
  name: "missing-activation",
  explanation:
    "Two linear layers without an activation between them are one linear layer: the second adds weights and nothing else.",
  kind: "trace",
  *check(context) {
    const used = behindLoss(context);
    for (const op of context.graph.ops) {
      if (!isLinear(op) || !used.has(op.output)) continue;
      const before = linearBefore(op.inputs[0]);
      if (!before) continue;
      const [first, second] = [kernelShape(before), kernelShape(op)];
      const [from, between] = first;
      const to = second[1];
      // A narrow layer between two wide ones keeps the rank low, which may be what is wanted.
      if (between < Math.min(from, to) || second[0] !== between) continue;
      yield {
        evidence: `${before.layer?.title ?? "A product with weights"}, ${from} to ${between}, feeds ${op.layer?.title ?? "another"}, ${between} to ${to}, with no activation between: together they compute what one layer ${from} to ${to} does.`,
        fix: 'Give the first an activation, such as "relu", or leave it out.',
        ...placeOf(before),
      };
      return;
    }
  },
};

/** Whether it is a product of data with a matrix of weights. */
function isLinear(op: GraphOp): boolean {
  const [x, w] = op.inputs;
  return opName(op) === "matmul" && w.isWeight && w.detachedFrom === null && w.tensor.rank === 2 && !x.isWeight;
}

function kernelShape({ inputs, attributes }: GraphOp): readonly [from: number, to: number] {
  const [from, to] = inputs[1].tensor.shape;
  return (attributes as { b: boolean }).b ? [to, from] : [from, to];
}

/** The product with weights that a value is, with no more than a bias or noise added and its numbers in order. */
function linearBefore(value: GraphValue): GraphOp | null {
  let at: GraphValue | null = value;
  while (at?.producer) {
    const producer: GraphOp = at.producer;
    if (isLinear(producer)) return at.consumers.length > 1 ? null : producer;
    const name = opName(producer);
    const [x, y]: readonly GraphValue[] = producer.inputs;
    const isBias = name === "add" && y.isWeight && y.tensor.rank === 1;
    const isDropout = name === "mul" && producer.layer?.module instanceof Dropout;
    if (!isBias && !isDropout) return null;
    if (at.consumers.length > 1) return null;
    at = x;
  }
  return null;
}
