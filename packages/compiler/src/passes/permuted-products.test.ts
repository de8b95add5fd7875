import { einsum, Generator, parameter, rand, type Tensor } from "@chainrule/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { jit } from "../index.ts";

const generator = new Generator(17);
const filled = (shape: readonly number[]) => rand(shape, { generator }).sub(0.5);

/** What the kernels compute. */
function kernelsOf(f: (...xs: Tensor[]) => Tensor, ...xs: readonly Tensor[]): string[] {
  return jit(f)
    .explain(...xs)
    .kernels.map(({ ops }) => ops.join(" "));
}

describe("permuted products", () => {
  const [x, y] = [filled([2, 3, 5, 4]), filled([2, 3, 4, 6])];

  it("are stored where the permute wants them, by rows or by columns", () => {
    expect(kernelsOf((a, b) => a.matmul(b).permute(0, 2, 1, 3), x, y)).toEqual(["matmul"]);
    expect(kernelsOf((a, b) => a.matmul(b).permute(0, 3, 1, 2), x, y)).toEqual(["matmul"]);
    expect(kernelsOf((a, b) => a.matmul(b).permute(2, 0, 1, 3).reshape([5, 36]), x, y)).toEqual(["matmul"]);
    expect(kernelsOf((a, b) => a.matmul(b).permute(0, 1, 3, 2).permute(0, 2, 1, 3), x, y)).toEqual(["matmul"]);
  });

  it("take along what is done to each element", () => {
    const f = (a: Tensor, b: Tensor) => a.matmul(b).mul(0.25).permute(0, 2, 1, 3).reshape([2, 5, 18]);
    expect(kernelsOf(f, x, y)).toEqual(["matmul", "mul"]);
    checkCompiled(f, [x, y]);
    const relu = (a: Tensor, b: Tensor) => a.matmul(b).relu().permute(0, 2, 1, 3).exp();
    expect(kernelsOf(relu, x, y)).toEqual(["matmul+relu", "exp"]);
    checkCompiled(relu, [x, y]);
  });

  it("leave alone what others read, and what would lie apart in its rows and columns", () => {
    const both = (a: Tensor, b: Tensor) => {
      const product = a.matmul(b);
      return product.permute(0, 2, 1, 3).sum().add(product.max());
    };
    checkCompiled(both, [x, y]);
    const apart = (a: Tensor, b: Tensor) => a.matmul(b).permute(2, 3, 1, 0);
    expect(kernelsOf(apart, x, y)).toEqual(["matmul", "permute"]);
    checkCompiled(apart, [x, y]);
    const seen = jit((a: Tensor, b: Tensor) => {
      const product = a.matmul(b);
      return [product, product.permute(0, 2, 1, 3)];
    });
    const [product, permuted] = seen(x, y) as Tensor[];
    expect(permuted.toArray()).toEqual(product.permute(0, 2, 1, 3).toArray());
  });

  it("compute the same, forward and back, in all shapes and orders", () => {
    const length = fc.integer({ min: 1, max: 19 });
    const orders = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 });
    const batch = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }));
    const swap = fc.boolean();
    fc.assert(
      fc.property(batch, length, length, length, orders, swap, swap, ([b, h], m, n, k, order, turnsA, turnsB) => {
        const f = (a: Tensor, c: Tensor) => {
          const product = (turnsA ? a.transpose(-1, -2) : a).matmul(turnsB ? c.transpose(-1, -2) : c);
          return product
            .mul(0.5)
            .permute(...order)
            .add(1);
        };
        checkCompiled(f, [filled(turnsA ? [b, h, k, m] : [b, h, m, k]), filled(turnsB ? [h, n, k] : [h, k, n])]);
      }),
      { numRuns: 80, seed: 5 },
    );
  });
});

/** Causal attention of several heads, written by hand. */
function attention(heads: number, joined: (x: Tensor) => Tensor) {
  return (q: Tensor, k: Tensor, v: Tensor): Tensor => {
    const [batch, length, size] = q.shape;
    const split = (x: Tensor) => x.reshape([batch, x.shape[1], heads, size / heads]).permute(0, 2, 1, 3);
    const scores = split(q)
      .mul((size / heads) ** -0.5)
      .matmul(split(k).transpose(-1, -2));
    return joined(scores.softmax(-1).matmul(split(v))).reshape([batch, length, size]);
  };
}

describe("attention", () => {
  it("copies no heads, forward or back, whatever its sizes", () => {
    for (const [batch, heads, length, size] of [
      [2, 4, 32, 16],
      [1, 4, 7, 8],
      [3, 2, 9, 24],
    ]) {
      const f = attention(heads, (x) => x.permute(0, 2, 1, 3));
      const inputs = [0, 1, 2].map(() => parameter(filled([batch, length, heads * size])));
      const step = jit(() => {
        for (const each of inputs) each.zeroGrad();
        f(inputs[0], inputs[1], inputs[2]).square().mean().backward();
      });
      step();
      const { kernels } = step.explain();
      expect(kernels.filter(({ ops }) => ops.join() === "permute")).toEqual([]);
    }
  });

  it("computes the same, forward and back, with any heads and lengths", () => {
    const small = fc.integer({ min: 1, max: 3 });
    const length = fc.integer({ min: 1, max: 21 });
    fc.assert(
      fc.property(
        small,
        fc.integer({ min: 1, max: 5 }),
        length,
        length,
        fc.integer({ min: 1, max: 18 }),
        (b, h, t, s, d) => {
          const f = attention(h, (x) => x.permute(0, 2, 1, 3));
          checkCompiled(f, [filled([b, t, h * d]), filled([b, s, h * d]), filled([b, s, h * d])]);
        },
      ),
      { numRuns: 40, seed: 6 },
    );
  });

  it("written with einsum computes the same", () => {
    const f = (q: Tensor, k: Tensor, v: Tensor) =>
      einsum("bhts,bshd->bthd", einsum("bthd,bshd->bhts", q, k).mul(0.3).softmax(-1), v);
    for (const [b, t, h, d] of [
      [2, 7, 3, 8],
      [1, 12, 4, 16],
      [1, 5, 1, 64],
    ])
      checkCompiled(
        f,
        [0, 1, 2].map(() => filled([b, t, h, d])),
      );
  });
});
