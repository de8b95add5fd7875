/**
 * Which values of rows have memory for a block of rows alone.
 */
import { Generator, rand, type Tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkCompiled } from "../../test/same.ts";
import { jit } from "../jit.ts";

const generator = new Generator(1);
const filled = (shape: readonly number[]) => rand(shape, { generator }).sub(0.5);

const softmax = (x: Tensor) => {
  const powers = x.sub(x.max(-1, { keepDims: true })).exp();
  return powers.div(powers.sum(-1, { keepDims: true }));
};

/** The operations whose results have memory in the arena. */
function keptOf(f: (...inputs: Tensor[]) => unknown, ...inputs: Tensor[]): string[] {
  return jit(f)
    .explain(...inputs)
    .memory.parts.map(({ name }) => name.split(" ")[1]);
}

describe("values of rows", () => {
  it("are not kept for all rows where only the same loop needs them", () => {
    expect(keptOf(softmax, filled([8, 12]))).toEqual(["div"]);
    for (const shape of [
      [8, 12],
      [7, 9],
      [2, 3, 4, 17],
    ])
      checkCompiled(softmax, [filled(shape)], "float32", 2e-6);
    checkCompiled(softmax, [filled([6, 9])], "float64", 1e-15);
  });

  it("are kept where others need them, or they are a result", () => {
    const both = (x: Tensor) => {
      const powers = x.sub(x.max(-1, { keepDims: true })).exp();
      const total = powers.sum(-1, { keepDims: true });
      return [powers.div(total), total];
    };
    expect(keptOf(both, filled([8, 12])).sort()).toEqual(["div", "sum"]);
    const product = (x: Tensor) => {
      const powers = x.exp();
      return powers.div(powers.sum(-1, { keepDims: true })).add(powers.matmul(powers.T).sum());
    };
    expect(keptOf(product, filled([8, 12]))).toContain("exp");
    checkCompiled(product, [filled([8, 12])], "float32", 2e-6);
  });

  it("are kept where a block of them is larger than the nearest cache", () => {
    const long = filled([4, 8192]);
    expect(keptOf(softmax, long)).toContain("exp");
    checkCompiled(softmax, [long], "float32", 2e-6);
    checkCompiled(softmax, [filled([4, 2000])], "float32", 2e-6);
  });
});
