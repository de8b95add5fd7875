/**
 * The gradient of a `Value`, taken apart by the ways from it to the result.
 */
import { graph, type Value } from "@chainrule/core";
import { valuesBehind } from "@chainrule/core/internal";
import { uniqueNames } from "../explanation/names.ts";
import { through } from "./paths.ts";
import type { GradientShare } from "./types.ts";

/** Beyond so many ways through one node, they are told as one. */
const mostWays = 64;

/** The shares of every way, in no order, with the names of both; null where the value is not in the computation. */
export function sharesOfValue(result: Value, of: Value) {
  const computation = graph(result);
  const id = valuesBehind(result).indexOf(of);
  if (id < 0) return null;
  const names = uniqueNames(
    computation.nodes.map(({ label, op, data }) => ({ label, ...(op === "constant" && { constant: data }) })),
  );
  const found: Map<string, number>[] = computation.nodes.map(() => new Map());
  const root = computation.nodes.length - 1;
  found[root].set("", 1);
  const shares: GradientShare[] = [];
  if (id === root) shares.push({ share: 1, use: 0, way: [], count: 1, elements: [] });
  let uses = 0;
  for (let to = root; to > id; to--) {
    const station = `${names[to]} (${computation.nodes[to].op})`;
    if (found[to].size > mostWays) join(found[to]);
    for (const edge of computation.edges.filter((each) => each.to === to)) {
      const use = edge.from === id ? uses++ : 0;
      for (const [way, g] of found[to]) {
        const whole = through(station, way);
        const sent = g * edge.derivative;
        if (edge.from !== id) found[edge.from].set(whole, (found[edge.from].get(whole) ?? 0) + sent);
        else
          shares.push({
            share: sent,
            use,
            way: whole.split(" → "),
            count: 1,
            elements: [{ node: names[to], index: [], local: edge.derivative, gradient: g }],
          });
      }
    }
  }
  // Found from the last to the first.
  const inOrder = shares.map((share): GradientShare => ({ ...share, use: Math.max(0, uses - 1 - share.use) }));
  return { uses: Math.max(1, uses), shares: inOrder, name: names[id], result: names[root] };
}

function join(ways: Map<string, number>): void {
  const total = [...ways.values()].reduce((a, b) => a + b, 0);
  ways.clear();
  ways.set("…", total);
}
