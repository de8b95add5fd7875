/**
 * Which kernels go over rows once. That they compute the same, random programs say.
 */
import { Generator, rand, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { tracedGraph } from "../../test/traced.ts";
import { jit } from "../jit.ts";
import { fuse } from "./fusion.ts";
import { fuseRows } from "./row-fusion.ts";
import { simplify } from "./simplify.ts";

/** What the kernels of a function compute. */
function kernelsOf(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): string[] {
  return jit(f)
    .explain(...inputs)
    .kernels.map(({ kind, ops }) => `${kind}: ${ops.join(" ")}`);
}

const generator = new Generator(1);
const filled = (shape: readonly number[]) => rand(shape, { generator });
const x = filled([12, 20]);

describe("one loop", () => {
  it("goes over rows once where a reduction of rows is used in them", () => {
    const normalized = (a: Tensor) => a.div(a.sum(1, { keepDims: true }));
    expect(kernelsOf(normalized, x)).toEqual(["loop: sum div"]);
    const logged = (a: Tensor) => a.sub(a.exp().sum(1, { keepDims: true }).log());
    expect(kernelsOf(logged, x)).toEqual(["loop: exp sum log sub"]);
    checkCompiled(logged, [x], "float32", 1e-6);
    // Along columns there is no row that one pass could stay in.
    expect(kernelsOf((a) => a.div(a.sum(0, { keepDims: true })), x)).toHaveLength(2);
    checkCompiled(normalized, [x], "float32", 1e-6);
  });

  it("takes in no rows of another width, where elements are computed one by one", () => {
    const doubled = (a: Tensor) => a.cast("float64").mul(a.mul(2).max(1, { keepDims: true }).cast("float64"));
    expect(kernelsOf(doubled, x).length).toBeGreaterThan(1);
    checkCompiled(doubled, [x]);
  });

  it("joins no rows that are read elsewhere than they are made", () => {
    const exchanged = (a: Tensor) => {
      const power = a.exp();
      return power.transpose(0, 1).div(power.sum(-1, { keepDims: true }));
    };
    checkCompiled(exchanged, [filled([3, 3, 12])], "float32", 1e-6);
  });

  it("is made of several groups, which stay as they were", () => {
    const normalized = (a: Tensor) => [a.div(a.sum(1, { keepDims: true }))];
    const fused = fuse(simplify(tracedGraph(normalized, x)));
    const before = fused.groups.map((group) => ({ ...group, members: [...group.members] }));
    expect(before.map(({ members }) => members.map(({ name }) => name))).toEqual([["sum"], ["div"]]);
    const [group, ...others] = fuseRows(fused).groups;
    expect(others).toEqual([]);
    expect(group.rowPasses?.map(({ members, along }) => [members[0].name, along])).toEqual([
      ["sum", true],
      ["div", true],
    ]);
    expect(fused.groups).toEqual(before);
  });
});
