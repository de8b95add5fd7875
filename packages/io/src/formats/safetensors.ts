/**
 * The safetensors format, in which PyTorch's models are published: tensors by name, and texts about them.
 *
 * A file is the length of its header as a little-endian 64-bit integer, the header as JSON, and the numbers of all
 * tensors one after the other, little-endian and row by row. The header says of each tensor its dtype, its shape and
 * where its numbers begin and end.
 *
 * Source: https://github.com/huggingface/safetensors, whose checks these are.
 */
import { DataError, DTypeError, OptionError, Tensor } from "@chainrule/core";
import { checkOptions, describe, formatShape } from "@chainrule/core/internal";
import { readBytes, type Source } from "@chainrule/data";
import { writeFile } from "../files/atomic.ts";
import { nameOfSource } from "../files/names.ts";
import { isRecord, type Json, parseJson } from "./json.ts";
import { bytesOf, checkTable, type NumberKind, readNumbers, sizeOfShape, writeNumbers } from "./numbers.ts";

/** What a safetensors file holds. */
export interface Safetensors {
  /** The tensors by name, in the order of the file. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Texts by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What goes into the file besides the tensors. */
export interface SafetensorsOptions {
  /** Texts by name. */
  metadata?: Readonly<Record<string, string>>;
}

const kinds: Readonly<Record<string, NumberKind>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U64: "uint64",
  U32: "uint32",
  U16: "uint16",
  U8: "uint8",
  BOOL: "bool",
};

/** The format's names of our dtypes; the widest first, so that the numbers of each are aligned in the file. */
const codes = { float64: "F64", float32: "F32", int32: "I32", bool: "BOOL" } as const;
const byWidth = Object.keys(codes);

/** The longest header, as the reference implementation has it. */
const maxHeader = 100_000_000;

/** Where the numbers of one tensor are, counted from the end of the header. */
interface Entry {
  readonly name: string;
  readonly kind: NumberKind;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Tensors by name as the bytes of a safetensors file: those that Python's `safetensors` writes of the same tensors.
 *
 * @throws DataError for a value that is no tensor, and for the names `__proto__` and `__metadata__`; OptionError for
 *   metadata that are no texts.
 *
 * @example
 * const bytes = encodeSafetensors({ weight: ones([2, 3]) }, { metadata: { made: "today" } });
 * parseSafetensors(bytes).tensors.weight; // [[1, 1, 1], [1, 1, 1]]
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  options: SafetensorsOptions = {},
): Uint8Array {
  const where = "encodeSafetensors";
  checkOptions(where, options, ["metadata"]);
  checkTable(where, tensors);
  const sorted = Object.entries(tensors);
  for (const [name, x] of sorted) checkWritable(where, name, x);
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  sorted.sort(([a, x], [b, y]) => byWidth.indexOf(x.dtype) - byWidth.indexOf(y.dtype) || compare(a, b));
  let end = 0;
  const placed = sorted.map(([name, x]) => {
    const begin = end;
    end += x.size * bytesOf[x.dtype];
    return { name, x, begin, entry: { dtype: codes[x.dtype], shape: x.shape, data_offsets: [begin, end] } };
  });
  // Not as one object, whose names that look like numbers would come first.
  const entries: [string, unknown][] = placed.map(({ name, entry }) => [name, entry]);
  const metadata = Object.entries(options.metadata ?? {});
  for (const [name, text] of metadata) checkText(where, name, text);
  if (metadata.length > 0) entries.unshift(["__metadata__", options.metadata]);
  const json = `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(",")}}`;
  const header = new TextEncoder().encode(json);
  const start = 8 + Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(header, 8);
  for (const { x, begin } of placed) bytes.set(writeNumbers(x), start + begin);
  return bytes;
}

function checkWritable(where: string, name: string, x: unknown): void {
  if (!(x instanceof Tensor))
    throw new DataError({
      where,
      expected: `a tensor as "${name}"`,
      got: describe(x),
      hint: "Make one with tensor(…).",
    });
  if (name === "__proto__" || name === "__metadata__")
    throw new DataError({ where, expected: "names that the format can hold", got: `"${name}"` });
}

function checkText(where: string, name: string, text: unknown): void {
  if (typeof text !== "string")
    throw new OptionError({
      where: `${where}, metadata`,
      expected: `a text as "${name}"`,
      got: describe(text),
      hint: "What is no text can be one with JSON.stringify.",
    });
}

/**
 * The tensors and the metadata in the bytes of a safetensors file.
 *
 * F64, F32, I32 and BOOL are our dtypes; F16 and BF16 become float32, and the other whole numbers int32.
 *
 * @param bytes the whole file.
 * @param name what to call it in messages.
 * @throws DataError for bytes that are no whole safetensors file, and for whole numbers beyond 32 bits; DTypeError for
 *   kinds of numbers that there are not here (F8, complex numbers). Nothing larger than the file is allocated before.
 *
 * @example
 * parseSafetensors(encodeSafetensors({ bias: zeros([3]) })).tensors.bias.shape; // [3]
 */
export function parseSafetensors(bytes: Uint8Array, name = "parseSafetensors"): Safetensors {
  return parseWanted(bytes, name, () => true);
}

/** Those of the tensors whose names are wanted. @throws as {@link parseSafetensors}, but for numbers that are not. */
export function parseWanted(bytes: Uint8Array, name: string, isWanted: (key: string) => boolean): Safetensors {
  const { entries, metadata, start } = readHeader(bytes, name);
  const wanted = entries.filter((entry) => isWanted(entry.name));
  const tensors = wanted.map(({ name: key, kind, shape, begin, end }) => {
    const numbers = bytes.subarray(start + begin, start + end);
    return [key, readNumbers(`${name}, tensor "${key}"`, kind, shape, numbers)] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

/**
 * The tensors and the metadata in a safetensors file. See {@link parseSafetensors}.
 *
 * @param source a path (in Node) or a URL.
 * @throws DataError where it cannot be read or is no whole safetensors file; DTypeError as `parseSafetensors`.
 *
 * @example
 * await writeSafetensors("weights.safetensors", { weight: ones([2]) });
 * const { tensors } = await readSafetensors("weights.safetensors");
 * tensors.weight; // [1, 1]
 */
export async function readSafetensors(source: Source): Promise<Safetensors> {
  return parseSafetensors(await readBytes(source), nameOfSource(source));
}

/**
 * Writes tensors by name into a safetensors file (in Node): into a new file beside it, which then takes its place. See
 * {@link encodeSafetensors}.
 *
 * @throws DataError in a browser, and where the file cannot be written.
 *
 * @example
 * await writeSafetensors("weights.safetensors", { weight: ones([2]) }, { metadata: { epoch: "10" } });
 */
export async function writeSafetensors(
  path: string | URL,
  tensors: Readonly<Record<string, Tensor>>,
  options: SafetensorsOptions = {},
): Promise<void> {
  await writeFile(path, encodeSafetensors(tensors, options));
}

function readHeader(bytes: Uint8Array, where: string) {
  if (!(bytes instanceof Uint8Array))
    throw new DataError({ where, expected: "the bytes of a file, a Uint8Array", got: describe(bytes) });
  if (bytes.length < 8) throw notSafetensors(where, bytes, `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > maxHeader) throw notSafetensors(where, bytes, `a header of ${length} bytes`);
  // A short beginning may be a length as well; one of four bytes hardly is.
  if (length > bytes.length - 8 && /^(PK|\x89HDF|\x93NUMPY)/.test(String.fromCharCode(...bytes.subarray(0, 6))))
    throw notSafetensors(where, bytes, "something else");
  if (length > bytes.length - 8)
    throw new DataError({
      where,
      expected: `a header of ${length} bytes`,
      got: `${bytes.length - 8} bytes`,
      hint: "The file is cut off, or it is no safetensors file.",
    });
  if (bytes[8] !== 0x7b) throw notSafetensors(where, bytes, "a header that does not begin with {");
  const header = parseJson(where, decodeText(where, bytes.subarray(8, 8 + length)));
  if (!isRecord(header)) throw notSafetensors(where, bytes, "a header that is no object");
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((text) => typeof text === "string"))
    throw new DataError({ where, expected: "texts by name as __metadata__", got: describe(metadata) });
  const entries = Object.entries(rest).map(([name, entry]) => readEntry(where, name, entry));
  checkPlaces(where, entries, bytes.length - 8 - length);
  return { entries, metadata: metadata as Readonly<Record<string, string>>, start: 8 + length };
}

/** Whether a file begins with signs that one can type. */
const isText = (bytes: Uint8Array) =>
  bytes.subarray(0, 8).every((x) => (x >= 0x20 && x < 0x7f) || x === 10 || x === 13);

function notSafetensors(where: string, bytes: Uint8Array, got: string): DataError {
  const other = otherFormat(bytes);
  return new DataError({
    where,
    expected: "a safetensors file: the length of its header in 8 bytes, and the header as JSON",
    got: other?.[0] ?? got,
    hint:
      other?.[1] ??
      (bytes.length >= 8 && isText(bytes) ? "It looks like a text: tables are read by readCsv." : undefined),
  });
}

/** What a file of another kind begins with, what it is, and what to do with it. */
const otherFormats: readonly [begin: string, what: string, hint: string][] = [
  ["\x89HDF", "an HDF5 file", "Keras's weights are read from .npz: see loadKerasWeights."],
  [
    "PK\x03\x04",
    "a ZIP archive, such as PyTorch's .pt, Keras's .keras and NumPy's .npz are",
    "Save PyTorch's weights as safetensors for loadTorchWeights; readNpz reads .npz, loadKerasWeights Keras's weights.",
  ],
  [
    "\x80",
    "a pickle of Python",
    "Save PyTorch's weights as safetensors for loadTorchWeights: with safetensors.torch.save_file.",
  ],
  ["\x93NUMPY", "a .npy file", "readNpy reads it."],
  ["{", "JSON", "Models are kept by model.save(file), which has the weights and the rest."],
  [
    "\x08",
    "what may be an ONNX file",
    "Exported models are for others to run: keep your own with model.save(file) too.",
  ],
];

function otherFormat(bytes: Uint8Array): readonly [what: string, hint: string] | undefined {
  const begin = String.fromCharCode(...bytes.subarray(0, 8));
  const found = otherFormats.find(([magic]) => begin.startsWith(magic));
  return found && [found[1], found[2]];
}

function decodeText(where: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new DataError({ where, expected: "a header in UTF-8", got: "bytes that are none" });
  }
}

function readEntry(file: string, name: string, entry: Json): Entry {
  const where = `${file}, tensor ${JSON.stringify(name.slice(0, 80))}`;
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (typeof dtype !== "string" || !Array.isArray(shape) || !Array.isArray(offsets) || offsets.length !== 2)
    throw new DataError({ where, expected: "dtype, shape and data_offsets in the header", got: describe(entry) });
  if (!Object.hasOwn(kinds, dtype))
    throw new DTypeError({
      where,
      expected: `one of ${Object.keys(kinds).join(", ")}`,
      got: `dtype ${JSON.stringify(dtype.slice(0, 20))}`,
      hint: "Convert it to F32 where the file is made: tensor.float() in PyTorch.",
    });
  const kind = kinds[dtype];
  const size = sizeOfShape(shape) * bytesOf[kind];
  if (!Number.isSafeInteger(size) || shape.length > 64)
    throw new DataError({ where, expected: "a shape of whole numbers", got: JSON.stringify(shape).slice(0, 80) });
  const [begin, end] = offsets as number[];
  if (!Number.isSafeInteger(begin) || !Number.isSafeInteger(end) || begin < 0 || end - begin !== size)
    throw new DataError({
      where,
      expected: `data_offsets that are ${size} bytes apart, for ${dtype} of shape ${formatShape(shape)}`,
      got: JSON.stringify(offsets).slice(0, 80),
    });
  return { name, kind, shape: shape as number[], begin, end };
}

/** Throws unless the tensors lie one after the other, and fill the file. */
function checkPlaces(where: string, entries: readonly Entry[], length: number): void {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of ordered) {
    if (begin !== at)
      throw new DataError({
        where: `${where}, tensor ${JSON.stringify(name.slice(0, 80))}`,
        expected: `numbers from byte ${at} on, where those before end`,
        got: `byte ${begin}, ${begin < at ? "within another tensor's numbers" : "with a gap before"}`,
      });
    at = end;
  }
  if (at !== length)
    throw new DataError({
      where,
      expected: `${at} bytes of numbers, as its header says`,
      got: `${length}`,
      hint: at > length ? "The file is cut off." : "The file has more than its header says of.",
    });
}
