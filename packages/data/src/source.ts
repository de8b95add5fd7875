/**
 * Where data comes from: the bytes of a file or of a URL, decompressed.
 *
 * Node's file functions are asked for only when a file is read, so that the package loads in a browser too.
 */
import { DataError, OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { fileSystem } from "./file-system.ts";

/** A path of a file (in Node) or a URL. */
export type Source = string | URL;

/** Is told how many bytes there are so far, and how many there will be; null where that is not known. */
export type ProgressFunction = (done: number, total: number | null) => void;

/** How something is read. */
export interface ReadOptions {
  /** Is told how far it is, every so many megabytes. */
  onProgress?: ProgressFunction;
}

/** How much of a file is read at once. */
const pieceLength = 1 << 24;

/** The first two bytes of every gzip file (RFC 1952). */
const gzipMagic = [0x1f, 0x8b];

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === gzipMagic[0] && bytes[1] === gzipMagic[1];
}

export function checkSource(where: string, source: unknown): void {
  if (typeof source !== "string" && !(source instanceof URL))
    throw new DataError({
      where,
      expected: "a path or a URL",
      got: describe(source),
      hint: ArrayBuffer.isView(source)
        ? "What was read already goes to a function that parses: parseCsv, parseIdx."
        : undefined,
    });
}

/** The last part of a path or URL, for messages and for looking at the ending. */
export function nameOf(source: Source): string {
  checkSource("reading data", source);
  const path = source instanceof URL ? source.pathname : source.replace(/[?#].*$/, "");
  return path.split(/[\\/]/).pop() || String(source);
}

/**
 * The bytes behind a path or URL; what is compressed with gzip is decompressed.
 *
 * @param options `onProgress`: is told how far it is.
 * @throws DataError where there is nothing to read, or broken gzip.
 *
 * @example
 * const bytes = await readBytes("mnist/t10k-labels-idx1-ubyte.gz");
 * bytes.length; // 10
 */
export async function readBytes(source: Source, options: ReadOptions = {}): Promise<Uint8Array> {
  checkSource("reading data", source);
  checkOptions("reading data", options, ["onProgress"]);
  const { onProgress } = options;
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw new OptionError({
      where: "reading data, onProgress",
      expected: "a function of how many bytes there are, and of how many in all",
      got: describe(onProgress),
    });
  const bytes = await (isRemote(source) ? download(source, onProgress) : readFile(source, onProgress));
  return isGzip(bytes) ? gunzip(bytes, nameOf(source)) : bytes;
}

/** Whether to fetch: what names another machine, and in a browser everything. */
function isRemote(source: Source): boolean {
  return /^(https?|blob|data):/i.test(String(source)) || fileSystem() === undefined;
}

async function readFile(source: Source, onProgress: ProgressFunction = () => {}): Promise<Uint8Array> {
  const path = typeof source === "string" && source.startsWith("file:") ? new URL(source) : source;
  try {
    const file = await fileSystem()!.open(path, "r");
    try {
      const { size } = await file.stat();
      // Pipes and the like do not say how long they are.
      if (size === 0) return new Uint8Array(await file.readFile());
      const bytes = new Uint8Array(size);
      let at = 0;
      while (at < size) {
        const { bytesRead } = await file.read(bytes, at, Math.min(pieceLength, size - at), at);
        if (bytesRead === 0) break;
        at += bytesRead;
        onProgress(at, size);
      }
      return bytes.subarray(0, at);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new DataError({
      where: nameOf(source),
      expected: "a file that can be read",
      got: reason(error),
      hint: `Paths count from where the program was started, ${process.cwd()}.`,
    });
  }
}

async function download(source: Source, onProgress?: ProgressFunction): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(source);
  } catch (error) {
    throw new DataError({
      where: nameOf(source),
      expected: "an answer from the server",
      got: reason(error),
      hint: "Check the address and the connection; from a web page, the other server must allow it (CORS).",
    });
  }
  if (!response.ok)
    throw new DataError({
      where: nameOf(source),
      expected: "the data",
      got: `status ${response.status} ${response.statusText}`.trim(),
      hint: `Check the address: ${source}`,
    });
  const { body, headers } = response;
  if (!onProgress || !body) return new Uint8Array(await response.arrayBuffer());
  // Compressed on the way, the length is not that of what comes out.
  const length = headers.get("content-encoding") ? Number.NaN : Number(headers.get("content-length") ?? Number.NaN);
  return collect(body, (size) => onProgress(size, Number.isSafeInteger(length) ? length : null));
}

/** How many bytes gzip may give: a thousandth of it can stand for so many, and would fill the memory. */
const mostBytes = 2 ** 30;

/** @throws DataError for bytes that are not whole gzip, and for those that give more than `most`. */
export async function gunzip(bytes: Uint8Array, name: string, most = mostBytes): Promise<Uint8Array> {
  try {
    return await collectStream(bytes, new DecompressionStream("gzip"), (size) => {
      if (size <= most) return;
      throw new DataError({
        where: name,
        expected: `at most ${most} bytes, decompressed`,
        got: `more from ${bytes.length}`,
        hint: "If it is meant to be that large, decompress it yourself, with gunzip.",
      });
    });
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError({
      where: name,
      expected: "whole gzip data",
      got: reason(error),
      hint: "The file may be cut off: download it again.",
    });
  }
}

export function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  return collectStream(bytes, new CompressionStream("gzip"));
}

async function collectStream(
  bytes: Uint8Array,
  transform: CompressionStream | DecompressionStream,
  check: (size: number) => void = () => {},
): Promise<Uint8Array> {
  return collect(new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(transform), check);
}

/** All that comes; `check` is told after each piece how much it is so far, and may throw to end it. */
async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  check: (size: number) => void,
): Promise<Uint8Array> {
  const reader = stream.getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    size += value.length;
    try {
      check(size);
    } catch (error) {
      await reader.cancel();
      throw error;
    }
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** What went wrong, in the words of the system, down to the cause that a failed fetch hides. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return describe(error);
  const cause = error.cause instanceof Error && error.cause.message ? ` (${error.cause.message})` : "";
  return error.message + cause;
}
