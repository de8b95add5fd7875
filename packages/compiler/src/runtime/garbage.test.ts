import { afterEach, describe, expect, it, vi } from "vitest";
import { suspectGarbage } from "./garbage.ts";

describe("garbage that the collector does not see", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  /** In place of ArrayBuffer, something that is told the lengths. */
  function allocating(told: (length: number) => void): void {
    class Told {
      constructor(length: number) {
        told(length);
      }
    }
    vi.stubGlobal("ArrayBuffer", Told);
  }

  it("is told once it adds up, and then anew", () => {
    // Whatever was noted before.
    suspectGarbage(2 ** 23);
    const lengths: number[] = [];
    allocating((length) => lengths.push(length));
    for (let i = 0; i < 7; i++) suspectGarbage(2 ** 20);
    const early = lengths.length;
    for (let i = 0; i < 8; i++) suspectGarbage(2 ** 20);
    const once = [...lengths];
    suspectGarbage(2 ** 20);
    vi.unstubAllGlobals();
    expect(early).toBe(0);
    expect(once).toEqual([2 ** 26]);
    expect(lengths).toEqual([2 ** 26, 2 ** 26]);
  });

  it("is left to a host that has no room for more", () => {
    let asked = 0;
    allocating(() => {
      asked++;
      throw new RangeError("Array buffer allocation failed");
    });
    suspectGarbage(2 ** 24);
    vi.unstubAllGlobals();
    expect(asked).toBe(1);
  });
});
