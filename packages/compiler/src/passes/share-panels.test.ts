import { Generator, ones, parameter, rand, type Tensor, tensor } from "@chainrule/core";
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

/** h ← tanh(h w), as often as that. */
function repeated(h: Tensor, w: Tensor, times: number): Tensor {
  return times === 0 ? h : repeated(h.matmul(w).tanh(), w, times - 1);
}

describe("a matrix of several products", () => {
  const w = parameter(filled([32, 32]));

  it("is packed once where three or more would pack it", () => {
    const x = filled([32, 32]);
    expect(kernelsOf((h) => repeated(h, w, 2), x)).toEqual(["matmul", "tanh", "matmul", "tanh"]);
    expect(kernelsOf((h) => repeated(h, w, 3), x).toSorted()).toEqual(
      ["matmul", "matmul", "matmul", "permute", "tanh", "tanh", "tanh"].toSorted(),
    );
    // Eight rows read so small a matrix where it lies.
    expect(kernelsOf((h) => repeated(h, w, 3), filled([8, 32]))).not.toContain("permute");
    // No whole panels.
    const odd = parameter(filled([33, 33]));
    expect(kernelsOf((h) => repeated(h, odd, 3), filled([32, 33]))).not.toContain("permute");
  });

  it("is packed once for all steps of a scan", () => {
    expect(kernelsOf((h) => repeated(h, w, 40), filled([32, 32]))).toEqual(["permute", "matmul tanh"]);
    for (const [rows, size] of [
      [32, 32],
      [33, 40],
    ]) {
      // Rounding does not grow from step to step.
      const own = parameter(filled([size, size]).mul(2 / Math.sqrt(size)));
      checkCompiled((h) => repeated(h, own, 40), [filled([rows, size])]);
    }
  });

  it("gives what it gives unpacked, forward and back, in all shapes", () => {
    for (const [rows, size] of [
      [2, 128],
      [32, 16],
      [33, 24],
      [40, 256],
      [5, 512],
    ]) {
      const own = parameter(filled([size, size]).mul(4 / Math.sqrt(size)));
      const bias = parameter(filled([size]));
      const x = filled([rows, size]);
      checkCompiled((h) => repeated(h, own, 4), [x]);
      checkCompiled((h) => repeated(h, own.transpose(0, 1), 3), [x]);
      const layer = (h: Tensor) => h.matmul(own).add(bias).relu();
      checkCompiled((h) => layer(layer(layer(h))), [x]);
      const train = (h: Tensor) => {
        own.zeroGrad();
        repeated(h, own, 3).square().mean().backward();
        return own.grad!;
      };
      checkCompiled(train, [x]);
    }
  });

  it("may be one number everywhere, and have infinities and NaN", () => {
    const x = filled([32, 32]);
    checkCompiled((h) => repeated(h, ones([32, 32]), 3), [x]);
    checkCompiled((h) => repeated(h, h.sum().mul(0.01).broadcastTo(32, 32), 3), [x]);
    const wild = filled([32, 32]).toTypedArray();
    [wild[5], wild[37], wild[99]] = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const matrix = tensor(wild).reshape([32, 32]);
    checkCompiled((h) => h.matmul(matrix).add(h.mul(2).matmul(matrix)).add(h.mul(3).matmul(matrix)), [x]);
  });
});
