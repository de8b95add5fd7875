/**
 * Norms and spreads compiled, where the squares of numbers are beyond what the dtype holds.
 */
import { grad, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { jit } from "../src/index.ts";
import { expectEachNear } from "./same.ts";

const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  norm: (x) => x.norm(1),
  "norm of axes that are not neighbours": (x) => x.reshape([2, 1, -1]).norm([0, 2]),
  "norm with p = 3": (x) => x.norm(1, { p: 3 }),
  "norm with p = 0.5": (x) => x.norm(1, { p: 0.5 }),
  std: (x) => x.std(1, { correction: 1 }),
};

describe.each([
  ["float32", [0, 1e-42, 1e-30, 1e-20, 1, 1e15, 1e30, 1e36]],
  ["float64", [0, 5e-320, 1e-300, 1e-170, 1, 1e150, 1e200, 1e306]],
] as const)("compiled in %s", (dtype, sizes) => {
  it.each(Object.entries(functions))("%s and its slopes are what they are eagerly, at any size", (_, f) => {
    const [value, slopes] = [jit(f), jit(grad((x: Tensor) => f(x).sum()))];
    for (const size of sizes) {
      // A line of that size, and one of ordinary numbers.
      const line = [3, -1, 0.25, 0, 2, 5, -4].map((each) => each * size);
      const x = tensor([line, [1, 2, 3, 4, 5, 6, 7.5]], { dtype });
      const [found, expected] = [value(x), f(x)];
      expect(expected.toTypedArray().every(Number.isFinite)).toBe(true);
      expectEachNear(found, expected, `size ${size}`);
      expectEachNear(slopes(x) as Tensor, grad((t: Tensor) => f(t).sum())(x) as Tensor, `slope at ${size}`, 1e-6);
    }
  });
});
