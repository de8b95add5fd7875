/**
 * Whether two traces of a function are the same: what it computes from the same arguments, and what it leaves behind.
 */
import type { Tensor, TypedArray } from "@chainrule/core";
import { formatShape, sameShape } from "@chainrule/core/internal";
import { type GraphNode, liveNodes } from "../ir/graph.ts";
import type { Trace } from "./trace.ts";
import type { TracedFunction } from "./trace-function.ts";

/** The first place where two traces of a function differ. */
export interface Difference {
  /** In words: "the number 0.3, which was 0.7 before". */
  readonly what: string;
  /** The node of the second trace there; null where it is none. */
  readonly node: GraphNode | null;
}

/**
 * The first difference between two traces with arguments of one kind, null where there is none. What nobody needs (dead
 * nodes) does not count, nor in which order variables are first read.
 */
export function differenceOf(first: TracedFunction, second: TracedFunction): Difference | null {
  const [ops, others] = [opsOf(first), opsOf(second)];
  /** For each op of the second trace, the one that it must be. */
  const partners = new Map<GraphNode, GraphNode>();
  const isSame = (a: GraphNode, b: GraphNode) =>
    a.source.kind === "op" ? partners.get(b) === a : sourceDifference(a, b) === null;
  for (let i = 0; i < others.length; i++) {
    const [a, b] = [ops[i] as GraphNode | undefined, others[i]];
    if (a === undefined) return { what: `${b.name}, which was not there before`, node: b };
    const what = opDifference(a, b);
    if (what !== null) return { what, node: b };
    for (const [j, input] of b.inputs.entries()) {
      const before = a.inputs[j];
      if (isSame(before, input)) continue;
      const found = before.source.kind === "op" || input.source.kind === "op" ? null : sourceDifference(before, input);
      return { what: found ?? `${b.name} of another value than before`, node: b };
    }
    partners.set(b, a);
  }
  if (others.length < ops.length) return { what: `no ${ops[others.length].name}, which was there before`, node: null };
  return resultDifference(first, second, isSame);
}

/** Whether a trace that was compared with the one before on its way repeats it: its nodes, and what it leaves behind. */
export function isRepetition(before: TracedFunction, again: TracedFunction): boolean {
  return again.repeats && resultDifference(before, again, (a, b) => a.id === b.id) === null;
}

/** Whether two nodes of the same place in two traces are the same, given that all before them are. */
export function isSameNode(before: GraphNode, node: GraphNode): boolean {
  if (opDifference(before, node) !== null || sourceDifference(before, node) !== null) return false;
  return node.inputs.every((input, i) => input.id === before.inputs[i].id);
}

/** Whether a trace that has come to its first result goes, so far, as a whole one before it, which it was compared with. */
export function beginsAs(trace: Trace, result: Tensor, whole: TracedFunction): boolean {
  const { assigned, outputs } = whole.graph;
  if (trace.hasLeft || trace.nodeOf(result).id !== outputs[0]?.id) return false;
  const known = new Map(assigned);
  for (const [parameter, { before, now }] of trace.states) {
    // Weights are assigned again later.
    if (now !== before && parameter.isBuffer && known.get(parameter)?.id !== now.id) return false;
  }
  return true;
}

/** What is left behind beside the results must be left on the same tensors. */
function resultDifference(
  first: TracedFunction,
  second: TracedFunction,
  isSame: (a: GraphNode, b: GraphNode) => boolean,
): Difference | null {
  const different = (what: string): Difference => ({ what, node: null });
  if (first.result.key !== second.result.key || !areSame(first.requiresGrad, second.requiresGrad))
    return different("results of another structure than before");
  const [a, b] = [first.graph, second.graph];
  if (a.outputs.length !== b.outputs.length || !areSame(leavesOf(first.gradients), leavesOf(second.gradients)))
    return different("gradients that are left on other tensors than before");
  const at = b.outputs.findIndex((node, i) => !isSame(a.outputs[i], node));
  if (at >= 0) {
    const what = sourceDifference(a.outputs[at], b.outputs[at]) ?? "a result that is computed otherwise than before";
    return { what, node: b.outputs[at] };
  }
  const assigned = new Map(a.assigned);
  if (a.assigned.length !== b.assigned.length) return different("assignments to other variables than before");
  for (const [parameter, node] of b.assigned) {
    const before = assigned.get(parameter);
    if (!before)
      return different("an assignment to another variable than before, such as one that was made in the call");
    if (!isSame(before, node))
      return { what: sourceDifference(before, node) ?? "another value that is assigned than before", node };
  }
  if (first.effects.length !== second.effects.length) return different("another number of effects (everyRun)");
  return null;
}

const leavesOf = (gradients: TracedFunction["gradients"]) =>
  gradients.flatMap(({ leaf, output }): (Tensor | boolean)[] => [leaf, output === null]);

function areSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}

function opsOf({ graph }: TracedFunction): GraphNode[] {
  return liveNodes(graph).filter(({ source }) => source.kind === "op");
}

/** How the op of a node differs, apart from its inputs; null where it does not. */
function opDifference(first: GraphNode, second: GraphNode): string | null {
  const [a, b] = [first.source, second.source];
  if (a.kind !== "op" || b.kind !== "op") return null;
  if (a.op !== b.op && !(a.op.kernel === "view" && b.op.kernel === "view" && a.op.name === b.op.name))
    return a.op.name === b.op.name
      ? `another op called ${b.op.name} than before (one that is made in the call?)`
      : `${b.op.name}, which was ${a.op.name} before`;
  if (a.inputs.length !== b.inputs.length || first.dtype !== second.dtype || !sameShape(first.shape, second.shape))
    return `${b.op.name} of ${formatShape(second.shape)}, which was ${formatShape(first.shape)} before`;
  // What a random op draws with follows from what else it is given.
  if (isEqual(a.attributes, b.attributes, a.op === b.op && a.op.random === true)) return null;
  return `${b.op.name} with other settings than before`;
}

/** How two values that no op makes differ, null where they do not; also null where one is made by an op. */
function sourceDifference(first: GraphNode, second: GraphNode): string | null {
  const [a, b] = [first.source, second.source];
  if (a.kind === "input" && b.kind === "input")
    return a.index === b.index ? null : "another argument, or gradient, than before";
  if (a.kind === "state" && b.kind === "state")
    return a.parameter === b.parameter
      ? null
      : `another variable of shape ${formatShape(second.shape)} than before, such as one that is made in the call`;
  if (a.kind === "constant" && b.kind === "constant") {
    if (first.dtype !== second.dtype || !sameShape(first.shape, second.shape))
      return `a constant of shape ${formatShape(second.shape)}, which was of ${formatShape(first.shape)} before`;
    const at = firstDifference(a.numbers, b.numbers);
    return at < 0 ? null : `the number ${format(b.numbers[at])}, which was ${format(a.numbers[at])} before`;
  }
  return a.kind === b.kind ? null : `${kindNames[b.kind]}, which was ${kindNames[a.kind]} before`;
}

const kindNames = { input: "an argument", constant: "a constant", state: "a variable", op: "a computed value" };

const format = (x: number) => (Object.is(x, -0) ? "-0" : String(x));

function firstDifference(a: TypedArray, b: TypedArray): number {
  if (a === b) return -1;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return i;
  return -1;
}

/** Whether attributes are equal: numbers, arrays and records by what they hold, all else by identity. */
function isEqual(a: unknown, b: unknown, ignoresFunctions: boolean): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a === "function" && typeof b === "function") return ignoresFunctions;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const prototype = Object.getPrototypeOf(a);
  if (prototype !== Object.getPrototypeOf(b)) return false;
  if (!Array.isArray(a) && !ArrayBuffer.isView(a) && prototype !== Object.prototype && prototype !== null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) =>
    isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], ignoresFunctions),
  );
}
