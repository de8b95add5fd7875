/**
 * How much the compiler does for each node of a graph: the same however large the graph is, deep or wide. Looks into maps
 * and sets, and at what nodes read, are counted; no clock is looked at.
 */
import { concat, rand, type Tensor } from "@chainrule/core";
import { describe, expect, it, vi } from "vitest";
import { GraphNode } from "../src/ir/graph.ts";
import { jit } from "../src/jit.ts";

let count = 0;

/** Nodes that count how often their op and their inputs are asked for. */
vi.mock("../src/ir/graph.ts", async (original) => {
  const own = await original<typeof import("../src/ir/graph.ts")>();
  class CountingNode extends own.GraphNode {
    constructor(...given: ConstructorParameters<typeof own.GraphNode>) {
      super(...given);
      for (const name of ["inputs", "op"] as const) {
        const value = this[name];
        const get = () => {
          count++;
          return value;
        };
        Object.defineProperty(this, name, { get });
      }
    }
  }
  return { ...own, GraphNode: CountingNode };
});

/** Calls of methods and getters while something is done. */
function countWork(work: () => void): number {
  count = 0;
  const restore = [
    ...([Map.prototype, Set.prototype] as object[]).flatMap((owner) =>
      ["get", "set", "has", "add"].filter((name) => name in owner).map((name) => [owner, name] as const),
    ),
    [Object.getPrototypeOf(GraphNode.prototype), "lowering"] as const,
  ].map(([owner, name]) => {
    const own = Object.getOwnPropertyDescriptor(owner, name)!;
    const counting = (f: (...args: never[]) => unknown) =>
      function (this: unknown, ...args: never[]) {
        count++;
        return Reflect.apply(f, this, args);
      };
    Object.defineProperty(
      owner,
      name,
      own.get ? { ...own, get: counting(own.get) } : { ...own, value: counting(own.value) },
    );
    return () => Object.defineProperty(owner, name, own);
  });
  try {
    work();
  } finally {
    for (const each of restore) each();
  }
  return count;
}

const x = rand([4, 4]);

/** Functions of about n operations. */
const graphs: Readonly<Record<string, (n: number) => (x: Tensor) => Tensor>> = {
  "a chain of elementwise operations": (n) => (x) => {
    let y = x;
    for (let i = 0; i < n / 2; i++) y = y.mul(1 + i / n).tanh();
    return y;
  },
  "a recurrence of products": (n) => (x) => {
    let y = x;
    for (let i = 0; i < n / 3; i++) y = y.matmul(x).add(x).tanh();
    return y;
  },
  "a value that many read, and a value that reads many": (n) => (x) => {
    const base = x.exp();
    return concat(Array.from({ length: n / 4 }, (_, i) => base.add(i).matmul(x).add(x).reshape([16])));
  },
  "many slices of one value, and their sum": (n) => (x) => {
    let total = x.slice("0:1");
    for (let i = 0; i < n / 3; i++) total = total.add(x.slice(`${i % 4}:${(i % 4) + 1}`).mul(i));
    return total;
  },
  "a chain and its gradient": (n) => (x) => {
    const leaf = x.detach();
    leaf.requiresGrad = true;
    let y: Tensor = leaf;
    for (let i = 0; i < n / 8; i++) y = y.matmul(leaf).tanh();
    y.sum().backward();
    return leaf.grad!;
  },
};

/** Those that are tried at 16,000 operations too: deep, and wide. */
const largest = new Set(["a recurrence of products", "a value that many read, and a value that reads many"]);

describe("compiling takes as much work for each node, of large graphs as of small ones:", () => {
  for (const [name, graph] of Object.entries(graphs))
    it(name, () => {
      const perNode = [1000, 4000, ...(largest.has(name) ? [16_000] : [])].map((n) => {
        const f = graph(n);
        let nodes = 0;
        const work = countWork(() => {
          nodes = jit(f).explain(x).before.length;
        });
        return work / nodes;
      });
      for (let i = 1; i < perNode.length; i++) expect(perNode[i] / perNode[i - 1]).toBeLessThan(1.3);
    });
});
