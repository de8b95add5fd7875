/**
 * The backward pass: from a result, step by step in reverse order, the chain rule.
 */
import { checkList } from "../arguments.ts";
import { checkOptions, DTypeError, describe, GraphError, ShapeError } from "../errors.ts";
import { onesLike, zerosLike } from "../tensor/create.ts";
import { type TapeEntry, withGradEnabled } from "../tensor/dispatch.ts";
import { isFloat } from "../tensor/dtype.ts";
import type { GradientRule } from "../tensor/op.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { tracer } from "../tensor/tracer.ts";
import { afterHooks, nodeOf, noteHooks, retainedAt, type TapeNode } from "./hooks.ts";
import { inputsOf, release } from "./released.ts";

/** What is to become of the graph that a backward pass goes through. */
export interface BackwardOptions {
  /** Keep the graph, so that one can go back through it again. */
  retainGraph?: boolean;
  /** Record the backward pass itself, so that its results can be differentiated; implies `retainGraph`. */
  createGraph?: boolean;
}

const backwardOptions = ["retainGraph", "createGraph"];

/**
 * Adds to `grad` of every leaf the derivative of `output` by it, and of every tensor whose gradient is retained. See
 * `Tensor.backward`.
 *
 * If a gradient rule throws, nothing has been changed.
 */
export function backward(output: Tensor, gradient: Tensor | undefined, options: BackwardOptions = {}): void {
  checkOptions("backward", options, backwardOptions);
  const targets = new Set<Tensor>();
  const found = propagate([output], [seed(output, gradient)], options, (target) => targets.add(target));
  const totals = withGradEnabled(options.createGraph ?? false, () =>
    Array.from(targets, (target) => {
      const arrived = found.get(nodeOf(target)) ?? zerosLike(target);
      return target.grad ? target.grad.add(arrived) : arrived;
    }),
  );
  for (const [i, target] of [...targets].entries()) target.grad = totals[i];
}

/**
 * The derivatives of `outputs`, each weighted by its cotangent and summed, by each of `inputs`: PyTorch's
 * `autograd.grad`. `grad` fields stay as they are, and inputs need not be leaves.
 *
 * @param cotangents one for each output; by default 1, which the output must then be a scalar for.
 * @returns one tensor for each input, zeros where the outputs do not depend on it.
 * @throws GraphError where an output depends on nothing that requires a gradient.
 *
 * @example
 * const [g] = gradients([loss], [w], { createGraph: true });
 * g.square().sum().backward(); // a gradient penalty
 */
export function gradients(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  options: BackwardOptions & { cotangents?: readonly Tensor[] } = {},
): Tensor[] {
  checkOptions("gradients", options, [...backwardOptions, "cotangents"]);
  const { cotangents } = options;
  checkTensors("outputs", outputs);
  checkTensors("inputs", inputs);
  if (cotangents !== undefined) checkTensors("cotangents", cotangents);
  const seeds = outputs.map((output, i) => seed(output, cotangents?.[i]));
  const found = propagate(outputs, seeds, options, undefined, new Set(inputs.map(nodeOf)));
  return inputs.map((input) => found.get(nodeOf(input)) ?? zerosLike(input));
}

/** Is told what a backward pass does, step by step. */
export interface BackwardObserver {
  /** The whole gradient of a node as all paths to it have added up, and as its hooks have left it. */
  onGradient(node: TapeNode, arrived: Tensor, gradient: Tensor): void;
  /** What a step sends to one of its inputs. */
  onSent(step: TapeEntry, input: number, part: Tensor): void;
}

/**
 * Goes back from a result to tell an observer, and changes nothing: also where `backward` has been, as long as the graph
 * is not forgotten.
 */
export function observeBackward(output: Tensor, gradient: Tensor | undefined, observer: BackwardObserver): void {
  propagate([output], [seed(output, gradient)], { retainGraph: true }, undefined, new Set(), observer);
}

function checkTensors(name: string, list: unknown): void {
  checkList("gradients", list, `an array of tensors as ${name}`);
  for (const x of list)
    if (!(x instanceof Tensor))
      throw new GraphError({ where: "gradients", expected: `tensors as ${name}`, got: describe(x) });
}

/** The gradient to start with, checked: 1 for a scalar, otherwise what was given. */
function seed(output: Tensor, given: Tensor | undefined): Tensor {
  const where = "backward";
  if (!isFloat(output.dtype))
    throw new DTypeError({
      where,
      expected: "a float result to go back from",
      got: output.dtype,
      hint: "Comparisons, argmax and other integer results have no gradient; go back from the loss.",
    });
  if (!output.requiresGrad)
    throw new GraphError({
      where,
      expected: "a tensor that depends on something with requiresGrad",
      got: "one that does not",
      hint: "Make the weights with parameter(…), and do not compute the loss inside noGrad or after detach().",
    });
  if (given === undefined) {
    if (output.size === 1) return onesLike(output);
    throw new GraphError({
      where,
      expected: "a scalar, whose gradient by itself is 1",
      got: `a tensor of shape ${formatShape(output.shape)}`,
      hint: "Reduce it with sum() or mean() first, or pass the gradient: y.backward(ones(y.shape)).",
    });
  }
  if (!sameShape(given.shape, output.shape))
    throw new ShapeError({
      where,
      expected: `a gradient in the result's shape, ${formatShape(output.shape)}`,
      got: formatShape(given.shape),
    });
  return given.cast(output.dtype);
}

/**
 * Sends the seeds back through the tape and returns what arrived at each node.
 *
 * @param onTarget told every tensor on the way in whose `grad` a gradient is to be left.
 * @param keep nodes whose gradients are wanted though they are steps.
 */
function propagate(
  outputs: readonly Tensor[],
  seeds: readonly Tensor[],
  { retainGraph, createGraph = false }: BackwardOptions,
  onTarget?: (target: Tensor) => void,
  keep: ReadonlySet<TapeNode> = new Set(),
  observer: BackwardObserver | null = null,
): Map<TapeNode, Tensor> {
  noteHooks();
  const order = stepsBehind(outputs, onTarget, observer !== null);
  const arrived = new Map<TapeNode, Tensor>();
  const receive = (node: TapeNode, g: Tensor) => {
    const before = arrived.get(node);
    arrived.set(node, before ? before.add(g) : g);
  };
  withGradEnabled(createGraph, () => {
    outputs.forEach((output, i) => {
      receive(nodeOf(output), seeds[i]);
    });
    for (const step of order) {
      const whole = arrived.get(step);
      if (!whole) continue;
      const g = afterHooks(step, whole);
      observer?.onGradient(step, whole, g);
      if (keep.has(step) || retainedAt(step)) arrived.set(step, g);
      else arrived.delete(step);
      tracer?.state?.sendsBack?.(step.output);
      sendBack(step, g, receive, observer);
    }
    tracer?.state?.sendsBack?.(null);
    for (const [node, whole] of arrived) {
      if (!(node instanceof Tensor)) continue;
      const g = afterHooks(node, whole);
      observer?.onGradient(node, whole, g);
      arrived.set(node, g);
    }
  });
  if (!(retainGraph ?? createGraph)) release(order);
  return arrived;
}

/** Applies the step's gradient rule for each input that wants a gradient. */
function sendBack(
  step: TapeEntry,
  g: Tensor,
  receive: (node: TapeNode, g: Tensor) => void,
  observer: BackwardObserver | null,
): void {
  const inputs = step.inputs!;
  const call = { inputs, output: step.output!, attributes: step.attributes };
  inputs.forEach((input, i) => {
    if (!input.requiresGrad) return;
    const rules = step.op.gradient as GradientRule | readonly GradientRule[];
    const rule = typeof rules === "function" ? rules : rules[i];
    const part = rule(g, call, i);
    if (part === null) return;
    if (!(part instanceof Tensor))
      throw new GraphError({
        where: `gradient of ${step.op.name}`,
        expected: "a rule that returns a tensor, or null for no gradient",
        got: describe(part),
      });
    if (!sameShape(part.shape, input.shape))
      throw new ShapeError({
        where: `gradient of ${step.op.name}`,
        expected: `the shape of its input ${i}, ${formatShape(input.shape)}`,
        got: formatShape(part.shape),
        hint: "Where the input was broadcast, sum its gradient to the input's shape with sumTo.",
      });
    observer?.onSent(step, i, part);
    receive(nodeOf(input), part);
  });
}

/** Every step that the outputs came from, the latest first. */
function stepsBehind(
  outputs: readonly Tensor[],
  onTarget?: (target: Tensor) => void,
  mayBeReleased = false,
): TapeEntry[] {
  const seen = new Set<TapeEntry>();
  const pending: Tensor[] = [...outputs];
  for (let x = pending.pop(); x; x = pending.pop()) {
    if (!x.requiresGrad) continue;
    if (!x.tapeEntry) onTarget?.(x.leaf);
    else if (!seen.has(x.tapeEntry)) {
      seen.add(x.tapeEntry);
      const retained = retainedAt(x.tapeEntry);
      if (retained) onTarget?.(retained);
      if (x.tapeEntry.isReleased && !mayBeReleased) throw released(x.tapeEntry.op.name);
      for (const input of inputsOf("backward", x.tapeEntry)) pending.push(input);
    }
  }
  return [...seen].sort((a, b) => b.order - a.order);
}

function released(name: string): GraphError {
  return new GraphError({
    where: "backward",
    expected: "a graph that is still there",
    got: `a step (${name}) that an earlier backward pass released`,
    hint: "Compute the loss again before each backward(), or keep the graph with backward(undefined, { retainGraph: true }).",
  });
}
