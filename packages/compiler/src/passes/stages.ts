/**
 * Stages: a loop that computes a function of many steps one after another, such as the exponential, and more besides, does so in
 * several passes over a few rows. A processor sees so many instructions ahead, and no further: where most of those wait for each
 * other, it has little to do. The shorter what leads from an element's first step to its last in one pass, the more elements are
 * under way at once; what goes from one pass to the next stays in the nearest cache.
 *
 * Holds for whatever is computed element by element: each number is made by the same instructions of the same numbers.
 */
import { sigmoid } from "@chainrule/core";
import { isTranscendental } from "../codegen/emitters.ts";
import { type FusedGraph, type FusionGroup, fusedGraph, type RowPass } from "../ir/fused-graph.ts";
import { applied, callsUser, type Graph, type GraphNode } from "../ir/graph.ts";
import { GraphRewriter } from "../ir/graph-rewriter.ts";
import { blockRows, rowStride } from "../ir/row-values.ts";
import { sigmoidHeadOp, sigmoidTailOp } from "../ir/sigmoid-halves.ts";
import { isView, longAxes } from "../ir/views.ts";
import type { InPlace } from "./in-place.ts";

/** Steps that a function takes, about; other operations take one. */
const transcendentalSteps = 27;
const tailSteps = 8;
/** A stage has so many at most, where it has more than one node, and is not cut to have fewer than that. */
const mostSteps = 28;
const fewestSteps = 2;
/** Along shorter rows, the loop around each pass costs more than is gained. */
const shortestRow = 32;
/** So many bytes of a block of rows are in the nearest cache with everything else. */
const mostBytes = 16384;

/** The same graph, sigmoid of many numbers as two ops that may be in two stages. */
export function halveSigmoids(graph: Graph): Graph {
  if (!graph.nodes.some(isHalved)) return graph;
  const rewriter = new GraphRewriter();
  return rewriter.run(graph, (node, source) => {
    if (!isHalved(node)) return rewriter.add(source, node);
    const x = rewriter.of(node.inputs[0]);
    return rewriter.add(
      applied(sigmoidTailOp, undefined, [x, rewriter.add(applied(sigmoidHeadOp, undefined, [x]), node)]),
      node,
    );
  });
}

function isHalved(node: GraphNode): boolean {
  return node.isMadeBy(sigmoid.op) && node.dtype === "float32" && node.size > 0 && hasRows(longAxes(node.shape));
}

/** Whether rows are there, of a length for which stages pay. */
function hasRows(lengths: readonly number[]): boolean {
  return lengths.length > 1 && lengths[lengths.length - 1] >= shortestRow;
}

/** The same graph, long loops in stages. */
export function cutInStages(fused: FusedGraph, inPlace: InPlace): FusedGraph {
  // A later pass may read what was computed over the old value that it wants, or among other values, apart from where it looks.
  const isFixed = (node: GraphNode) =>
    inPlace.parameters.has(node) ||
    inPlace.aliases.has(node) ||
    (inPlace.parts.get(node)?.strides ?? null) !== null ||
    callsUser(node);
  let isCut = false;
  const groups = fused.groups.map((group) => {
    const passes = isLong(group) && !group.members.some(isFixed) ? passesOf(group) : [];
    if (passes.length <= (group.rowPasses?.length ?? 1)) return group;
    isCut = true;
    const last = group.lengths.length - 1;
    return { ...group, reducedAxes: { first: last, last }, rowPasses: passes };
  });
  return isCut ? fusedGraph(fused.graph, groups, fused.views) : fused;
}

/** Whether the loop goes over rows, and does more than one thing. */
function isLong({ kind, wide, lengths, reducedAxes, rowPasses, members }: FusionGroup): boolean {
  if (kind !== "loop" || !wide || !hasRows(lengths) || members.length < 2) return false;
  return (rowPasses !== undefined || reducedAxes === null) && !members.some(({ op }) => op?.random);
}

/** The passes of the group, those that go along the rows cut where they are long. */
function passesOf(group: FusionGroup): RowPass[] {
  const whole: RowPass = { members: group.members, along: true };
  const passes = (group.rowPasses ?? [whole]).flatMap((rowPass) =>
    rowPass.along && !rowPass.down ? stagesOf(rowPass.members).map((members) => ({ members, along: true })) : [rowPass],
  );
  const bytes = 4 * blockRows * rowStride(group);
  return passes.length * bytes <= mostBytes ? passes : [];
}

function stepsOf(node: GraphNode): number {
  if (isTranscendental(node)) return transcendentalSteps;
  if (node.isMadeBy(sigmoidTailOp)) return tailSteps;
  return isView(node) ? 0 : 1;
}

/** The members in their order, in stages. */
function stagesOf(members: readonly GraphNode[]): GraphNode[][] {
  const stages: GraphNode[][] = [];
  let steps = Number.POSITIVE_INFINITY;
  for (const node of members) {
    const own = stepsOf(node);
    if (steps >= fewestSteps && steps + own > mostSteps) {
      stages.push([]);
      steps = 0;
    }
    stages[stages.length - 1].push(node);
    steps += own;
  }
  return stages;
}
