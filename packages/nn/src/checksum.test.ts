import { describe, expect, it } from "vitest";
import { Checksum } from "./checksum.ts";

const sumOf = (...views: ArrayBufferView[]) => views.reduce((sum, view) => sum.add(view), new Checksum()).toString();

describe("Checksum", () => {
  it("is another one for each single byte that differs, and for each length", () => {
    const bytes = Uint8Array.from({ length: 23 }, (_, i) => (i * 37) % 256);
    const sums = new Set([sumOf(bytes)]);
    for (let i = 0; i < bytes.length; i++)
      for (const bit of [1, 128]) sums.add(sumOf(bytes.map((byte, j) => (j === i ? byte ^ bit : byte))));
    for (let length = 0; length < bytes.length; length++) sums.add(sumOf(bytes.subarray(0, length)));
    expect(sums.size).toBe(1 + 2 * bytes.length + bytes.length);
  });

  it("goes by the bytes that a view sees, wherever they lie", () => {
    const numbers = Float32Array.of(1, -2, 3);
    const bytes = new Uint8Array(1 + numbers.byteLength);
    bytes.set(new Uint8Array(numbers.buffer), 1);
    expect(sumOf(bytes.subarray(1))).toBe(sumOf(numbers));
    expect(sumOf(numbers.subarray(1))).toBe(sumOf(Float32Array.of(-2, 3)));
  });

  it("tells orders and cuts apart, in 16 digits", () => {
    const [a, b] = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8)];
    expect(new Set([sumOf(a, b), sumOf(b, a), sumOf(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))]).size).toBe(3);
    expect(sumOf()).toMatch(/^[0-9a-f]{16}$/);
  });
});
