import { describe, expect, it } from "vitest";
import { buffer, everyRun, Generator, parameter, randn, type Tensor, tensor } from "../index.ts";
import { atomic, onFailure } from "./atomic.ts";

/** A world of a weight, a counter, a generator and a count in plain JavaScript. */
function world() {
  const w = parameter([1, 2]);
  const counter = buffer(tensor(Int32Array.of(7)));
  const generator = new Generator(3);
  w.grad = tensor([5, 5]);
  const state = { count: 0 };
  const change = () => {
    everyRun(() => {
      state.count++;
      return () => state.count--;
    });
    w.assign(w.add(randn([2], { generator })));
    counter.assign(counter.add(1));
    w.square().sum().backward();
    w.assign(generator.uniform() < 2 ? w.mul(2) : w);
  };
  const seen = () => JSON.stringify([w, counter, w.grad, generator.state, state]);
  return { change, seen };
}

const fail = () => {
  throw new Error("boom");
};

describe("an atomic function", () => {
  it("that throws has changed no parameter, gradient, generator or count", () => {
    const { change, seen } = world();
    const before = seen();
    const changeAndFail = () => {
      change();
      change();
      fail();
    };
    expect(() => atomic(changeAndFail)).toThrow("boom");
    expect(seen()).toBe(before);
  });

  it("that returns has changed all, and says what it returned", () => {
    const [one, other] = [world(), world()];
    one.change();
    expect(
      atomic(() => {
        other.change();
        return 4;
      }),
    ).toBe(4);
    expect(other.seen()).toBe(one.seen());
  });

  it("is undone by a failure further out, and what comes last in it too", () => {
    const { change, seen } = world();
    const before = seen();
    const inner = () =>
      atomic(change, () => {
        atomic(change);
      });
    expect(() =>
      atomic(() => {
        inner();
        change();
        fail();
      }),
    ).toThrow("boom");
    expect(seen()).toBe(before);
  });

  it("undoes what came first where the last fails, within another or not", () => {
    const { change, seen } = world();
    const before = seen();
    expect(() => atomic(change, fail)).toThrow("boom");
    expect(seen()).toBe(before);
    atomic(() => {
      change();
      const between = seen();
      expect(() => atomic(change, () => atomic(() => [change(), fail()]))).toThrow("boom");
      expect(seen()).toBe(between);
    });
    expect(seen()).not.toBe(before);
  });

  it("undoes the latest first", () => {
    const order: number[] = [];
    const noted = () => {
      for (const i of [1, 2, 3]) onFailure(() => order.push(i));
      fail();
    };
    expect(() => atomic(noted)).toThrow("boom");
    expect(order).toEqual([3, 2, 1]);
    onFailure(() => order.push(4));
    expect(order).toEqual([3, 2, 1]);
  });
});

describe("backward", () => {
  it("changes the gradient of no leaf where one does not fit", () => {
    const [a, b] = [parameter([1, 2]), parameter([3, 4])];
    b.grad = tensor([1, 2, 3]) as Tensor;
    expect(() => a.mul(b).sum().backward()).toThrow(/shape/);
    expect(a.grad).toBeNull();
  });
});
