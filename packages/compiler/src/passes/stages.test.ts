/**
 * Loops of many steps, which are computed in several passes over a few rows: as in one pass, to the bit.
 */
import { concat, Generator, gelu, randn, type Tensor, vjp, where } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { afterEach, describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { tracedGraph } from "../../test/traced.ts";
import { jit, setNumThreads } from "../index.ts";
import { fuse } from "./fusion.ts";
import { assignInPlace } from "./in-place.ts";
import { fuseRows } from "./row-fusion.ts";
import { simplify } from "./simplify.ts";
import { cutInStages, halveSigmoids } from "./stages.ts";

const generator = new Generator(1);
const filled = (shape: readonly number[]) => randn(shape, { generator }).mul(3);

const geluByTanh = (x: Tensor) => gelu(x, { approximate: "tanh" });
const gated = (x: Tensor) => x.tanh().mul(x.neg().sigmoid()).add(x.exp().add(1).log());

/** What each pass of each loop computes. */
function passesOf(f: (x: Tensor) => Tensor, x: Tensor): string[] {
  const fused = fuseRows(fuse(halveSigmoids(simplify(tracedGraph((a) => [f(a)], x)))));
  return cutInStages(fused, assignInPlace(fused)).groups.map(({ members, rowPasses }) =>
    (rowPasses ?? [{ members }]).map((rowPass) => rowPass.members.map(({ name }) => name).join(" ")).join(" | "),
  );
}

describe("stages", () => {
  afterEach(() => setNumThreads(1));

  it("are cut before and after functions of many steps, where rows are long and several", () => {
    const x = filled([4, 32]);
    expect(passesOf(geluByTanh, x)).toEqual(["square mul mul add mul mul | exp(-|x|) | sigmoid mul"]);
    expect(passesOf((a) => a.sigmoid(), x)).toEqual(["exp(-|x|) | sigmoid"]);
    expect(passesOf((a) => a.exp(), x)).toEqual(["exp"]);
    expect(passesOf((a) => a.mul(2).exp(), x)).toEqual(["mul exp"]);
    expect(passesOf((a) => a.mul(a).add(2).div(3).sub(a), x)).toEqual(["mul add div sub"]);
    for (const shape of [[4, 31], [128], [128, 1]])
      expect(passesOf(geluByTanh, filled(shape))).toEqual(["square mul mul add mul mul sigmoid mul"]);
    // More than the nearest cache has room for.
    expect(passesOf(geluByTanh, filled([2, 1024]))[0]).not.toContain(" | ");
    expect(passesOf((a) => a.sigmoid(), filled([4, 32]).cast("float64"))).toEqual(["sigmoid"]);
  });

  it("have the bits of one pass, however many rows there are and however long they are", () => {
    for (const f of [geluByTanh, gated])
      for (const shape of [
        [2, 32],
        [3, 33],
        [4, 34],
        [5, 63],
        [8, 64],
        [2, 3, 4, 37],
        [6, 127],
      ]) {
        const x = filled(shape);
        expect(passesOf(f, x)[0]).toContain(" | ");
        expectClose(jit(f)(x).reshape(-1), jit(f)(x.reshape(-1)), { tolerance: 0 });
        checkCompiled(f, [x], "float32", 1e-5);
      }
  });

  it("read other orders, rows and columns, and keep what others need", () => {
    const x = filled([8, 40]);
    checkCompiled((a) => geluByTanh(a.transpose(0, 1)), [filled([40, 8])], "float32", 1e-5);
    checkCompiled((a) => geluByTanh(a.slice(":", "::-2")), [filled([8, 80])], "float32", 1e-5);
    checkCompiled((a, b, c) => geluByTanh(a.add(b).mul(c)), [x, filled([40]), filled([8, 1])], "float32", 1e-5);
    checkCompiled((a) => vjp(geluByTanh, a)[1](a)[0], [x], "float32", 1e-5);
    checkCompiled((a) => concat([geluByTanh(a), a.mul(2).sigmoid()], 1), [x], "float32", 1e-5);
    checkCompiled((a) => where(a.greater(0), geluByTanh(a), a).softmax(-1), [x], "float32", 1e-5);
  });

  it("leave in one pass what is computed among the values that it is joined to, and what is empty", () => {
    const joined = (a: Tensor) => {
      const below = a.mul(a).sub(3);
      return concat([below, below.sigmoid().mul(below)], 1);
    };
    checkCompiled(joined, [filled([8, 40])], "float32", 1e-5);
    checkCompiled(geluByTanh, [filled([0, 40])], "float32");
    checkCompiled((a) => a.sigmoid(), [filled([3, 0, 40])], "float32");
  });

  it("keep NaN, infinities and zeros", () => {
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e-40, 1e38, -1e38];
    const x = [special, special, special, special].map((row) => [row, row, row, row].flat());
    checkCompiled((a) => a.mul(2).sigmoid(), [x], "float32", 1e-6);
    checkCompiled(gated, [x], "float32", 1e-6);
  });

  it("are the same for threads", async () => {
    const x = filled([96, 128]);
    const once = jit((a: Tensor) => geluByTanh(a))(x);
    await setNumThreads(2);
    expectClose(jit((a: Tensor) => geluByTanh(a))(x), once, { tolerance: 0 });
  });
});
