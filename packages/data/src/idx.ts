/**
 * The IDX file format, in which MNIST and its kin are published: an array of numbers with its shape.
 *
 * A file is two zero bytes, a code for the kind of number, the number of axes, the length of each axis as a
 * big-endian 32-bit integer, and then the numbers, big-endian, row by row.
 *
 * Source: Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits".
 */
import { DataError, Tensor, tensor, ValueError } from "@chainrule/core";
import { checkOptions, describe, lookUp } from "@chainrule/core/internal";
import { fileSystem } from "./file-system.ts";
import { gzip, isGzip, nameOf, readBytes, type Source } from "./source.ts";

/** The types of numbers in an IDX file. */
export type IdxType = "ubyte" | "byte" | "short" | "int" | "float" | "double";

interface NumberFormat {
  readonly code: number;
  readonly bytes: number;
  readonly dtype: "int32" | "float32" | "float64";
  readonly get: (view: DataView, at: number) => number;
  readonly set: (view: DataView, at: number, value: number) => void;
  /** The smallest and largest whole number that it holds; none for floats. */
  readonly range?: readonly [number, number];
}

const formats: Readonly<Record<IdxType, NumberFormat>> = {
  ubyte: {
    code: 0x08,
    bytes: 1,
    dtype: "int32",
    get: (view, at) => view.getUint8(at),
    set: (view, at, value) => view.setUint8(at, value),
    range: [0, 255],
  },
  byte: {
    code: 0x09,
    bytes: 1,
    dtype: "int32",
    get: (view, at) => view.getInt8(at),
    set: (view, at, value) => view.setInt8(at, value),
    range: [-128, 127],
  },
  short: {
    code: 0x0b,
    bytes: 2,
    dtype: "int32",
    get: (view, at) => view.getInt16(at),
    set: (view, at, value) => view.setInt16(at, value),
    range: [-(2 ** 15), 2 ** 15 - 1],
  },
  int: {
    code: 0x0c,
    bytes: 4,
    dtype: "int32",
    get: (view, at) => view.getInt32(at),
    set: (view, at, value) => view.setInt32(at, value),
    range: [-(2 ** 31), 2 ** 31 - 1],
  },
  float: {
    code: 0x0d,
    bytes: 4,
    dtype: "float32",
    get: (view, at) => view.getFloat32(at),
    set: (view, at, value) => view.setFloat32(at, value),
  },
  double: {
    code: 0x0e,
    bytes: 8,
    dtype: "float64",
    get: (view, at) => view.getFloat64(at),
    set: (view, at, value) => view.setFloat64(at, value),
  },
};

/** What stands in front of the numbers. */
interface Header {
  readonly format: NumberFormat;
  readonly shape: number[];
  /** Where the numbers begin. */
  readonly start: number;
}

/**
 * The tensor in the bytes of an IDX file: int32 for ubyte, byte, short and int, float32 for float, float64 for double.
 *
 * @param bytes the whole file, decompressed.
 * @param name what to call it in messages.
 * @throws DataError for bytes that are not IDX, and for fewer or more than the header promises.
 *
 * @example
 * const labels = parseIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1])); // tensor([7, 2, 1]), int32
 */
export function parseIdx(bytes: Uint8Array, name = "parseIdx"): Tensor {
  const { format, shape, start } = readHeader(bytes, name);
  const view = viewOf(bytes);
  const values = format.dtype === "int32" ? new Int32Array(sizeOf(shape)) : new Float64Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = format.get(view, start + i * format.bytes);
  return tensor(values, { shape, dtype: format.dtype });
}

/**
 * The tensor in an IDX file, which may be compressed with gzip. See {@link parseIdx}.
 *
 * @param source a path (in Node) or a URL.
 * @throws DataError where it cannot be read or is not a whole IDX file.
 *
 * @example
 * await readIdx("mnist/train-labels-idx1-ubyte.gz"); // one label for each image
 */
export async function readIdx(source: Source): Promise<Tensor> {
  return parseIdx(await readBytes(source), nameOf(source));
}

/**
 * A tensor as the bytes of an IDX file.
 *
 * @param options `type` of the numbers; by default ubyte for bool, int for int32, float and double for floats.
 * @throws ValueError for a number that a type of whole numbers does not hold, for one that is too large for a float (which
 *   rounds others), and for more axes than the format counts.
 *
 * @example
 * encodeIdx(tensor([7, 2, 1]), { type: "ubyte" }); // Uint8Array [0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]
 */
export function encodeIdx(x: Tensor, options: { type?: IdxType } = {}): Uint8Array {
  const where = "encodeIdx";
  checkOptions(where, options, ["type"]);
  if (!(x instanceof Tensor)) throw new DataError({ where, expected: "a tensor", got: describe(x) });
  const byDType = { bool: "ubyte", int32: "int", float32: "float", float64: "double" } as const;
  const type = options.type ?? byDType[x.dtype];
  const format = lookUp(where, formats, type);
  if (x.rank > 255) throw new ValueError({ where, expected: "at most 255 axes", got: `${x.rank}` });
  const values = x.toTypedArray();
  const start = 4 + 4 * x.rank;
  const bytes = new Uint8Array(start + values.length * format.bytes);
  const view = viewOf(bytes);
  bytes.set([0, 0, format.code, x.rank]);
  for (const [axis, length] of x.shape.entries()) view.setUint32(4 + 4 * axis, length);
  values.forEach((value, i) => {
    if (format.range) checkWhole(where, type, format.range, value);
    else if (Number.isFinite(value) && type === "float" && !Number.isFinite(Math.fround(value)))
      throw new ValueError({
        where,
        expected: 'numbers that type "float" holds',
        got: `${value}`,
        hint: 'Take "double".',
      });
    format.set(view, start + i * format.bytes, value);
  });
  return bytes;
}

/**
 * Writes a tensor into an IDX file (in Node), compressed where the name ends in `.gz`. See {@link encodeIdx}.
 *
 * @throws DataError in a browser, and where the file cannot be written.
 *
 * @example
 * await writeIdx("labels-idx1-ubyte.gz", labels, { type: "ubyte" });
 */
export async function writeIdx(path: string | URL, x: Tensor, options: { type?: IdxType } = {}): Promise<void> {
  const bytes = encodeIdx(x, options);
  const files = fileSystem();
  const name = nameOf(path);
  if (!files)
    throw new DataError({
      where: name,
      expected: "Node, which has files",
      got: "a browser",
      hint: "Take the bytes from encodeIdx and offer them as a download.",
    });
  try {
    const target = typeof path === "string" && path.startsWith("file:") ? new URL(path) : path;
    await files.writeFile(target, name.endsWith(".gz") ? await gzip(bytes) : bytes);
  } catch (error) {
    throw new DataError({ where: name, expected: "a file that can be written", got: (error as Error).message });
  }
}

function checkWhole(where: string, type: IdxType, [least, most]: readonly [number, number], value: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new ValueError({
      where,
      expected: `whole numbers from ${least} to ${most} for type "${type}"`,
      got: String(value),
      hint: 'Scale and round them first, or write them as { type: "float" }.',
    });
}

function readHeader(bytes: Uint8Array, where: string): Header {
  if (!(bytes instanceof Uint8Array))
    throw new DataError({ where, expected: "the bytes of a file, a Uint8Array", got: describe(bytes) });
  if (bytes.length < 4)
    throw new DataError({
      where,
      expected: "at least the 4 bytes that an IDX file opens with",
      got: `${bytes.length}`,
    });
  if (bytes[0] !== 0 || bytes[1] !== 0) throw notIdx(bytes, where);
  const format = Object.values(formats).find(({ code }) => code === bytes[2]);
  if (!format)
    throw new DataError({
      where,
      expected: `one of IDX's codes for the kind of numbers (${codes()}) as the third byte`,
      got: hex(bytes[2]),
    });
  const rank = bytes[3];
  const start = 4 + 4 * rank;
  if (bytes.length < start)
    throw new DataError({
      where,
      expected: `a header of ${start} bytes, for ${rank} axes`,
      got: `${bytes.length} bytes in all`,
      hint: "The file is cut off: download it again.",
    });
  const view = viewOf(bytes);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const promised = start + sizeOf(shape) * format.bytes;
  if (bytes.length !== promised) throw wrongLength(bytes.length, promised, { format, shape, start }, where);
  return { format, shape, start };
}

function notIdx(bytes: Uint8Array, where: string): DataError {
  const opening = new TextDecoder().decode(bytes.subarray(0, 200)).trimStart();
  const hints: readonly (readonly [boolean, string])[] = [
    [isGzip(bytes), "This is gzip: readIdx decompresses it."],
    [
      /^<(!doctype|html|\?xml)/i.test(opening),
      "This is a web page, so the download went wrong: open it to see what it says.",
    ],
    [opening.startsWith("PK"), "This is a zip archive: unpack it first."],
  ];
  return new DataError({
    where,
    expected: "an IDX file, which opens with two zero bytes",
    got: `${hex(bytes[0])} ${hex(bytes[1])}`,
    hint: hints.find(([applies]) => applies)?.[1],
  });
}

function wrongLength(got: number, promised: number, { format, shape, start }: Header, where: string): DataError {
  const type = Object.entries(formats).find(([, each]) => each === format)![0];
  return new DataError({
    where,
    expected: `${promised} bytes (${start} of header, and ${format.bytes} for each ${type} of shape [${shape.join(", ")}])`,
    got: `${got}`,
    hint:
      got < promised
        ? `${promised - got} bytes are missing: download the file again.`
        : `${got - promised} bytes too many: this is not one IDX file, or its header is damaged.`,
  });
}

function codes(): string {
  return Object.entries(formats)
    .map(([type, { code }]) => `${hex(code)} ${type}`)
    .join(", ");
}

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, "0")}`;
const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
