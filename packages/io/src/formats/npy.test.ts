import { ChainRuleError, DTypeError, randn, tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { fixture, fixturePath, messageOf } from "../../test/fixture.ts";
import { encodeNpy, parseNpy, readNpy } from "./npy.ts";

/** A version 1 file of a header and so many bytes of numbers. */
function file(header: string, numbers = 0, version = 1): Uint8Array {
  const bytes = new Uint8Array(10 + header.length + numbers);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, header.length & 255, header.length >> 8]);
  for (let i = 0; i < header.length; i++) bytes[10 + i] = header.charCodeAt(i);
  return bytes;
}
const header = (descr: string, shape: string, order = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

describe("a .npy file that NumPy wrote", () => {
  it.each([
    [
      "float32.npy",
      "float32",
      [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9, 10, 11],
      ],
    ],
    [
      "int64.npy",
      "int32",
      [
        [1, -2],
        [3, 4],
      ],
    ],
    ["big-endian.npy", "float32", [1.5, -2.5]],
    ["bool.npy", "bool", [true, false]],
    ["half.npy", "float32", [0.5, 65504]],
    ["scalar.npy", "float64", 3.5],
  ])("is read: %s", async (name, dtype, values) => {
    const x = await readNpy(fixturePath(name));
    expect([x.dtype, x.toArray()]).toEqual([dtype, values]);
  });

  it("in Fortran order has the same elements in the same places", () => {
    const x = parseNpy(fixture("fortran.npy"));
    expect(x.shape).toEqual([2, 3, 4]);
    expect([...x.toTypedArray()]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it("is what comes out when its tensor is written again, byte by byte", () => {
    for (const name of ["float32.npy", "bool.npy", "scalar.npy"])
      expect(encodeNpy(parseNpy(fixture(name)))).toEqual(fixture(name));
  });

  it.each([
    ["complex.npy", "descr '<c16'"],
    ["text.npy", "descr '<U3'"],
    ["object.npy", "which only Python can read"],
    ["record.npy", "an array of records"],
  ])("of what there is not here is an error: %s", (name, message) => {
    expect(() => parseNpy(fixture(name))).toThrow(DTypeError);
    expect(messageOf(() => parseNpy(fixture(name)))).toContain(message);
  });
});

describe("a tensor in .npy and back", () => {
  it("is the same bits, of every dtype and shape", () => {
    for (const x of [
      randn([2, 3]),
      randn([3], { dtype: "float64" }),
      zeros([0, 2]),
      tensor([[true]]),
      tensor(7),
      tensor([3], { dtype: "int32" }),
    ]) {
      const y = parseNpy(encodeNpy(x));
      expect([y.dtype, y.shape, y.toTypedArray()]).toEqual([x.dtype, x.shape, x.toTypedArray()]);
    }
  });
});

describe("a .npy file that is damaged or hostile", () => {
  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "opens with"],
    ["another version", file(header("'<f4'", "(1,)"), 4, 9), "got version 9"],
    ["a shape beyond the file", file(header("'<f4'", "(1000000000000,)"), 4), "bytes (80 of header"],
    ["a shape beyond 2^53", file(header("'<f4'", `(${"9999,".repeat(9)})`), 4), "a shape that memory could hold"],
    ["a length below 0", file(header("'<f4'", "(-1,)"), 4), "'shape': \"(-1,)"],
    ["a key twice", file("{'descr': '<f4', 'descr': '<f4', 'shape': (1,), }", 4), "'descr': '<f4', 'shape'"],
    ["a key of another kind", file("{'constructor': '<f4'}", 4), "'constructor'"],
    ["no shape", file("{'descr': '<f4', 'fortran_order': False, }", 4), "only descr, fortran_order"],
    ["a program for a shape", file(header("'<f4'", "(__import__('os'),)"), 4), "'shape': "],
    ["a header in which nothing ends", file(`{'descr': '${"<".repeat(9000)}`), "expected a header"],
    ["more than one array", file(header("'<f4'", "(1,)"), 8), "more than one array"],
  ])("%s", (_name, bytes, message) => {
    expect(() => parseNpy(bytes, "x.npy")).toThrow(ChainRuleError);
    expect(messageOf(() => parseNpy(bytes, "x.npy"))).toContain(message);
  });

  it("is an error wherever it is cut off", () => {
    const bytes = fixture("float32.npy");
    for (let length = 0; length < bytes.length; length++)
      expect(() => parseNpy(bytes.subarray(0, length))).toThrow(ChainRuleError);
  });
});
