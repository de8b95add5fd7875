/**
 * Layers that make one tensor of several.
 */
import { checkGradients, OptionError, randn, ShapeError, tensor, zeros } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { Add, Average, Concatenate, Dot, input, Maximum, Multiply, Subtract } from "../index.ts";

const a = tensor([[1, -2]]);
const b = tensor([[3, 5]]);
const c = tensor([[2, 4]]);

describe("layers that merge", () => {
  it("add, multiply, average and compare any number of tensors", () => {
    expect(new Add().call(a, b, c).toArray()).toEqual([[6, 7]]);
    expect(new Multiply().call(a, b, c).toArray()).toEqual([[6, -40]]);
    expect(new Average().call(a, b, c).toArray()).toEqual([[2, 7 / 3]].map((row) => row.map(Math.fround)));
    expect(new Maximum().call(a, b, c).toArray()).toEqual([[3, 5]]);
  });

  it("put tensors one beside the other, along any axis", () => {
    expect(new Concatenate().call(a, b).toArray()).toEqual([[1, -2, 3, 5]]);
    expect(new Concatenate({ axis: 0 }).call(a, b).toArray()).toEqual([
      [1, -2],
      [3, 5],
    ]);
    const joined = new Concatenate({ axis: 1 }).call(input([3, null]), input([5, null]));
    expect(joined.shape).toEqual([null, 8, null]);
  });

  it("take dot products, of directions if asked", () => {
    expect(new Dot().call(a, b).toArray()).toEqual([[-7]]);
    expect(new Dot({ normalize: true }).call(a, b).item()).toBeCloseTo(-7 / Math.sqrt(5 * 34), 6);
    expect(new Dot({ normalize: true }).call(zeros([1, 2]), b).item()).toBe(0);
    const huge = new Dot({ normalize: true }).call(a.mul(1e30), b.mul(1e30));
    expect(huge.item()).toBeCloseTo(-7 / Math.sqrt(5 * 34), 6);
    expect(new Dot().call(input([4]), input([4])).shape).toEqual([null, 1]);
  });

  it("have the right gradients", () => {
    const inputs = [randn([2, 3]), randn([2, 3])];
    for (const layer of [new Add(), new Multiply(), new Average(), new Maximum(), new Concatenate(), new Dot()])
      checkGradients((x, y) => layer.call(x, y), inputs);
    checkGradients((x, y) => new Dot({ normalize: true }).call(x, y), inputs);
  });

  it("give the gradient of a vector of zeros no NaN", () => {
    const x = tensor([[0, 0]], { requiresGrad: true });
    new Dot({ normalize: true }).call(x, b).sum().backward();
    expect(x.grad!.isFinite().all().item()).toBe(1);
  });

  it("refuse shapes that do not go together, and say how to broadcast", () => {
    expect(() => new Add().call(a)).toThrow(/^layer "add" \(Add\): call: expected at least two inputs, got one/);
    expect(() => new Multiply().call(a, zeros([1, 1]))).toThrow(/got \[1, 2\] and \[1, 1\]\.\n {2}.*apply\(/);
    expect(() => new Concatenate({ axis: 1 }).call(a, zeros([2, 2]))).toThrow(/one shape but for axis 1/);
    expect(() => new Concatenate({ axis: 2 }).call(a, b)).toThrow(ShapeError);
    expect(() => new Concatenate({ axis: 0.5 })).toThrow(OptionError);
    expect(() => new Dot().call(a, b, c)).toThrow(/two inputs/);
    expect(() => new Add({ axis: 1 } as never)).toThrow(OptionError);
  });

  it("go by the names that they are given", () => {
    expect(new Add({ name: "sum" }).name).toBe("sum");
    expectClose(new Add({ name: "sum" }).call(a, a), a.mul(2));
  });
});

describe("Subtract", () => {
  it("takes two inputs of one shape, and no more", () => {
    expect(new Subtract().call([3, 4], [1, 2]).toArray()).toEqual([2, 2]);
    expect(() => new Subtract().call([1], [2], [3])).toThrow(/two inputs.*got three/);
    expect(() => new Subtract().call([1])).toThrow(ShapeError);
    expect(() => new Subtract().call([1], [[2]])).toThrow(ShapeError);
  });
});
