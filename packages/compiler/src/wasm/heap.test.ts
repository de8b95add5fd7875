import { describe, expect, it } from "vitest";
import { cacheLine, createHeap, Heap } from "./heap.ts";
import { createMemory } from "./host.ts";

describe("the heap", () => {
  it("hands out blocks on multiples of 16 that do not overlap", () => {
    const heap = new Heap(createMemory(1));
    const blocks = [1, 16, 17, 100, 0, 5].map((bytes) => [heap.allocate(bytes), bytes]);
    for (const [address] of blocks) expect(address % 16).toBe(0);
    const sorted = blocks.toSorted(([a], [b]) => a - b);
    for (let i = 1; i < sorted.length; i++)
      expect(sorted[i][0]).toBeGreaterThanOrEqual(sorted[i - 1][0] + sorted[i - 1][1]);
    expect(sorted[0][0]).toBeGreaterThan(0);
  });

  it("hands out whole lines of the cache where threads write", () => {
    const heap = new Heap(createMemory(1), cacheLine);
    const blocks = [1, 65, 0, 64].map((bytes) => heap.allocate(bytes));
    expect(blocks.map((address) => address % 64)).toEqual([0, 0, 0, 0]);
    expect(blocks.map((address) => address - blocks[0])).toEqual([0, 64, 192, 256]);
    heap.free(blocks[1], 65);
    expect(heap.allocate(128)).toBe(blocks[1]);
  });

  it("uses again what came back, also in larger pieces", () => {
    const heap = new Heap(createMemory(1));
    const [a, b, c] = [heap.allocate(64), heap.allocate(64), heap.allocate(64)];
    heap.free(a, 64);
    heap.free(c, 64);
    heap.free(b, 64);
    expect([heap.used, heap.allocate(192)]).toEqual([0, a]);
  });

  it("keeps the numbers when it grows", () => {
    const heap = new Heap(createMemory(1));
    const at = heap.allocate(16);
    heap.write("float32", at, Float32Array.of(1, 2, 3, 4));
    const before = heap.generation;
    const large = heap.allocate(1_000_000);
    expect([...heap.view("float32", at, 4)]).toEqual([1, 2, 3, 4]);
    expect(heap.generation).toBe(before + 1);
    heap.view("float64", large, 125_000).fill(7);
    expect([...heap.copy("float32", at, 2)]).toEqual([1, 2]);
  });

  it("comes back to nothing used after many blocks in random order", () => {
    const heap = new Heap(createMemory(1));
    let state = 1;
    const next = (n: number) => {
      state = (state * 48271) % 2147483647;
      return state % n;
    };
    const held: [number, number][] = [];
    for (let i = 0; i < 5000; i++) {
      if (held.length > 0 && next(2) === 0) heap.free(...held.splice(next(held.length), 1)[0]);
      else {
        const bytes = next(500);
        held.push([heap.allocate(bytes), bytes]);
      }
    }
    for (const block of held) heap.free(...block);
    expect([heap.used, heap.allocate(heap.memory.buffer.byteLength - 16)]).toEqual([0, 16]);
  });

  it("is there where WebAssembly is, and null where it is missing or forbidden", () => {
    expect(createHeap()).toBeInstanceOf(Heap);
    const global = globalThis as unknown as { WebAssembly?: { Memory: unknown } };
    const real = global.WebAssembly!;
    const forbidden = () => {
      throw new Error("Refused to compile or instantiate WebAssembly module");
    };
    try {
      global.WebAssembly = undefined;
      expect(createHeap()).toBeNull();
      Object.assign(global, { WebAssembly: { Memory: real.Memory, Module: forbidden } });
      expect(createHeap()).toBeNull();
    } finally {
      global.WebAssembly = real;
    }
  });
});
