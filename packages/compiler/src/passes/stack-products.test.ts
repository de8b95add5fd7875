import { Generator, grad, parameter, rand, type Tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled, expectSame } from "../../test/same.ts";
import { jit } from "../index.ts";

const generator = new Generator(1);
const filled = (shape: readonly number[]) => rand(shape, { generator }).sub(0.5);

/** How many products the function's gradients take. */
function productsOf(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): number {
  const all = (...xs: Tensor[]) =>
    grad((...ys: Tensor[]) => f(...ys).sum(), { argument: inputs.map((_, i) => i) })(...xs);
  const { kernels } = jit(all as never as (...xs: Tensor[]) => Tensor[]).explain(...inputs);
  return kernels.filter(({ ops }) => ops.some((op) => op.startsWith("matmul"))).length;
}

/** A recurrence of T steps. */
const recurrence = (x: Tensor, w: Tensor, r: Tensor, b: Tensor) => {
  let h = zeros([x.shape[1], r.shape[0]], { dtype: x.dtype });
  for (let t = 0; t < x.shape[0]; t++) h = x.slice(t).matmul(w).add(h.matmul(r)).add(b).tanh();
  return h;
};

describe("products that are added up", () => {
  it("are one product for each weight of a recurrence", () => {
    const inputs = [filled([7, 5, 3]), filled([3, 12]), filled([12, 12]), filled([12])];
    // Forwards two for each step; backwards two for each but that the first state is no argument; two of the weights.
    expect(productsOf(recurrence, ...inputs)).toBe(7 * 2 + (7 + 6) + 2);
    checkCompiled(recurrence, inputs);
    checkCompiled(recurrence, inputs, "float64");
    checkCompiled(recurrence, [filled([7, 1, 3]), ...inputs.slice(1)]);
    checkCompiled(recurrence, [filled([150, 2, 1]), filled([1, 4]), filled([4, 4]), filled([4])]);
  });

  it("share their stacks with the sums of a bias", () => {
    const inputs = [filled([7, 5, 3]), filled([3, 12]), filled([12, 12]), filled([12])];
    const { kernels } = jit((...xs: Tensor[]) =>
      grad((x: Tensor, w: Tensor, r: Tensor, b: Tensor) => recurrence(x, w, r, b).sum(), { argument: [1, 2, 3] })(
        ...(xs as [Tensor, Tensor, Tensor, Tensor]),
      ),
    ).explain(...inputs);
    expect(kernels.filter(({ ops }) => ops.some((op) => op.endsWith("sum"))).length).toBe(1);
  });

  it("are left alone where stacking would copy more than it spares", () => {
    const twice = (x: Tensor, y: Tensor, w: Tensor) => x.matmul(w).tanh().mul(y.matmul(w).sigmoid());
    const inputs = [filled([40, 4]), filled([40, 4]), filled([4, 3])];
    expect(productsOf(twice, ...inputs)).toBe(2 + 2 + 2);
    checkCompiled(twice, inputs);
    const wide = [filled([4, 40]), filled([4, 40]), filled([40, 30])];
    expect(productsOf(twice, ...wide)).toBe(2 + 2 + 1);
    checkCompiled(twice, wide);
  });

  it("may be read elsewhere, then they stay", () => {
    const seen = (x: Tensor, w: Tensor) => {
      const [a, b] = [x.exp().T.matmul(w), x.neg().T.matmul(w)];
      return a.add(b).add(a);
    };
    checkCompiled(seen, [filled([2, 20]), filled([2, 30])]);
  });

  it("train as they do uncompiled", () => {
    const [x, start] = [filled([6, 4, 3]), [filled([3, 8]), filled([8, 8]), filled([8])]];
    const trained = (compile: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) => {
      const weights = start.map((each) => parameter(each));
      const step = compile((a) => {
        for (const weight of weights) weight.zeroGrad();
        const loss = recurrence(a, weights[0], weights[1], weights[2]).square().sum();
        loss.backward();
        for (const weight of weights) weight.assign(weight.sub(weight.grad!.mul(0.05)));
        return loss.detach();
      });
      for (let i = 0; i < 5; i++) step(x);
      return weights.map((weight) => weight.detach());
    };
    const eager = trained((f) => f);
    trained(jit).forEach((weight, i) => {
      expectSame(weight, eager[i], `weight ${i}`);
    });
  });
});
