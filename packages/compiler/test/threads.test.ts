/**
 * What several threads compute together is, to the last bit, what one computes: all that can be cut in parts is, however
 * small.
 */

import {
  avgPool2d,
  buffer,
  conv2d,
  isFloat,
  manualSeed,
  matmul,
  maxPool2d,
  parameter,
  randn,
  type Tensor,
  valueAndGrad,
} from "@chainrule/core";
import { fuzzing } from "@chainrule/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { jit } from "../src/index.ts";
import type { Phase } from "../src/ir/phases.ts";
import { makeJit } from "../src/jit.ts";
import { createThreadGroup, type ThreadGroup } from "../src/runtime/threads/thread-group.ts";
import { type LoopProgram, loopInputs, loopPrograms, runLoop } from "./loop-programs.ts";
import { inputsOf, programsOf, runProgram } from "./programs.ts";
import { expectIdentical } from "./same.ts";

const everything = { leastPart: 1e-6, leastSaving: 0 };

const loops = fuzzing(2);

describe.each([2, 3])("%i threads", (size) => {
  let threads: ThreadGroup;
  beforeAll(async () => {
    threads = await createThreadGroup(size, everything);
  });
  afterAll(() => threads.stop());

  /** Several calls, so that workers have compiled the program by the last. */
  function compare(f: (...xs: Tensor[]) => readonly Tensor[], inputs: readonly Tensor[]): void {
    const serial = jit(f)(...inputs);
    const parallel = makeJit(f, () => threads.heap);
    for (let call = 1; call <= 4; call++)
      parallel(...inputs).forEach((x, i) => {
        expectIdentical(x, serial[i], `call ${call}, value ${i}`);
      });
  }

  it("compute random programs as one does", () => {
    const check = (program: Parameters<typeof runProgram>[0]) =>
      compare((...xs) => runProgram(program, xs).map(({ x }) => x), inputsOf(program));
    fc.assert(fc.property(programsOf({ wild: true }), check), { numRuns: 120, seed: size });
  });

  it("compute gradients of random programs as one does", () => {
    const check = (program: Parameters<typeof runProgram>[0]) => {
      const inputs = inputsOf(program);
      const by = inputs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
      const loss = (...xs: Tensor[]) => {
        const floats = runProgram(program, xs).filter(({ x }) => isFloat(x.dtype) && x.size > 0);
        return floats.reduce((total, { x }) => total.add(x.mean()), xs[0].mul(0).sum());
      };
      compare((...xs) => {
        const [value, gradients] = valueAndGrad(loss, { argument: by })(...xs);
        return [value, ...gradients];
      }, inputs);
    };
    fc.assert(fc.property(programsOf(), check), { numRuns: 100, seed: size });
  });

  it("compute steps that repeat, and their gradients, as one does, where they are a loop", loops.limit, () => {
    const partition = vi.spyOn(threads, "partition");
    const check = (program: LoopProgram) => {
      const loss = (...xs: Tensor[]) =>
        runLoop(program, xs).reduce((total, x) => total.add(x.square().mean()), xs[3].mul(0).sum());
      const f = (...xs: Tensor[]) => {
        const [value, gradients] = valueAndGrad(loss, { argument: [0, 1, 3, 4] })(...xs);
        return [value, ...gradients, ...runLoop(program, xs)];
      };
      compare(f, loopInputs(program));
    };
    fc.assert(fc.property(loopPrograms(), check), loops.runs(50));
    const cut = partition.mock.calls.flatMap(([{ groups }], i) => {
      const tasks = (partition.mock.results[i].value as Phase[]).flatMap((phase) => phase.tasks);
      return tasks.filter(({ group, parts }) => groups[group].kind === "scan" && parts > 1);
    });
    partition.mockRestore();
    expect(cut.length).toBeGreaterThan(10);
  });

  describe("cut a loop", () => {
    const partsOf = (step: (h: Tensor, x: Tensor, w: Tensor) => Tensor, batch = 8) => {
      manualSeed(size);
      const [xs, w] = [randn([12, batch, 5]), randn([5, 5]).mul(0.4)];
      const f = (xs: Tensor, w: Tensor) => {
        let h = xs.slice(0).mul(0);
        for (let t = 0; t < 12; t++) h = step(h, xs.slice(t), w);
        return h.square().mean();
      };
      const slopes = (xs: Tensor, w: Tensor) => {
        const [value, gradients] = valueAndGrad(f, { argument: [0, 1] })(xs, w);
        return [value, ...gradients];
      };
      compare(slopes, [xs, w]);
      const { kernels } = makeJit(slopes, () => threads.heap).explain(xs, w);
      // Of the loop forwards, and of that backwards, where there is one.
      return [...new Set(kernels.filter(({ kind }) => kind === "scan").map(({ parts }) => parts))];
    };

    it("and its gradients by rows of a batch", () => {
      expect(partsOf((h, x, w) => h.matmul(w).add(x).tanh())).toEqual([2]);
      expect(partsOf((h, x, w) => h.softmax(1).add(x).matmul(w), 24)).toEqual([size]);
      expect(
        partsOf(
          (h, x, w) =>
            h
              .sub(h.mean(1, { keepDims: true }))
              .mul(x)
              .matmul(w)
              .relu(),
          7,
        ),
      ).toEqual([2]);
    });

    it("not where its rows meet, or are few", () => {
      expect(partsOf((h, x, w) => h.matmul(w).add(x).sub(h.mean(0)))).toEqual([1]);
      expect(partsOf((h, x) => h.T.matmul(h).mul(0.1).sum().add(x).tanh())).toEqual([1]);
      expect(partsOf((h, x, w) => h.flip(0).matmul(w).add(x).tanh())).toEqual([1]);
      expect(partsOf((h, x, w) => h.matmul(w).add(x).tanh(), 5)).toEqual([1]);
    });
  });

  it("multiply matrices of any shape and layout as one does", () => {
    manualSeed(size);
    const length = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 300 }));
    const swap = fc.boolean();
    const sizes = fc.record({
      batch: fc.constantFrom<number[]>([], [1], [2], [5], [2, 3]),
      m: length,
      n: length,
      k: length,
    });
    const check = (
      { batch, m, n, k }: { batch: number[]; m: number; n: number; k: number },
      a: boolean,
      b: boolean,
    ) => {
      const x = randn([...batch, ...(a ? [k, m] : [m, k])]);
      const y = randn(b ? [n, k] : [...batch, k, n]);
      const turned = (z: Tensor, on: boolean) => (on ? z.transpose(-1, -2) : z);
      compare(
        (p, q, bias) => {
          const product = matmul(turned(p, a), turned(q, b));
          return [product, product.add(bias), matmul(turned(p, a), turned(q.neg(), b)).add(bias).relu()];
        },
        [x, y, randn([n])],
      );
    };
    fc.assert(fc.property(sizes, swap, swap, check), { numRuns: 150, seed: size });
  });

  it("multiply many small matrices, and store them in another order, as one does", () => {
    manualSeed(size);
    const length = fc.integer({ min: 1, max: 35 });
    const check = (batch: number, heads: number, m: number, n: number, k: number) =>
      compare(
        (x, y) => {
          const product = matmul(x, y);
          return [
            product.permute(0, 2, 1, 3),
            product.neg(),
            matmul(x.neg(), y)
              .permute(0, 2, 1, 3)
              .reshape([batch, m, heads * n]),
            matmul(x, y.neg()).mul(0.5).permute(1, 0, 3, 2),
          ];
        },
        [randn([batch, heads, m, k]), randn([batch, heads, k, n])],
      );
    const few = fc.integer({ min: 1, max: 7 });
    fc.assert(fc.property(few, few, length, length, length, check), { numRuns: 60, seed: size });
  });

  it("read a matrix that was packed once as one does", () => {
    manualSeed(size);
    for (const [m, n, k] of [
      [33, 32, 24],
      [40, 240, 64],
      [5, 512, 256],
      [300, 64, 512],
    ])
      for (const isTurned of [false, true]) {
        const w = parameter(randn(isTurned ? [n, k] : [k, n]));
        const by = (x: Tensor) => matmul(x, isTurned ? w.T : w);
        const f = (x: Tensor, bias: Tensor) =>
          [x, x.neg(), x.mul(2)].flatMap((each) => [by(each), by(each.mul(0.5)).add(bias).relu()]);
        const x = randn([m, k]);
        compare(f, [x, randn([n])]);
        const { kernels } = makeJit(f, () => threads.heap).explain(x, randn([n]));
        expect(kernels.map(({ ops }) => ops.join()).join(" "), `${m} x ${n} x ${k}, ${isTurned}`).toContain("permute");
      }
  });

  it("convolve and pool, forward and backward, as one does", () => {
    manualSeed(size);
    const check = (n: number, channels: number, filters: number, width: number, kernel: number, padding: number) => {
      // Without filters one or two kernels for each channel.
      const groups = filters === 0 ? channels : 1;
      const outputs = filters || channels * (1 + (n % 2));
      const options = { padding, groups, stride: 1 + (width % 2) };
      const f = (x: Tensor, w: Tensor) => {
        const convolved = conv2d(x, w, options);
        const pooled = [1, 2].map((stride) =>
          maxPool2d(convolved, 2 * stride - 1 + (n % 2), { stride, padding: stride - 1 })
            .square()
            .mean(),
        );
        const spread = avgPool2d(convolved, 2, { stride: 1 }).square().mean();
        return pooled[0].add(pooled[1]).add(spread);
      };
      compare(
        (x, w) => {
          const [value, gradients] = valueAndGrad(f, { argument: [0, 1] })(x, w);
          return [value, ...gradients, conv2d(x, w, options)];
        },
        [randn([n, channels, width, width + 1]), randn([outputs, channels / groups, kernel, kernel])],
      );
    };
    const few = fc.integer({ min: 1, max: 5 });
    const width = fc.integer({ min: 6, max: 14 });
    const kernel = fc.integer({ min: 1, max: 3 });
    fc.assert(fc.property(few, few, fc.integer({ min: 0, max: 5 }), width, kernel, fc.nat({ max: 1 }), check), {
      numRuns: 40,
      seed: size,
    });
  });

  it("update parameters where they lie as one does", () => {
    const train = (shared: boolean) => {
      manualSeed(4);
      const [w, v] = [parameter(randn([40, 30])), parameter(randn([30, 7]))];
      const velocity = buffer(w.mul(0));
      const f = (x: Tensor) => {
        const loss = x.matmul(w).tanh().matmul(v).square().mean();
        for (const each of [w, v]) each.zeroGrad();
        loss.backward();
        velocity.assign(velocity.mul(0.9).add(w.grad!));
        w.assign(w.sub(velocity.mul(0.05)));
        v.assign(v.sub(v.grad!.mul(0.05)));
        return loss;
      };
      const step = shared ? makeJit(f, () => threads.heap) : jit(f);
      const x = randn([33, 40]);
      const losses = Array.from({ length: 20 }, () => step(x).detach());
      return [...losses, w.detach(), v.detach(), velocity.detach()];
    };
    const serial = train(false);
    train(true).forEach((x, i) => {
      expectIdentical(x, serial[i], `value ${i}`);
    });
  });

  it("says in explain into how many parts a kernel is cut", () => {
    const [x, w] = [randn([64, 300]), randn([300, 50])];
    const product = makeJit(matmul, () => threads.heap).explain(x, w);
    expect(product.kernels.map(({ parts }) => parts)).toEqual([size]);
    expect(String(product)).toContain(`matmul, in ${size} parts`);
    expect(jit((a: Tensor, b: Tensor) => a.matmul(b)).explain(x, w).kernels[0].parts).toBe(1);
  });

  it("compute the same again and again", () => {
    const [x, w] = [randn([64, 300]), randn([300, 50])];
    const step = makeJit(
      (a: Tensor, b: Tensor) =>
        a
          .matmul(b)
          .softmax(-1)
          .mul(a.mean(-1, { keepDims: true })),
      () => threads.heap,
    );
    const first = step(x, w);
    for (let i = 0; i < 300; i++) expectIdentical(step(x, w), first, `call ${i}`);
    expect(threads.present).toBe(size);
  });
});
