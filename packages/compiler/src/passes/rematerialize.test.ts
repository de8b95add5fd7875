import { Generator, rand, type Tensor, tensor } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { tracedGraph } from "../../test/traced.ts";
import { jit } from "../index.ts";
import type { FusedGraph } from "../ir/fused-graph.ts";
import { fuse } from "./fusion.ts";
import { mostGroups } from "./group-graph.ts";
import { rematerialize } from "./rematerialize.ts";
import { simplify } from "./simplify.ts";

/** Names of what is kept in memory between kernels, large values only. */
function keptBy(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): string[] {
  return jit(f)
    .explain(...inputs)
    .memory.parts.filter(({ bytes }) => bytes >= 1024)
    .map(({ name }) => name.replace(/%\d+ /, ""));
}

const generator = new Generator(1);
const x = rand([32, 32], { generator });
const other = rand([32, 32], { generator });

describe("what is cheap to compute again", () => {
  it("is not kept for a later loop", () => {
    const scaled = (a: Tensor) => {
      const line = a.mul(2).add(1);
      return line.mul(line.exp().mean());
    };
    expect(keptBy(scaled, x)).toEqual(["mul"]);
    checkCompiled(scaled, [x]);
  });

  it("but exponentials are", () => {
    const scaled = (a: Tensor) => {
      const power = a.exp();
      return power.mul(power.mean());
    };
    expect(keptBy(scaled, x)).toEqual(["exp", "mul"]);
    checkCompiled(scaled, [x]);
  });

  it("and what others than loops read", () => {
    const scaled = (a: Tensor) => {
      const line = a.mul(2);
      return line.mul(line.mean()).add(line.matmul(line));
    };
    expect(keptBy(scaled, x)).toContain("mul");
    checkCompiled(scaled, [x]);
  });

  it("and what would need two values in its place", () => {
    const scaled = (a: Tensor, b: Tensor) => {
      const sum = a.add(b);
      return sum.mul(sum.exp().mean());
    };
    expect(keptBy(scaled, x, other)).toEqual(["add", "mul"]);
    checkCompiled(scaled, [x, other]);
    // A row beside it costs nothing.
    expect(keptBy(scaled, x, other.slice(0))).toEqual(["mul"]);
    checkCompiled(scaled, [x, other.slice(0)]);
  });

  it("also through several steps, and not where elements are read from other places", () => {
    const turned = (a: Tensor) => {
      const line = a.mul(2).neg().square().sub(1);
      return line.mul(line.exp().mean()).add(line.T.mul(line.mean()));
    };
    checkCompiled(turned, [x]);
  });

  it("leaves the graph that is given as it was", () => {
    const scaled = (a: Tensor) => {
      const line = a.mul(2).add(1);
      return [line.mul(line.exp().mean())];
    };
    const fused = fuse(simplify(tracedGraph(scaled, x)));
    const membersOf = ({ groups }: FusedGraph) => groups.map(({ members }) => members.map(({ name }) => name));
    const before = [["mul", "add", "exp", "sum"], ["div"], ["mul"]];
    expect(membersOf(fused)).toEqual(before);
    expect(membersOf(rematerialize(fused))).toEqual([["mul", "add", "exp", "sum"], ["div"], ["mul", "add", "mul"]]);
    expect(membersOf(fused)).toEqual(before);
  });

  it("leaves no group of which nothing is left to compute, as of a value that only loops beyond a full list of groups read", () => {
    const long = (a: Tensor, b: Tensor) => {
      let product = b;
      for (let i = 1; i < mostGroups; i++) product = product.matmul(b);
      return [a.mul(2).exp(), product];
    };
    const small: [Tensor, Tensor] = [
      rand([2, 2], { generator }),
      tensor([
        [0, 1],
        [1, 0],
      ]),
    ];
    const fused = fuse(simplify(tracedGraph(long, ...small)));
    expect(fused.groups.at(-2)!.members.map(({ name }) => name)).toEqual(["mul"]);
    expect(rematerialize(fused).groups.filter(({ members }) => members.length === 0)).toEqual([]);
    const [found] = jit(long)(...small);
    expectClose(found, small[0].mul(2).exp(), { tolerance: 1e-6 });
  });
});
