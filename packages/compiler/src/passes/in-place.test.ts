/**
 * Which values are computed over others that nobody needs any more, and that those which are needed stay as they are.
 */
import { Generator, parameter, rand, scatterAdd, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { tracedGraph } from "../../test/traced.ts";
import { fuse } from "./fusion.ts";
import { assignInPlace } from "./in-place.ts";
import { rematerialize } from "./rematerialize.ts";
import { fuseRows } from "./row-fusion.ts";
import { simplify } from "./simplify.ts";

/** Numbers from 0 to 1, the same at every run: sines of some would show the last digit. */
const generator = new Generator(2);
const filled = (shape: readonly number[]) => rand(shape, { generator });

/** The operations whose results are written over parameters. */
function inPlaceOf(f: (...inputs: Tensor[]) => readonly Tensor[], ...inputs: Tensor[]): string[] {
  const fused = rematerialize(fuseRows(fuse(simplify(tracedGraph(f, ...inputs)))));
  return [...assignInPlace(fused).parameters.keys()].map(({ name }) => name);
}

describe("values of parameters", () => {
  const x = filled([24, 24]);

  it("are computed in place where nothing of the old value is read afterwards", () => {
    const w = parameter(filled([24, 24]));
    const assigned = (f: (a: Tensor) => Tensor) =>
      inPlaceOf((a) => {
        w.assign(f(a));
        return [];
      }, x);
    expect(assigned((a) => a.mul(2))).toEqual(["mul"]);
    expect(assigned((a) => w.mul(2).add(a))).toEqual(["add"]);
    expect(assigned((a) => a.matmul(a))).toEqual(["matmul"]);
    expect(assigned((a) => w.matmul(a))).toEqual([]);
    expect(assigned(() => w.T)).toEqual([]);
    expect(assigned((a) => w.T.add(a))).toEqual([]);
    expect(assigned((a) => a.sub(w.sum(0)))).toEqual(["sub"]);
  });

  it("are not where they are a part of what is computed", () => {
    const w = parameter(filled([4, 24]));
    for (const part of ["0:4", "2:6"])
      expect(
        inPlaceOf((a) => {
          const all = a.mul(2).exp();
          w.assign(all.slice(part));
          return [all];
        }, x),
      ).toEqual([]);
  });
});

describe("memory that another value takes over", () => {
  const logits = filled([3, 4]);
  const labels = tensor([[2], [0], [1]], { dtype: "int32" });

  it("is that of what a scatter adds to, where that is needed for nothing else", () => {
    const aliases = (f: (x: Tensor, v: Tensor) => Tensor) => {
      const fused = fuse(simplify(tracedGraph((x, v) => [f(x, v)], logits, filled([3, 1]))));
      return [...assignInPlace(fused).aliases].map((pair) => pair.map(({ name }) => name));
    };
    expect(aliases((x, v) => scatterAdd(x.exp(), labels, v, 1))).toEqual([["scatterAdd", "exp"]]);
    expect(aliases((x, v) => scatterAdd(scatterAdd(x.exp(), labels, v, 1), labels, v, 1))).toEqual([
      ["scatterAdd", "exp"],
      ["scatterAdd", "exp"],
    ]);
    expect(aliases((x, v) => scatterAdd(x, labels, v, 1))).toEqual([]);
    expect(aliases((x, v) => scatterAdd(x.exp(), labels, v, 1).mul(x.exp()))).toEqual([]);
  });

  it("is not that of something still needed", () => {
    const values = filled([3, 1]);
    checkCompiled(
      (x, v) => {
        const base = x.exp();
        return scatterAdd(base, labels, v, 1).mul(base);
      },
      [logits, values],
    );
    checkCompiled(
      (x, v) => {
        const base = x.exp();
        return scatterAdd(base, labels, v, 1).mul(scatterAdd(base, labels, v.mul(2), 1));
      },
      [logits, values],
    );
    checkCompiled((x, v) => scatterAdd(scatterAdd(x.exp(), labels, v, 1), labels, v, 1), [logits, values]);
  });
});
