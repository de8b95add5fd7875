import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Reachability } from "./reachability.ts";

describe("Reachability", () => {
  it("knows what can be reached through others", () => {
    const graph = new Reachability();
    const [a, b, c] = [graph.addNode(), graph.addNode(), graph.addNode()];
    graph.addEdges([b], c);
    graph.addEdges([a], b);
    expect(graph.isReachable(a, c)).toBe(true);
    expect(graph.isReachable(c, a)).toBe(false);
    expect(graph.hasIndirectPath(a, c)).toBe(true);
    expect(graph.hasIndirectPath(a, b)).toBe(false);
    expect(graph.ancestors(c)).toEqual([a, b]);
  });

  it("says of any pair what paths through the graph say, also after merging", () => {
    const size = 70;
    const edge = fc.tuple(fc.nat(size - 1), fc.nat(size - 1)).filter(([a, b]) => a !== b);
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 120 }), fc.nat(size - 1), fc.nat(size - 1), (edges, p, q) => {
        const graph = new Reachability();
        for (let i = 0; i < size; i++) graph.addNode();
        let direct = edges.map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
        for (const [earlier, later] of direct) graph.addEdges([earlier], later);
        const [into, other] = [Math.min(p, q), Math.max(p, q)];
        if (into !== other && !graph.hasIndirectPath(into, other)) {
          graph.merge(into, other);
          const renamed = (x: number) => (x === other ? into : x);
          direct = direct.map(([a, b]) => [renamed(a), renamed(b)] as const).filter(([a, b]) => a !== b);
        }
        for (let later = 0; later < size; later++) expect(graph.ancestors(later)).toEqual(ancestors(direct, later));
      }),
    );
  });
});

/** What a walk back along the edges meets, in order. */
function ancestors(edges: readonly (readonly [number, number])[], from: number): number[] {
  const found = new Set<number>();
  const pending = [from];
  for (let at = pending.pop(); at !== undefined; at = pending.pop())
    for (const [earlier, later] of edges)
      if (later === at && !found.has(earlier)) {
        found.add(earlier);
        pending.push(earlier);
      }
  return [...found].sort((a, b) => a - b);
}
