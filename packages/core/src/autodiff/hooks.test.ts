import { describe, expect, it } from "vitest";
import { GraphError, gradients, parameter, ShapeError, tensor } from "../index.ts";

describe("retainGrad", () => {
  it("leaves the gradient in a result, over all paths, and adds to what is there", () => {
    const w = parameter([1, 2]);
    const y = w.square().retainGrad();
    const loss = y.mul(3).add(y.mul(y)).sum();
    loss.backward(undefined, { retainGraph: true });
    expect(y.grad?.toArray()).toEqual([3 + 2, 3 + 8]);
    expect(w.grad?.toArray()).toEqual([5 * 2, 11 * 4]);
    loss.backward();
    expect(y.grad?.toArray()).toEqual([10, 22]);
    y.zeroGrad();
    expect(y.grad).toBe(null);
  });

  it("changes no other tensor, nor what `gradients` leaves alone", () => {
    const w = parameter([1, 2]);
    const y = w.square();
    const z = y.mul(2).retainGrad();
    gradients([z.sum()], [w], { retainGraph: true });
    expect(z.grad).toBe(null);
    z.sum().backward();
    expect([y.grad, z.grad?.toArray()]).toEqual([null, [1, 1]]);
  });

  it("is nothing new for a leaf, also with a graph of gradients", () => {
    const w = parameter([3]);
    expect(w.retainGrad()).toBe(w);
    const y = w.square().retainGrad();
    y.square().sum().backward(undefined, { createGraph: true });
    expect([y.grad?.toArray(), w.grad?.toArray()]).toEqual([[18], [108]]);
    expect(gradients([y.grad!.sum()], [w])[0].toArray()).toEqual([12]);
  });

  it("leaves nothing where a rule behind it throws", () => {
    const w = parameter([1]);
    const y = w.square();
    y.onGradient(() => {
      throw new Error("not today");
    });
    const z = y.mul(2).retainGrad();
    expect(() => z.sum().backward()).toThrow("not today");
    expect([z.grad, w.grad]).toEqual([null, null]);
  });

  it("refuses what gets no gradient", () => {
    expect(() => tensor([1]).mul(2).retainGrad()).toThrow(GraphError);
    expect(() => tensor([1]).mul(2).retainGrad()).toThrow(/shape \[1\] that depends on nothing.*parameter\(…\)/s);
  });
});

describe("onGradient", () => {
  it("sees the whole gradient once, of leaves and results", () => {
    const w = parameter([1, 2]);
    const y = w.square();
    const seen: unknown[] = [];
    y.onGradient((g) => void seen.push(g.toArray()));
    w.onGradient((g) => void seen.push(g.toArray()));
    y.mul(3).add(y).sum().backward();
    expect(seen).toEqual([
      [4, 4],
      [8, 16],
    ]);
  });

  it("puts what it returns in place of the gradient, in order, until it is removed", () => {
    const w = parameter([1, 2]);
    const run = () => {
      w.zeroGrad();
      w.mul(w).sum().backward();
      return w.grad?.toArray();
    };
    const remove = w.onGradient((g) => g.mul(10));
    w.onGradient((g) => g.add(1));
    expect(run()).toEqual([21, 41]);
    remove();
    expect(run()).toEqual([3, 5]);
  });

  it("clips what passes on to everything before it, for `gradients` too", () => {
    const w = parameter([3]);
    const y = w.square();
    y.onGradient((g) => g.clamp(-1, 1));
    expect(gradients([y.mul(100).sum()], [w])[0].toArray()).toEqual([6]);
  });

  it("comes before retainGrad", () => {
    const y = parameter([1]).mul(2).retainGrad();
    y.onGradient((g) => g.mul(5));
    y.sum().backward();
    expect(y.grad?.toArray()).toEqual([5]);
  });

  it("refuses what is no function, what gets no gradient, and results that do not fit", () => {
    const w = parameter([1, 2]);
    expect(() => w.onGradient(3 as never)).toThrow(/a function of the gradient, got/);
    expect(() => tensor([1]).onGradient(() => {})).toThrow(GraphError);
    w.onGradient((g) => g.sum());
    expect(() => w.sum().backward()).toThrow(ShapeError);
    const v = parameter([1]);
    v.onGradient(() => 3 as never);
    expect(() => v.sum().backward()).toThrow(/returns a tensor, or nothing/);
    expect([w.grad, v.grad]).toEqual([null, null]);
  });
});
