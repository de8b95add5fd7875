/**
 * Which lengths depend on the batch: found by tracing a model for two batch sizes and comparing.
 */
import type { Graph, GraphNode } from "@chainrule/compiler/internal";
import { OptionError } from "@chainrule/core";
import { formatShape } from "@chainrule/core/internal";

/** A length: a number, or so many times the batch's. */
export type Length = number | { readonly perExample: number };

/** Whether the length depends on the batch. */
export function varies(length: Length): length is { readonly perExample: number } {
  return typeof length !== "number";
}

/** A number that depends on the batch: so many times its length, or that divided by it. */
export interface BatchNumber {
  readonly times: number;
  readonly power: 1 | -1;
}

/**
 * The lengths of every node of the first graph.
 *
 * @param more gets the constants that are in proportion to the batch's length, or inversely so, and what depends on it
 *   in another way; without it all these are refused.
 * @throws OptionError where the two are not one computation for other batch sizes.
 */
export function lengthsOf(
  where: string,
  [first, second]: readonly [Graph, Graph],
  [small, large]: readonly [number, number],
  more?: { readonly numbers: Map<GraphNode, BatchNumber>; readonly odd: Set<GraphNode> },
): Map<GraphNode, readonly Length[]> {
  const lengths = new Map<GraphNode, readonly Length[]>();
  const fail = (node: GraphNode): never => refuseBatch(where, node);
  const failLater = (node: GraphNode) => (more ? more.odd.add(node) : fail(node));
  if (first.nodes.length !== second.nodes.length) fail(first.nodes[first.nodes.length - 1]);
  first.nodes.forEach((node, i) => {
    const other = second.nodes[i];
    if (other.name !== node.name || other.shape.length !== node.shape.length) fail(node);
    if (!Object.is(other.uniform, node.uniform)) {
      const found = more && batchNumber(node.uniform, other.uniform, small, large);
      if (found) more.numbers.set(node, found);
      else failLater(node);
    }
    if (!sameSlices(node, other)) failLater(node);
    lengths.set(
      node,
      node.shape.map((length, axis): Length => {
        const otherLength = other.shape[axis];
        if (length === otherLength) return length;
        const perExample = length / small;
        if (!Number.isInteger(perExample) || otherLength !== perExample * large) failLater(node);
        return { perExample };
      }),
    );
  });
  return lengths;
}

/** Throws for what depends on the batch's length in a way of its own. */
export function refuseBatch(where: string, node: GraphNode): never {
  throw new OptionError({
    where,
    expected: "a model that computes the same for every batch size",
    got: `${node.name} of shape ${formatShape(node.shape)}, which depends on it in another way`,
    hint: "Compute each example by itself: no arithmetic on shape[0], no constants of the batch's size.",
  });
}

function batchNumber(first: number | null, second: number | null, small: number, large: number): BatchNumber | null {
  if (first === null || second === null) return null;
  const isSame = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.abs(a);
  const exact = (x: number) => Number(x.toPrecision(7));
  if (isSame(first / small, second / large)) return { times: exact(first / small), power: 1 };
  return isSame(first * small, second * large) ? { times: exact(first * small), power: -1 } : null;
}

/** Whether both slices take the same, or all, of each axis: what counts from the end of the batch is another for each. */
function sameSlices(node: GraphNode, other: GraphNode): boolean {
  if (node.name !== "slice" || node.source.kind !== "op" || other.source.kind !== "op") return true;
  const [one, two] = [node.source.attributes, other.source.attributes] as Slice[];
  const whole = (slice: Slice, of: GraphNode, axis: number) => slice.lengths[axis] === of.inputs[0].shape[axis];
  return one.starts.every(
    (start, axis) =>
      one.steps[axis] === two.steps[axis] &&
      ((start === two.starts[axis] && one.lengths[axis] === two.lengths[axis]) ||
        (whole(one, node, axis) && whole(two, other, axis))),
  );
}

interface Slice {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly lengths: readonly number[];
}
