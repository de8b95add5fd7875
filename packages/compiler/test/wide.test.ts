/**
 * Graphs that are wide or long: every pass takes time in proportion to their size. Were one quadratic, these would take
 * minutes in place of seconds.
 */
import { concat, parameter, scalar, type Tensor, tensor } from "@chainrule/core";
import { expect, it } from "vitest";
import { jit } from "../src/index.ts";

const from = <T>(n: number, f: (i: number) => T) => Array.from({ length: n }, (_, i) => f(i));

it("a sum of thousands of branches", () => {
  const f = jit((x: Tensor) => from(8000, (i) => x.mul(i)).reduce((sum, y) => sum.add(y)));
  expect(f(tensor([1, 2], { dtype: "float64" })).toArray()).toEqual([31_996_000, 63_992_000]);
});

it("a concat of thousands of values", () => {
  const f = jit((x: Tensor) => concat(from(6000, (i) => x.mul(i))));
  expect(f(tensor([1, 2])).toArray()).toEqual(from(6000, (i) => [i, 2 * i]).flat());
});

it("a chain of thousands of operations", () => {
  const f = jit((x: Tensor) => from(20_000, (i) => i).reduce((y, i) => (i % 2 ? y.sub(1) : y.add(1)), x));
  expect(f(tensor([5])).toArray()).toEqual([5]);
});

it("thousands of results, and of parameters with gradients", () => {
  const outputs = jit((x: Tensor) => from(4000, (i) => x.mul(i)));
  expect(outputs(scalar(2)).map((y) => y.item())).toEqual(from(4000, (i) => 2 * i));
  const weights = from(2000, (i) => parameter(i));
  const step = jit((x: Tensor) => {
    const sum = weights.map((w) => w.square()).reduce((total, y) => total.add(y), x);
    sum.backward();
    return sum.detach();
  });
  step(scalar(0));
  expect(weights.map((w) => w.grad!.item())).toEqual(from(2000, (i) => 2 * i));
});
