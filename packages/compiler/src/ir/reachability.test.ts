import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Precedence } from "./reachability.ts";

describe("Precedence", () => {
  it("knows what comes before what through others", () => {
    const order = new Precedence();
    const [a, b, c] = [order.add(), order.add(), order.add()];
    order.require(c, [b]);
    order.require(b, [a]);
    expect(order.isBefore(a, c)).toBe(true);
    expect(order.isBefore(c, a)).toBe(false);
    expect(order.hasBetween(a, c)).toBe(true);
    expect(order.hasBetween(a, b)).toBe(false);
    expect(order.before(c)).toEqual([a, b]);
  });

  it("says of any pair what paths through the graph say, also after merging", () => {
    const size = 70;
    const edge = fc.tuple(fc.nat(size - 1), fc.nat(size - 1)).filter(([a, b]) => a !== b);
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 120 }), fc.nat(size - 1), fc.nat(size - 1), (edges, p, q) => {
        const order = new Precedence();
        for (let i = 0; i < size; i++) order.add();
        let direct = edges.map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
        for (const [earlier, later] of direct) order.require(later, [earlier]);
        const [into, other] = [Math.min(p, q), Math.max(p, q)];
        if (into !== other && !order.hasBetween(into, other)) {
          order.merge(into, other);
          const renamed = (x: number) => (x === other ? into : x);
          direct = direct.map(([a, b]) => [renamed(a), renamed(b)] as const).filter(([a, b]) => a !== b);
        }
        for (let later = 0; later < size; later++) expect(order.before(later)).toEqual(ancestors(direct, later));
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
