import { allClose, ones, randn, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { jit } from "../index.ts";

/** The same compiled and eager. */
function check(f: (x: Tensor) => Tensor, x: Tensor): void {
  expect(jit(f)(x).toArray()).toEqual(f(x).toArray());
}

describe("views in compiled programs", () => {
  const x = randn([5, 1]);

  it("stay right when what they look into is written out for another reader", () => {
    // A sorted copy wants the broadcast value in one piece; its first column was contiguous before.
    check((y) => {
      const wide = y.broadcastTo([5, 16]);
      return wide.argsort(0).cast("float32").add(wide.slice(":", ":1").sort(0));
    }, x);
  });

  it("may be reshaped, broadcast and turned one after another", () => {
    check((y) => y.broadcastTo([5, 6]).reshape([5, 2, 3]).permute([2, 0, 1]).reshape([3, 10]).T.mul(2), x);
    check((y) => y.slice("::-2").broadcastTo([3, 4]).slice(":", "::-1").T.reshape([2, 6]), x);
  });

  it("of more elements than axes can step through in one stride", () => {
    check((y) => y.broadcastTo([5, 4]).T.reshape([20]).slice("3:17:2").neg(), x);
  });

  it("are split into heads and joined again without a copy", () => {
    const cut = randn([2, 3, 12]);
    const heads = (part: string) => (y: Tensor) => y.slice(":", ":", part).reshape([2, 3, 2, 2]).permute([0, 2, 1, 3]);
    const [q, k, v] = ["0:4", "4:8", "8:12"].map(heads);
    const attention = (y: Tensor) => q(y).matmul(k(y).transpose()).matmul(v(y));
    expect(allClose(jit(attention)(cut), attention(cut), { atol: 1e-5 })).toBe(true);
    const kinds = jit(attention)
      .explain(cut)
      .kernels.map(({ kind }) => kind);
    expect(kinds).toEqual(["matmul", "matmul"]);
    check((y) => y.slice("::-1").reshape([6, 12]).mul(2), cut);
    check((y) => y.slice(":", ":", "2:8").reshape([6, 6]).mul(2), cut);
    check((y) => y.slice(":", "1:", "2:8").reshape([4, 2, 3]).mul(2), cut);
    check((y) => y.slice(":", "1:", "2:8").reshape([12, 2]).mul(2), cut);
    check((y) => y.slice(":", ":", "::3").reshape([2, 12]).mul(2), cut);
    check((y) => y.sum(1, { keepDims: true }).broadcastTo([2, 3, 12]).reshape([2, 3, 3, 4]).add(1), cut);
  });

  it("of nothing are empty", () => {
    check((y) => y.slice("2:2").broadcastTo([0, 3]).T.reshape([-1]), ones([5, 1]));
    // Backwards it is in pieces, and would have to be written out.
    check((y) => y.flip().squeeze(), ones([0, 1]));
  });
});
