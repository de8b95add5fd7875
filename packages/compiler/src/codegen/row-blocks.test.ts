/**
 * Loops that go over rows in several passes, by blocks of four rows where they can.
 */
import { concat, Generator, rand, type Tensor, tensor, where } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { jit } from "../jit.ts";
import { lengthsInBlocks, rowsAddedAtOnce, rowsPerBlock, stridesInBlocks } from "./row-blocks.ts";

const generator = new Generator(1);
const filled = (shape: readonly number[]) => rand(shape, { generator }).sub(0.5);

const normalized = (x: Tensor) => {
  const centered = x.sub(x.mean(-1, { keepDims: true }));
  return centered.mul(centered.square().mean(-1, { keepDims: true }).add(1e-3).rsqrt());
};

const softmax = (x: Tensor) => {
  const powers = x.sub(x.max(-1, { keepDims: true })).exp();
  return powers.div(powers.sum(-1, { keepDims: true }));
};

const kernelsOf = (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]) => jit(f).explain(...xs).kernels.length;

describe("rows in blocks", () => {
  it("are a multiple of four", () => {
    expect([1, 2, 3, 4, 6, 8, 512].map(rowsPerBlock)).toEqual([1, 1, 1, 4, 1, 4, 4]);
    expect(lengthsInBlocks([3, 8, 20], 1, 4)).toEqual([3, 2, 4, 20]);
    expect(stridesInBlocks([160, 20, 1], 1, 4)).toEqual([160, 80, 20, 1]);
  });

  it("have the numbers that rows by themselves have, however many there are and however long they are", () => {
    for (const rows of [1, 2, 3, 4, 5, 8, 12])
      for (const columns of [8, 9, 13, 16])
        for (const f of [normalized, softmax]) {
          const x = filled([rows, columns]);
          if (rows > 1) expect(kernelsOf(f, x)).toBe(1);
          checkCompiled(f, [x], "float32", 2e-6);
        }
    checkCompiled(normalized, [filled([8, 12])], "float64");
  });

  it("may be of several axes, masked alike, and scaled by columns or by rows", () => {
    const mask = filled([8, 12]).greater(0);
    const masked = (x: Tensor) => softmax(where(mask, x, -1e30)).mul(mask.cast("float32"));
    checkCompiled(masked, [filled([3, 2, 8, 12])], "float32", 2e-6);
    const scaled = (x: Tensor, byColumn: Tensor, byRow: Tensor) => normalized(x).mul(byColumn).add(byRow);
    checkCompiled(scaled, [filled([2, 8, 12]), filled([12]), filled([2, 8, 1])], "float32", 2e-6);
    checkCompiled(scaled, [filled([2, 8, 12]), filled([1, 8, 12]), filled([8, 1])], "float32", 2e-6);
  });

  it("may lie apart, and be read in another order", () => {
    checkCompiled((x) => normalized(x.transpose(0, 1)), [filled([8, 3, 12])], "float32", 2e-6);
    checkCompiled((x) => softmax(x.transpose(1, 2)), [filled([3, 12, 8])], "float32", 2e-6);
    checkCompiled((x) => softmax(x.slice(":", "::2")), [filled([4, 24])], "float32", 2e-6);
    checkCompiled((x) => softmax(x.flip(1)), [filled([8, 11])], "float32", 2e-6);
  });

  it("are added up a few at once, in their order", () => {
    expect([4, 5, 6, 7, 9, 10, 12].map(rowsAddedAtOnce)).toEqual([4, 1, 3, 1, 3, 2, 4]);
    const both = (x: Tensor, y: Tensor) =>
      concat([x.sum(0), x.mul(y).sum(0), x.mul(y.mean(1, { keepDims: true })).sum(0)]);
    for (const rows of [4, 5, 6, 9, 10, 16])
      for (const columns of [8, 9, 11]) checkCompiled(both, [filled([rows, columns]), filled([rows, columns])]);
    checkCompiled((x) => x.flip(0).mul(x).sum(0), [filled([8, 12])]);
    checkCompiled((x) => x.transpose(0, 1).mul(2).sum(1), [filled([8, 3, 12])]);
    checkCompiled((x) => x.exp().sum([0, 2]), [filled([4, 3, 6, 5])]);
    // As one after another, in double precision.
    const [large, one] = [2 ** 60, 1];
    const order = jit((x: Tensor) => x.mul(1).sum(0));
    const column = [large, one, -large, one, large, -large, one, one];
    expect(order(tensor(column.map((x) => new Array(8).fill(x)))).toArray()).toEqual(new Array(8).fill(2));
  });

  it("keep NaN and infinities to themselves", () => {
    const x = filled([4, 8]).toArray() as number[][];
    x[1][3] = Number.NaN;
    x[2][0] = Number.POSITIVE_INFINITY;
    x[3][5] = Number.NEGATIVE_INFINITY;
    checkCompiled(softmax, [x], "float32", 2e-6);
  });
});
