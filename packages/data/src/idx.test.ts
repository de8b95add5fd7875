import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DataError, OptionError, tensor, ValueError, zeros } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { encodeIdx, type IdxType, parseIdx, readIdx, writeIdx } from "./idx.ts";
import { loadMnist } from "./mnist.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const folder = () => mkdtemp(join(tmpdir(), "chainrule-"));

describe("parseIdx", () => {
  it("reads labels as MNIST's label files begin: magic 0x00000801", () => {
    const labels = parseIdx(bytes(0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 255));
    expect(labels.toArray()).toEqual([5, 0, 255]);
    expect(labels.dtype).toBe("int32");
  });

  it("reads several axes, row by row", () => {
    const x = parseIdx(bytes(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6));
    expect(x.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it.each([
    ["ubyte", "int32", bytes(0, 0, 0x08, 1, 0, 0, 0, 1, 0xfe), 254],
    ["byte", "int32", bytes(0, 0, 0x09, 1, 0, 0, 0, 1, 0xfe), -2],
    ["short", "int32", bytes(0, 0, 0x0b, 1, 0, 0, 0, 1, 0xff, 0x00), -256],
    ["int", "int32", bytes(0, 0, 0x0c, 1, 0, 0, 0, 1, 0, 1, 0, 0), 65536],
    ["float", "float32", bytes(0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0xc0, 0, 0), 1.5],
    ["double", "float64", bytes(0, 0, 0x0e, 1, 0, 0, 0, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0), 1.5],
  ] as const)("reads %s as %s, and encodeIdx writes the same bytes", (type, dtype, file, value) => {
    const x = parseIdx(file);
    expect(x.toArray()).toEqual([value]);
    expect(x.dtype).toBe(dtype);
    expect(encodeIdx(x, { type })).toEqual(file);
  });

  it("reads a scalar and an empty array", () => {
    expect(parseIdx(bytes(0, 0, 8, 0, 7)).item()).toBe(7);
    expect(parseIdx(bytes(0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 28)).shape).toEqual([0, 28]);
  });

  it("reads bytes from the middle of a buffer", () => {
    const file = bytes(9, 9, 9, 0, 0, 0x0c, 1, 0, 0, 0, 1, 0, 0, 0, 4).subarray(3);
    expect(parseIdx(file).toArray()).toEqual([4]);
  });
});

describe("parseIdx tells what is wrong:", () => {
  it.each<[string, Uint8Array, string]>([
    ["nothing", bytes(), "at least the 4 bytes that an IDX file opens with, got 0"],
    ["another file", bytes(0x89, 0x50, 0x4e, 0x47), "an IDX file, which opens with two zero bytes, got 0x89 0x50"],
    ["gzip", gzipSync("x"), "readIdx decompresses it"],
    ["a web page", new TextEncoder().encode("\n<!DOCTYPE html><html>"), "the download went wrong"],
    ["a zip archive", new TextEncoder().encode("PK\u0003\u0004"), "unpack it first"],
    ["an unknown kind of numbers", bytes(0, 0, 0x0a, 1, 0, 0, 0, 0), "as the third byte, got 0x0a"],
    ["a header cut off", bytes(0, 0, 8, 3, 0, 0, 0, 1), "a header of 16 bytes, for 3 axes, got 8 bytes in all"],
    [
      "numbers cut off",
      bytes(0, 0, 0x0b, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3),
      "24 bytes (12 of header, and 2 for each short of shape [2, 3]), got 15.\n  9 bytes are missing",
    ],
    ["bytes left over", bytes(0, 0, 8, 1, 0, 0, 0, 1, 5, 6, 7), "got 11.\n  2 bytes too many"],
  ])("%s", (_, file, message) => {
    expect(() => parseIdx(file, "labels.idx")).toThrow(DataError);
    expect(() => parseIdx(file, "labels.idx")).toThrow(/^labels\.idx: /);
    expect(() => parseIdx(file, "labels.idx")).toThrow(message);
  });

  it("something that is no bytes", () => {
    expect(() => parseIdx("labels.idx" as unknown as Uint8Array)).toThrow('got "labels.idx"');
  });
});

describe("encodeIdx", () => {
  it.each([
    ["bool", 0x08],
    ["int32", 0x0c],
    ["float32", 0x0d],
    ["float64", 0x0e],
  ] as const)("writes %s as the kind that holds it: %i", (dtype, code) => {
    const x = tensor([1, 0, 1], { dtype });
    const file = encodeIdx(x);
    expect(file[2]).toBe(code);
    expect(parseIdx(file).cast(dtype).toArray()).toEqual(x.toArray());
  });

  it.each<[IdxType, number]>([
    ["ubyte", 256],
    ["ubyte", -1],
    ["ubyte", 0.5],
    ["byte", 128],
    ["short", 40000],
  ])("refuses to write as %s the number %d, which that cannot hold", (type, value) => {
    expect(() => encodeIdx(tensor([value]), { type })).toThrow(ValueError);
    expect(() => encodeIdx(tensor([value]), { type })).toThrow(`for type "${type}", got ${value}`);
  });

  it("refuses a type that does not exist", () => {
    expect(() => encodeIdx(zeros([1]), { type: "uint8" as IdxType })).toThrow(OptionError);
  });
});

it("rounds to a float, and refuses what is too large for it", () => {
  const x = (value: number) => tensor([value], { dtype: "float64" });
  expect(parseIdx(encodeIdx(x(0.1), { type: "float" })).at(0)).toBe(Math.fround(0.1));
  expect(parseIdx(encodeIdx(x(Number.NEGATIVE_INFINITY), { type: "float" })).at(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(() => encodeIdx(x(1e39), { type: "float" })).toThrow(/numbers that type "float" holds, got 1e\+39/);
  expect(() => encodeIdx([1] as never)).toThrow(/a tensor, got an array of 1/);
});

describe("readIdx and writeIdx", () => {
  it.each(["x.idx", "x.idx.gz"])("bring a tensor through the file %s", async (name) => {
    const path = join(await folder(), name);
    const x = tensor([[1, -2.5, 3e-8]]);
    await writeIdx(path, x);
    const gzipped = (await readFile(path))[0] === 0x1f;
    expect(gzipped).toBe(name.endsWith(".gz"));
    const back = await readIdx(path);
    expect(back.toArray()).toEqual(x.toArray());
    expect(back.shape).toEqual([1, 3]);
  });

  it("name the file that is missing, broken or cannot be written", async () => {
    const here = await folder();
    await expect(readIdx(join(here, "absent.idx"))).rejects.toThrow(/^absent\.idx: expected a file that can be read/);
    await writeFile(join(here, "cut.gz"), gzipSync(bytes(0, 0, 8, 1, 0, 0, 0, 1, 5)).subarray(0, 20));
    await expect(readIdx(join(here, "cut.gz"))).rejects.toThrow(/^cut\.gz: expected whole gzip data/);
    await expect(writeIdx(join(here, "no", "x.idx"), zeros([1]))).rejects.toThrow(/^x\.idx: .*can be written/);
  });
});

describe("loadMnist", () => {
  const images = tensor([[[0, 255]], [[51, 102]]], { dtype: "int32" });
  const labels = tensor([3, 1], { dtype: "int32" });

  async function mnist(names: readonly string[]): Promise<string> {
    const here = await folder();
    for (const name of names)
      await writeIdx(join(here, name), name.includes("images") ? images : labels, { type: "ubyte" });
    return here;
  }

  it.each([
    [
      "train-images-idx3-ubyte.gz",
      "train-labels-idx1-ubyte.gz",
      "t10k-images-idx3-ubyte.gz",
      "t10k-labels-idx1-ubyte.gz",
    ],
    ["train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"],
  ])("finds %s and its companions, pixels from 0 to 1", async (...names) => {
    const { train, test } = await loadMnist(await mnist(names));
    for (const part of [train, test]) {
      expect(part.images.shape).toEqual([2, 1, 2]);
      expect(part.images.dtype).toBe("float32");
      expect(part.images.flatten().toArray()).toEqual([0, 1, Math.fround(0.2), Math.fround(0.4)]);
      expect(part.labels.toArray()).toEqual([3, 1]);
    }
  });

  it("says which file is missing", async () => {
    const here = await mnist(["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"]);
    await expect(loadMnist(here)).rejects.toThrow(/expected one of t10k-labels-idx1-ubyte, /);
  });

  it("says that images and labels do not match", async () => {
    const names = [
      "train-images-idx3-ubyte",
      "train-labels-idx1-ubyte",
      "t10k-images-idx3-ubyte",
      "t10k-labels-idx1-ubyte",
    ];
    const here = await mnist(names);
    await writeIdx(join(here, names[1]), tensor([1, 2, 3], { dtype: "int32" }), { type: "ubyte" });
    await expect(loadMnist(here)).rejects.toThrow(/one label for each of the 2 images .* got shape \[3\]/);
    await writeIdx(join(here, names[0]), labels, { type: "ubyte" });
    await expect(loadMnist(here)).rejects.toThrow("Images and labels may have been exchanged");
  });
});
