import { Generator, rand, randn, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { jit } from "../jit.ts";

const generator = new Generator(2);
const normal = (shape: readonly number[]) => randn(shape, { generator });

describe("sums down columns, row after row", () => {
  it("are the sums, for any number of columns and rows", () => {
    for (const columns of [2, 3, 4, 5, 8, 18, 33])
      for (const rows of [3, 4, 7]) checkCompiled((x) => x.sum(0), [normal([rows, columns])]);
  });

  it("begin anew for each of what lies further out", () => {
    checkCompiled((x) => x.sum(1), [normal([3, 6, 10])]);
    checkCompiled((x) => x.sum([1, 2]), [normal([2, 3, 4, 5])]);
    checkCompiled((x, y) => x.mul(y).sum(1), [normal([3, 6, 10]), normal([6, 1])]);
  });

  it("may be several, of values that are kept too, and of some that change with rows or columns alone", () => {
    const several = (x: Tensor, y: Tensor, scale: Tensor) => {
      const product = x.mul(scale).add(y);
      return product.sum(0).add(product.mul(x).sum(0)).add(product.slice(2));
    };
    checkCompiled(several, [normal([9, 13]), normal([9, 1]), normal([13])]);
  });

  it("of columns that do not lie in one row", () => {
    checkCompiled((x, y) => x.mul(y).sum(0), [normal([5, 3, 4]), normal([3, 1])]);
  });

  it("are as exact as those of one column", () => {
    // Added up in float32, a million and small numbers lose these.
    const x = rand([4096, 20], { generator }).add(1e6);
    const [compiled, eager] = [jit((a: Tensor) => a.sum(0))(x), x.sum(0)];
    expect(compiled.toArray()).toEqual(eager.toArray());
  });

  it("take the largest and smallest with them, column after column", () => {
    checkCompiled((x) => x.sum(0).add(x.max(0)), [normal([6, 9])]);
  });
});
