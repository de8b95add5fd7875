import { ChainRuleError, ones, randn, tensor, zeros } from "@chainrule/core";
import { zipSync } from "fflate/browser";
import { describe, expect, it } from "vitest";
import { fixture, fixturePath, messageOf } from "../../test/fixture.ts";
import { encodeNpy } from "./npy.ts";
import { encodeNpz, parseNpz, readNpz } from "./npz.ts";

/** Where an archive has bytes, after an index. */
function indexOf(bytes: Uint8Array, wanted: readonly number[], from = 0): number {
  for (let at = from; at < bytes.length; at++) if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  throw new Error("not found");
}

const directoryEntry = [0x50, 0x4b, 1, 2];

/** The archive with a number in its directory changed. */
function withDirectory(bytes: Uint8Array, offset: number, value: number, wide = true): Uint8Array {
  const changed = bytes.slice();
  const view = new DataView(changed.buffer);
  const at = indexOf(changed, directoryEntry) + offset;
  if (wide) view.setUint32(at, value, true);
  else view.setUint16(at, value, true);
  return changed;
}

describe("an .npz file that NumPy wrote", () => {
  it("is read, stored or compressed", async () => {
    const stored = parseNpz(fixture("stored.npz"));
    expect([stored.x.shape, stored.y.toArray(), stored.y.dtype]).toEqual([[3, 4], [1, 2, 3], "int32"]);
    const deflated = await readNpz(fixturePath("deflated.npz"));
    expect(deflated.x.toArray()).toEqual(stored.x.toArray());
    expect([deflated.zeros.shape, deflated.zeros.sum().item()]).toEqual([[100, 100], 0]);
  });
});

describe("tensors in .npz and back", () => {
  it.each([false, true])("are the same bits, compressed: %s", (compress) => {
    const given = { "a/b": randn([3, 4]), c: tensor([1, 2], { dtype: "int32" }), none: zeros([0]) };
    const bytes = encodeNpz(given, { compress });
    const found = parseNpz(bytes);
    expect(Object.keys(found)).toEqual(Object.keys(given));
    for (const [name, x] of Object.entries(given)) expect(found[name].toTypedArray()).toEqual(x.toTypedArray());
    expect(encodeNpz(given, { compress })).toEqual(bytes);
    expect(Object.keys(parseNpz(encodeNpz({})))).toEqual([]);
  });

  it("are smaller compressed, where they can be", () => {
    expect(encodeNpz({ x: zeros([1000]) }, { compress: true }).length).toBeLessThan(500);
  });
});

describe("an .npz file that is damaged or hostile", () => {
  const good = encodeNpz({ x: zeros([1000]) }, { compress: true });
  const npy = encodeNpy(zeros([10]));
  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "no directory"],
    [
      "a size that no compression reaches",
      withDirectory(good, 24, 2 ** 31),
      "a size that its compressed bytes can have",
    ],
    ["a size that is too small", withDirectory(good, 24, 1000), "as its header says"],
    ["another check sum", withDirectory(good, 16, 7), "check sum"],
    ["encryption", withDirectory(good, 8, 1, false), "an encrypted one"],
    ["another way of compression", withDirectory(good, 10, 12, false), "compression method 12"],
    ["an entry elsewhere", withDirectory(good, 42, 5), "no entry where its directory says"],
    ["an entry beyond the file", withDirectory(good, 42, 2 ** 31), "in the place of something else"],
    ["another file", zipSync({ "x.txt": new Uint8Array(3) }), "got another file in it"],
    ["a name of its own", zipSync({ "__proto__.npy": npy }), "a name that an object can have"],
    ["an array with something behind it", zipSync({ "x.npy": Uint8Array.of(...npy, 0) }), "as its header says"],
  ])("%s", (_name, bytes, message) => {
    expect(() => parseNpz(bytes, "x.npz")).toThrow(ChainRuleError);
    expect(messageOf(() => parseNpz(bytes, "x.npz"))).toContain(message);
  });

  it("is refused before it is unpacked where it would take more than it may", () => {
    const bomb = encodeNpz({ x: zeros([2 ** 20]) }, { compress: true });
    expect(bomb.length).toBeLessThan(2 ** 14);
    expect(() => parseNpz(bomb, "bomb.npz", { maxBytes: 2 ** 20 })).toThrow(/at most 1048576 bytes of arrays/);
    expect(parseNpz(bomb).x.size).toBe(2 ** 20);
  });

  it("is refused where an entry unpacks to more than its directory says", () => {
    const honest = encodeNpz({ x: ones([2 ** 16]) }, { compress: true });
    const size = 2 ** 18 + 128;
    const lying = withDirectory(honest, 24, size - 4);
    // Its header says the same lie.
    expect(() => parseNpz(lying)).toThrow(/as its header says|longer than its directory says/);
  });

  it("is an error wherever it is cut off", () => {
    const bytes = fixture("stored.npz");
    for (let length = 0; length < bytes.length; length++)
      expect(() => parseNpz(bytes.subarray(0, length))).toThrow(ChainRuleError);
  });
});
