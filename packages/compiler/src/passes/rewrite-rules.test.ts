import {
  Generator,
  logSoftmax,
  rand,
  scalar,
  scatterAdd,
  softmax,
  type Tensor,
  takeAlongAxis,
  tensor,
  zeros,
} from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { jit } from "../index.ts";

/** Numbers from -1 to 1, the same at every run: sines of large ones would show the last digit. */
const generator = new Generator(1);
const filled = (shape: readonly number[]) => rand(shape, { generator }).mul(2).sub(1);

const labels = tensor([[2], [0], [1]], { dtype: "int32" });
const logits = filled([3, 4]);

/** The names of what is left of a function after simplification. */
function opsOf(f: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): string[] {
  return jit(f)
    .explain(...inputs)
    .after.flatMap((line) => /= (\w+)\(/.exec(line)?.[1] ?? [])
    .filter((name) => name !== "reshape");
}

/** The negative log-likelihood of the labels, and its gradient by the logits. */
function likelihood(x: Tensor, at: Tensor): Tensor {
  return takeAlongAxis(logSoftmax(x), at, 1).neg().mean();
}

describe("rules", () => {
  it("make one exponential of softmax and its logarithm", () => {
    const both = (x: Tensor) => logSoftmax(x).exp().add(logSoftmax(x));
    expect(opsOf(both, logits).filter((name) => name === "exp")).toHaveLength(1);
    checkCompiled(both, [logits]);
    checkCompiled(both, [logits.mul(100)], "float32", 1e-30);
    checkCompiled(both, [tensor([[Number.NEGATIVE_INFINITY, 0, 1]])]);
    checkCompiled((x) => logSoftmax(x).exp(), [tensor([[Number.NaN, 0, 1]])]);
  });

  it("leave exponentials apart that could overflow: what was written stays finite", () => {
    const written = (x: Tensor) => x.sub(x.exp().sum(-1, { keepDims: true }).log()).exp();
    for (const x of [[[100, 0]], [[-200, -300]], [[Number.POSITIVE_INFINITY, 0]], [[0, 1]]])
      checkCompiled(written, [tensor(x)]);
    expect(jit(written)(tensor([[100, 0]])).toArray()).toEqual([[0, 0]]);
  });

  it("take before they compute", () => {
    const taken = (x: Tensor, y: Tensor) => takeAlongAxis(x.mul(y).add(1).exp(), labels, 1);
    const { kernels } = jit(taken).explain(logits, filled([3, 1]));
    expect(kernels.filter(({ shape }) => `${shape}` === "3,4")).toEqual([]);
    checkCompiled(taken, [logits, filled([3, 1])]);
    // A row that is broadcast down the other axis has to be there in full.
    checkCompiled(taken, [logits, filled([1, 4])]);
    checkCompiled(taken, [logits, filled([4])]);
    expect(() => jit(taken)(filled([3, 2]), filled([3, 1]))).toThrow("takeAlongAxis");
  });

  it("lay values into what they would be added to", () => {
    const values = filled([3, 1]);
    const laid = (y: Tensor, v: Tensor) =>
      scatterAdd(zeros([3, 4]), labels, v, 1)
        .neg()
        .mul(0.5)
        .add(y);
    expect(opsOf(laid, logits, values)).toEqual(["add", "neg", "mul", "scatterAdd"]);
    for (const f of [
      laid,
      (y: Tensor, v: Tensor) => y.sub(scatterAdd(zeros([3, 4]), labels, v, 1)),
      (y: Tensor, v: Tensor) => scatterAdd(zeros([3, 4]), labels, v, 1).sub(y),
      (_: Tensor, v: Tensor) => scatterAdd(zeros([3, 4]), labels, v, 1).sum(1, { keepDims: true }),
      (_: Tensor, v: Tensor) => scatterAdd(zeros([3, 4]), labels, v, 1).sum(0, { keepDims: true }),
      (_: Tensor, v: Tensor) => scatterAdd(zeros([3, 4]), labels, v, 1).sum(1),
      (_: Tensor, v: Tensor) => scalar(0.5).mul(scatterAdd(zeros([3, 4]), labels, v, 1)),
      (y: Tensor, v: Tensor) => y.add(scatterAdd(zeros([3, 4]), labels, v, 1)),
      (_: Tensor, v: Tensor) => scatterAdd(zeros([3, 4]), labels, v, 1).sum(),
      (y: Tensor, v: Tensor) => scatterAdd(zeros([3, 4]), labels, v, 1).add(y.slice(":", "0:1")),
      (_: Tensor, v: Tensor) => scatterAdd(zeros([3, 4]), labels, v, 1).mul(Number.POSITIVE_INFINITY),
    ])
      checkCompiled(f, [logits, values]);
    // The sum along the other axis, of as many as there are values: these lie elsewhere.
    const turned = tensor([[2, 0, 1]], { dtype: "int32" });
    checkCompiled((v) => scatterAdd(zeros([1, 3]), turned, v, 1).sum(0, { keepDims: true }), [filled([1, 3])]);
  });

  it("leave cross-entropy and its gradient one pass over the rows, and a correction at the labels", () => {
    const train = jit((x: Tensor, at: Tensor) => {
      const copy = x.detach();
      copy.requiresGrad = true;
      likelihood(copy, at).backward();
      return copy.grad!;
    });
    const x = filled([3, 16]);
    expect(train.explain(x, labels).kernels.filter(({ shape }) => `${shape}` === "3,16")).toHaveLength(2);
    const expected = softmax(x)
      .sub(scatterAdd(zeros([3, 16]), labels, tensor([[1], [1], [1]]), 1))
      .div(3);
    expect(train(x, labels).sub(expected).abs().max().item()).toBeLessThan(1e-6);
    checkCompiled(likelihood, [x, labels]);
  });

  it("multiply a column by a row without a sum", () => {
    const product = (x: Tensor, y: Tensor) => x.matmul(y);
    for (const [a, b] of [
      [
        [3, 1],
        [1, 4],
      ],
      [
        [1, 1],
        [1, 1],
      ],
      [
        [2, 3, 1],
        [2, 1, 4],
      ],
      [
        [2, 3, 1],
        [1, 4],
      ],
      [
        [0, 1],
        [1, 4],
      ],
    ]) {
      const [x, y] = [filled(a), filled(b)];
      expect(opsOf(product, x, y)).not.toContain("matmul");
      checkCompiled(product, [x, y]);
      checkCompiled(product, [x, y], "float64");
      checkCompiled((p, q) => p.transpose().matmul(q.transpose()), [filled([1, 5]), filled([2, 1])]);
    }
    checkCompiled(product, [tensor([[-0], [Number.NaN], [1]]), tensor([[1, Number.POSITIVE_INFINITY, -0]])]);
    expect(opsOf(product, filled([3, 2]), filled([2, 4]))).toEqual(["matmul"]);
  });
});
