/**
 * Which layer an operation of a traced step belongs to: forward, backward, or in the update of a weight.
 */
import {
  type FlatTree,
  type Graph,
  GraphNode,
  simplify,
  type TensorFunction,
  Trace,
  type TracedFunction,
  traceFunction,
  withoutGuards,
} from "@chainrule/compiler/internal";
import type { Op, Parameter, Tensor, TensorSpec } from "@chainrule/core";
import { Module } from "@chainrule/nn";
import { withForwardHook } from "@chainrule/nn/internal";

/** Records with each op the names of the modules in whose call it happens, outermost first. */
class ScopedTrace extends Trace {
  readonly scopes = new Map<GraphNode, string>();
  readonly #calls: string[] = [];
  #backward: string | null = null;

  override record(op: Op, inputs: readonly Tensor[], attributes: unknown, spec: TensorSpec): Tensor {
    const made = super.record(op, inputs, attributes, spec);
    const scope = this.#backward ?? this.#calls.join("/");
    if (made.traced instanceof GraphNode && !this.scopes.has(made.traced)) this.scopes.set(made.traced, scope);
    return made;
  }

  /** Modules say at the beginning of a call that what is traced depends on their mode. */
  override dependsOn(owner: object, read: () => unknown): void {
    super.dependsOn(owner, read);
    if (owner instanceof Module) this.#calls.push(owner.name);
  }

  leave(): void {
    this.#calls.pop();
  }

  sendsBack(result: Tensor | null): void {
    const scope = result?.traced instanceof GraphNode ? this.scopes.get(result.traced) : "";
    this.#backward = result === null ? null : scope ? `${scope}, backward` : "backward";
  }
}

/** A traced step, simplified, and to which layer each of its operations belongs: "digits/hidden", "digits/hidden, backward". */
export interface ScopedStep {
  readonly traced: TracedFunction;
  /** Without guards. */
  readonly graph: Graph;
  readonly scopes: ReadonlyMap<GraphNode, string>;
}

/** Traces a step. @throws JitError as {@link traceFunction} does. */
export function traceStep(where: string, step: TensorFunction, args: FlatTree): ScopedStep {
  const trace = new ScopedTrace(where, args.tensors);
  const traced = withForwardHook(
    () => trace.leave(),
    () => traceFunction(where, step, args, trace),
  );
  const scopes = new Map<GraphNode, string>();
  const graph = simplify(
    withoutGuards(traced.graph),
    () => {},
    (made, of) => {
      const scope = trace.scopes.get(of);
      if (scope !== undefined && !scopes.has(made)) scopes.set(made, scope);
    },
  );
  return { traced, graph, scopes };
}

/**
 * The nodes that only new values of weights need, the step of an optimizer: each with the weight, or null where it is for
 * several.
 *
 * @param weightOf the weight that a variable belongs to: itself, or that of which it remembers something.
 */
export function updatesOf(
  graph: Graph,
  weightOf: (variable: Parameter) => Parameter | null,
): ReadonlyMap<GraphNode, Parameter | null> {
  const found = new Map<GraphNode, Parameter | null | "output">();
  const need = (node: GraphNode, by: Parameter | null | "output") => {
    const before = found.get(node);
    if (before === undefined || by === "output") found.set(node, by);
    else if (before !== "output" && before !== by) found.set(node, null);
  };
  for (const node of graph.outputs) need(node, "output");
  for (const [variable, node] of graph.assigned) need(node, weightOf(variable) ?? "output");
  for (const node of graph.nodes.toReversed()) {
    const by = found.get(node);
    if (by !== undefined) for (const input of node.inputs) need(input, by);
  }
  return new Map([...found].flatMap(([node, by]) => (by === "output" ? [] : [[node, by] as const])));
}
