import { DataError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { gunzip, gzip } from "./source.ts";

describe("gzip", () => {
  it("is undone, of nothing too", async () => {
    for (const length of [0, 1, 100_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * i) % 251);
      expect(await gunzip(await gzip(bytes), "a.gz")).toEqual(bytes);
    }
  });

  it("is refused where it gives more than it may, before all of it is there", async () => {
    const bomb = await gzip(new Uint8Array(50e6));
    expect(bomb.length).toBeLessThan(100e3);
    const before = process.memoryUsage().arrayBuffers;
    await expect(gunzip(bomb, "bomb.gz", 1e6)).rejects.toThrow(
      /^bomb\.gz: expected at most 1000000 bytes, decompressed, got more from \d+\.\n {2}.*decompress it yourself/,
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50e6);
  });

  it("is refused where it is cut off, or none", async () => {
    const bytes = await gzip(Uint8Array.of(1, 2, 3));
    for (const bad of [bytes.slice(0, 8), bytes.slice(0, -1), Uint8Array.of(0x1f, 0x8b, 9, 9, 9)])
      await expect(gunzip(bad, "a.gz")).rejects.toThrow(DataError);
  });
});
