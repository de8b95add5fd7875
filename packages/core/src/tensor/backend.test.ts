import { afterEach, describe, expect, it } from "vitest";
import { add, parameter, tensor } from "../index.ts";
import { type Backend, backend, setBackend } from "./backend.ts";

/** Computes sums as 100 more than they are, so that they can be told, and leaves everything else to the kernels. */
const asked: string[] = [];
const marked: Backend = {
  name: "marked",
  compute: (op, [a, b]) => {
    asked.push(op.name);
    return op === add.op ? Float32Array.from(a.storage, (x, i) => x + b.storage[i] + 100) : null;
  },
};

describe("the backend", () => {
  afterEach(() => {
    setBackend(null);
    asked.length = 0;
  });

  it("is none where nobody installs one: core's own kernels compute everything", () => {
    expect(backend).toBeNull();
    expect(tensor([1, 2]).add([3, 4]).toArray()).toEqual([4, 6]);
  });

  it("computes the ops that it takes, by their identity, and leaves the rest to the kernels", () => {
    setBackend(marked);
    expect(tensor([1, 2]).add([3, 4]).toArray()).toEqual([104, 106]);
    expect(tensor([1, 2]).mul([3, 4]).toArray()).toEqual([3, 8]);
    expect(asked).toEqual(["add", "mul"]);
  });

  it("is asked for the ops of a backward pass, too", () => {
    setBackend(marked);
    const w = parameter([1, 2]);
    w.mul(w).sum().backward();
    expect(asked).toContain("sum");
    // w's two gradients, [1, 2] each, meet in a sum.
    expect(w.grad!.toArray()).toEqual([102, 104]);
  });

  it("is not asked for views, which share their numbers", () => {
    setBackend(marked);
    tensor([[1, 2]]).reshape([2]);
    expect(asked).toEqual([]);
  });

  it("is asked only after shapes were checked", () => {
    setBackend(marked);
    expect(() => tensor([1, 2]).add([1, 2, 3])).toThrow(/broadcast/);
    expect(asked).toEqual([]);
  });

  it("is returned when another takes its place", () => {
    expect(setBackend(marked)).toBeNull();
    expect(setBackend(null)).toBe(marked);
  });
});
