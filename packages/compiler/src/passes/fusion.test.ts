/**
 * Which kernels a function becomes. That they compute the same, random programs say.
 */

import { concat, Generator, rand, type Tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { jit } from "../jit.ts";

/** What the kernels of a function compute. */
function kernelsOf(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): string[] {
  return jit(f)
    .explain(...inputs)
    .kernels.map(({ kind, ops }) => `${kind}: ${ops.join(" ")}`);
}

/** Numbers from 0 to 1, the same at every run. */
const generator = new Generator(1);
const filled = (shape: readonly number[]) => rand(shape, { generator });

const x = filled([12, 20]);

describe("one loop", () => {
  it("computes a chain of elementwise operations, and the reduction that ends it", () => {
    expect(kernelsOf((a) => a.mul(2).add(1).exp(), x)).toEqual(["loop: mul add exp"]);
    expect(kernelsOf((a) => a.mul(2).exp().sum(), x)).toEqual(["loop: mul exp sum"]);
    expect(kernelsOf((a) => a.exp().mul(a.log()), x)).toEqual(["loop: exp log mul"]);
  });

  it("reads through views: transposed, cut, broadcast", () => {
    expect(kernelsOf((a) => a.T.exp(), x)).toEqual(["loop: exp"]);
    expect(kernelsOf((a) => a.T.sum(0), x)).toEqual(["loop: sum"]);
    expect(kernelsOf((a) => a.slice("1:7").sum(0), x)).toEqual(["loop: sum"]);
    expect(kernelsOf((a, b) => a.add(b.slice(0)), x, x)).toEqual(["loop: add"]);
    expect(kernelsOf((a) => a.slice(":", "0:4").matmul(a.slice("0:4")), x)).toEqual(["matmul: matmul"]);
    expect(kernelsOf((a) => concat([a.T, a.T]), x)).toEqual(["copy: concat"]);
  });

  it("computes several reductions of one value", () => {
    const both = (a: Tensor, b: Tensor) => {
      const product = a.matmul(b);
      return product.mul(a).sum(0).div(product.sum(0));
    };
    const square = filled([20, 20]);
    expect(kernelsOf(both, square, square)).toEqual(["matmul: matmul", "loop: mul sum sum", "loop: div"]);
    checkCompiled(both, [square, square]);
    // But not where one needs the other.
    const inTurn = (a: Tensor) => {
      const power = a.matmul(a);
      return power.sub(power.sum(0)).mul(power).sum(0);
    };
    expect(kernelsOf(inTurn, square)).toEqual(["matmul: matmul", "loop: sum", "loop: sub mul sum"]);
    // Small numbers, so that a sine of the sums does not magnify how they were rounded.
    checkCompiled(inTurn, [square.div(16)]);
  });

  it("ends where all of a reduction is needed, and where elements are read elsewhere than they are made", () => {
    const shifted = (a: Tensor) => a.sub(a.sum());
    expect(kernelsOf(shifted, x)).toEqual(["loop: sum", "loop: sub"]);
    const mixed = (a: Tensor) => {
      const power = a.slice(":", "0:12").exp();
      return power.add(power.T);
    };
    expect(kernelsOf(mixed, x)).toEqual(["loop: exp", "loop: add"]);
    checkCompiled(shifted, [x]);
    checkCompiled(mixed, [x]);
  });

  it("ends in reductions along the same axes only", () => {
    const both = (first: number[], second: number[]) => (a: Tensor) => {
      const [power, log] = [a.exp(), a.log1p()];
      const totals = [power.sum(first), log.sum(second)].map((each) => each.reshape([-1]));
      return concat([...totals, power.mul(log).reshape([-1])]);
    };
    for (const [first, second] of [
      [[0], [0, 1]],
      [[1], [0, 1]],
      [[0, 1], [0]],
      [[0], [1]],
    ])
      checkCompiled(both(first, second), [x]);
    expect(kernelsOf(both([0], [0]), x).filter((name) => name.includes("sum"))).toHaveLength(1);
    expect(kernelsOf(both([0], [0, 1]), x).filter((name) => name.includes("sum"))).toHaveLength(2);
  });

  it("is none where there are no elements", () => {
    const none = zeros([0, 4]);
    for (const f of [(a: Tensor) => a.exp(), (a: Tensor) => a.exp().sum(0), (a: Tensor) => a.T.add(1).sum()])
      checkCompiled(f, [none]);
  });
});
