/**
 * NumPy's .npy format: one array of numbers with its shape.
 *
 * A file is the bytes \x93NUMPY, the version of the format, the length of the header, the header as a Python dictionary
 * of `descr` (the kind of the numbers), `fortran_order` (whether the first axis varies fastest) and `shape`, and the
 * numbers.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { DataError, DTypeError, permute, Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { readBytes, type Source } from "@chainrule/data";
import { writeFile } from "../files/atomic.ts";
import { nameOfSource } from "../files/names.ts";
import { bytesOf, type NumberKind, readNumbers, sizeOfShape, writeNumbers } from "./numbers.ts";

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

const kinds: Readonly<Record<string, NumberKind>> = {
  b1: "bool",
  i1: "int8",
  u1: "uint8",
  i2: "int16",
  u2: "uint16",
  i4: "int32",
  u4: "uint32",
  i8: "int64",
  u8: "uint64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
};

const descriptions = { bool: "|b1", int32: "<i4", float32: "<f4", float64: "<f8" } as const;

/** The longest header: NumPy's own limit, above which it asks for trust. */
const maxHeader = 10_000;

/** What stands in front of the numbers. */
export interface NpyHeader {
  readonly kind: NumberKind;
  readonly little: boolean;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  /** Where the numbers begin, and where they end. */
  readonly start: number;
  readonly end: number;
}

/**
 * A tensor as the bytes of a .npy file, as `numpy.save` writes it.
 *
 * @throws DataError for more axes than NumPy has.
 *
 * @example
 * parseNpy(encodeNpy(tensor([[1, 2], [3, 4]]))); // [[1, 2], [3, 4]]
 */
export function encodeNpy(x: Tensor): Uint8Array {
  if (!(x instanceof Tensor))
    throw new DataError({
      where: "encodeNpy",
      expected: "a tensor",
      got: describe(x),
      hint: "Make one with tensor(…).",
    });
  if (x.rank > 64) throw new DataError({ where: "encodeNpy", expected: "at most 64 axes", got: `${x.rank}` });
  const shape = `(${x.shape.join(", ")}${x.rank === 1 ? "," : ""})`;
  const text = `{'descr': '${descriptions[x.dtype]}', 'fortran_order': False, 'shape': ${shape}, }`;
  const start = Math.ceil((10 + text.length + 1) / 64) * 64;
  const header = `${text.padEnd(start - 10 - 1)}\n`;
  const numbers = writeNumbers(x);
  const bytes = new Uint8Array(start + numbers.length);
  bytes.set([...magic, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, start - 10, true);
  for (let i = 0; i < header.length; i++) bytes[10 + i] = header.charCodeAt(i);
  bytes.set(numbers, start);
  return bytes;
}

/**
 * The tensor in the bytes of a .npy file: float16 becomes float32, whole numbers of any width int32, and an array in
 * Fortran order one in ours.
 *
 * @param bytes the whole file.
 * @param name what to call it in messages.
 * @throws DataError for bytes that are no whole .npy file, and for whole numbers beyond 32 bits; DTypeError for arrays
 *   of what there is not here: complex numbers, texts, records, objects (which are never unpickled).
 *
 * @example
 * const bytes = encodeNpy(tensor([1, 2, 3], { dtype: "int32" }));
 * parseNpy(bytes); // tensor([1, 2, 3], int32)
 */
export function parseNpy(bytes: Uint8Array, name = "parseNpy"): Tensor {
  const { kind, little, isFortran, shape, start, end } = readNpyHeader(bytes, name);
  if (bytes.length !== end)
    throw new DataError({
      where: name,
      expected: `${end} bytes (${start} of header, and ${bytesOf[kind]} for each ${kind} of shape [${shape.join(", ")}])`,
      got: `${bytes.length}`,
      hint: bytes.length < end ? "The file is cut off." : "The file has more than one array, or its header is damaged.",
    });
  const numbers = bytes.subarray(start, end);
  if (!isFortran || shape.length < 2) return readNumbers(name, kind, shape, numbers, little);
  const axes = shape.map((_, i) => shape.length - 1 - i);
  return permute(readNumbers(name, kind, [...shape].reverse(), numbers, little), axes);
}

/**
 * The tensor in a .npy file. See {@link parseNpy}.
 *
 * @param source a path (in Node) or a URL.
 * @throws DataError where it cannot be read or is no whole .npy file; DTypeError as `parseNpy`.
 *
 * @example
 * await writeNpy("table.npy", ones([2, 2]));
 * await readNpy("table.npy"); // [[1, 1], [1, 1]]
 */
export async function readNpy(source: Source): Promise<Tensor> {
  return parseNpy(await readBytes(source), nameOfSource(source));
}

/**
 * Writes a tensor into a .npy file (in Node): into a new file beside it, which then takes its place.
 *
 * @throws DataError in a browser, and where the file cannot be written.
 *
 * @example
 * await writeNpy("table.npy", ones([2, 2]));
 */
export async function writeNpy(path: string | URL, x: Tensor): Promise<void> {
  await writeFile(path, encodeNpy(x));
}

/** The header, from as many bytes of the file as it takes. @throws DataError, DTypeError as {@link parseNpy}. */
export function readNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
  if (!(bytes instanceof Uint8Array))
    throw new DataError({ where, expected: "the bytes of a file, a Uint8Array", got: describe(bytes) });
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte))
    throw new DataError({ where, expected: "a .npy file, which opens with \\x93NUMPY", got: "something else" });
  const version = bytes[6];
  if (version < 1 || version > 3)
    throw new DataError({ where, expected: "version 1, 2 or 3 of the format", got: `version ${version}` });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const before = version === 1 ? 10 : 12;
  const length = bytes.length < before ? 0 : version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > maxHeader)
    throw new DataError({ where, expected: `a header of at most ${maxHeader} bytes`, got: `${length}` });
  const start = before + length;
  if (bytes.length < start)
    throw new DataError({
      where,
      expected: `a header of ${start} bytes`,
      got: `${bytes.length} bytes in all`,
      hint: "The file is cut off.",
    });
  const { descr, isFortran, shape } = readDictionary(where, new TextDecoder().decode(bytes.subarray(before, start)));
  const kind = kindOf(where, descr);
  const size = sizeOfShape(shape) * bytesOf[kind];
  if (!Number.isSafeInteger(start + size) || shape.length > 64)
    throw new DataError({
      where,
      expected: "a shape that memory could hold",
      got: `[${shape.join(", ")}]`.slice(0, 80),
    });
  return { kind, little: descr[0] !== ">", isFortran, shape, start, end: start + size };
}

function kindOf(where: string, descr: string): NumberKind {
  const code = descr.slice(1);
  if (/^[<>|=]/.test(descr) && Object.hasOwn(kinds, code)) return kinds[code];
  throw new DTypeError({
    where,
    expected: `an array of ${Object.values(kinds).join(", ")}`,
    got: `descr '${descr.slice(0, 40)}'`,
    hint: /^[<>|=]?O/.test(descr)
      ? "It holds Python objects, which only Python can read: save numbers."
      : "Convert it where the file is made: array.astype('float32').",
  });
}

interface Dictionary {
  readonly descr: string;
  readonly isFortran: boolean;
  readonly shape: number[];
}

const values: Readonly<Record<string, RegExp>> = {
  descr: /^'[^'\\]*'/,
  fortran_order: /^(?:True|False)/,
  shape: /^\([\d, ]*\)/,
};

/** Reads Python's dictionary, in which only these three may be, in any order. */
function readDictionary(where: string, text: string): Dictionary {
  const found = new Map<string, string>();
  const problem = (got: string) =>
    new DataError({ where, expected: "a header { 'descr': …, 'fortran_order': …, 'shape': … }", got });
  let rest = text.trim();
  if (!rest.startsWith("{") || !rest.endsWith("}")) throw problem(JSON.stringify(rest.slice(0, 60)));
  rest = rest.slice(1, -1).trim();
  while (rest !== "") {
    const key = /^'(\w{1,20})' {0,4}: {0,4}/.exec(rest);
    if (!key || !Object.hasOwn(values, key[1]) || found.has(key[1])) throw problem(JSON.stringify(rest.slice(0, 60)));
    rest = rest.slice(key[0].length);
    const value = values[key[1]].exec(rest)?.[0];
    if (value === undefined && key[1] === "descr" && rest.startsWith("["))
      throw new DTypeError({ where, expected: "an array of one kind of number", got: "an array of records" });
    if (value === undefined) throw problem(`'${key[1]}': ${JSON.stringify(rest.slice(0, 40))}`);
    found.set(key[1], value);
    rest = rest.slice(value.length).trimStart();
    if (rest !== "" && !rest.startsWith(",")) throw problem(JSON.stringify(rest.slice(0, 60)));
    rest = rest.slice(1).trimStart();
  }
  const shape = found.get("shape")?.slice(1, -1).replace(/, *$/, "").trim();
  if (found.size < 3 || shape === undefined) throw problem(`only ${[...found.keys()].join(", ") || "nothing"}`);
  const lengths =
    shape === "" ? [] : shape.split(",").map((length) => (/^ *\d+ *$/.test(length) ? Number(length) : -1));
  return { descr: found.get("descr")!.slice(1, -1), isFortran: found.get("fortran_order") === "True", shape: lengths };
}
