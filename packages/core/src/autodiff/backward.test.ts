import { describe, expect, it } from "vitest";
import {
  DTypeError,
  defineOp,
  enableGrad,
  GraphError,
  gradients,
  isGradEnabled,
  noGrad,
  OptionError,
  ones,
  parameter,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "../index.ts";

const leaf = (data: Parameters<typeof tensor>[0]) => tensor(data, { requiresGrad: true });

describe("backward", () => {
  it("leaves the gradient in every leaf, and adds to what is there", () => {
    const x = leaf([1, 2]);
    x.square().sum().backward();
    expect(x.grad?.toArray()).toEqual([2, 4]);
    x.sum().backward();
    expect(x.grad?.toArray()).toEqual([3, 5]);
    x.zeroGrad();
    expect(x.grad).toBe(null);
  });

  it("adds up over every path, and goes through each step once", () => {
    let visits = 0;
    const twice = defineOp<void>({
      name: "twice",
      inferShape: ([x]) => x,
      kernel: (out, [x]) => out.storage.set(x.storage.map((n) => 2 * n)),
      gradient: (g) => {
        visits++;
        return g.mul(2);
      },
    });
    const x = leaf(3);
    const y = twice([x], undefined);
    y.mul(y).add(y).backward();
    expect([x.grad?.item(), visits]).toEqual([2 * 6 * 2 + 2, 1]);
  });

  it("takes a gradient to start from, in the result's shape", () => {
    const x = leaf([1, 2]);
    x.square().backward([1, 10]);
    expect(x.grad?.toArray()).toEqual([2, 40]);
    const wide = tensor([1], { dtype: "float64", requiresGrad: true });
    wide.mul(1).backward([0.1]);
    expect(wide.grad?.item()).toBe(0.1);
    expect(() => x.square().backward([1, 2, 3])).toThrow(/in the result's shape, \[2\], got \[3\]/);
    expect(() => x.square().backward([[1, 2]])).toThrow(ShapeError);
  });

  it("starts from a leaf itself, and from one element in any shape", () => {
    const x = leaf(5);
    x.backward();
    expect(x.grad?.item()).toBe(1);
    const y = leaf([[2]]);
    y.square().backward();
    expect(y.grad?.toArray()).toEqual([[4]]);
  });

  it("refuses what has no gradient, and says why", () => {
    const x = leaf([1, 2]);
    expect(() => x.square().backward()).toThrow(
      /a scalar, whose gradient by itself is 1, got a tensor of shape \[2\]\.\n.*sum\(\) or mean\(\)/s,
    );
    expect(() => tensor(1).mul(2).backward()).toThrow(/depends on something with requiresGrad.*parameter\(…\)/s);
    expect(() => x.argmax().backward()).toThrow(DTypeError);
    expect(() => x.detach().sum().backward()).toThrow(GraphError);
    expect(() => zeros([0]).sum().backward()).toThrow(GraphError);
    expect(() => x.sum().backward(undefined, { retainGrahp: true } as never)).toThrow(OptionError);
    expect(x.grad).toBe(null);
  });

  it("releases the graph, unless told to keep it", () => {
    const x = leaf(3);
    const y = x.square();
    y.backward(undefined, { retainGraph: true });
    y.backward();
    expect(x.grad?.item()).toBe(12);
    expect(() => y.backward()).toThrow(/a step \(square\) that an earlier backward pass released.*retainGraph: true/s);
    expect(() => y.mul(2).backward()).toThrow(GraphError);
    expect(x.grad?.item()).toBe(12);
  });

  it("does not release what only another result needs", () => {
    const x = leaf(3);
    const a = x.exp();
    const b = x.square();
    a.backward();
    b.backward();
    expect(x.grad?.item()).toBeCloseTo(Math.exp(3) + 6, 4);
  });

  it("records itself with createGraph, for second derivatives", () => {
    const x = leaf(2);
    x.pow(3).backward(undefined, { createGraph: true });
    const first = x.grad as Tensor;
    expect([first.item(), first.requiresGrad]).toEqual([12, true]);
    x.zeroGrad();
    first.backward();
    expect(x.grad?.item()).toBe(12);
  });

  it("without createGraph leaves gradients that remember nothing", () => {
    const x = leaf(2);
    x.pow(3).backward();
    expect([x.grad?.requiresGrad, x.grad?.isLeaf]).toEqual([false, true]);
  });

  it("without createGraph adds to a gradient that remembers, and what comes out does not", () => {
    const x = leaf(2);
    x.pow(3).backward(undefined, { createGraph: true });
    x.pow(3).backward();
    expect([x.grad?.item(), x.grad?.requiresGrad]).toEqual([24, false]);
  });

  it("leaves no half of a gradient where a rule throws", () => {
    const broken = defineOp<void>({
      name: "broken",
      inferShape: ([x]) => x,
      kernel: "view",
      gradient: () => {
        throw new ShapeError({ where: "broken", expected: "nothing", got: "this" });
      },
    });
    const [x, y] = [leaf(1), leaf(2)];
    expect(() =>
      x
        .mul(2)
        .add(broken([y], undefined))
        .backward(),
    ).toThrow(ShapeError);
    expect([x.grad, y.grad]).toEqual([null, null]);
    expect(isGradEnabled()).toBe(true);
  });

  it("says when a rule returns a gradient of the wrong shape", () => {
    const wrong = defineOp<void>({ name: "wrong", inferShape: ([x]) => x, kernel: "view", gradient: (g) => g.sum() });
    expect(() =>
      wrong([leaf([1, 2])], undefined)
        .sum()
        .backward(),
    ).toThrow(/gradient of wrong: expected the shape of its input 0, \[2\], got \[\]\.\n.*sumTo/s);
  });

  it("gives zeros to a leaf that a rule without slope cuts off", () => {
    const x = leaf([1.5, 2.5]);
    x.floor().sum().backward();
    expect(x.grad?.toArray()).toEqual([0, 0]);
  });
});

describe("gradients", () => {
  it("come for results and leaves alike, and leave grad alone", () => {
    const x = leaf([1, 2]);
    const y = x.square();
    const [byX, byY] = gradients([y.sum()], [x, y]);
    expect([byX.toArray(), byY.toArray(), x.grad]).toEqual([[2, 4], [1, 1], null]);
  });

  it("add up over several outputs with their cotangents, and are zero where nothing depends", () => {
    const [x, other] = [leaf([1, 2]), leaf([3])];
    const outputs = [x.mul(2), x.sum()];
    const [byX, byOther] = gradients(outputs, [x, other], { cotangents: [tensor([1, 10]), tensor(100)] });
    expect([byX.toArray(), byOther.toArray()]).toEqual([[102, 120], [0]]);
  });

  it("make a gradient penalty with createGraph", () => {
    const w = parameter([1, 2]);
    const [g] = gradients([w.pow(3).sum()], [w], { createGraph: true });
    g.square().sum().backward();
    expect(w.grad?.toArray()).toEqual([2 * 3 * 6, 2 * 12 * 12]);
  });
});

describe("noGrad, enableGrad and detach", () => {
  it("switch the tape off and on, and back again after an error", () => {
    const x = leaf(2);
    expect(noGrad(() => x.square()).requiresGrad).toBe(false);
    expect(noGrad(() => enableGrad(() => x.square())).requiresGrad).toBe(true);
    expect(() =>
      noGrad(() => {
        throw new RangeError("inside");
      }),
    ).toThrow(RangeError);
    expect(isGradEnabled()).toBe(true);
    expect(x.detach().square().requiresGrad).toBe(false);
  });

  it("refuse an async function", () => {
    expect(() => noGrad(async () => 1)).toThrow(/a function that returns at once, got an async function/);
    expect(isGradEnabled()).toBe(true);
  });

  it("cut a path and leave the others", () => {
    const x = leaf(3);
    x.mul(x.detach()).backward();
    expect(x.grad?.item()).toBe(3);
  });
});

describe("Parameter.assign", () => {
  it("never reaches a graph that was made before it", () => {
    const w = parameter([2, 3]);
    const before = w.square().mul(w).sum();
    w.assign([100, 100]);
    const after = w.sum();
    before.backward();
    expect(w.grad?.toArray()).toEqual([12, 27]);
    after.backward();
    expect(w.grad?.toArray()).toEqual([13, 28]);
  });

  it("never reaches what was read before it: results, views, casts, detached copies", () => {
    const w = parameter([1, 2]);
    const kept = [w.reshape(2, 1), w.detach(), w.cast("float32"), w.add(0), w.slice(":"), w.broadcastTo(2)];
    const values = kept.filter((x) => x !== w).map((x) => x.toArray());
    w.assign([7, 8]);
    expect(kept.filter((x) => x !== w).map((x) => x.toArray())).toEqual(values);
  });

  it("does not tie the parameter to what made the new value", () => {
    const w = parameter([1]);
    w.assign(w.mul(2).add(1));
    expect([w.isLeaf, w.toArray(), w.requiresGrad]).toEqual([true, [3], true]);
    w.mul(ones([1]))
      .sum()
      .backward();
    expect(w.grad?.toArray()).toEqual([1]);
  });

  it("does not round numbers to float32 for a float64 parameter", () => {
    const w = parameter(tensor([0], { dtype: "float64" }));
    w.assign([0.1]);
    expect(w.item()).toBe(0.1);
  });

  it("gives a second derivative at the value of its time", () => {
    const w = parameter(2);
    const [g] = gradients([w.pow(3)], [w], { createGraph: true });
    w.assign(50);
    g.backward();
    expect(w.grad?.item()).toBe(12);
  });
});
