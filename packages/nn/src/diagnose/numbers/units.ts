/**
 * Units that have stopped: relus that are shut for every sample, sigmoids and tanhs at their ends.
 */
import { maximum, relu, sigmoid, type Tensor, tanh } from "@chainrule/core";
import { clampOp, matmulOp } from "@chainrule/core/internal";
import { Layer } from "../../layers/layer.ts";
import type { GraphOp } from "../program/graph.ts";
import type { Evidence, Rule } from "../program/rule.ts";
import { feedsProduct, productBehind } from "./products.ts";
import { hasLearned, isUntrained, referencesOf } from "./reference.ts";
import { channelsOf, percent, rms, rowsAreEqual, short } from "./statistics.ts";

/** Fewer samples than this say nothing of a unit. */
const fewestSamples = 4;
/**
 * More than half of a layer is a loss that no width makes up for. With fresh weights a unit is as often open for all
 * samples as it is shut for all: in deep networks, whose activations are alike, a third may be either. So units that are
 * always open are taken off.
 */
const mostDead = 0.5;
const mostDeadBeyondOpen = 0.3;
/**
 * An end is where the slope is below 2% of its largest: |tanh| above 0.99, a sigmoid below 0.005 or above 0.995. Karpathy
 * ("Building makemore, part 3") looks at |tanh| > 0.97 and finds 18% too many; half of all is beyond doubt.
 */
const endOfTanh = 0.99;
const endOfSigmoid = 0.005;
const mostSaturated = 0.5;

export const deadUnits: Rule = {
  name: "dead-units",
  explanation:
    "A relu that is 0 for every sample has slope 0 for every sample: no gradient reaches its weights, and it never opens again.",
  kind: "numbers",
  *check(context) {
    for (const nodes of byPlace(context.graph.ops.filter(isRelu))) {
      const place = hiddenPlace(nodes);
      // Where nothing differs between samples, the reason lies before.
      if (!place || nodes[0].inputs.some(({ tensor, producer }) => producer && rowsAreEqual(tensor))) continue;
      const units = nodes.map((node) => channelsOf(node.output.tensor, place.axis));
      const count = Math.min(...units.map((each) => each.length));
      if (count === 0 || units[0][0].length * nodes.length < fewestSamples) continue;
      const always = (test: (x: number) => boolean) =>
        Array.from({ length: count }, (_, i) => units.every((each) => each[i].every(test))).filter(Boolean).length /
        count;
      const dead = always((x) => x <= 0);
      if (!(dead > mostDead && dead - always((x) => x > 0) > mostDeadBeyondOpen)) continue;
      const before = nodes[0].inputs.find(({ producer }) => producer)?.tensor ?? nodes[0].inputs[0].tensor;
      yield {
        evidence: `${Math.round(dead * count)} of ${count} units are 0 for all ${units[0][0].length} samples and places; what goes into them is ${short(largest(before))} at most.`,
        fix: 'Start with biasInitializer: "zeros" and kernelInitializer: "he_normal"; if they died in training, take a tenth of the learning rate, or activation: "leaky_relu".',
        ...place.where,
      };
    }
  },
};

export const saturatedUnits: Rule = {
  name: "saturated-units",
  explanation: "At its ends a sigmoid or tanh has a slope of nearly 0: what comes back through it is lost.",
  kind: "numbers",
  *check(context) {
    // A model that has learned may be sure, and one of which nothing is known but that it has been trained too.
    if (hasLearned(context) || (referencesOf(context).length === 0 && !isUntrained(context))) return;
    for (const nodes of byPlace(context.graph.ops.filter(({ op }) => op === tanh.op || op === sigmoid.op))) {
      const place = hiddenPlace(nodes);
      if (!place || !nodes.some(({ output }) => feedsProduct(output))) continue;
      const atEnd =
        nodes[0].op === tanh.op
          ? (y: number) => Math.abs(y) > endOfTanh
          : (y: number) => Math.min(y, 1 - y) < endOfSigmoid;
      let [count, total] = [0, 0];
      for (const { output } of nodes) {
        const { storage } = output.tensor;
        for (let i = 0; i < storage.length; i++) if (atEnd(storage[i])) count++;
        total += storage.length;
      }
      if (!(count / total > mostSaturated)) continue;
      yield {
        evidence: `${percent(count / total)} of the outputs of ${nodes[0].op.name} are at its ends, where its slope is below 2% of its largest; what goes into it is of the order of ${short(rms(nodes[0].inputs[0].tensor.storage))}.`,
        fix: 'Bring what goes in to the order of 1: kernelInitializer: "glorot_uniform", biasInitializer: "zeros", and inputs of mean 0 and deviation 1.',
        ...place.where,
      };
    }
  },
};

function isRelu({ op, attributes, inputs }: GraphOp): boolean {
  if (op === relu.op) return true;
  if (op === clampOp) return (attributes as { min: number }).min === 0;
  return (
    op === maximum.op &&
    inputs.some(({ tensor, producer }) => producer === null && tensor.size === 1 && tensor.item() === 0)
  );
}

/** Operations of one place: what is computed at each time step of the same weights is one place. */
function byPlace(nodes: readonly GraphOp[]): GraphOp[][] {
  const places = new Map<unknown, Map<string, GraphOp[]>>();
  for (const node of nodes) {
    const { weight, steps } = weightBehind(node);
    const sameWeight = places.get(weight ?? node) ?? new Map<string, GraphOp[]>();
    const key = `${steps} ${node.op.name} ${node.output.tensor.rank}`;
    sameWeight.set(key, [...(sameWeight.get(key) ?? []), node]);
    places.set(weight ?? node, sameWeight);
  }
  return [...places.values()].flatMap((each) => [...each.values()]);
}

/** The weights of the nearest product before an operation, and how many operations lie between. */
function weightBehind(node: GraphOp): { weight: Tensor | null; steps: number } {
  let [at, steps] = [node, 0];
  const behind = node.inputs.map(productBehind).find(Boolean);
  if (!behind) return { weight: null, steps };
  while (at !== behind && steps < 20) {
    const before: GraphOp | undefined = at.inputs.flatMap(({ producer }) => producer ?? [])[0];
    if (!before) break;
    at = before;
    steps++;
  }
  return { weight: behind.inputs.find(({ parameter }) => parameter)?.parameter ?? null, steps };
}

/** Where units are, and along which axis, if these come from a product and are no part of a loss. */
function hiddenPlace([first]: readonly GraphOp[]): { axis: number; where: Pick<Evidence, "layer" | "line"> } | null {
  const { loss, layer, output, line, inputs } = first;
  if (loss || output.tensor.rank < 2) return null;
  if (layer?.module instanceof Layer && layer.module.activityRegularizer) return null;
  const behind = inputs.map(productBehind).find(Boolean);
  if (!behind) return null;
  if (!layer && !feedsProduct(output)) return null;
  return { axis: behind.op === matmulOp ? output.tensor.rank - 1 : 1, where: { layer: layer?.title, line: line() } };
}

function largest({ storage }: Tensor): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < storage.length; i++) max = Math.max(max, storage[i]);
  return max;
}
