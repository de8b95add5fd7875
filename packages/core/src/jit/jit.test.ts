import { describe, expect, it } from "vitest";
import {
  bernoulli,
  checkGradients,
  customGradient,
  Generator,
  grad,
  hessian,
  JitError,
  noGrad,
  oneHot,
  ones,
  type Parameter,
  parameter,
  randn,
  scalar,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "../index.ts";
import { everyRun } from "../tensor/tracing.ts";
import { jit, makeJit } from "./jit.ts";

const matrix = tensor([
  [1, -2, 3],
  [0.5, 4, -1],
]);

/** Counts how often a function is really run. */
function counted<F extends (...args: never[]) => unknown>(f: F): F & { count: number } {
  const counting = ((...args: never[]) => {
    counting.count++;
    return f(...args);
  }) as F & { count: number };
  counting.count = 0;
  return counting;
}

describe("programs", () => {
  it("are made once for each kind of arguments", () => {
    const f = counted((x: Tensor) => x.mul(2).sum());
    const g = jit(f);
    expect([g(matrix).item(), g(matrix.neg()).item(), f.count]).toEqual([11, -11, 1]);
    expect([g(ones([2])).item(), f.count]).toEqual([4, 2]);
    expect([g(matrix.cast("float64")).item(), f.count]).toEqual([11, 3]);
    expect([g(matrix).item(), f.count]).toEqual([11, 3]);
  });

  it("take and return records and arrays, and see plain numbers as they are", () => {
    const f = counted(({ x, ys }: { x: Tensor; ys: Tensor[] }, factor: number) => ({
      total: x.mul(factor).add(ys[0]),
      parts: [ys[1].neg(), undefined, [x]],
    }));
    const g = jit(f);
    const result = g({ x: scalar(2), ys: [scalar(3), scalar(4)] }, 10);
    expect([result.total.item(), (result.parts[0] as Tensor).item(), result.parts[1]]).toEqual([23, -4, undefined]);
    expect((result.parts[2] as Tensor[])[0].item()).toBe(2);
    g({ x: scalar(2), ys: [scalar(3), scalar(4)] }, 10);
    expect(f.count).toBe(1);
    expect(g({ x: scalar(2), ys: [scalar(3), scalar(4)] }, 100).total.item()).toBe(203);
    expect(f.count).toBe(2);
  });

  it("see tensors from outside as they were", () => {
    const weights = tensor([1, 2, 3]);
    const f = jit((x: Tensor) => x.mul(weights));
    expect(f(ones([3])).toArray()).toEqual([1, 2, 3]);
    expect(f(tensor([2, 2, 2])).toArray()).toEqual([2, 4, 6]);
  });

  it("return inputs, constants and empty tensors", () => {
    const f = jit((x: Tensor) => [x, x.T, ones([2, 2]), x.slice("0:0").exp(), zeros([1000])]);
    for (const _call of [1, 2]) {
      const [same, turned, one, none, many] = f(matrix);
      expect(same.toArray()).toEqual(matrix.toArray());
      expect(turned.toArray()).toEqual(matrix.T.toArray());
      expect(one.toArray()).toEqual([
        [1, 1],
        [1, 1],
      ]);
      expect([none.shape, many.sum().item(), many.shape]).toEqual([[0, 3], 0, [1000]]);
    }
  });

  it("hand out results that later calls leave alone", () => {
    const f = jit((x: Tensor) => x.add(1));
    const first = f(ones([20]));
    f(zeros([20]));
    expect(first.sum().item()).toBe(40);
  });

  it("run inside another jitted function as part of it", () => {
    const inner = jit((x: Tensor) => x.square());
    expect(jit((x: Tensor) => inner(x).add(inner(x.mul(2))))(scalar(3)).item()).toBe(45);
  });

  it("keep int32 and bool apart from floats", () => {
    const f = jit((x: Tensor, i: Tensor) => ({
      sum: i.add(i),
      close: i.equal(x.cast("int32")),
      float: i.cast("float32").mul(x.greater(0)),
      count: x.greater(0).sum(),
      hot: oneHot(i, 4),
    }));
    const [x, i] = [tensor([0.5, -1, 2.7, 3, -4]), tensor([0, -1, 2, 3, 4], { dtype: "int32" })];
    const { sum, close, float, count, hot } = f(x, i);
    expect([sum.toArray(), sum.dtype]).toEqual([[0, -2, 4, 6, 8], "int32"]);
    expect(close.toArray()).toEqual([true, true, true, true, false]);
    expect(float.toArray().toString()).toBe("0,0,2,3,0");
    expect([count.item(), count.dtype]).toEqual([3, "int32"]);
    expect(hot.sum().item()).toBe(3);
  });
});

describe("parameters in a jitted function", () => {
  function model() {
    const w = parameter(
      tensor([
        [0.5, -0.25],
        [1, 0.75],
        [-1, 0.5],
      ]),
    );
    const count = variable(scalar(0, "float64"));
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
    const [a, b] = [variable(tensor([1, 2, 3])), variable(tensor([4, 5, 6]))];
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
    const a = variable(
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
    // Once without a gradient before it, once with.
    expect(f.count).toBe(2);
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
      slot ??= variable(x.mul(0));
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

describe("what happens besides tensors", () => {
  it("random numbers are those that eager code draws, new ones at each call", () => {
    const [a, b] = [new Generator(7), new Generator(7)];
    const f = (generator: Generator) => (x: Tensor) => {
      const noise = randn([3], { generator });
      const mask = bernoulli(0.5, [3], { generator });
      return [x.add(noise), mask, randn([2], { generator })];
    };
    const [eager, compiled] = [f(a), jit(f(b))];
    for (let i = 0; i < 3; i++)
      expect(compiled(zeros([3])).map((x) => x.toArray())).toEqual(eager(zeros([3])).map((x) => x.toArray()));
  });

  it("draws happen though nobody looks at them", () => {
    const [a, b] = [new Generator(1), new Generator(1)];
    const f = jit((x: Tensor) => {
      randn([5], { generator: a });
      return x;
    });
    for (let i = 0; i < 3; i++) {
      f(scalar(1));
      randn([5], { generator: b });
    }
    expect(a.uniform()).toBe(b.uniform());
  });

  it("everyRun does something at each call, and eagerly at once", () => {
    let count = 0;
    const step = (x: Tensor) => {
      everyRun(() => {
        count++;
      });
      return x;
    };
    step(scalar(1));
    const f = jit(step);
    for (let i = 0; i < 3; i++) f(scalar(1));
    expect(count).toBe(4);
  });
});

describe("derivatives in a jitted function", () => {
  it("grad and hessian nest", () => {
    const cubes = (x: Tensor) => x.pow(3).sum();
    const x = tensor([1, 2]);
    expect(jit(grad(cubes))(x).toArray()).toEqual([3, 12]);
    expect(jit(hessian(cubes))(x).toArray()).toEqual(hessian(cubes)(x).toArray());
  });

  it("are left on tensors made of the arguments, at every call", () => {
    const slopes = (x: Tensor) => {
      const leaf = x.detach();
      leaf.requiresGrad = true;
      leaf.square().sum().backward();
      return leaf.grad!;
    };
    const f = jit(slopes);
    for (const x of [tensor([1, 2]), tensor([3, 4]), tensor([5, 6])])
      expect(f(x).toArray()).toEqual(slopes(x).toArray());
  });

  it("custom gradients are used", () => {
    const straight = customGradient(
      (x) => x.round(),
      (g) => g.mul(3),
    );
    expect(jit(grad((x: Tensor) => straight(x).mul(2).sum()))(tensor([0.4, 1.7])).toArray()).toEqual([6, 6]);
  });

  it("flow through it to arguments that require one", () => {
    const square = jit((x: Tensor) => x.square().sum());
    const x = tensor([1, 2], { requiresGrad: true });
    square(x).backward();
    expect(x.grad!.toArray()).toEqual([2, 4]);
    expect(grad(square)([3, 4]).toArray()).toEqual([6, 8]);
    checkGradients(square, [[0.3, -1.2]]);
  });

  it("do not flow through it to parameters, and say so", () => {
    const w = parameter(tensor([1, 2]));
    const f = jit((x: Tensor) => x.mul(w).sum());
    expect(() => f(ones([2])).backward()).toThrow("inside the jitted function");
    expect(noGrad(() => f(ones([2]))).requiresGrad).toBe(false);
  });
});

describe("what cannot be compiled", () => {
  it("a value that is read is refused by the line that reads it", () => {
    const f = jit(function step(x: Tensor) {
      return x.sum().item() > 0 ? x : x.neg();
    });
    expect(() => f(matrix)).toThrow(/jit\(step\), at .*jit\.test\.ts:\d+:\d+: expected only operations on tensors/);
    expect(() => f(matrix)).toThrow("where(condition, a, b)");
  });

  it("a parameter's value is no constant either", () => {
    const w = parameter(tensor([1]));
    expect(() => jit(() => scalar(w.item()))()).toThrow(JitError);
    expect(() => jit((x: Tensor) => x.mul(Number(`${x}`)))(scalar(1))).toThrow(JitError);
  });

  it("results that are no tensors, arguments that are data, async functions", () => {
    expect(() => jit((x: Tensor) => ({ x, n: 3 }))(scalar(1))).toThrow("the number 3 at .n");
    expect(() => jit((x: number[]) => tensor(x))([1, 2])).toThrow("tensor(…)");
    expect(() => jit(async (x: Tensor) => x)(scalar(1))).toThrow("async");
    expect(() => jit(3 as never)).toThrow(JitError);
  });

  it("tensors kept from a trace say what they are", () => {
    let kept: Tensor | undefined;
    jit((x: Tensor) => {
      kept = x.mul(2);
      return kept;
    })(scalar(1));
    expect(() => kept!.item()).toThrow("from inside a jitted function");
    expect(() => jit((x: Tensor) => x.add(kept!))(scalar(1))).toThrow("left over");
  });

  it("too many kinds of arguments", () => {
    const f = jit((x: Tensor, rate: number) => x.mul(rate));
    expect(() => {
      for (let i = 0; i < 100; i++) f(scalar(1), i);
    }).toThrow("scalar(0.1)");
  });

  it("an error leaves gradients and parameters as they were", () => {
    const w = parameter(tensor([1, 2]));
    w.sum().backward();
    const f = jit((x: Tensor) => {
      w.zeroGrad();
      w.mul(x).sum().backward();
      w.assign(w.grad!);
      return x.item();
    });
    expect(() => f(scalar(1) as never)).toThrow(JitError);
    expect([w.grad!.toArray(), w.toArray()]).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect(w.add(1).sum().item()).toBe(5);
  });

  it("an op's own error comes through, and the next call works", () => {
    const f = jit((x: Tensor, i: Tensor) => x.gather(i));
    const at = (i: number) => tensor([i], { dtype: "int32" });
    expect(f(tensor([5, 6]), at(1)).toArray()).toEqual([6]);
    expect(() => f(tensor([5, 6]), at(2))).toThrow("indices from -2 to 1");
    expect(f(tensor([5, 6]), at(0)).toArray()).toEqual([5]);
  });
});

it("without WebAssembly the function simply runs", () => {
  const f = counted((x: Tensor) => x.mul(x.sum().item()));
  const g = makeJit(f, () => null);
  expect([g(scalar(3)).item(), g(scalar(2)).item(), f.count]).toEqual([9, 4, 2]);
});

it("deterministic products are those of eager execution, bit for bit", () => {
  const [a, b] = [randn([37, 300]), randn([300, 29])];
  const product = jit((x: Tensor, y: Tensor) => x.matmul(y), { deterministic: true });
  expect(product(a, b).toArray()).toEqual(a.matmul(b).toArray());
  const relaxed = jit((x: Tensor, y: Tensor) => x.matmul(y));
  expect(relaxed(a, b).sub(a.matmul(b)).abs().max().item()).toBeLessThan(1e-4);
  expect(() => jit((x: Tensor) => x, { determinstic: true } as never)).toThrow("deterministic");
});
