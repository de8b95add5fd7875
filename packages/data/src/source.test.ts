import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DataError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { gunzip, gzip, readBytes } from "./source.ts";

describe("a download", () => {
  it("says how far it is, and how long it will be where that is known", async () => {
    const body = new Uint8Array(3e6).map((_, i) => i % 250);
    const server = createServer((request, response) => {
      if (request.url === "/known") response.setHeader("content-length", body.length);
      response.write(body);
      response.end();
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    try {
      for (const [name, total] of [
        ["known", body.length],
        ["unknown", null],
      ] as const) {
        const told: [number, number | null][] = [];
        const url = `http://127.0.0.1:${port}/${name}`;
        const bytes = await readBytes(url, { onProgress: (...progress) => told.push(progress) });
        expect(Buffer.compare(bytes, body)).toBe(0);
        expect(told.at(-1)).toEqual([body.length, total]);
        expect(told.length).toBeGreaterThan(1);
        expect(await readBytes(url)).toHaveLength(body.length);
      }
    } finally {
      server.close();
    }
  });
});

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
