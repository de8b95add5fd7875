/**
 * NumPy's .npz format: a zip archive of .npy files, one for each name.
 */
import { DataError, OptionError, Tensor } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { readBytes, type Source } from "@chainrule/data";
import { writeFile } from "../files/atomic.ts";
import { nameOfSource } from "../files/names.ts";
import { encodeNpy, parseNpy, readNpyHeader } from "./npy.ts";
import { checkTable } from "./numbers.ts";
import { readZip, type ZipEntry, zip } from "./zip.ts";

/** How a .npz file is written. */
export interface NpzOptions {
  /** Whether to compress it, as `numpy.savez_compressed` does; false by default. */
  compress?: boolean;
}

/** What a .npz file may unpack to. */
export interface NpzLimits {
  /** How many bytes all its arrays together may have; 2³¹ by default. */
  maxBytes?: number;
}

/** Long enough for every header that {@link readNpyHeader} takes. */
const headerBytes = 10_012;

/**
 * Tensors by name as the bytes of a .npz file, as `numpy.savez` writes them.
 *
 * @throws DataError for a value that is no tensor, and for the name `__proto__`.
 *
 * @example
 * const bytes = encodeNpz({ x: ones([2, 2]), y: zeros([2]) }, { compress: true });
 * parseNpz(bytes).y; // [0, 0]
 */
export function encodeNpz(tensors: Readonly<Record<string, Tensor>>, options: NpzOptions = {}): Uint8Array {
  const where = "encodeNpz";
  checkOptions(where, options, ["compress"]);
  const { compress = false } = options;
  if (typeof compress !== "boolean")
    throw new OptionError({ where, expected: "compress true or false", got: describe(compress) });
  checkTable(where, tensors);
  const files = new Map<string, Uint8Array>();
  for (const [name, x] of Object.entries(tensors)) {
    if (!(x instanceof Tensor))
      throw new DataError({
        where,
        expected: `a tensor as "${name}"`,
        got: describe(x),
        hint: "Make one with tensor(…).",
      });
    checkName(where, name);
    files.set(`${name}.npy`, encodeNpy(x));
  }
  return zip(files, compress);
}

function checkName(where: string, name: string): void {
  if (name === "__proto__")
    throw new DataError({ where, expected: "a name that an object can have", got: `"${name}"` });
}

/**
 * The tensors in the bytes of a .npz file, by name. Kinds of numbers as in `parseNpy`.
 *
 * @param bytes the whole file.
 * @param name what to call it in messages.
 * @throws DataError for bytes that are no whole archive of .npy files, for entries that are not what their check sums
 *   and headers say, and where the arrays would take more than `maxBytes`, all before they are unpacked; DTypeError as
 *   `parseNpy`.
 *
 * @example
 * parseNpz(encodeNpz({ x: tensor([1, 2]) })).x; // [1, 2]
 */
export function parseNpz(bytes: Uint8Array, name = "parseNpz", limits: NpzLimits = {}): Record<string, Tensor> {
  return parseWantedNpz(bytes, name, limits, () => true);
}

/** Those of the arrays whose names are wanted. @throws as {@link parseNpz}, but for arrays that are not. */
export function parseWantedNpz(
  bytes: Uint8Array,
  name: string,
  limits: NpzLimits,
  isWanted: (key: string) => boolean,
): Record<string, Tensor> {
  checkOptions(name, limits, ["maxBytes"]);
  if (!(bytes instanceof Uint8Array))
    throw new DataError({ where: name, expected: "the bytes of a file, a Uint8Array", got: describe(bytes) });
  const entries = readZip(name, bytes);
  const { maxBytes = 2 ** 31 } = limits;
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes)
    throw new DataError({
      where: name,
      expected: `at most ${maxBytes} bytes of arrays`,
      got: `${total}, packed into ${bytes.length}`,
      hint: "If you trust the file, allow more: { maxBytes }.",
    });
  const wanted = entries.filter((entry) => isWanted(entry.name.replace(/\.npy$/, "")));
  return Object.fromEntries(wanted.map((entry) => readEntry(name, entry)));
}

function readEntry(file: string, entry: ZipEntry): [name: string, x: Tensor] {
  const where = `${file}, ${JSON.stringify(entry.name.slice(0, 80))}`;
  if (!entry.name.endsWith(".npy"))
    throw new DataError({ where, expected: "an archive of .npy files", got: "another file in it" });
  const name = entry.name.slice(0, -4);
  checkName(where, name);
  const { end } = readNpyHeader(entry.head(headerBytes), where);
  if (end !== entry.size)
    throw new DataError({ where, expected: `${end} bytes, as its header says`, got: `${entry.size}` });
  return [name, parseNpy(entry.unpack(), where)];
}

/**
 * The tensors in a .npz file, by name. See {@link parseNpz}.
 *
 * @param source a path (in Node) or a URL.
 * @throws DataError where it cannot be read, and as `parseNpz`.
 *
 * @example
 * await writeNpz("data.npz", { x: ones([2]) });
 * const { x } = await readNpz("data.npz"); // x: [1, 1]
 */
export async function readNpz(source: Source, limits: NpzLimits = {}): Promise<Record<string, Tensor>> {
  return parseNpz(await readBytes(source), nameOfSource(source), limits);
}

/**
 * Writes tensors by name into a .npz file (in Node): into a new file beside it, which then takes its place. See
 * {@link encodeNpz}.
 *
 * @throws DataError in a browser, and where the file cannot be written.
 *
 * @example
 * await writeNpz("data.npz", { x: ones([2, 2]), y: zeros([2]) });
 */
export async function writeNpz(
  path: string | URL,
  tensors: Readonly<Record<string, Tensor>>,
  options: NpzOptions = {},
): Promise<void> {
  await writeFile(path, encodeNpz(tensors, options));
}
