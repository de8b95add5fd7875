/**
 * What of a program is done by several threads: which groups are cut into parts, and which run at the same time.
 */
import { callsJavaScript, isTranscendental } from "../codegen/emitters.ts";
import { matmulFlops, matmulParts } from "../codegen/matmul.ts";
import { isConvolution, windowFlops, windowParts } from "../codegen/window.ts";
import { type FusedGraph, type FusionGroup, isFusibleReduction } from "../ir/fused-graph.ts";
import type { Graph, GraphNode } from "../ir/graph.ts";
import type { Phase, Task } from "../ir/phases.ts";
import { plan, readsOf } from "./memory-plan.ts";

/** Phases in the making. */
interface Draft extends Phase {
  last: number;
  readonly tasks: Task[];
}

/** From where on sharing out pays, in nanoseconds. */
export interface Limits {
  /** A part takes at least so long. */
  readonly leastPart: number;
  /** Threads save at least so much of a run. */
  readonly leastSaving: number;
}

/**
 * A part takes six times what a phase costs: with two threads that are awake, one of two parts of 5.1 µs took 6.4 µs.
 * Less than the saving is lost where the worker is still asleep when the run begins.
 */
const usualLimits: Limits = { leastPart: 8_000, leastSaving: 30_000 };

/** More parts than threads, so that a thread that is late or slow holds up less. */
const partsPerThread = 2;

/** Estimates, in nanoseconds for an element: of one step four lanes at a time, and one by one. */
const perStep = { plain: 0.1, fold: 0.4, transcendental: 3, single: 1 };
/** A multiplication or addition of a product, and a number of a pool's window. */
const perFlop = 1 / 40;
const perPooled = 0.4;

/** What of the groups is shared out among so many threads. */
export function schedule(
  graph: Graph,
  fused: FusedGraph,
  { size, limits = usualLimits }: { readonly size: number; readonly limits?: Limits },
): Phase[] {
  const { groups } = fused;
  const parts = partsOf(fused, size, limits);
  const needs = needsOf(graph, fused);
  const phases: Draft[] = [];
  groups.forEach((group, at) => {
    const task = { group: at, parts: parts[at] };
    const kind = group.kind === "host" ? "host" : task.parts > 1 ? "split" : "main";
    const phase = phases.at(-1);
    const isFree = (draft: Draft) => ![...needs[at]].some((other) => other >= draft.first);
    const joins =
      phase &&
      ((kind === "main" && phase.kind === "main") ||
        (kind !== "host" && phase.kind === "split" && isFree(phase) && !leavesModule(group)));
    if (joins) {
      phase.tasks.push(task);
      phase.last = at;
    } else phases.push({ first: at, last: at, kind, tasks: [task] });
  });
  return phases;
}

/** Into how many parts each group is to be cut. */
function partsOf(fused: FusedGraph, threads: number, { leastPart, leastSaving }: Limits): number[] {
  const costs = fused.groups.map(costOf);
  const parts = fused.groups.map((group, at) =>
    Math.min(threads * partsPerThread, Math.floor(costs[at] / leastPart), mostParts(group, threads)),
  );
  const saving = costs.reduce((total, cost, at) => total + (parts[at] > 1 ? cost * (1 - 1 / threads) : 0), 0);
  return parts.map((n) => (saving < leastSaving ? 1 : Math.max(1, n)));
}

function costOf(group: FusionGroup): number {
  const [node] = group.members;
  if (group.kind === "matmul") return matmulFlops(node) * perFlop;
  if (group.kind === "window") return windowFlops(node) * (isConvolution(node) ? perFlop : perPooled);
  if (group.kind !== "loop") return 0;
  const elements = group.lengths.reduce((total, length) => total * length, 1);
  const step = (member: GraphNode) => {
    if (!group.wide) return perStep.single;
    if (isTranscendental(member)) return perStep.transcendental;
    return isFusibleReduction(member) ? perStep.fold : perStep.plain;
  };
  return elements * group.members.reduce((total, member) => total + step(member), 0);
}

/** How many parts the group can be cut into at most. */
function mostParts(group: FusionGroup, threads: number): number {
  if (leavesModule(group)) return 1;
  if (group.kind === "matmul") return matmulParts(group.members[0], threads);
  if (group.kind === "window") return windowParts(group.members[0]);
  const { lengths, reducedAxes } = group;
  const steps = lengths.map((length, axis) => {
    if (reducedAxes && axis >= reducedAxes.first && axis <= reducedAxes.last) return 1;
    return group.wide && axis === lengths.length - 1 ? Math.floor(length / 4) : length;
  });
  return Math.max(1, ...steps);
}

/** Only the main thread can call functions of JavaScript: those without a compiled form, and the one that refuses indices. */
function leavesModule({ kind, members, wide }: FusionGroup): boolean {
  return kind === "indexing" || kind === "host" || members.some((node) => callsJavaScript(node, wide));
}

/** For each group, which earlier ones must be done before it begins. */
function needsOf(graph: Graph, fused: FusedGraph): Set<number>[] {
  const { groups } = fused;
  const makers = new Map<GraphNode, number[]>();
  const readers = new Map<GraphNode, number[]>();
  const note = (map: Map<GraphNode, number[]>, node: GraphNode, at: number) =>
    map.set(node, [...(map.get(node) ?? []), at]);
  groups.forEach((group, at) => {
    for (const node of group.members) note(makers, node, at);
    for (const base of new Set(readsOf(group, fused))) note(readers, base, at);
  });
  const needs = groups.map((group, at) => {
    const before = readsOf(group, fused).flatMap((base) => makers.get(base) ?? []);
    return new Set(before.filter((other) => other < at));
  });
  // New values of parameters may be written over the old: those who read these come first.
  const stateOf = new Map(
    graph.nodes.flatMap((node) => (node.source.kind === "state" ? [[node.source.parameter, node] as const] : [])),
  );
  for (const [node, parameter] of plan(graph, fused).inPlace)
    for (const maker of makers.get(node)!)
      for (const reader of readers.get(stateOf.get(parameter) ?? node) ?? [])
        if (reader < maker) needs[maker].add(reader);
  return needs;
}
