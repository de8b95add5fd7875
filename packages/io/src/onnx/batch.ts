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

/**
 * The lengths of every node of the first graph.
 *
 * @throws OptionError where the two are not one computation for other batch sizes.
 */
export function lengthsOf(
  where: string,
  [first, second]: readonly [Graph, Graph],
  [small, large]: readonly [number, number],
): Map<GraphNode, readonly Length[]> {
  const lengths = new Map<GraphNode, readonly Length[]>();
  const fail = (node: GraphNode): never => {
    throw new OptionError({
      where,
      expected: "a model that computes the same for every batch size",
      got: `${node.name} of shape ${formatShape(node.shape)}, which depends on it in another way`,
      hint: "Compute each example by itself: no arithmetic on shape[0], no constants of the batch's size.",
    });
  };
  if (first.nodes.length !== second.nodes.length) fail(first.nodes[first.nodes.length - 1]);
  first.nodes.forEach((node, i) => {
    const other = second.nodes[i];
    if (other.name !== node.name || other.shape.length !== node.shape.length || other.uniform !== node.uniform)
      if (!(Number.isNaN(other.uniform) && Number.isNaN(node.uniform))) fail(node);
    lengths.set(
      node,
      node.shape.map((length, axis): Length => {
        const otherLength = other.shape[axis];
        if (length === otherLength) return length;
        const perExample = length / small;
        if (!Number.isInteger(perExample) || otherLength !== perExample * large) fail(node);
        return { perExample };
      }),
    );
  });
  return lengths;
}
