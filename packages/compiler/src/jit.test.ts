import {
  bernoulli,
  checkGradients,
  customGradient,
  everyRun,
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
  ShapeError,
  scalar,
  type Tensor,
  tensor,
  zeros,
} from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { counted } from "../test/counted.ts";
import { jit } from "./index.ts";
import { makeJit } from "./jit.ts";
import { assemble, type Code } from "./wasm/assembler.ts";
import { createMemory, instantiate } from "./wasm/host.ts";
import { relaxedSimd } from "./wasm/kernels/gemm.ts";
import { math } from "./wasm/kernels/math.ts";

const matrix = tensor([
  [1, -2, 3],
  [0.5, 4, -1],
]);

describe("programs", () => {
  it("are made once for each kind of arguments", () => {
    const f = counted((x: Tensor) => x.mul(2).sum());
    const g = jit(f);
    // Each is traced in its first calls.
    expect([g(matrix).item(), g(matrix.neg()).item(), f.count]).toEqual([11, -11, 2]);
    expect([g(ones([2])).item(), f.count]).toEqual([4, 3]);
    expect([g(matrix.cast("float64")).item(), f.count]).toEqual([11, 4]);
    expect([g(matrix).item(), f.count]).toEqual([11, 5]);
    for (let i = 0; i < 30; i++) g(matrix);
    expect(f.count).toBeLessThan(10);
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
    expect(f.count).toBe(2);
    expect(g({ x: scalar(2), ys: [scalar(3), scalar(4)] }, 100).total.item()).toBe(203);
    expect(f.count).toBe(3);
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
      hot: oneHot(i.add(1), 6),
    }));
    const [x, i] = [tensor([0.5, -1, 2.7, 3, -4]), tensor([0, -1, 2, 3, 4], { dtype: "int32" })];
    const { sum, close, float, count, hot } = f(x, i);
    expect([sum.toArray(), sum.dtype]).toEqual([[0, -2, 4, 6, 8], "int32"]);
    expect(close.toArray()).toEqual([true, true, true, true, false]);
    expect(float.toArray().toString()).toBe("0,0,2,3,0");
    expect([count.item(), count.dtype]).toEqual([3, "int32"]);
    expect(hot.sum().item()).toBe(5);
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

describe("gradients of results", () => {
  /** The gradient of a result in the middle, and of the weight, by a step that begins anew each time. */
  function stepOf(w: Parameter) {
    return (x: Tensor) => {
      w.zeroGrad();
      const y = x.mul(w).retainGrad();
      y.onGradient((g) => g.clamp(-1, 1));
      y.square().sum().backward();
      return [y.grad!, w.grad!.mul(1)];
    };
  }

  it("go through a hook that a weight gets or loses between calls", () => {
    const w = parameter([1, -0.25]);
    const step = () => {
      w.zeroGrad();
      w.square().sum().backward();
      return w.grad!.mul(1);
    };
    const compiled = jit(step);
    const both = () => expect(compiled().toArray()).toEqual(step().toArray());
    both();
    both();
    const remove = w.onGradient((g) => g.mul(10));
    both();
    both();
    remove();
    both();
  });

  it("are retained and go through hooks, as in eager execution", () => {
    const eager = stepOf(parameter([1, -0.25]));
    const compiled = jit(stepOf(parameter([1, -0.25])));
    for (const x of [tensor([1, 2]), tensor([0.1, -0.2]), tensor([3, -4])])
      expect(compiled(x).map((g) => g.toArray())).toEqual(eager(x).map((g) => g.toArray()));
    expect(compiled.explain(tensor([1, 2])).kernels.length).toBeGreaterThan(0);
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
    expect(() => kept!.item()).toThrow("from inside a jitted or mapped function");
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
  expect(() => jit((x: Tensor) => x, { deterministic: "yes" } as never)).toThrow('expected true or false, got "yes"');
});

it("functions of numbers multiply and add as the host can, deterministic ones as every host, bit for bit", () => {
  const x = randn([1000], { std: 4 });
  const memory = createMemory(1);
  const numbers = new Float32Array(memory.buffer, 0, 1000);
  for (const name of ["exp", "tanh", "sigmoid", "softplus", "erf"] as const) {
    const body = (code: Code) => {
      const at = code.local("i32");
      code.repeat(0, () => {
        code.push(at, at).access("v128.load");
        math[name](code);
        code.access("v128.store").advance(at, 16);
      });
    };
    for (const deterministic of [true, false]) {
      const bytes = assemble([{ name: "f", parameters: ["i32"], body }], [], {
        relaxed: !deterministic && relaxedSimd(),
      });
      numbers.set(x.toTypedArray());
      instantiate<{ f: (count: number) => void }>(bytes, memory).f(250);
      expect(jit((x: Tensor) => x[name](), { deterministic })(x).toTypedArray()).toEqual(numbers);
    }
  }
});

it("wrong calls do not use it up", () => {
  const f = jit((x: Tensor) => x.matmul(ones([3, 3])));
  for (let i = 0; i < 70; i++) expect(() => f(ones([2, 4 + i]))).toThrow(ShapeError);
  expect(f(ones([2, 3])).shape).toEqual([2, 3]);
});
