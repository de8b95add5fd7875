/**
 * The partition of work among threads: which groups are cut into parts, and which run at the same time.
 */
import { callsJavaScript, isTranscendental } from "../codegen/emitters.ts";
import { matmulFlops, matmulParts } from "../codegen/matmul.ts";
import { isConvolution, windowFlops, windowParts } from "../codegen/window.ts";
import { basesReadBy, type FusedGraph, type FusionGroup } from "../ir/fused-graph.ts";
import type { GraphNode } from "../ir/graph.ts";
import { mostChunks, mostChunksInPhase, type Phase, type Task } from "../ir/phases.ts";
import { isFusibleReduction } from "../ir/reads.ts";
import { rowParts } from "../ir/row-parts.ts";
import { scanResultOf } from "../ir/scan.ts";
import { type InPlace, stateNodes } from "./in-place.ts";

/** Phases in the making. */
interface Draft extends Phase {
  last: number;
  readonly tasks: Task[];
}

/** From where on several threads pay, in nanoseconds. */
export interface Limits {
  /** A part takes at least so long. */
  readonly leastPart: number;
  /** Threads save at least so much of a run. */
  readonly leastSaving: number;
}

/**
 * A part takes some times what a phase costs: with two threads that are awake on a 2-core AMD EPYC, phases end 0.3 to 0.6 µs after the
 * longer of their parts. Less than the saving is lost where the worker is still asleep when the run begins.
 */
const usualLimits: Limits = { leastPart: 1_500, leastSaving: 30_000 };

/** More parts than threads, so that a thread that is late or slow holds up less. */
const partsPerThread = 2;

/** Estimates, in nanoseconds for an element: of one step four lanes at a time, and one by one. */
const perStep = { plain: 0.1, reduction: 0.4, transcendental: 3, single: 1 };
/** A multiplication or addition of a product, and a number of a pool's window. */
const perFlop = 1 / 40;
const perPooled = 0.4;

/**
 * Cuts the groups into parts for so many threads.
 *
 * @param inPlace what overwrites parameters: groups that read the old values come first.
 */
export function partition(
  fused: FusedGraph,
  inPlace: InPlace,
  { size, limits = usualLimits }: { readonly size: number; readonly limits?: Limits },
): Phase[] {
  const { groups } = fused;
  const parts = partsOf(fused, size, limits);
  const needs = needsOf(fused, inPlace);
  const phases: Draft[] = [];
  groups.forEach((group, at) => {
    const task = { group: at, parts: parts[at] };
    const kind = group.kind === "host" ? "host" : task.parts > 1 ? "split" : "main";
    const phase = phases.at(-1);
    const isFree = (draft: Draft) => ![...needs[at]].some((other) => other >= draft.first);
    const joins =
      phase &&
      chunksOf(phase) + task.parts <= mostChunksInPhase &&
      ((kind === "main" && phase.kind === "main") ||
        (kind !== "host" && phase.kind === "split" && isFree(phase) && !isMainThreads(group)));
    if (joins) {
      phase.tasks.push(task);
      phase.last = at;
    } else phases.push({ first: at, last: at, kind, tasks: [task] });
  });
  return phases;
}

function chunksOf({ tasks }: Phase): number {
  return tasks.reduce((total, { parts }) => total + parts, 0);
}

/** Into how many parts each group is to be cut. */
function partsOf(fused: FusedGraph, threads: number, { leastPart, leastSaving }: Limits): number[] {
  const costs = fused.groups.map(costOf);
  const most = Math.min(threads * partsPerThread, Math.floor(mostChunks / (fused.groups.length + 1)));
  const parts = fused.groups.map((group, at) => {
    const possible = Math.min(most, Math.floor(costs[at] / leastPart), mostParts(group, threads));
    // As many for each thread: with one left over, the others would wait for whoever does it.
    const some = possible > threads ? possible - (possible % threads) : possible;
    return group.body?.rows ? rowParts(group.body.rows, some) : some;
  });
  const saving = costs.reduce((total, cost, at) => total + (parts[at] > 1 ? cost * (1 - 1 / threads) : 0), 0);
  return parts.map((n) => (saving < leastSaving ? 1 : Math.max(1, n)));
}

function costOf(group: FusionGroup): number {
  const [node] = group.members;
  if (group.kind === "matmul") return matmulFlops(node) * perFlop;
  if (group.kind === "window") return windowFlops(node) * (isConvolution(node) ? perFlop : perPooled);
  if (group.body) return stepsOf(group) * group.body.fused.groups.reduce((total, each) => total + costOf(each), 0);
  if (group.kind !== "loop") return 0;
  const elements = group.lengths.reduce((total, length) => total * length, 1);
  const step = (member: GraphNode) => {
    if (!group.wide) return perStep.single;
    if (isTranscendental(member)) return perStep.transcendental;
    return isFusibleReduction(member) ? perStep.reduction : perStep.plain;
  };
  return elements * group.members.reduce((total, member) => total + step(member), 0);
}

/** How often a scan's body runs. */
function stepsOf({ members }: FusionGroup): number {
  return scanResultOf(members[0])!.scan.steps;
}

/** How many parts the group can be cut into at most. */
function mostParts(group: FusionGroup, threads: number): number {
  if (isMainThreads(group)) return 1;
  // Of a loop one for each thread: each goes through all steps, with the same matrices.
  if (group.body) return threads;
  if (group.kind === "matmul") return matmulParts(group.members[0], threads);
  if (group.kind === "window") return windowParts(group.members[0]);
  const { lengths, reducedAxes } = group;
  const steps = lengths.map((length, axis) => {
    if (reducedAxes && axis >= reducedAxes.first && axis <= reducedAxes.last) return 1;
    return group.wide && axis === lengths.length - 1 ? Math.floor(length / 4) : length;
  });
  return Math.max(1, ...steps);
}

/**
 * Whether the group is the main thread's alone: it alone can call functions of JavaScript, those without a compiled form and the
 * one that refuses indices. Of loops it takes those whose rows meet.
 */
function isMainThreads({ kind, members, wide, body }: FusionGroup): boolean {
  if (body) return body.rows === null;
  const alone = kind === "indexing" || kind === "guard" || kind === "host";
  return alone || members.some((node) => callsJavaScript(node, wide));
}

/** For each group, which earlier ones must be done before it begins. */
function needsOf({ graph, groups, views }: FusedGraph, { parameters }: InPlace): Set<number>[] {
  const makers = new Map<GraphNode, number[]>();
  const readers = new Map<GraphNode, number[]>();
  const add = (map: Map<GraphNode, number[]>, node: GraphNode, at: number) => {
    const known = map.get(node) ?? [];
    map.set(node, known);
    known.push(at);
  };
  groups.forEach((group, at) => {
    for (const node of group.members) add(makers, node, at);
    for (const base of new Set(basesReadBy(group, views))) add(readers, base, at);
  });
  const needs = groups.map((group, at) => {
    const before = basesReadBy(group, views).flatMap((base) => makers.get(base) ?? []);
    return new Set(before.filter((other) => other < at));
  });
  // New values of parameters are written over the old: those who read these come first.
  const stateOf = stateNodes(graph.nodes);
  for (const [node, parameter] of parameters)
    for (const maker of makers.get(node)!)
      for (const reader of readers.get(stateOf.get(parameter) ?? node) ?? [])
        if (reader < maker) needs[maker].add(reader);
  return needs;
}
