/**
 * Traces a function: runs it once on tensors that stand for its arguments, and records what it computes and leaves behind.
 */
import { JitError, Parameter, Tensor, type TensorSpec } from "@chainrule/core";
import { describe, type Effect, isPromise, withTracer } from "@chainrule/core/internal";
import type { Graph, GraphNode } from "../ir/graph.ts";
import type { Dependency } from "./plain-state.ts";
import { type FlatTree, flatten } from "./pytree.ts";
import { Trace } from "./trace.ts";

/** A function of tensors, in arrays and records. */
export type TensorFunction = (...args: never[]) => unknown;

export interface TracedFunction {
  /** What the function computes: its results come first among the outputs, then gradients that it leaves. */
  readonly graph: Graph;
  /** The tree of its results, and which of them a gradient would have to flow back from. */
  readonly result: FlatTree;
  readonly requiresGrad: readonly boolean[];
  /** What it wants to happen at every call. */
  readonly effects: readonly Effect[];
  /** Leaves that gradients are left on, and (by their index among the outputs) which; null for those forgotten. */
  readonly gradients: readonly { readonly leaf: Tensor; readonly output: number | null }[];
  /** The gradients from before the call that matter: of what shape and dtype each must be, null for none. */
  readonly priorGradients: readonly { readonly leaf: Tensor; readonly spec: TensorSpec | null }[];
  /** What decided what it does, as it was when it was traced. */
  readonly dependencies: readonly Dependency[];
  /** Those of them that the function itself changed, and to what. */
  readonly changed: readonly { readonly dependency: Dependency; readonly now: unknown }[];
  /** The parameters that it reads or assigns, and whether they require gradients. */
  readonly parameters: readonly (readonly [Parameter, boolean])[];
  /** What says where ops were applied, of those that are others than in the trace before. */
  readonly lines: ReadonlyMap<GraphNode, () => string | undefined>;
  /** Whether its nodes are, one by one, those of the trace that it was compared with on its way. */
  readonly repeats: boolean;
  /** The tensors with numbers that it applies ops to, and whether they require gradients. */
  readonly captured: ReadonlyMap<Tensor, boolean>;
}

/**
 * @param name what the function is called in messages.
 * @param args arguments of the shapes and dtypes to trace it for.
 * @param trace what records it, by default a plain {@link Trace}.
 * @throws JitError where the function reads numbers, or returns what is no tensor.
 */
export function traceFunction(
  name: string,
  f: TensorFunction,
  args: FlatTree,
  trace: Trace = new Trace(name, args.tensors),
): TracedFunction {
  const given = args.tensors.map((x, i) => trace.input(i, x));
  try {
    const value = withTracer(trace, () => f(...(args.unflatten(given) as never[])));
    if (isPromise(value))
      throw new JitError({
        where: name,
        expected: "a function that returns at once",
        got: `an async function, which returns ${describe(value)}`,
        hint: "Await outside, and jit only the tensor operations.",
      });
    const traced = tracedFunction(trace, flatten(name, "a result", value, false));
    checkCarried(name, trace);
    return traced;
  } catch (error) {
    for (const { restore } of trace.dependencies) restore?.();
    throw error;
  } finally {
    trace.forget();
    // What tracing did to gradients is undone: only calls leave any.
    for (const [leaf, before] of trace.changedGradients) leaf.grad = before;
  }
}

/** Throws for a tensor that one call leaves in a property and the next one uses: a program would use the first for good. */
function checkCarried(name: string, trace: Trace): void {
  for (const { read, value, name: property } of trace.dependencies) {
    if (
      !(value instanceof Tensor) ||
      value instanceof Parameter ||
      !trace.captured.has(value) ||
      typeof read() !== "symbol"
    )
      continue;
    throw new JitError({
      where: name,
      expected: "a state that goes from call to call in a buffer()",
      got: `${property}, a tensor that the function uses and replaces`,
      hint: "Make it once, this.state = buffer(zeros([8])), and replace its value with this.state.assign(…).",
    });
  }
}

function tracedFunction(trace: Trace, result: FlatTree): TracedFunction {
  const assigned = [...trace.states].flatMap(([parameter, { before, now }]) =>
    now === before ? [] : [[parameter, now] as const],
  );
  const outputs = result.tensors.map((x) => trace.nodeOf(x));
  const gradients = gradientsLeft(trace, new Set(assigned.map(([parameter]) => parameter)), outputs);
  return {
    graph: { nodes: trace.nodes, outputs, assigned },
    result,
    requiresGrad: result.tensors.map((x) => x.requiresGrad),
    effects: trace.effects,
    gradients,
    priorGradients: [...trace.priorGradients.values()].map(({ leaf, tensor }) => ({
      leaf,
      spec: tensor && { shape: tensor.shape, dtype: tensor.dtype },
    })),
    dependencies: trace.dependencies,
    changed: trace.dependencies.flatMap((dependency) => {
      const now = dependency.read();
      return Object.is(now, dependency.value) ? [] : [{ dependency, now }];
    }),
    parameters: [...trace.states.keys()].map((parameter) => [parameter, parameter.requiresGrad] as const),
    lines: trace.lines,
    repeats: trace.repeats,
    captured: new Map([...trace.captured].map((x) => [x, x.requiresGrad])),
  };
}

/** What the function leaves on each leaf. Its nodes are added to the outputs. */
function gradientsLeft(trace: Trace, assigned: ReadonlySet<Tensor>, outputs: GraphNode[]) {
  return [...trace.changedGradients.keys()]
    .filter((leaf) => !trace.isLocalLeaf(leaf))
    .map((leaf) => {
      const { grad } = leaf;
      // After a step the gradient has done its work; handing it out would cost a copy a parameter.
      if (grad === null || assigned.has(leaf)) return { leaf, output: null };
      return { leaf, output: outputs.push(trace.nodeOf(grad)) - 1 };
    });
}
