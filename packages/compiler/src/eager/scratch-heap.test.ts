import { describe, expect, it } from "vitest";
import { scratch, scratchBlock } from "./scratch-heap.ts";

describe("the memory of eager kernels", () => {
  it("gives each kernel the block that the one before it had, and a larger one where that is too short", () => {
    const heap = scratch()!;
    const first = scratchBlock(1024);
    expect(first).toBeGreaterThan(0);
    expect(scratchBlock(1024)).toBe(first);
    expect(scratchBlock(16)).toBe(first);
    const larger = scratchBlock(100_000);
    heap.view("float32", larger, 25_000).fill(1);
    expect(heap.used).toBe(100_000);
    expect(scratchBlock(50_000)).toBe(larger);
  });

  it("says where there is no room, and goes on", () => {
    expect(scratchBlock(2 ** 33)).toBe(0);
    expect(scratchBlock(64)).toBeGreaterThan(0);
    expect(scratch()!.used).toBe(64);
  });
});
