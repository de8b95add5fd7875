import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bytes } from "./bytes.ts";

describe("Bytes", () => {
  it("writes what it is given, however much", () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 });
    fc.assert(
      fc.property(parts, (given) => {
        const all = new Bytes();
        for (const part of given) all.join(new Bytes().append(part));
        expect(all.length).toBe(given.reduce((total, { length }) => total + length, 0));
        expect([...all.toUint8Array()]).toEqual(given.flatMap((part) => [...part]));
      }),
    );
  });

  it("writes whole numbers in as few groups of seven bits as they need", () => {
    const unsigned = (n: number) => [...new Bytes().unsigned(n).toUint8Array()];
    const signed = (n: number) => [...new Bytes().signed(n).toUint8Array()];
    // The examples of the DWARF standard, version 4, appendix C.
    expect([2, 127, 128, 129, 12857].map(unsigned)).toEqual([[2], [127], [0x80, 1], [0x81, 1], [0xb9, 0x64]]);
    expect([2, -2, 127, -127, 128, -128, 129, -129].map(signed)).toEqual([
      [2],
      [0x7e],
      [0xff, 0],
      [0x81, 0x7f],
      [0x80, 1],
      [0x80, 0x7f],
      [0x81, 1],
      [0xff, 0x7e],
    ]);
    expect(unsigned(2 ** 32 - 1)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
    expect(signed(-(2 ** 31))).toEqual([0x80, 0x80, 0x80, 0x80, 0x78]);
  });

  it("writes text as UTF-8 with its length", () => {
    expect([...new Bytes().text("aé").toUint8Array()]).toEqual([3, 0x61, 0xc3, 0xa9]);
  });
});
