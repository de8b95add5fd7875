/**
 * What follows from the operations alone: between which bounds a tensor's numbers lie, which function brought them there,
 * and which axes run over the batch.
 */
import type { Shape, Tensor } from "@chainrule/core";
import { type ActivationFunction, activationName } from "../../activations.ts";
import { batchAxes } from "./batch-axes.ts";
import { bounds } from "./bounds.ts";
import type { Graph, GraphOp, GraphValue } from "./graph.ts";
import { areAlike, behindViews, isMadeBy, opName, views } from "./values.ts";

/** What brought numbers between their bounds. */
export interface Squash {
  /** The function, however it was written: `softmax` and `logSoftmax` are along an axis, the rest element by element. */
  readonly kind:
    | "softmax"
    | "logSoftmax"
    | "sigmoid"
    | "logSigmoid"
    | "normalized"
    | "relu"
    | "tanh"
    | "clamp"
    | "other";
  /** What the program calls it. */
  readonly name: string;
  /** The operation that ends it. */
  readonly op: GraphOp;
  /** The axis along which it sums to 1, in the tensor at hand; null where there is none, or it has been lost. */
  readonly axis: number | null;
  /** How many numbers there were along it. */
  readonly length: number;
  /** Whether it was along an axis of the batch and no other. */
  readonly overBatch: boolean;
}

/** What is known of a tensor. */
export interface Facts {
  /** No number is below, and none above. */
  readonly low: number;
  readonly high: number;
  /** Null where nothing has. */
  readonly squash: Squash | null;
  /** The axes that run over the batch. */
  readonly batch: readonly number[];
}

const unknown = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, squash: null };

/** Works out the facts of everything in a graph. */
export class FactTable {
  readonly #facts = new Map<GraphValue, Facts>();

  /** @param data tensors whose first axis runs over the batch; null where that is not known. */
  constructor(graph: Graph, data: readonly Tensor[] | null) {
    this.#isData =
      data === null ? ({ tensor }) => tensor.rank >= 2 : ({ tensor }) => data.some((x) => isSame(x, tensor));
    for (const op of graph.ops) this.#facts.set(op.output, this.#infer(op));
  }

  readonly #isData: (value: GraphValue) => boolean;

  of(value: GraphValue): Facts {
    let facts = this.#facts.get(value);
    if (!facts) {
      facts = value.detachedFrom ? this.of(value.detachedFrom) : this.#ofLeaf(value);
      this.#facts.set(value, facts);
    }
    return facts;
  }

  #ofLeaf(value: GraphValue): Facts {
    const { tensor, parameter } = value;
    if (parameter || value.isWeight) return { ...unknown, batch: [] };
    const batch = tensor.rank > 0 && this.#isData(value) ? [0] : [];
    if (tensor.size !== 1) return { ...unknown, batch, ...(tensor.dtype === "bool" ? { low: 0, high: 1 } : {}) };
    const number = tensor.storage[0];
    return { low: number, high: number, squash: null, batch };
  }

  #infer(op: GraphOp): Facts {
    const inputs = op.inputs.map((input) => this.of(input));
    const batch = batchAxes(op, inputs);
    const pattern = this.#pattern(op);
    if (pattern) {
      const axis = pattern.axis ?? null;
      const overBatch = axis !== null && batch.length === 1 && batch[0] === axis && op.output.tensor.rank > 1;
      const length = axis === null ? 1 : op.output.tensor.shape[axis];
      const { low, high } = boundsOf[pattern.kind]!;
      return { low, high, batch, squash: { ...pattern, op, axis, length, overBatch } };
    }
    const [low, high] = bounds(op, inputs);
    const kept = keptSquash(op, inputs);
    if (kept) return { low, high, batch, squash: kept };
    const isBounded = low !== Number.NEGATIVE_INFINITY || high !== Number.POSITIVE_INFINITY;
    if (!isBounded || !op.output.tensor.requiresGrad) return { low, high, batch, squash: null };
    const { kind, name } = kindOf(op, low, high, this);
    return { low, high, batch, squash: { kind, name, op, axis: null, length: 1, overBatch: false } };
  }

  /** Whether it is a softmax or its logarithm, as one op or written out. */
  #pattern(op: GraphOp): { kind: Squash["kind"]; name: string; axis?: number } | null {
    const name = opName(op);
    if (name === "softmax" || name === "logSoftmax") return { kind: name, name, axis: op.attributes as number };
    const [a, b] = op.inputs;
    if (name === "div" && this.of(a).low >= 0) {
      const axis = sumOf(b, a);
      if (axis !== null) {
        const isExp = isMadeBy(a, "exp") || isMadeBy(a, "pow");
        return { kind: isExp ? "softmax" : "normalized", name: isExp ? "softmax" : "division by the sum", axis };
      }
    }
    if (name === "sub") {
      const axis = logSumExpOf(b, a);
      if (axis !== null) return { kind: "logSoftmax", name, axis };
    }
    if (name === "log") {
      const { squash } = this.of(a);
      if (squash && squash.axis !== null && (squash.kind === "softmax" || squash.kind === "normalized"))
        return { kind: "logSoftmax", name: "the logarithm of softmax", axis: squash.axis };
    }
    return null;
  }
}

const boundsOf: Partial<Record<Squash["kind"], { readonly low: number; readonly high: number }>> = {
  softmax: { low: 0, high: 1 },
  normalized: { low: 0, high: 1 },
  logSoftmax: { low: Number.NEGATIVE_INFINITY, high: 0 },
};

/** Whether it is the tensor itself, or another of the same numbers. */
function isSame(a: Tensor, b: Tensor): boolean {
  return a === b || (a.held !== null && a.held === b.held);
}

/** The axis along which `total` is the sum of `parts`; null where it is no such thing. */
function sumOf(total: GraphValue, parts: GraphValue): number | null {
  const found = reduction(total, "sum");
  return found && areAlike(found.inputs[0], parts) ? oneAxis(found) : null;
}

/** The axis along which `total` is the logarithm of the sum of the exponentials of `x`, perhaps shifted. */
function logSumExpOf(total: GraphValue, x: GraphValue): number | null {
  const direct = reduction(total, "logSumExp");
  if (direct && areAlike(direct.inputs[0], x)) return oneAxis(direct);
  // log Σ exp(x), or log Σ exp(x - m) + m.
  const parts = isMadeBy(total, "add") ? behindViews(total).producer!.inputs : [total];
  for (const part of parts) {
    const log = behindViews(part).producer;
    const sum = log && opName(log) === "log" ? reduction(log.inputs[0], "sum") : null;
    const exp = sum && behindViews(sum.inputs[0]).producer;
    if (!exp || opName(exp) !== "exp") continue;
    const inside = behindViews(exp.inputs[0]);
    const shifted = inside.producer && opName(inside.producer) === "sub" ? inside.producer.inputs[0] : null;
    if (areAlike(inside, x) || (shifted && areAlike(shifted, x))) return oneAxis(sum!);
  }
  return null;
}

/** The reduction of that name that made the value, behind views and what keeps a sum of 0 from being divided by. */
function reduction(value: GraphValue, name: string): GraphOp | null {
  let { producer } = behindViews(value);
  while (producer && ["where", "add", "clamp", "maximum"].includes(opName(producer))) {
    const next = producer.inputs.find((input) => input.tensor.requiresGrad);
    if (!next || producer.inputs.filter((input) => input.tensor.requiresGrad).length > 1) break;
    producer = behindViews(next).producer;
  }
  return producer && opName(producer) === name ? producer : null;
}

function oneAxis({ attributes, inputs }: GraphOp): number | null {
  const { first, last } = attributes as { first: number; last: number };
  const { shape } = inputs[0].tensor;
  const long = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((axis) => shape[axis] !== 1);
  return long.length > 1 ? null : (long[0] ?? last);
}

/** How a function that is only known by its bounds is called. */
function kindOf(op: GraphOp, low: number, high: number, facts: FactTable): { kind: Squash["kind"]; name: string } {
  const name = opName(op);
  if (name === "sigmoid" || name === "tanh" || name === "relu" || name === "clamp") {
    const own = name === "clamp" ? (activationOf(op) ?? name) : name;
    if (name === "clamp" && low === 0) return { kind: high === Number.POSITIVE_INFINITY ? "relu" : "clamp", name: own };
    return { kind: name, name: own };
  }
  if (name === "neg" && isMadeBy(op.inputs[0], "softplus")) return { kind: "logSigmoid", name: "logSigmoid" };
  if ((name === "div" || name === "reciprocal") && low >= 0 && high === 1 && isLogistic(op))
    return { kind: "sigmoid", name: "sigmoid" };
  if (name === "log" && facts.of(op.inputs[0]).squash?.kind === "sigmoid") return { kind: "logSigmoid", name };
  if ((name === "maximum" || name === "where") && low === 0) return { kind: "relu", name: "relu" };
  return { kind: "other", name: activationOf(op) ?? name };
}

/** The name of the activation that the layer of an operation ends in; undefined where it has none by name. */
function activationOf({ layer }: GraphOp): string | undefined {
  const { activation } = (layer?.module ?? {}) as { activation?: unknown };
  return typeof activation === "function" ? (activationName(activation as ActivationFunction) ?? undefined) : undefined;
}

/** Whether it divides by 1 + eˣ. */
function isLogistic({ inputs }: GraphOp): boolean {
  const { producer } = behindViews(inputs[inputs.length - 1]);
  return producer !== null && opName(producer) === "add" && producer.inputs.some((input) => isMadeBy(input, "exp"));
}

/** What an op leaves of the function that its input has been through; null where nothing. */
function keptSquash(op: GraphOp, inputs: readonly Facts[]): Squash | null {
  const name = opName(op);
  const learned = op.inputs.flatMap((input, i) => (input.tensor.requiresGrad ? [i] : []));
  const [at] = learned;
  const squash = inputs[at]?.squash;
  if (!squash) return null;
  if (learned.length > 1) {
    // Several of a kind side by side, or their mean.
    const isAlike = (i: number) => inputs[i].squash?.kind === squash.kind && inputs[i].squash?.axis === squash.axis;
    const isJoint = (name === "concat" || name === "add") && squash.kind !== "other" && learned.every(isAlike);
    return isJoint ? squash : null;
  }
  const axis = axisAfter(op, at, squash.axis);
  if (views.has(name) || name === "slice" || name === "takeAlongAxis" || name === "gather") return { ...squash, axis };
  if (name === "neg" || name === "add" || name === "sub" || name === "mul" || name === "div" || name === "where") {
    if (name === "div" && at !== 0) return null;
    return isScaling(op, at) ? { ...squash, axis } : null;
  }
  if (name === "clamp" || name === "maximum" || name === "minimum") return { ...squash, axis };
  const isProbability = /^(softmax|sigmoid|normalized)$/.test(squash.kind);
  if (isProbability && (name === "sum" || name === "max" || name === "sumPool") && axis !== null)
    return { ...squash, axis };
  if (isProbability && squash.kind === "sigmoid" && name === "sumPool") return squash;
  return name === "" && op.op.kernel === "view" ? squash : null;
}

/** Whether the other operands are no more than numbers, or factors that are not learned. */
function isScaling(op: GraphOp, at: number): boolean {
  return op.inputs.every((input, i) => {
    if (i === at || input.tensor.size === 1) return true;
    if (opName(op) === "where" && i === 0) return true;
    // A mask, or the noise of a dropout.
    return opName(op) === "mul" && !input.tensor.requiresGrad;
  });
}

/** Where an axis of an input is in the output; null where it is gone. */
function axisAfter(op: GraphOp, at: number, axis: number | null): number | null {
  if (axis === null) return null;
  const [from, to] = [op.inputs[at].tensor.shape, op.output.tensor.shape];
  const name = opName(op);
  if (name === "permute") return (op.attributes as readonly number[]).indexOf(axis);
  if (name === "reshape") return axisInReshape(from, to, axis);
  if (name === "sum" || name === "max") {
    const { first, last } = op.attributes as { first: number; last: number };
    return axis >= first && axis <= last ? null : axis;
  }
  // Of a slice the sum is no more than 1 still.
  if (name === "slice") return axis;
  if (name === "takeAlongAxis") return from[axis] === to[axis] ? axis : null;
  if (name === "gather") return null;
  return axis + to.length - from.length;
}

/** The axis of the same length with as many numbers in what comes after it. */
function axisInReshape(from: Shape, to: Shape, axis: number): number | null {
  const rest = (shape: Shape, i: number) => shape.slice(i + 1).reduce((size, n) => size * n, 1);
  const wanted = rest(from, axis);
  const found = to.findIndex((n, i) => n === from[axis] && rest(to, i) === wanted);
  return found < 0 ? null : found;
}
