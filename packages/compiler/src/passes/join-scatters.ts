/**
 * Joining scatters: a sum of slices' gradients, each of which lies in zeros of the whole's shape, is the gradients one
 * after another. What was cut in n parts costs n² without it, or copies on copies where it was cut by halves of halves.
 *
 * Holds for parts that do not overlap: each element is added to nothing but zeros, and to one term that is no scatter. That
 * makes 0 of -0, as adding 0 to the parts does.
 */
import { add } from "@chainrule/core";
import { concatOp, reshapeOp, sameShape, sliceOp, sliceScatterOp } from "@chainrule/core/internal";
import { type AppliedOp, applied, type Graph, type GraphNode } from "../ir/graph.ts";
import { GraphRewriter } from "../ir/graph-rewriter.ts";
import { scanResultOf } from "../ir/scan.ts";
import { areNeighbours, type Stretch, stretchOf } from "../ir/stretches.ts";
import { AddTrees, SumWriter } from "./add-trees.ts";
import { mostConcatenated } from "./simplify-concat.ts";

/** The same graph, sums of scatters to different places written as concatenations. */
export function joinScatters(graph: Graph): Graph {
  const trees = new AddTrees(graph);
  const joinable = graph.nodes.some((node) => joinableIn(node, trees) !== null);
  return joinable ? new ScatterJoining(graph, trees).run() : graph;
}

/** Where a scatter puts its input. */
interface Place {
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
}

/** The place of a scatter that leaves no gaps; null for others. */
function placeOf({ source }: GraphNode): Place | null {
  if (source.kind !== "op" || source.op !== sliceScatterOp) return null;
  const { starts, steps, lengths } = source.attributes as Place & { readonly steps: readonly number[] };
  return steps.every((step) => step === 1) ? { starts, lengths } : null;
}

/** Scatters that are added up, the axis along which they lie side by side, and at most one other term. */
interface Joinable {
  readonly scatters: readonly GraphNode[];
  readonly others: readonly GraphNode[];
  readonly axis: number;
}

/** The scatters that the node is a sum of; null where there is nothing to join. */
function joinableIn(node: GraphNode, trees: AddTrees): Joinable | null {
  const terms = trees.termsOf(node);
  if (terms === null) return null;
  const isScatter = (term: GraphNode) => placeOf(term) !== null;
  const scatters = terms.filter(isScatter);
  const others = terms.filter((term) => !isScatter(term));
  if (scatters.length < 2 || others.length > 1) return null;
  const axis = axisOf(scatters);
  return axis === null ? null : { scatters, others, axis };
}

class ScatterJoining {
  readonly #graph: Graph;
  readonly #trees: AddTrees;
  readonly #rewriter = new GraphRewriter();
  readonly #write = new SumWriter(this.#rewriter);
  /** What was joined, along which axis, as it was before zeros were added. */
  readonly #joinedParts = new Map<GraphNode, { readonly parts: readonly GraphNode[]; readonly axis: number }>();

  constructor(graph: Graph, trees: AddTrees) {
    this.#graph = graph;
    this.#trees = trees;
  }

  run(): Graph {
    return this.#rewriter.run(this.#graph, (node, source) => this.#joined(node) ?? this.#rewriter.add(source, node));
  }

  #joined(node: GraphNode): GraphNode | null {
    const joinable = joinableIn(node, this.#trees);
    if (!joinable) return null;
    const { scatters, others, axis } = joinable;
    return this.#write.sum([...others.map((term) => this.#rewriter.of(term)), this.#concat(scatters, axis)]);
  }

  /** The scatters' inputs in their order along the axis, and zeros where none is. */
  #concat(scatters: readonly GraphNode[], axis: number): GraphNode {
    const { shape, dtype, source } = scatters[0];
    const parts: GraphNode[] = [];
    let end = 0;
    const fillTo = (start: number, lengths: readonly number[]) => {
      if (start > end) parts.push(this.#write.zeros(lengths.with(axis, start - end), dtype));
    };
    const { lengths } = placeOf(scatters[0])!;
    for (const scatter of scatters.toSorted((a, b) => startOf(a, axis) - startOf(b, axis))) {
      const start = startOf(scatter, axis);
      fillTo(start, lengths);
      parts.push(...this.#partsOf(scatter.inputs[0], axis));
      end = start + placeOf(scatter)!.lengths[axis];
    }
    fillTo(shape[axis], lengths);
    const along = this.#along(parts, axis);
    if (sameShape(along.shape, shape)) {
      this.#joinedParts.set(along, { parts, axis });
      return along;
    }
    // Along other axes it may be a part still.
    const { attributes } = source as AppliedOp;
    const place = attributes as Place;
    const moved = { ...place, starts: place.starts.with(axis, 0), lengths: place.lengths.with(axis, shape[axis]) };
    return this.#rewriter.add(applied(sliceScatterOp, { ...moved, shape } as never, [along]), { shape, dtype });
  }

  /** The parts one after another, without zeros that are negative. */
  #along(parts: readonly GraphNode[], axis: number): GraphNode {
    const runs = runsOf(parts).map((run) => {
      const part = this.#write.concat(run, axis);
      if (run.every(isNeverNegativeZero)) return part;
      return this.#rewriter.add(applied(add.op, undefined, [part, this.#write.zeros(part.shape, part.dtype)]), part);
    });
    return this.#write.concat(runs, axis);
  }

  /** What the scatter's input consists of. */
  #partsOf(input: GraphNode, axis: number): readonly GraphNode[] {
    const now = this.#rewriter.of(input);
    if (!this.#trees.isReadOnce(input)) return [now];
    const joined = this.#joinedParts.get(now);
    if (joined?.axis === axis && runsOf(joined.parts).length < mostConcatenated) return joined.parts;
    const isConcat = now.source.kind === "op" && now.source.op === concatOp && now.source.attributes === axis;
    const isSmall = now.inputs.length < mostConcatenated;
    return isConcat && isSmall && now.inputs.every(isNeverNegativeZero) ? now.inputs : [now];
  }
}

/** The parts, those together that follow each other in another value. */
function runsOf(parts: readonly GraphNode[]): GraphNode[][] {
  const runs: GraphNode[][] = [];
  let end: Stretch | null = null;
  for (const part of parts) {
    const stretch = stretchOf(part);
    if (end && areNeighbours(end, stretch)) runs[runs.length - 1].push(part);
    else runs.push([part]);
    end = stretch;
  }
  return runs;
}

function startOf(scatter: GraphNode, axis: number): number {
  return placeOf(scatter)!.starts[axis];
}

/** The one axis along which the places of the scatters differ, and do not overlap; else null. */
function axisOf(scatters: readonly GraphNode[]): number | null {
  const places = scatters.map((scatter) => placeOf(scatter)!);
  const [first, second] = places;
  const axis = first.starts.findIndex((start, i) => start !== second.starts[i]);
  if (axis < 0) return null;
  const isElsewhere = (a: readonly number[], b: readonly number[]) => a.some((x, i) => i !== axis && x !== b[i]);
  if (places.some((place) => isElsewhere(place.starts, first.starts) || isElsewhere(place.lengths, first.lengths)))
    return null;
  const inOrder = places.toSorted((a, b) => a.starts[axis] - b.starts[axis]);
  const overlaps = inOrder.some(
    ({ starts }, i) => i > 0 && starts[axis] < inOrder[i - 1].starts[axis] + inOrder[i - 1].lengths[axis],
  );
  return overlaps ? null : axis;
}

/** Whether none of its elements is -0: of additions of 0, and of what consists of them. */
function isNeverNegativeZero(node: GraphNode): boolean {
  if (node.isMadeBy(add.op)) return node.inputs.some(({ uniform }) => Object.is(uniform, 0));
  if (node.isMadeBy(concatOp) || node.isMadeBy(reshapeOp) || node.isMadeBy(sliceOp))
    return node.inputs.every(isNeverNegativeZero);
  const result = scanResultOf(node);
  if (result) return result.kept !== "carried" && isNeverNegativeZero(result.scan.body.outputs[result.value]);
  return Object.is(node.uniform, 0);
}
