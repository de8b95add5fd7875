/**
 * A forward pass as it is written in Python: which module called which, and what was computed in between.
 */
import { flatten, type Graph, GraphNode, Trace, traceFunction } from "@chainrule/compiler/internal";
import { asTensor, isFloat, type Op, Parameter, Tensor, type TensorLike, type TensorSpec } from "@chainrule/core";
import { LayerWithOptions, Module } from "@chainrule/nn";
import { withForwardHook } from "@chainrule/nn/internal";
import { expressionOf } from "./counterparts/expressions.ts";

/** Something that happened in a call: an operation, the call of another module, or the assignment of a buffer. */
export type Item =
  | { readonly kind: "op"; readonly node: GraphNode }
  | { readonly kind: "call"; readonly frame: Frame }
  | { readonly kind: "assign"; readonly parameter: Parameter; readonly value: GraphNode };

/** A call of a module. */
export interface Frame {
  /** Null for the function that calls the model. */
  readonly module: Module<unknown> | null;
  readonly parent: Frame | null;
  readonly items: Item[];
  /** What it was called with. */
  inputs: readonly GraphNode[];
  /** The tensors among the options of the call, by name; lists of them are lists. */
  options: Readonly<Record<string, GraphNode | readonly GraphNode[]>>;
  /** Its other options. */
  flags: Readonly<Record<string, unknown>>;
  /** What it returned, with nodes for tensors. */
  result: unknown;
}

/** A recorded run. */
export interface Recording {
  readonly graph: Graph;
  readonly root: Frame;
  /** In which call an operation happened. */
  readonly frameOf: ReadonlyMap<GraphNode, Frame>;
  /** Which inputs of an operation were detached, where PyTorch would send gradients on. */
  readonly detached: ReadonlyMap<GraphNode, readonly boolean[]>;
  /** What the function returned, with nodes for tensors. */
  readonly result: unknown;
}

/** A value with nodes in place of its tensors. */
function nodesIn(x: unknown, nodeOf: (x: Tensor) => GraphNode): unknown {
  if (x === null || typeof x !== "object") return x;
  if (x instanceof Tensor) return nodeOf(x);
  if (Array.isArray(x)) return x.map((item) => nodesIn(item, nodeOf));
  return Object.fromEntries(Object.entries(x).map(([key, item]) => [key, nodesIn(item, nodeOf)]));
}

/** Every node in a value that {@link nodesIn} made, with the way to it. */
export function leavesOf(x: unknown, path = ""): [path: string, node: GraphNode][] {
  if (x instanceof GraphNode) return [[path, x]];
  if (x === null || typeof x !== "object") return [];
  return Object.entries(x).flatMap(([key, item]) => leavesOf(item, path === "" ? key : `${path}.${key}`));
}

/** Records ops with the calls that they happen in. */
class ForwardTrace extends Trace {
  readonly root: Frame = { module: null, parent: null, items: [], inputs: [], options: {}, flags: {}, result: null };
  readonly frameOf = new Map<GraphNode, Frame>();
  readonly detached = new Map<GraphNode, readonly boolean[]>();
  /** Values that PyTorch would send gradients through. */
  readonly #carrying = new Set<GraphNode>();
  /** While a composed op is spelt out: those of its inputs that were detached. */
  #composing: ReadonlySet<GraphNode> | null = null;
  #frame = this.root;

  /** Says that gradients go to this input. */
  carry(node: GraphNode): void {
    this.#carrying.add(node);
  }

  protected override spellsOut(op: Op): boolean {
    return expressionOf(op) === null;
  }

  /** Checks are left to PyTorch. */
  override guard(): void {}

  #carries(x: Tensor): boolean {
    if (x instanceof Parameter) return x.requiresGrad;
    return x.traced instanceof GraphNode && this.#isCarrying(x.traced);
  }

  #isCarrying(node: GraphNode): boolean {
    return node.source.kind === "state" ? node.source.parameter.requiresGrad : this.#carrying.has(node);
  }

  #isDetached(x: Tensor): boolean {
    if (this.#composing) return x.traced instanceof GraphNode && this.#composing.has(x.traced);
    const carries = x.traced instanceof GraphNode ? this.#isCarrying(x.traced) : this.#carries(x);
    return carries && !x.requiresGrad;
  }

  override record(op: Op, inputs: readonly Tensor[], attributes: unknown, spec: TensorSpec): Tensor {
    const flags = inputs.map((x) => this.#isDetached(x));
    const carries = inputs.some((x, i) => this.#carries(x) && !flags[i]);
    const outer = this.#composing;
    const given = inputs.flatMap((x, i) => (flags[i] && x.traced instanceof GraphNode ? [x.traced] : []));
    this.#composing = outer ?? new Set(given);
    let made: Tensor;
    try {
      made = super.record(op, inputs, attributes, spec);
    } finally {
      this.#composing = outer;
    }
    const node = made.traced;
    if (!(node instanceof GraphNode) || this.frameOf.has(node)) return made;
    this.frameOf.set(node, this.#frame);
    this.#frame.items.push({ kind: "op", node });
    if (flags.some(Boolean)) this.detached.set(node, flags);
    if (carries && isFloat(spec.dtype)) this.#carrying.add(node);
    return made;
  }

  override assign(parameter: Parameter, value: Tensor): void {
    super.assign(parameter, value);
    this.#frame.items.push({ kind: "assign", parameter, value: this.nodeOf(value) });
  }

  /** Modules say at the beginning of a call that what is traced depends on their mode. */
  override dependsOn(owner: object, read: () => unknown): void {
    super.dependsOn(owner, read);
    if (!(owner instanceof Module)) return;
    const frame: Frame = {
      module: owner,
      parent: this.#frame,
      items: [],
      inputs: [],
      options: {},
      flags: {},
      result: null,
    };
    this.#frame.items.push({ kind: "call", frame });
    this.#frame = frame;
  }

  leave(module: Module<unknown>, output: unknown, inputs: readonly Tensor[]): void {
    const frame = this.#frame;
    const nodeOf = (x: Tensor) => this.nodeOf(x);
    frame.inputs = inputs.map(nodeOf);
    const running = module instanceof LayerWithOptions ? module.runningCall : null;
    const options = Object.entries(running?.options ?? {}).filter(([, x]) => x !== undefined);
    const areTensors = (x: unknown) => Array.isArray(x) && x.length > 0 && x.every((part) => part instanceof Tensor);
    frame.options = Object.fromEntries(
      options.flatMap(([name, x]): [string, GraphNode | GraphNode[]][] => {
        if (areTensors(x)) return [[name, (x as Tensor[]).map(nodeOf)]];
        if (x instanceof Tensor || Array.isArray(x)) return [[name, nodeOf(asTensor(x as TensorLike, name))]];
        return [];
      }),
    );
    frame.flags = Object.fromEntries(options.filter(([name]) => !Object.hasOwn(frame.options, name)));
    frame.result = nodesIn(running?.result ?? output, nodeOf);
    this.#frame = frame.parent!;
  }
}

/**
 * Runs a function on tensors without numbers and records it.
 *
 * @param learned which of the arguments have gradients sent to them, by their places.
 */
export function recordForward(
  where: string,
  f: (...inputs: Tensor[]) => unknown,
  inputs: readonly Tensor[],
  learned: readonly number[] = [],
): Recording {
  const tree = flatten(where, "inputs", [...inputs], false);
  const trace = new ForwardTrace(where, tree.tensors);
  let result: unknown;
  const run = (...given: Tensor[]) => {
    const own = given.map((x, i) => {
      if (!learned.includes(i)) return x;
      const leaf = x.detach();
      leaf.requiresGrad = true;
      trace.carry(trace.nodeOf(leaf));
      return leaf;
    });
    const output = f(...own);
    result = nodesIn(output, (x) => trace.nodeOf(x));
    return leavesOf(result).length === 0 ? [] : tensorsIn(output);
  };
  const hook = (module: Module<unknown>, output: unknown, given: readonly Tensor[]) =>
    trace.leave(module, output, given);
  const { graph } = withForwardHook(hook, () => traceFunction(where, run as never, tree, trace));
  return { graph, root: trace.root, frameOf: trace.frameOf, detached: trace.detached, result };
}

/** The tensors of a value, in a list. */
function tensorsIn(x: unknown): Tensor[] {
  if (x === null || typeof x !== "object") return [];
  return x instanceof Tensor ? [x] : Object.values(x).flatMap(tensorsIn);
}
