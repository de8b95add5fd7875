/**
 * Which sums down columns are computed with the rows that they add up. That they compute the same, random programs say.
 */
import { Generator, rand, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { jit } from "../jit.ts";

const generator = new Generator(1);
const filled = (shape: readonly number[]) => rand(shape, { generator }).sub(0.5);

/** What the kernels of a function compute. */
function kernelsOf(f: (...inputs: Tensor[]) => unknown, ...inputs: Tensor[]): string[] {
  return jit(f)
    .explain(...inputs)
    .kernels.map(({ kind, ops }) => `${kind}: ${ops.join(" ")}`);
}

/** The gradients of a layer norm, as a step of training has them. */
function backward(...[x, scale, sent]: Tensor[]): Tensor[] {
  const centered = x.sub(x.mean(-1, { keepDims: true }));
  const factor = centered.square().mean(-1, { keepDims: true }).add(1e-3).rsqrt();
  const normalized = centered.mul(factor);
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const inner = sent.mul(scale);
  const along = inner.mul(normalized).mean(-1, { keepDims: true });
  const before = inner
    .sub(inner.mean(-1, { keepDims: true }))
    .sub(normalized.mul(along))
    .mul(factor);
  return [before, sent.mul(normalized).sum(axes), sent.sum(axes), before.sum(axes)];
}

describe("sums down columns", () => {
  it("are added up with the rows of a layer norm's gradients", () => {
    const inputs = [filled([8, 12]), filled([12]), filled([8, 12])];
    expect(kernelsOf(backward, ...inputs)).toHaveLength(1);
    for (const shape of [
      [8, 12],
      [6, 9],
      [5, 8],
      [4, 4, 10],
      [3, 7, 11],
      [2, 3, 4, 8],
    ])
      for (const part of [0, 1, 2, 3])
        checkCompiled(
          (...inputs) => backward(...inputs)[part].add(0),
          [filled(shape), filled([shape.at(-1)!]), filled(shape)],
          "float32",
          1e-5,
        );
    const all = jit(backward);
    for (const shape of [
      [8, 12],
      [7, 9],
      [2, 4, 13],
    ]) {
      const given = [filled(shape), filled([shape.at(-1)!]), filled(shape)] as const;
      const expected = backward(...given);
      all(...given).forEach((value, i) => {
        const [a, b] = [value.toTypedArray(), expected[i].toTypedArray()];
        for (let at = 0; at < b.length; at++) expect(a[at]).toBeCloseTo(b[at], 4);
      });
    }
  });

  it("wait for what lies between, and are waited for", () => {
    // The rows need the sums.
    const needed = (x: Tensor) => {
      const rows = x.sub(x.sum(0)).mul(2);
      return rows.div(rows.exp().sum(1, { keepDims: true }));
    };
    checkCompiled(needed, [filled([8, 12])]);
    // A product stands between.
    const through = (x: Tensor, w: Tensor) => {
      const rows = x.div(x.exp().sum(1, { keepDims: true }));
      return rows.matmul(w).mul(x).sum(0);
    };
    expect(kernelsOf(through, filled([8, 12]), filled([12, 12]))).toHaveLength(3);
    checkCompiled(through, [filled([8, 12]), filled([12, 12])]);
    // Other sums need theirs.
    const twice = (x: Tensor) => {
      const rows = x.div(x.exp().sum(1, { keepDims: true }));
      const first = rows.sum(0);
      return rows.mul(first).sum(0);
    };
    checkCompiled(twice, [filled([8, 12])]);
  });

  it("are no part of rows that are read elsewhere than they are made, or backwards", () => {
    const exchanged = (x: Tensor) => {
      const rows = x.div(x.exp().sum(-1, { keepDims: true }));
      return rows.transpose(0, 1).mul(rows).sum([0, 1]);
    };
    checkCompiled(exchanged, [filled([4, 4, 12])]);
    const backwards = (x: Tensor) => {
      const rows = x.div(x.exp().sum(-1, { keepDims: true }));
      return rows
        .flip(0)
        .mul(x)
        .sum(0)
        .add(rows.flip(1).mul(x.flip(1)).sum(0));
    };
    checkCompiled(backwards, [filled([8, 12])]);
  });
});
