/**
 * The tracer: records what a function does to tensors, as a graph.
 */

import type { Op, TensorSpec } from "@chainrule/core";
import { JitError, Parameter, sizeOf, Tensor } from "@chainrule/core";
import {
  compute,
  type Effect,
  formatShape,
  isBuiltinOp,
  loweringOf,
  noteLine,
  type StateTracer,
  sameShape,
  type Tracer,
  userLine,
  withGradEnabled,
  withTracer,
} from "@chainrule/core/internal";
import { applied, GraphNode, type Source, tensorOf } from "../ir/graph.ts";
import { guardOp } from "../ir/guard.ts";
import { isSameNode } from "./difference.ts";
import { type Dependency, plainState } from "./plain-state.ts";

/** Results of constants up to this size are computed while tracing. */
const constantFoldingLimit = 4096;

/** Of so many ops it is noted where they were applied, which takes as long as tracing twenty. */
const mostLines = 50;

/** What a trace knows of a parameter: its value before the call, and at this point. */
interface State {
  readonly before: GraphNode;
  now: GraphNode;
}

/** A gradient from before the call that the function reads. */
export interface PriorGradient {
  readonly leaf: Tensor;
  /** The tensor that stands for it; null where there must be none. */
  readonly tensor: Tensor | null;
}

/** Records one run of a function. */
export class Trace implements Tracer, StateTracer {
  readonly nodes: GraphNode[] = [];
  readonly states = new Map<Parameter, State>();
  /** Leaves whose gradients the function changes, with those that they held before. */
  readonly changedGradients = new Map<Tensor, Tensor | null>();
  /** Gradients from before the call that it reads: arguments beside those that are given. */
  readonly priorGradients = new Map<Tensor, PriorGradient>();
  readonly effects: Effect[] = [];
  /** The tensors with numbers that ops were applied to: those from outside, and some made in the call. */
  readonly captured = new Set<Tensor>();
  readonly #localLeaves = new Set<Tensor>();
  #hasOwnOps = false;
  readonly #constants = new Map<object, GraphNode[]>();
  readonly #given: readonly Tensor[];
  /** What the function is called in messages. */
  readonly #name: string;

  /** Where in the user's program ops were applied, from the first one on that is another than in the trace before. */
  readonly lines = new Map<GraphNode, () => string | undefined>();
  #before: readonly GraphNode[] | null;
  /** Whether it has gone another way than the trace before. */
  hasLeft = false;

  /**
   * @param given the arguments' tensors of the call that is traced: for the first values of buffers made in it.
   * @param before the nodes of the trace before, which it is compared with on its way.
   */
  constructor(name: string, given: readonly Tensor[], before: readonly GraphNode[] | null = null) {
    this.#name = name;
    this.#given = given;
    this.#before = before;
  }

  /** A tensor that stands for an argument. */
  input(index: number, spec: TensorSpec): Tensor {
    return tensorOf(this.#add({ kind: "input", index }, spec));
  }

  /** All of it: a traced function may change parameters, gradients and what it counts. */
  get state(): StateTracer {
    return this;
  }

  record(op: Op, inputs: readonly Tensor[], attributes: unknown, spec: TensorSpec): Tensor {
    for (const x of inputs) if (isConstant(x)) this.captured.add(x);
    this.#hasOwnOps ||= !isBuiltinOp(op);
    if (
      inputs.length > 0 &&
      inputs.every(isConstant) &&
      !op.random &&
      (sizeOf(spec.shape) <= constantFoldingLimit || op.kernel === "view")
    )
      return compute(op, inputs, attributes, spec);
    const lowering = this.spellsOut(op) ? loweringOf(op, attributes) : null;
    if (lowering?.kind === "compose" && sizeOf(spec.shape) > 0)
      return withGradEnabled(false, () => lowering.compose(inputs.map((x) => tensorOf(this.nodeOf(x))))).detach();
    const nodes = inputs.map((x) => this.nodeOf(x));
    return tensorOf(this.#add(applied(op, attributes, nodes), spec));
  }

  /** Whether an op that is composed of others is recorded as those, rather than by its own name. */
  protected spellsOut(_op: Op): boolean {
    return true;
  }

  /** The node that a tensor stands for; a tensor from outside is a constant. */
  nodeOf(x: Tensor): GraphNode {
    if (x instanceof Parameter) return this.valueOf(x);
    if (x.traced === null) return this.#constant(x);
    if (x.traced instanceof GraphNode && x.traced.owner === this) return x.traced;
    throw new JitError({
      where: this.#name,
      expected: "tensors with numbers, or tensors of this call",
      got: "one that was left over from the tracing of another call",
      hint: "Return what you need from the jitted function, or keep it in a buffer() with assign().",
    });
  }

  #constant(x: Tensor): GraphNode {
    const numbers = x.storage;
    const known = this.#constants.get(numbers) ?? [];
    this.#constants.set(numbers, known);
    let node = known.find(({ shape }) => sameShape(shape, x.shape));
    if (!node) {
      node = this.#add({ kind: "constant", numbers }, x);
      known.push(node);
    }
    return node;
  }

  valueOf(parameter: Parameter): GraphNode {
    return this.#stateOf(parameter).now;
  }

  assign(parameter: Parameter, value: Tensor): void {
    this.#stateOf(parameter).now = this.nodeOf(value);
  }

  #stateOf(parameter: Parameter): State {
    let state = this.states.get(parameter);
    if (!state) {
      const before = this.#add({ kind: "state", parameter }, parameter);
      state = { before, now: before };
      this.states.set(parameter, state);
    }
    return state;
  }

  beforeRequiringGrad(x: Tensor): void {
    this.#localLeaves.add(x);
  }

  /** Whether the leaf became one in the call, which the next call will make another of: `x.detach()`, `zeros(…)`. */
  isLocalLeaf(leaf: Tensor): boolean {
    return this.#localLeaves.has(leaf) && !(leaf instanceof Parameter);
  }

  gradientOf(leaf: Tensor, held: Tensor | null): Tensor | null {
    // One that becomes a leaf in the call has no gradient from before it.
    if (this.changedGradients.has(leaf) || this.isLocalLeaf(leaf)) return held;
    let prior = this.priorGradients.get(leaf);
    if (!prior) {
      const index = this.#given.length + this.priorGradientLeaves.length;
      prior = { leaf, tensor: held && this.input(index, held) };
      this.priorGradients.set(leaf, prior);
    }
    return prior.tensor;
  }

  beforeGradientChanges(leaf: Tensor, held: Tensor | null): void {
    if (!this.changedGradients.has(leaf)) this.changedGradients.set(leaf, held);
  }

  #priorGradientAt(index: number): Tensor {
    const leaf = this.priorGradientLeaves[index - this.#given.length];
    return (this.changedGradients.get(leaf) ?? leaf.grad)!;
  }

  /** The leaves whose gradients are arguments, in their order. */
  get priorGradientLeaves(): Tensor[] {
    return [...this.priorGradients.values()].flatMap(({ leaf, tensor }) => (tensor ? [leaf] : []));
  }

  everyRun(effect: Effect): void {
    this.effects.push(effect);
  }

  /** Rows first, because the loops that make what is looked at often reduce rows as well. */
  guard(bad: Tensor): void {
    if (bad.size === 0) return;
    const flags = withGradEnabled(false, () => {
      const numbers = bad.cast("float32");
      const rows = bad.rank > 1 && bad.shape[bad.rank - 1] > 1 ? numbers.max(-1) : numbers;
      return rows.max();
    });
    this.#add(applied(guardOp, undefined, [this.nodeOf(flags)]), { shape: [], dtype: "float32" });
  }

  readonly dependencies: Dependency[] = [];
  readonly #owners = new Set<object>();

  dependsOn(owner: object, read?: () => unknown): void {
    if (this.#owners.has(owner)) return;
    this.#owners.add(owner);
    this.dependencies.push(...plainState(owner));
    if (read) this.dependencies.push({ owner, name: `parts of ${owner.constructor.name}`, read, value: read() });
  }

  /** Computes it and everything that it depends on, with the numbers of this call. */
  evaluate(x: Tensor): Tensor {
    if (isConstant(x)) return x;
    const values = new Map<GraphNode, Tensor>();
    const numbersOf = (node: GraphNode): Tensor => {
      const known = values.get(node);
      if (known) return known;
      const value = this.#compute(node, numbersOf);
      values.set(node, value);
      return value;
    };
    return withTracer(null, () => withGradEnabled(false, () => numbersOf(this.nodeOf(x))));
  }

  #compute({ source, shape, dtype }: GraphNode, numbersOf: (node: GraphNode) => Tensor): Tensor {
    switch (source.kind) {
      case "input":
        return (this.#given[source.index] ?? this.#priorGradientAt(source.index)).detach();
      case "constant":
        return new Tensor(source.numbers, shape, dtype);
      case "state":
        return source.parameter.detach();
      case "op":
        if (source.op.random)
          throw new JitError({
            where: this.#name,
            expected: "a new variable or parameter whose first value does not depend on random numbers of the call",
            got: `one made of ${source.op.name}`,
            hint: "Make it before the first call.",
          });
        return compute(source.op, source.inputs.map(numbersOf), source.attributes, { shape, dtype });
    }
  }

  refuseRead(x: Tensor): never {
    const line = userLine();
    throw new JitError({
      where: `${this.#name}${line ? `, at ${line}` : ""}`,
      expected: "only operations on tensors while tracing",
      got: `a read of the numbers of a tensor of shape ${formatShape(x.shape)} (item(), toArray(), printing, or a branch that depends on them)`,
      hint: "To choose by a value, write where(condition, a, b); to see a value, return it from the function.",
    });
  }

  /** Is asked where the rest follows from a result; throws where that is known. */
  onEndOfUserCode: ((result: Tensor) => void) | null = null;

  endsUserCode(result: Tensor): void {
    // The gradient rule of an op of the user's comes later.
    if (!this.#hasOwnOps) this.onEndOfUserCode?.(result);
  }

  beforeDrawing(): never {
    const line = userLine();
    throw new JitError({
      where: `${this.#name}${line ? `, at ${line}` : ""}`,
      expected: "tensors of random numbers, which are drawn at each call",
      got: "a generator that is seeded or asked for plain numbers while tracing, which would happen at the first calls only",
      hint: "Seed it outside (manualSeed before the call), and draw with rand([], { generator }) or the like.",
    });
  }

  #add(source: Source, { shape, dtype }: TensorSpec): GraphNode {
    const node = new GraphNode(this.nodes.length, this, source, { shape, dtype });
    this.nodes.push(node);
    if (this.#before) this.#compare(node, this.#before[node.id]);
    return node;
  }

  /** Whether every node so far, and no other, is that of the trace before. */
  get repeats(): boolean {
    return this.#before !== null && !this.hasLeft && this.nodes.length === this.#before.length;
  }

  /** Forgets the trace before, when all is traced. */
  forget(): void {
    this.#before = null;
    this.onEndOfUserCode = null;
  }

  #compare(node: GraphNode, before: GraphNode | undefined): void {
    if (!this.hasLeft) this.hasLeft = before === undefined || !isSameNode(before, node);
    if (this.hasLeft && node.op !== null && this.lines.size < mostLines) this.lines.set(node, noteLine());
  }
}

/** Whether the tensor is the same at every call. */
function isConstant(x: Tensor): boolean {
  return x.traced === null && !(x instanceof Parameter);
}
