import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { buffer, parameter, randn, type Tensor, tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { makeJit } from "../src/jit.ts";
import { Heap } from "../src/wasm/heap.ts";
import { createMemory } from "../src/wasm/host.ts";

function training() {
  const w = parameter(randn([8, 4]));
  const momentum = buffer(zeros([8, 4]));
  return (x: Tensor) => {
    w.zeroGrad();
    const loss = x.matmul(w).tanh().square().mean();
    loss.backward();
    momentum.assign(momentum.mul(0.9).add(w.grad!));
    w.assign(w.sub(momentum.mul(0.1)));
    return loss;
  };
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Lets the collector run, and what it frees be given back. */
async function collect(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("memory of compiled functions", () => {
  it("stays as it is over 100,000 steps", () => {
    const heap = new Heap(createMemory(1));
    const step = makeJit(training(), () => heap);
    const x = randn([3, 8]);
    step(x);
    const before = [heap.used, heap.memory.buffer.byteLength];
    for (let i = 0; i < 100_000; i++) step(x);
    expect([heap.used, heap.memory.buffer.byteLength]).toEqual(before);
    expect(Number.isFinite(step(x).item())).toBe(true);
  }, 60_000);

  it("goes back when function and parameters are garbage", async () => {
    const heap = new Heap(createMemory(1));
    const use = () => {
      for (let i = 0; i < 20; i++) makeJit(training(), () => heap)(randn([3, 8]));
    };
    use();
    expect(heap.used).toBeGreaterThan(20 * 128);
    await collect();
    expect(heap.used).toBe(0);
  });

  it("grows under what the user holds, which stays as it was", () => {
    const heap = new Heap(createMemory(1));
    const held = buffer(tensor([1, 2, 3]));
    const add = makeJit(
      (x: Tensor) => {
        held.assign(held.add(x));
        return held.mul(2);
      },
      () => heap,
    );
    const first = add(tensor([1, 1, 1]));
    const large = makeJit(
      (x: Tensor) => x.mul(2).sum(),
      () => heap,
    );
    expect(large(zeros([200_000]).add(1)).item()).toBe(400_000);
    expect([first.toArray(), held.toArray()]).toEqual([
      [4, 6, 8],
      [2, 3, 4],
    ]);
    expect(add(tensor([1, 1, 1])).toArray()).toEqual([6, 8, 10]);
  });

  it("grows under kernels that run in JavaScript, too", () => {
    const heap = new Heap(createMemory(1));
    const sort = makeJit(
      (x: Tensor) => x.sort(0).mul(2),
      () => heap,
    );
    const x = tensor([3, 1, 2]);
    sort(x);
    heap.allocate(10_000_000);
    expect(sort(x).toArray()).toEqual([2, 4, 6]);
  });
});
