import { ChainRuleError, ones, randn, tensor, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { fixture, fixturePath, messageOf } from "../../test/fixture.ts";
import { encodeSafetensors, parseSafetensors, readSafetensors } from "./safetensors.ts";

/** A file of a header and so many bytes of numbers. */
function file(header: unknown, numbers = 0, length?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + numbers);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const entry = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = "F32") => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe("a safetensors file that Python wrote", () => {
  it("is read: every dtype, metadata, empty tensors, scalars, and any names", () => {
    const { tensors, metadata } = parseSafetensors(fixture("all.safetensors"));
    expect(metadata).toEqual({ format: "np" });
    expect(Object.keys(tensors).sort()).toEqual(["10", "9", "a", "b.weight", "empty", "scalar", "ü"]);
    expect(tensors["b.weight"].toTypedArray()).toEqual(
      Float32Array.from([0, 1, 2, 3, 4, 5], (x) => Math.fround(x) / 7),
    );
    expect(tensors.a.toArray()).toEqual([1.5, -2.25, Number.POSITIVE_INFINITY]);
    expect(tensors.a.dtype).toBe("float64");
    expect(tensors["10"].toArray()).toEqual([
      [1, -2],
      [3, 2 ** 31 - 1],
    ]);
    expect(tensors["9"].toArray()).toEqual([true, false, true]);
    expect(tensors.empty.shape).toEqual([0, 3]);
    expect(tensors.scalar.item()).toBe(2.5);
  });

  it("is what comes out when its tensors are written again, byte by byte", () => {
    const bytes = fixture("all.safetensors");
    const { tensors, metadata } = parseSafetensors(bytes);
    expect(encodeSafetensors(tensors, { metadata })).toEqual(bytes);
  });

  it("may hold halves, which become float32, and whole numbers of other widths, which become int32", async () => {
    const { tensors } = await readSafetensors(fixturePath("others.safetensors"));
    expect(tensors.f16.dtype).toBe("float32");
    const [zero, negative, ...rest] = tensors.f16.toTypedArray();
    expect([zero, Object.is(negative, -0)]).toEqual([0, true]);
    expect(rest).toEqual(
      [1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, Number.POSITIVE_INFINITY, Number.NaN, 0.333251953125].map((x, i) =>
        i === 4 ? rest[4] : x,
      ),
    );
    expect(rest[4]).toBeCloseTo(6.1e-5, 7);
    expect(tensors.bf16.toArray()).toEqual([0, 1, -2.5, 3.140625, Number.POSITIVE_INFINITY]);
    expect([tensors.i64, tensors.u8, tensors.i16].map((x) => [x.dtype, x.toArray()])).toEqual([
      ["int32", [3, -4]],
      ["int32", [0, 255]],
      ["int32", [-300]],
    ]);
  });
});

describe("tensors in safetensors and back", () => {
  it("are the same bits, of every dtype and shape", () => {
    const given = {
      a: randn([3, 4]),
      b: randn([2], { dtype: "float64" }),
      c: tensor([1, -7], { dtype: "int32" }),
      d: tensor([true, false]),
      e: zeros([0]),
      f: tensor(Number.NaN),
      "": ones([1]),
    };
    const { tensors, metadata } = parseSafetensors(encodeSafetensors(given));
    expect(metadata).toEqual({});
    for (const [name, x] of Object.entries(given)) {
      expect([tensors[name].dtype, tensors[name].shape]).toEqual([x.dtype, x.shape]);
      expect(tensors[name].toTypedArray()).toEqual(x.toTypedArray());
    }
    expect(parseSafetensors(encodeSafetensors({})).tensors).toEqual({});
  });

  it("do not share memory with the file", () => {
    const bytes = encodeSafetensors({ x: ones([2]) });
    const { x } = parseSafetensors(bytes).tensors;
    bytes.fill(0);
    expect(x.toArray()).toEqual([1, 1]);
  });

  it("are read from the middle of a larger buffer, at any offset", () => {
    const bytes = encodeSafetensors({ x: tensor([1, 2, 3]), y: tensor([4], { dtype: "float64" }) });
    for (const offset of [1, 2, 4, 8]) {
      const larger = new Uint8Array(offset + bytes.length + 3);
      larger.set(bytes, offset);
      const { tensors } = parseSafetensors(larger.subarray(offset, offset + bytes.length));
      expect([tensors.x.toArray(), tensors.y.toArray()]).toEqual([[1, 2, 3], [4]]);
    }
  });

  it("are refused where the format cannot hold them", () => {
    expect(() => encodeSafetensors({ x: [1] as never })).toThrow('expected a tensor as "x", got an array of 1');
    expect(() => encodeSafetensors({ ["__proto__"]: ones([1]) })).toThrow("names that the format can hold");
    expect(() => encodeSafetensors({}, { metadata: { epoch: 3 as never } })).toThrow('a text as "epoch"');
    expect(() => encodeSafetensors({}, { meta: {} } as never)).toThrow("Known: metadata.");
  });
});

describe("a safetensors file that is damaged or hostile", () => {
  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "0 bytes"],
    ["a header longer than the file", file("{}", 0, 100), "expected a header of 100 bytes, got 2 bytes"],
    ["a header of 2^63 bytes", file("{}", 0, 2 ** 63), "a header of 9223372036854776000 bytes"],
    ["no JSON", file("{x}"), "expected JSON"],
    ["a list", file("[1]"), "does not begin with {"],
    ["text that is no UTF-8", file("{}").fill(0xff, 9), "in UTF-8"],
    ["nesting of a million levels", file(`{"a":${"[".repeat(1e6)}`), "deeper nesting"],
    ["a name twice", file('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0061":{}}'), '"a" twice'],
    ["the name __proto__", file('{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'), "__proto__"],
    ["metadata that are no texts", file({ __metadata__: { a: 1 } }), "texts by name"],
    ["no shape", file({ a: { dtype: "F32", data_offsets: [0, 4] } }, 4), "dtype, shape and data_offsets"],
    ["a length below 0", file({ a: entry([-1], 0, 4) }, 4), "a shape of whole numbers"],
    ["a length beyond 2^53", file({ a: entry([2 ** 30, 2 ** 30], 0, 4) }, 4), "a shape of whole numbers"],
    ["a fraction as length", file({ a: entry([1.5], 0, 6) }, 6), "a shape of whole numbers"],
    ["offsets too far apart", file({ a: entry([1], 0, 8) }, 8), "data_offsets that are 4 bytes apart"],
    ["offsets beyond the file", file({ a: entry([1000], 0, 4000) }, 4), "expected 4000 bytes of numbers"],
    ["offsets that are texts", file({ a: entry([1], "0", "4") }, 4), "data_offsets that are 4 bytes apart"],
    ["overlapping tensors", file({ a: entry([2], 0, 8), b: entry([1], 4, 8) }, 8), "within another tensor's numbers"],
    ["a gap", file({ a: entry([1], 0, 4), b: entry([1], 8, 12) }, 12), "with a gap before"],
    ["more than the header says of", file({ a: entry([1], 0, 4) }, 5), "has more than its header says of"],
    ["whole numbers beyond 32 bits", file({ a: entry([1], 0, 8, "I64") }, 8).fill(1, -8), "fit 32 bits"],
    ["truth values beyond 1", file({ a: entry([1], 0, 1, "BOOL") }, 1).fill(2, -1), "0 or 1"],
    ["float8", file({ a: entry([1], 0, 1, "F8_E4M3") }, 1), 'got dtype "F8_E4M3"'],
    ["a dtype that objects have", file({ a: entry([1], 0, 1, "constructor") }, 1), 'got dtype "constructor"'],
  ])("%s", (_name, bytes, message) => {
    expect(() => parseSafetensors(bytes, "weights")).toThrow(ChainRuleError);
    expect(messageOf(() => parseSafetensors(bytes, "weights"))).toContain(message);
    expect(messageOf(() => parseSafetensors(bytes, "weights"))).toMatch(/^weights/);
  });

  it("is an error wherever it is cut off", () => {
    const bytes = fixture("all.safetensors");
    for (let length = 0; length < bytes.length; length++)
      expect(() => parseSafetensors(bytes.subarray(0, length))).toThrow(ChainRuleError);
  });
});
