/**
 * What has not run for long gives its memory back, and comes back with the same numbers: in one plain loop, in which
 * nobody hears of garbage.
 */
import { buffer, defineOp, Generator, JitError, parameter, randn, type Tensor, tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { type Jitted, makeJit } from "../src/jit.ts";
import { type Residents, residentsOf } from "../src/runtime/residents.ts";
import { Heap } from "../src/wasm/heap.ts";
import { createMemory, type Memory } from "../src/wasm/host.ts";

/** A heap that keeps no more than so many bytes of what is not running. */
function heapOf(bound: number, memory: Memory = createMemory(1)): { heap: Heap; residents: Residents } {
  const heap = new Heap(memory);
  const residents = residentsOf(heap);
  heap.bound = bound;
  return { heap, residents };
}

function training(heap: Heap, size = 64, start: Tensor = randn([size, size])) {
  const w = parameter(start);
  const momentum = buffer(zeros([size, size]));
  const scale = randn([size]);
  const step = makeJit(
    (x: Tensor) => {
      w.zeroGrad();
      const loss = x.matmul(w).mul(scale).tanh().square().mean();
      loss.backward();
      momentum.assign(momentum.mul(0.9).add(w.grad!));
      w.assign(w.sub(momentum.mul(0.1)));
      return loss;
    },
    () => heap,
  );
  return { w, momentum, step, scale };
}

const x = randn([3, 64]);

describe("a heap that is full", () => {
  it("is as large after 300 models in a loop as after ten, and keeps what is kept alive", () => {
    const { heap } = heapOf(150_000);
    const { heap: other } = heapOf(Number.POSITIVE_INFINITY);
    const start = randn([64, 64]);
    const kept = training(heap, 64, start);
    const same = training(other, 64, start);
    same.scale.toTypedArray();
    kept.step(x);
    let early = 0;
    for (let i = 0; i < 300; i++) {
      training(heap).step(x);
      if (i === 10) early = heap.memory.buffer.byteLength;
    }
    expect(heap.memory.buffer.byteLength).toBe(early);
    expect(early).toBeLessThan(300_000);
    expect(kept.w.toTypedArray().every(Number.isFinite)).toBe(true);
  });

  it("gives back to the bit what had to leave, wherever it lies afterwards", () => {
    const [full, roomy] = [heapOf(0), heapOf(Number.POSITIVE_INFINITY)];
    const start = randn([64, 64]);
    const scale = randn([64]);
    const both = [full, roomy].map(({ heap }) => {
      const w = parameter(start);
      const step = makeJit(
        (a: Tensor) => {
          w.assign(w.mul(0.99).add(a.matmul(w).mul(scale).tanh().mean()));
          return w.sum();
        },
        () => heap,
      );
      return { w, step };
    });
    for (let i = 0; i < 6; i++) {
      full.residents.leaveAll();
      // What comes back finds something else in its place.
      if (i % 2 === 1) full.heap.allocate(1 + i * 40);
      const [a, b] = both.map(({ step }) => step(x).item());
      expect(a).toBe(b);
      if (i % 3 === 0) full.residents.leaveAll();
      expect([...both[0].w.toTypedArray()]).toEqual([...both[1].w.toTypedArray()]);
    }
    expect(full.residents.departures).toBeGreaterThan(10);
  });

  it.each(["float32", "float64"] as const)("changes no number of models that take turns, in %s", (dtype) => {
    const { heap, residents } = heapOf(0);
    const input = randn([5, 6], { dtype });
    /** Steps with weights, momentum, a constant, and random noise, of which each width has its own program. */
    const stepOf = (width: number, compiled: boolean) => {
      const generator = new Generator(width);
      const w = parameter(randn([6, width], { generator, dtype }));
      const momentum = buffer(zeros([6, width], { dtype }));
      const scale = randn([width], { generator, dtype });
      const step = (x: Tensor) => {
        w.zeroGrad();
        const loss = x
          .matmul(w)
          .mul(scale)
          .add(randn([5, width], { generator, dtype }))
          .tanh()
          .square()
          .mean();
        loss.backward();
        momentum.assign(momentum.mul(0.9).add(w.grad!));
        w.assign(w.sub(momentum.mul(0.1)));
        return loss;
      };
      return { w, step: compiled ? makeJit(step, () => heap) : step };
    };
    const widths = [1, 3, 17, 40];
    const [eager, compiled] = [false, true].map((on) => widths.map((width) => stepOf(width, on)));
    for (let turn = 0; turn < 24; turn++) {
      const i = (turn * 3 + (turn >> 2)) % widths.length;
      if (turn % 3 === 0) residents.leaveAll();
      const [expected, found] = [eager, compiled].map((models) => models[i].step(input).item());
      expect(found).toBeCloseTo(expected, 5);
    }
    eager.forEach(({ w }, i) => {
      const found = compiled[i].w.toTypedArray();
      w.toTypedArray().forEach((x, j) => {
        expect(found[j]).toBeCloseTo(x, 5);
      });
    });
    expect(residents.departures).toBeGreaterThan(40);
  });

  it("makes room for what comes back again and again", () => {
    const { heap, residents } = heapOf(100_000);
    const models = [1, 2, 3, 4].map(() => training(heap, 128));
    const input = randn([3, 128]);
    for (let i = 0; i < 5; i++) for (const { step } of models) step(input);
    const { departures } = residents;
    for (let i = 0; i < 5; i++) for (const { step } of models) step(input);
    expect(residents.departures).toBe(departures);
  });

  it("lets values that were assigned while they were away count", () => {
    const { heap, residents } = heapOf(0);
    const w = parameter([1, 2, 3]);
    const double = makeJit(
      () => w.assign(w.mul(2)),
      () => heap,
    ) as unknown as () => void;
    const f = makeJit(
      (a: Tensor) => {
        w.assign(w.mul(2));
        return w.add(a);
      },
      () => heap,
    );
    expect(double).toBeTypeOf("function");
    f(tensor(0));
    residents.leaveAll();
    expect(w.toArray()).toEqual([2, 4, 6]);
    w.assign([10, 20, 30]);
    residents.leaveAll();
    expect(f(tensor(1)).toArray()).toEqual([21, 41, 61]);
  });

  it("says so where nothing more can be had, and goes on with what fits", () => {
    type Limited = new (limits: { initial: number; maximum: number }) => Memory;
    const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: Limited } }).WebAssembly;
    const { heap } = heapOf(2 ** 25, new Memory({ initial: 1, maximum: 16 }));
    const sums = makeJit(
      (a: Tensor) => a.exp().sort(0).sum(),
      () => heap,
    );
    expect(() => sums(zeros([1_000_000]))).toThrow(JitError);
    expect(() => sums(zeros([1_000_000]))).toThrow(/4\.00 MB|8\.00 MB|12\.0 MB|smaller batches/);
    for (let i = 1; i < 8; i++) expect(sums(zeros([8000 * i])).item()).toBe(8000 * i);
  });
});

describe("a program that runs inside another", () => {
  const calling = (inner: (a: Tensor) => Tensor) =>
    defineOp<void>({
      name: "calling",
      inferShape: ([a]) => a,
      kernel: (out, [a]) => {
        const numbers = Float32Array.from(a.storage);
        const result = inner(tensor(numbers, { shape: a.shape })).toTypedArray();
        out.storage.set(result);
      },
    });

  it("has an arena of its own", () => {
    const { heap } = heapOf(0);
    const inner = makeJit(
      (a: Tensor) => a.add(1).sort(0).mul(2).cumsum(0),
      () => heap,
    );
    // Compiled first, for the arena that the outer one will run in.
    inner(zeros([100]));
    const op = calling(inner);
    const f = (a: Tensor) => {
      const b = a.mul(3).sort(0);
      return op([b.exp()]).add(b).mul(a);
    };
    const outer = makeJit(f, () => heap);
    const a = randn([100]);
    const expected = [...f(a).toTypedArray()];
    for (let i = 0; i < 3; i++)
      outer(a)
        .toTypedArray()
        .forEach((value, j) => {
          expect(Math.abs(value - expected[j])).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected[j])));
        });
  });

  it("may be the same one again", () => {
    const { heap } = heapOf(0);
    let depth = 0;
    let self: Jitted<(a: Tensor) => Tensor>;
    const op = calling((a) => (++depth % 3 === 0 ? a : self(a)));
    self = makeJit(
      (a: Tensor) => op([a.mul(2)]).add(a),
      () => heap,
    );
    // ((8 + 4) + 2) + 1, for each element.
    expect(self(tensor([1, 10])).toArray()).toEqual([15, 150]);
    depth = 0;
    expect(self(tensor([1, 10])).toArray()).toEqual([15, 150]);
  });
});
