/**
 * Loop rerolling: steps that a function takes in a loop are traced one by one, and become one loop again, so that the passes
 * that follow see one step, of recurrences and of loops of one's own, forwards and backwards.
 *
 * Holds always: each step does the same operations of the same numbers in the same order. Sums of products over steps are one
 * product of all their rows afterwards, which holds up to rounding, as in `stack-products.ts`.
 */
import { type Graph, liveNodes } from "../ir/graph.ts";
import { repeatsIn } from "./repeats.ts";
import { rerolled } from "./rerolling.ts";

/** The same graph, equal steps written as scans. */
export function reroll(graph: Graph): Graph {
  const operations = liveNodes(graph).filter(({ op }) => op !== null);
  const repeats = repeatsIn(operations);
  // Most graphs have none: nothing else of rerolling is needed then, which Node loads when it is called.
  return repeats.length > 0 ? rerolled(graph, operations, repeats) : graph;
}
