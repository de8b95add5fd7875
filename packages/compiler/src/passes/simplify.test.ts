/**
 * What is left of a graph after simplification. That it computes the same, random programs say.
 */

import {
  concat,
  defineOp,
  full,
  Generator,
  parameter,
  rand,
  scalar,
  type Tensor,
  tensor,
  where,
} from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { jit } from "../jit.ts";

/** The names of the operations that are left, in their order. */
function opsOf(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): string[] {
  return jit(f)
    .explain(...inputs)
    .after.flatMap((line) => /= (\w+)\(/.exec(line)?.[1] ?? []);
}

/** Numbers from 0 to 1, the same at every run. */
const generator = new Generator(1);
const filled = (shape: readonly number[]) => rand(shape, { generator });

const x = filled([4, 6]);

describe("what is equal", () => {
  it("is computed once, with equal constants of few numbers among the operands", () => {
    expect(opsOf((a) => a.exp().mul(a.exp()), x)).toEqual(["exp", "mul"]);
    expect(opsOf((a) => a.mul(scalar(0.3)).sub(a.mul(scalar(0.3)).exp()), x)).toEqual(["mul", "exp", "sub"]);
    const row = () => tensor([1, 2, 3, 4, 5, 6]);
    expect(opsOf((a) => a.mul(row()).sub(a.mul(row()).exp()), x)).toEqual(["mul", "exp", "sub"]);
    // Of any size where they are one number throughout.
    const sevens = () => full([4, 6], 7);
    expect(opsOf((a) => a.mul(sevens()).sub(a.mul(sevens()).exp()), x)).toEqual(["mul", "exp", "sub"]);
    const w = parameter(filled([6]));
    expect(opsOf((a) => a.mul(w).sub(a.mul(w).exp()), x)).toEqual(["mul", "exp", "sub"]);
  });

  it("is computed as often as it is asked for where each time gives something else", () => {
    let drawn = 0;
    const draw = defineOp<void>({
      name: "draw",
      random: true,
      inferShape: ([like]) => like,
      kernel: (out) => {
        out.storage.fill(++drawn);
      },
    });
    const [first, second] = jit((a: Tensor) => [draw([a], undefined), draw([a], undefined)])(x);
    expect([first.max().item(), second.max().item()]).toEqual([1, 2]);
  });

  it("differs where operands, attributes, dtypes or shapes do", () => {
    expect(opsOf((a, b) => a.exp().mul(b.exp()), x, x)).toEqual(["exp", "exp", "mul"]);
    expect(opsOf((a) => a.sum(0).sum().add(a.sum(1).sum()), x).filter((name) => name === "sum")).toHaveLength(4);
    expect(opsOf((a) => a.cast("float64").sum().add(a.cast("int32").sum()), x)).toContain("cast");
    expect(opsOf((a) => concat([a.mul(0.1), a.mul(0.2)]), x)).toEqual(["mul", "mul", "concat"]);
  });
});

describe("what changes nothing", () => {
  it("is gone: 1 as a factor and as a divisor, and 0 subtracted", () => {
    for (const f of [
      (a: Tensor) => a.mul(1),
      (a: Tensor) => scalar(1).mul(a),
      (a: Tensor) => a.div(1),
      (a: Tensor) => a.sub(0),
    ])
      expect(opsOf((a) => f(a).exp(), x)).toEqual(["exp"]);
  });

  it("stays where it does change something: numbers, their dtype or the shape", () => {
    for (const f of [
      (a: Tensor) => a.mul(2),
      (a: Tensor) => a.div(2),
      (a: Tensor) => a.sub(1),
      (a: Tensor) => scalar(0).sub(a),
      (a: Tensor) => scalar(1).div(a.add(1)),
      (a: Tensor) => a.add(0),
      (a: Tensor) => a.mul(tensor([[[1]], [[1]]])),
    ]) {
      expect(opsOf((a) => f(a).exp(), x).length).toBeGreaterThan(1);
      checkCompiled(f, [x]);
    }
  });

  it("of views: those of views look at the first, and back at the same shape there is none", () => {
    expect(opsOf((a) => a.reshape([24]).reshape([2, 12]).exp(), x)).toEqual(["reshape", "exp"]);
    expect(opsOf((a) => a.reshape([24]).reshape([4, 6]).exp(), x)).toEqual(["exp"]);
  });
});

describe("constants", () => {
  it("are computed while compiling, element by element and in any shape", () => {
    const masked = (a: Tensor) => where(scalar(2).broadcastTo([4, 6]).mul(3).sub(5).greater(0), a, 0);
    expect(opsOf(masked, x)).toEqual(["where"]);
    checkCompiled(masked, [x]);
  });
});

describe("transposes", () => {
  it("of the last two axes are folded into products, on either side", () => {
    for (const f of [
      (a: Tensor, b: Tensor) => a.T.matmul(b),
      (a: Tensor, b: Tensor) => a.matmul(b.T),
      (a: Tensor, b: Tensor) =>
        a
          .reshape([2, 2, 6])
          .transpose(1, 2)
          .matmul(b.reshape([2, 2, 6])),
    ]) {
      expect(opsOf(f, x, x)).not.toContain("permute");
      checkCompiled(f, [x, x]);
    }
    expect(opsOf((a, b) => a.T.matmul(b), x, x)).toEqual(["matmul"]);
    expect(opsOf((a, b) => a.matmul(b.T), x, x)).toEqual(["matmul"]);
    const batches = filled([2, 4, 6]);
    expect(opsOf((a) => a.transpose(1, 2).matmul(a), batches)).toEqual(["matmul"]);
  });

  it("of other axes are not", () => {
    const cube = filled([4, 4, 4]);
    const turned = (a: Tensor) => a.transpose(0, 1).matmul(a);
    expect(opsOf(turned, cube)).toEqual(["permute", "matmul"]);
    checkCompiled(turned, [cube]);
    checkCompiled((a) => a.transpose(0, 2).matmul(a), [cube]);
  });
});
