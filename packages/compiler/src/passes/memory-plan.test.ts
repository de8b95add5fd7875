/**
 * Which values are given the same memory.
 */
import { rand, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { tracedGraph } from "../../test/traced.ts";
import { fuse } from "./fusion.ts";
import { assignInPlace } from "./in-place.ts";
import { planMemory } from "./memory-plan.ts";
import { partition } from "./partition.ts";
import { simplify } from "./simplify.ts";

/** The memory of a function for two threads, between which everything is cut in parts, and for one. */
function planOf(f: (...inputs: Tensor[]) => readonly Tensor[], ...inputs: Tensor[]) {
  const fused = fuse(simplify(tracedGraph(f, ...inputs)));
  const inPlace = assignInPlace(fused);
  const phases = partition(fused, inPlace, { size: 2, limits: { leastPart: 1e-6, leastSaving: 0 } });
  return { shared: planMemory(fused, inPlace, phases), serial: planMemory(fused, inPlace), phases, fused };
}

describe("the arena", () => {
  const x = rand([24, 24]);
  const bytes = 4 * x.size;

  it("is used again by what is computed later", () => {
    const { serial } = planOf((a) => [a.matmul(a).matmul(a).matmul(a).matmul(a)], x);
    expect(serial.allocations.map(({ offset }) => offset)).toEqual([0, bytes, 0, bytes]);
    expect(serial.bytes).toBe(2 * bytes);
  });

  it("keeps outputs until the end", () => {
    const { serial } = planOf((a) => {
      const product = a.matmul(a);
      return [product, product.matmul(a).matmul(a)];
    }, x);
    expect(serial.allocations.map(({ offset }) => offset)).toEqual([0, bytes, 2 * bytes]);
  });
});

describe("groups that run at the same time", () => {
  const x = rand([24, 24]);

  it("write to no line of the cache that another value has", () => {
    const { shared, serial } = planOf((a) => [a.matmul(a), a.exp(), a.matmul(a.T)], rand([5, 5]));
    expect(shared.allocations.map(({ offset, bytes }) => [offset, bytes])).toEqual([
      [0, 128],
      [128, 128],
      [256, 128],
    ]);
    expect(serial.allocations.map(({ bytes }) => bytes)).toEqual([112, 112, 112]);
  });

  it("take no memory of what others of them still read", () => {
    const { phases, shared, fused } = planOf((a) => {
      const power = a.exp();
      const [first, second] = [power.matmul(a), a.matmul(a.T)];
      return [first, second.add(second.T)];
    }, x);
    const { allocations } = shared;
    const names = phases.map(({ first, last }) =>
      fused.groups.slice(first, last + 1).map(({ members }) => members[0].name),
    );
    expect(names).toEqual([["exp"], ["matmul", "matmul"], ["add"]]);
    const [power, other] = [allocations.find(({ node }) => node.name === "exp")!, allocations.at(-1)!];
    const temporary = allocations.filter(({ node }) => node.name === "matmul");
    expect(temporary).toHaveLength(2);
    for (const product of temporary)
      expect(product.offset >= power.offset + power.bytes || power.offset >= product.offset + product.bytes).toBe(true);
    expect(other.bytes).toBe(power.bytes);
  });
});
