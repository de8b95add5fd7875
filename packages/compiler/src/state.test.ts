import { buffer, type Parameter, parameter, scalar, type Tensor, tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { counted } from "../test/counted.ts";
import { jit } from "./index.ts";

const matrix = tensor([
  [1, -2, 3],
  [0.5, 4, -1],
]);

describe("parameters in a jitted function", () => {
  function model() {
    const w = parameter(
      tensor([
        [0.5, -0.25],
        [1, 0.75],
        [-1, 0.5],
      ]),
    );
    const count = buffer(scalar(0, "float64"));
    const step = (x: Tensor) => {
      w.zeroGrad();
      const loss = x.matmul(w).tanh().square().mean();
      loss.backward();
      count.assign(count.add(1));
      w.assign(w.sub(w.grad!.mul(scalar(0.5).div(count.cast("float32")))));
      return loss;
    };
    return { w, count, step };
  }

  it("change as they do eagerly", () => {
    const [eager, compiled] = [model(), model()];
    const step = jit(compiled.step);
    for (let i = 0; i < 20; i++) expect(step(matrix).item()).toBeCloseTo(eager.step(matrix).item(), 6);
    expect(compiled.count.item()).toBe(20);
    const [a, b] = [compiled.w.toTypedArray(), eager.w.toTypedArray()];
    for (let i = 0; i < 6; i++) expect(a[i]).toBeCloseTo(b[i], 6);
  });

  it("are seen by eager code, which may also assign them", () => {
    const { w, count, step } = model();
    const compiled = jit(step);
    compiled(matrix);
    const before = w.detach();
    const values = before.toArray();
    compiled(matrix);
    expect(before.toArray()).toEqual(values);
    expect(w.toArray()).not.toEqual(values);
    count.assign(10);
    w.assign(zeros([3, 2]));
    expect([compiled(matrix).item(), count.item(), w.sum().item()]).toEqual([0, 11, 0]);
  });

  it("are shared by programs for several batch sizes and by other functions", () => {
    const { w, count, step } = model();
    const compiled = jit(step);
    const evaluate = jit((x: Tensor) => x.matmul(w));
    compiled(matrix);
    compiled(matrix.slice("0:1"));
    compiled(matrix);
    expect(count.item()).toBe(3);
    const [found, expected] = [evaluate(matrix), matrix.matmul(w)];
    for (const [i, x] of found.toTypedArray().entries()) expect(x).toBeCloseTo(expected.toTypedArray()[i], 5);
  });

  it("keep what was computed from the old value, within the function too", () => {
    const w = parameter(tensor([1, 2]));
    const f = jit(() => {
      const before = w.mul(10);
      w.assign(w.add(1));
      const between = w.mul(10);
      w.assign(w.mul(2));
      return [before, between, w.detach()];
    });
    expect(f().map((x) => x.toArray())).toEqual([
      [10, 20],
      [20, 30],
      [4, 6],
    ]);
    expect(f().map((x) => x.toArray())).toEqual([
      [40, 60],
      [50, 70],
      [10, 14],
    ]);
    expect(w.toArray()).toEqual([10, 14]);
  });

  it("may exchange their values", () => {
    const [a, b] = [buffer(tensor([1, 2, 3])), buffer(tensor([4, 5, 6]))];
    const swap = jit(() => {
      const old = a.detach();
      a.assign(b);
      b.assign(old);
    });
    swap();
    expect([a.toArray(), b.toArray()]).toEqual([
      [4, 5, 6],
      [1, 2, 3],
    ]);
    swap();
    expect([a.toArray(), b.toArray()]).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it("may take a turned or shifted copy of themselves", () => {
    const a = buffer(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    const f = jit(() => a.assign(a.T.add(a.slice("::-1"))));
    f();
    expect(a.toArray()).toEqual([
      [4, 7],
      [3, 6],
    ]);
  });

  it("get the gradients that backward() leaves, unless the function also updates them", () => {
    const w = parameter(tensor([1, 2]));
    const f = jit((x: Tensor) => {
      w.zeroGrad();
      w.mul(x).sum().backward();
    });
    f(tensor([3, 4]));
    expect(w.grad!.toArray()).toEqual([3, 4]);
    f(tensor([5, 6]));
    expect(w.grad!.toArray()).toEqual([5, 6]);
    const { w: trained, step } = model();
    jit(step)(matrix);
    expect(trained.grad).toBeNull();
  });

  it("that are leaves for one call are others in the next", () => {
    const f = counted((x: Tensor) => {
      const point = zeros([2]);
      point.requiresGrad = true;
      const copy = x.detach();
      copy.requiresGrad = true;
      point.add(copy).square().sum().backward();
      return [point.grad!, copy.grad!];
    });
    const slopes = jit(f);
    for (const at of [1, 2, 3])
      expect(slopes(tensor([at, 0])).map((x) => x.toArray())).toEqual([
        [2 * at, 0],
        [2 * at, 0],
      ]);
    expect(f.count).toBe(3);
  });

  it("have gradients from before the call added to, as in eager execution", () => {
    const w = parameter(tensor([1, 2]));
    const f = counted((x: Tensor) => w.mul(x).sum().backward());
    const accumulate = jit(f);
    for (const [i, x] of [1, 2, 3, 4].entries()) {
      accumulate(scalar(x));
      expect(w.grad!.toArray()).toEqual(
        [
          [1, 1],
          [3, 3],
          [6, 6],
          [10, 10],
        ][i],
      );
    }
    w.zeroGrad();
    accumulate(scalar(5));
    expect(w.grad!.toArray()).toEqual([5, 5]);
    // In two calls without a gradient before it, in three with.
    expect(f.count).toBe(5);
  });

  it("are updated by gradients that come from outside, another one at each call", () => {
    const w = parameter(tensor([1, 2]));
    const update = jit(() => {
      w.assign(w.sub(w.grad!));
    });
    for (const x of [1, 10]) {
      w.zeroGrad();
      w.mul(x).sum().backward();
      update();
      expect(w.grad!.toArray()).toEqual([x, x]);
    }
    expect(w.toArray()).toEqual([-10, -9]);
    const total = jit(() => w.grad!.sum());
    expect(total().item()).toBe(20);
    w.grad = tensor([3, 4]);
    expect(total().item()).toBe(7);
  });

  it("made inside are made once", () => {
    let slot: Parameter | undefined;
    const f = jit((x: Tensor) => {
      slot ??= buffer(x.mul(0));
      slot.assign(slot.add(x));
      return slot.detach();
    });
    expect([f(scalar(2)).item(), f(scalar(3)).item(), slot!.item()]).toEqual([2, 5, 5]);
  });

  it("may be frozen between calls", () => {
    const [a, b] = [parameter(tensor([1])), parameter(tensor([1]))];
    const f = jit(() => {
      a.zeroGrad();
      b.zeroGrad();
      a.mul(b).mul(2).sum().backward();
    });
    f();
    expect([a.grad!.item(), b.grad!.item()]).toEqual([2, 2]);
    b.requiresGrad = false;
    b.zeroGrad();
    f();
    expect([a.grad!.item(), b.grad]).toEqual([2, null]);
  });
});
