import { Generator, parameter, rand, type Tensor, tensor, zeros } from "@chainrule/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { jit } from "../index.ts";

const generator = new Generator(1);
const filled = (shape: readonly number[]) => rand(shape, { generator }).sub(0.5);

/** What the kernels of a function of x compute. */
function kernelsOf(f: (x: Tensor) => Tensor, x: Tensor): string[] {
  return jit(f)
    .explain(x)
    .kernels.map(({ ops }) => ops.join(" "));
}

describe("products with epilogues", () => {
  const w = parameter(filled([5, 9]));
  const b = parameter(filled([9]));

  it("are whole dense layers", () => {
    const x = filled([4, 5]);
    expect(kernelsOf((a) => a.matmul(w).add(b).relu(), x)).toEqual(["matmul+bias+relu"]);
    expect(kernelsOf((a) => b.add(a.matmul(w)), x)).toEqual(["matmul+bias"]);
    expect(kernelsOf((a) => a.matmul(w).relu(), x)).toEqual(["matmul+relu"]);
    expect(kernelsOf((a) => a.reshape([-1, 5]).matmul(w).reshape([2, 2, 9]).add(b).relu(), filled([2, 2, 5]))).toEqual([
      "matmul+bias+relu",
    ]);
  });

  it("leave alone what others read, and what is no bias", () => {
    const x = filled([4, 5]);
    const both = (a: Tensor) => {
      const product = a.matmul(w);
      return product.add(b).mul(product);
    };
    expect(kernelsOf(both, x)).toEqual(["matmul", "add mul"]);
    checkCompiled(both, [x]);
    const column = parameter(filled([4, 1]));
    expect(kernelsOf((a) => a.matmul(w).add(column), x)).toEqual(["matmul", "add"]);
    const before = (a: Tensor) => {
      const sum = a.matmul(w).add(b);
      return sum.relu().mul(sum);
    };
    expect(kernelsOf(before, x)).toEqual(["matmul+bias", "relu mul"]);
    checkCompiled(before, [x]);
    expect(kernelsOf((a) => a.matmul(w).relu().add(b), x)).toEqual(["matmul+relu", "add"]);
  });

  it("compute the same, forward and back, in all shapes", () => {
    const sizes = fc.integer({ min: 1, max: 19 });
    fc.assert(
      fc.property(sizes, sizes, sizes, fc.boolean(), (m, n, k, batched) => {
        const [kernel, bias] = [parameter(filled([k, n])), parameter(filled([n]))];
        const layer = (x: Tensor) => x.matmul(kernel).add(bias).relu();
        checkCompiled(layer, [filled(batched ? [2, m, k] : [m, k])]);
        const train = (x: Tensor) => {
          kernel.zeroGrad();
          bias.zeroGrad();
          layer(x).square().sum().backward();
          return [kernel.grad!, bias.grad!];
        };
        const x = filled([m, k]);
        const eager = train(x);
        const compiled = jit(train)(x);
        eager.forEach((expected, i) => {
          expect(compiled[i].sub(expected).abs().max().item()).toBeLessThan(1e-4);
        });
      }),
      { numRuns: 40 },
    );
  });

  it("let NaN and infinities through", () => {
    const x = tensor([
      [Number.NaN, 0, 0, 0, 0],
      [Number.POSITIVE_INFINITY, 1, 1, 1, 1],
      [1, 1, 1, 1, 1],
    ]);
    const bias = parameter(zeros([9]));
    checkCompiled((a) => a.matmul(w.abs().add(0.1)).add(bias).relu(), [x]);
    const infinite = parameter(filled([9]).div(zeros([9])));
    const layer = jit((a: Tensor) => a.matmul(w).add(infinite).relu());
    expect(layer(filled([3, 5])).toArray()).toEqual(filled([3, 5]).matmul(w).add(infinite).relu().toArray());
  });
});
