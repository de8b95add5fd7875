/**
 * What was compiled once is not compiled again for what has the same structure, and never taken for another. Random programs and
 * their near-equal neighbours: `compiler/test/neighbours.test.ts`.
 */
import {
  buffer,
  defineOp,
  Generator,
  manualSeed,
  ones,
  type Parameter,
  parameter,
  rand,
  randn,
  type Tensor,
  tensor,
} from "@chainrule/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { expectIdentical, expectSame } from "../test/same.ts";
import { registerEmitter } from "./codegen/elementwise-emitter.ts";
import { makeJit } from "./jit.ts";
import { createThreadGroup } from "./runtime/threads/thread-group.ts";
import { Templates } from "./templates.ts";
import { createHeap, type Heap } from "./wasm/heap.ts";

let heap: Heap;
let compiled: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  heap = createHeap()!;
  // The kernels that programs share are compiled at their first use.
  const f = makeJit(
    (x: Tensor) => x.matmul(x),
    () => heap,
  );
  f(ones([2, 2]));
  compiled = vi.spyOn((globalThis as unknown as { WebAssembly: { Module: () => object } }).WebAssembly, "Module");
});
afterEach(() => compiled.mockRestore());

const jitted = <F extends (...xs: Tensor[]) => unknown>(f: F, options = {}) => makeJit(f, () => heap, options);

/** How many modules are compiled meanwhile. */
function modulesOf(work: () => void): number {
  const before = compiled.mock.calls.length;
  work();
  return compiled.mock.calls.length - before;
}

/** A model with its optimizer's state, and a step of its training. */
function training(seed: number, sizes: readonly number[], rate = 0.1) {
  const generator = new Generator(seed);
  const weights = sizes.slice(1).map((units, i) => parameter(rand([sizes[i], units], { generator }).sub(0.5)));
  const velocities = weights.map((w) => buffer(w.mul(0)));
  const step = (x: Tensor, y: Tensor) => {
    let h = x;
    for (const [i, w] of weights.entries()) h = i < weights.length - 1 ? h.matmul(w).tanh() : h.matmul(w);
    for (const w of weights) w.zeroGrad();
    const loss = h.logSoftmax(-1).mul(y).sum().neg();
    loss.backward();
    weights.forEach((w, i) => {
      velocities[i].assign(velocities[i].mul(0.9).add(w.grad!));
      w.assign(w.sub(velocities[i].mul(rate)));
    });
    return loss;
  };
  return { weights, step };
}

const x = randn([6, 4], { generator: new Generator(1) });
const y = tensor([0, 1, 2, 0, 1, 2])
  .unsqueeze(1)
  .equal(tensor([0, 1, 2]))
  .cast("float32");

function expectTraining(model: ReturnType<typeof training>, like: ReturnType<typeof training>): void {
  const step = jitted(model.step);
  for (let i = 0; i < 3; i++) expectSame(step(x, y) as Tensor, like.step(x, y), `step ${i}`);
  for (const [i, w] of model.weights.entries()) expectSame(w, like.weights[i], `weight ${i}`, 1e-6);
}

describe("what has been compiled", () => {
  it("serves a second model of the same shape, with its own numbers", () => {
    expect(modulesOf(() => expectTraining(training(1, [4, 8, 3]), training(1, [4, 8, 3])))).toBeGreaterThan(0);
    expect(modulesOf(() => expectTraining(training(2, [4, 8, 3]), training(2, [4, 8, 3])))).toBe(0);
  });

  it("serves two models in turn, none of which changes the other", () => {
    const [a, b, c, d] = [1, 2, 1, 2].map((seed) => training(seed, [4, 8, 3]));
    const [stepA, stepB] = [jitted(a.step), jitted(b.step)];
    for (let i = 0; i < 4; i++) {
      expectSame(stepA(x, y) as Tensor, c.step(x, y));
      expectSame(stepB(x, y) as Tensor, d.step(x, y));
    }
  });

  it("serves a program that is placed anew, since others took its memory", () => {
    const [model, like] = [1, 1].map((seed) => training(seed, [4, 8, 3]));
    const step = jitted(model.step);
    expectSame(step(x, y) as Tensor, like.step(x, y));
    const before = step.explain(x, y).toString();
    const took = modulesOf(() => {
      while (heap.makeRoom());
      // Something else lies where it lay.
      for (let i = 0; i < 8; i++) heap.allocate(64);
      expectSame(step(x, y) as Tensor, like.step(x, y));
    });
    expect(took).toBe(0);
    const kernelsIn = (text: string) => text.slice(0, text.indexOf("\n\n"));
    expect(kernelsIn(step.explain(x, y).toString())).toBe(kernelsIn(before));
  });

  it("is explained as the first was", () => {
    const texts = [1, 2].map((seed) => {
      const { explain } = jitted(training(seed, [4, 8, 3]).step);
      return explain(x, y).toString();
    });
    expect(texts[1]).toBe(texts[0]);
  });

  it.each<[string, () => ReturnType<typeof training>]>([
    ["shapes", () => training(1, [4, 9, 3])],
    ["a constant", () => training(1, [4, 8, 3], 0.2)],
  ])("serves no model that differs in %s", (_what, make) => {
    expectTraining(training(1, [4, 8, 3]), training(1, [4, 8, 3]));
    expect(modulesOf(() => expectTraining(make(), make()))).toBe(1);
  });

  it("serves only what is equal to the last bit of its constants, and the same in all else", () => {
    const many = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
    const other = many.slice();
    other[7] += 2 ** -24;
    const w = parameter(ones([3, 4]));
    const v = parameter(ones([3, 4]));
    const state = buffer(ones([3, 4]));
    const f: readonly ((x: Tensor) => Tensor)[] = [
      (x) => x.add(tensor(many, { shape: [3, 4] })),
      (x) => x.add(tensor(other, { shape: [3, 4] })),
      (x) =>
        x.add(
          tensor(many, { shape: [3, 4], dtype: "float64" })
            .cast("float32")
            .mul(1.5),
        ),
      (x) => x.mul(0),
      (x) => x.mul(-0),
      (x) => x.mul(Number.NaN),
      (x) => x.sum(0),
      (x) => x.sum(1),
      (x) => x.sum(0, { keepDims: true }),
      (x) => x.max(0),
      (x) => x.clamp(-1, 1),
      (x) => x.clamp(-1, 2),
      (x) => x.add(w).mul(w),
      (x) => x.add(w).mul(v),
      (x) => x.add(v).mul(w),
      (x) => {
        state.assign(x);
        return x.mul(3);
      },
      (x) => x.mul(3),
    ];
    const given = randn([3, 4], { generator: new Generator(5) });
    v.assign(ones([3, 4]).mul(2));
    const equal = new Set<number>();
    f.forEach((each, i) => {
      const g = jitted(each);
      if (modulesOf(() => g(given)) === 0) equal.add(i);
      expectIdentical(g(given), each(given), `function ${i}`);
    });
    // Which of two variables comes first makes no difference to what is computed.
    expect([...equal].map((i) => i)).toEqual([14]);
  });

  it("keeps the bits of every machine apart from those of this one", () => {
    const f = (x: Tensor) => x.matmul(x.transpose());
    expect(modulesOf(() => jitted(f)(x))).toBe(1);
    const first = modulesOf(() => jitted(f, { deterministic: true })(x));
    expect(first).toBeGreaterThan(0);
    expect(modulesOf(() => jitted(f, { deterministic: true })(x))).toBe(0);
  });

  it("keeps the heaps of threads apart", async () => {
    const f = (x: Tensor) => x.matmul(x.transpose()).relu();
    const expected = jitted(f)(x);
    const threads = await createThreadGroup(2, { leastPart: 1e-6, leastSaving: 0 });
    const [a, b] = [1, 2].map(() => makeJit(f, () => threads.heap));
    expect(modulesOf(() => expectIdentical(a(x), expected))).toBeGreaterThan(0);
    const took = modulesOf(() => {
      for (let call = 0; call < 4; call++) {
        expectIdentical(b(x), expected);
        expectIdentical(a(x), expected);
      }
    });
    expect(took).toBe(0);
    threads.stop();
  });

  it("draws from the generator that each function names", () => {
    const draws = (generator: Generator) => (x: Tensor) =>
      x.add(rand([3], { generator })).mul(rand([3], { generator }));
    const zeros = tensor([0, 0, 0]);
    const [one, two, three] = [7, 8, 7].map((seed) => jitted(draws(new Generator(seed))));
    const wanted = [7, 8].map((seed) => draws(new Generator(seed)));
    let took = 0;
    for (let call = 0; call < 3; call++) {
      const [a, b] = wanted.map((f) => f(zeros));
      expectIdentical(one(zeros), a);
      took += modulesOf(() => {
        expectIdentical(two(zeros), b);
        expectIdentical(three(zeros), a);
      });
    }
    expect(took).toBe(0);
    manualSeed(3);
    const given = jitted((x: Tensor) => x.add(rand([3])).mul(rand([3])))(zeros);
    manualSeed(3);
    expectIdentical(given, rand([3]).mul(rand([3])));
  });

  it("serves no op of the user's, which may be written otherwise each time", () => {
    const times = defineOp({
      name: "times",
      inferShape: ([a]) => a,
      kernel: (out, [a], factor: number) => {
        for (let i = 0; i < out.storage.length; i++) out.storage[i] = a.storage[i] * factor;
      },
      lower: (factor) => ({ kind: "elementwise", scalar: (a: number) => a * factor }),
    });
    const f = (x: Tensor) => times([x], 2).add(1);
    expect(modulesOf(() => expectIdentical(jitted(f)(x), x.mul(2).add(1)))).toBe(1);
    registerEmitter(times.op, ({ mul }, [a], factor) => mul(a, factor));
    expect(modulesOf(() => expectIdentical(jitted(f)(x), x.mul(2).add(1)))).toBe(1);
  });

  it("does not keep a model from being garbage", async () => {
    const gone = vi.fn();
    const registry = new FinalizationRegistry(gone);
    const make = () => {
      const { weights, step } = training(1, [4, 8, 3]);
      registry.register(weights[0], "weights");
      const f = jitted(step);
      f(x, y);
      return f(x, y);
    };
    make();
    const { setFlagsFromString } = await import("node:v8");
    setFlagsFromString("--expose-gc");
    const collect = (await import("node:vm")).runInNewContext("gc") as () => void;
    for (let i = 0; i < 20 && gone.mock.calls.length === 0; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(gone).toHaveBeenCalled();
  });

  it("is given up when there is too much of it, what was used last the latest", () => {
    const templates = new Templates();
    const made: number[] = [];
    const find = (which: number) =>
      templates.find(
        {
          ...{ hash: which, numbers: [which], ops: new Array(10_000).fill(null), attributes: [], constants: [] },
          ...{ isComparable: true, parameters: [] as Parameter[], draws: [] },
        },
        false,
        () => {
          made.push(which);
          return {} as never;
        },
      );
    for (const which of [1, 2, 3, 1, 4, 1, 2, 3]) find(which);
    // The fourth took the place of the second, the second then that of the third, and the third that of the fourth.
    expect(made).toEqual([1, 2, 3, 4, 2, 3]);
  });
});
