/**
 * Zip archives, as far as .npz files need them: entries that are stored or deflated, their sizes and check sums known
 * before anything is unpacked.
 *
 * Source: PKWARE, APPNOTE.TXT, sections 4.3 and 4.4; with the 64-bit sizes of section 4.5.3, which NumPy writes.
 */
import { DataError } from "@chainrule/core";
import { Inflate, zipSync } from "fflate/browser";
import { crc32 } from "./crc.ts";

/** A file in the archive. */
export interface ZipEntry {
  readonly name: string;
  /** How many bytes it has unpacked, as the archive says. */
  readonly size: number;
  /** The first so many bytes of it, or all. @throws DataError where it cannot be unpacked. */
  head(bytes: number): Uint8Array;
  /** All of it. @throws DataError where it cannot be unpacked, or is other than the archive says. */
  unpack(): Uint8Array;
}

/** Deflate cannot make more than 1,032 bytes of one. */
const maxRatio = 1032;

/** An archive of files, in the order given. Its bytes do not depend on the time. */
export function zip(files: ReadonlyMap<string, Uint8Array>, compress: boolean): Uint8Array {
  // The earliest date that the format has.
  const options = { level: compress ? 6 : 0, mtime: "1980-01-01T00:00:00" } as const;
  return zipSync(Object.fromEntries([...files].map(([name, bytes]) => [name, [bytes, options]])));
}

interface Place {
  readonly name: string;
  readonly method: number;
  readonly checkSum: number;
  readonly packed: number;
  readonly size: number;
  readonly header: number;
}

/**
 * The entries of an archive, from its directory.
 *
 * @throws DataError for bytes that are no whole archive, for encrypted entries and other ways of compression, for names
 *   that are there twice, for entries that overlap, and for sizes that no compression reaches.
 */
export function readZip(where: string, bytes: Uint8Array): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, at: directory, end } = findDirectory(where, view);
  const places: Place[] = [];
  let at = directory;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) throw broken(where, `no entry ${i} in its directory`);
    const [nameLength, extraLength, noteLength] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const next = at + 46 + nameLength + extraLength + noteLength;
    if (next > end) throw broken(where, `entry ${i} of its directory cut off`);
    places.push(readPlace(where, bytes, view, at, nameLength, extraLength));
    at = next;
  }
  checkPlaces(where, places, directory);
  return places.map((place) => entryOf(where, bytes, view, place, directory));
}

function broken(where: string, got: string): DataError {
  return new DataError({ where, expected: "a whole zip archive", got, hint: "The file is cut off or damaged." });
}

/** Where the directory of entries is. */
function findDirectory(where: string, view: DataView): { count: number; at: number; end: number } {
  const last = view.byteLength - 22;
  for (let at = last; at >= 0 && at >= last - 0xffff; at--) {
    if (view.getUint32(at, true) !== 0x06054b50 || at + 22 + view.getUint16(at + 20, true) !== view.byteLength)
      continue;
    let count = view.getUint16(at + 10, true);
    let size = view.getUint32(at + 12, true);
    let start = view.getUint32(at + 16, true);
    let end = at;
    const is64 = at >= 20 && view.getUint32(at - 20, true) === 0x07064b50;
    if (is64) {
      end = Number(view.getBigUint64(at - 12, true));
      if (end + 56 > at - 20 || view.getUint32(end, true) !== 0x06064b50) throw broken(where, "no 64-bit directory");
      count = Number(view.getBigUint64(end + 32, true));
      size = Number(view.getBigUint64(end + 40, true));
      start = Number(view.getBigUint64(end + 48, true));
    }
    if (start + size !== end || count * 46 > size) throw broken(where, "a directory elsewhere than its end says");
    return { count, at: start, end };
  }
  throw broken(where, "no directory at its end");
}

function readPlace(
  where: string,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  nameLength: number,
  extraLength: number,
): Place {
  const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
  const inFile = `${where}, ${JSON.stringify(name.slice(0, 80))}`;
  const method = view.getUint16(at + 10, true);
  if (view.getUint16(at + 8, true) & 1 || (method !== 0 && method !== 8))
    throw new DataError({
      where: inFile,
      expected: "an entry that is stored or deflated",
      got: view.getUint16(at + 8, true) & 1 ? "an encrypted one" : `compression method ${method}`,
    });
  let [packed, size, header] = [20, 24, 42].map((offset) => view.getUint32(at + offset, true));
  if ([packed, size, header].includes(0xffffffff)) {
    // The 64-bit values stand in this order, and only those that did not fit.
    let extra = at + 46 + nameLength;
    const end = extra + extraLength;
    while (extra + 4 <= end && view.getUint16(extra, true) !== 1) extra += 4 + view.getUint16(extra + 2, true);
    let next = extra + 4;
    const wide = (value: number) => {
      if (value !== 0xffffffff) return value;
      if (next + 8 > end) throw broken(inFile, "no 64-bit size");
      next += 8;
      return Number(view.getBigUint64(next - 8, true));
    };
    size = wide(size);
    packed = wide(packed);
    header = wide(header);
  }
  if (method === 0 ? size !== packed : size > packed * maxRatio)
    throw new DataError({
      where: inFile,
      expected: "a size that its compressed bytes can have",
      got: `${size} bytes of ${packed}`,
    });
  return { name, method, checkSum: view.getUint32(at + 16, true), packed, size, header };
}

/** Throws for names that are there twice, and for entries that share bytes. */
function checkPlaces(where: string, places: readonly Place[], directory: number): void {
  const names = new Set<string>();
  let at = 0;
  for (const { name, header, packed } of [...places].sort((a, b) => a.header - b.header)) {
    if (names.has(name)) throw broken(where, `${JSON.stringify(name.slice(0, 80))} twice`);
    names.add(name);
    if (header < at || header + 30 + packed > directory)
      throw broken(where, `${JSON.stringify(name.slice(0, 80))} in the place of something else`);
    at = header + 30 + packed;
  }
}

function entryOf(file: string, bytes: Uint8Array, view: DataView, place: Place, directory: number): ZipEntry {
  const { name, method, packed, size, header } = place;
  const where = `${file}, ${JSON.stringify(name.slice(0, 80))}`;
  if (view.getUint32(header, true) !== 0x04034b50) throw broken(where, "no entry where its directory says");
  const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  if (start + packed > directory) throw broken(where, "an entry that is cut off");
  const data = bytes.subarray(start, start + packed);
  return {
    name,
    size,
    head: (length) => (method === 0 ? data.subarray(0, length) : inflate(where, data, Math.min(length, size), false)),
    unpack: () => {
      const found = method === 0 ? data : inflate(where, data, size, true);
      if (crc32(found) !== place.checkSum) throw broken(where, "an entry that is not what its check sum says");
      return found;
    },
  };
}

/** How much is unpacked at once: at most 16 MB come of it. */
const pieceLength = 1 << 14;

/** The first bytes of what was deflated, or all, which must be so many. Nothing beyond is unpacked. */
function inflate(where: string, data: Uint8Array, length: number, isAll: boolean): Uint8Array {
  const unpacked = new Uint8Array(length);
  let size = 0;
  const inflator = new Inflate((piece) => {
    if (isAll && size + piece.length > length) throw broken(where, "an entry longer than its directory says");
    unpacked.set(piece.subarray(0, length - size), size);
    size = Math.min(length, size + piece.length);
  });
  try {
    for (let at = 0; at === 0 || (at < data.length && (isAll || size < length)); at += pieceLength)
      inflator.push(data.subarray(at, at + pieceLength), at + pieceLength >= data.length);
  } catch (error) {
    throw error instanceof DataError ? error : broken(where, (error as Error).message);
  }
  if (size < length) throw broken(where, "an entry shorter than its directory says");
  return unpacked;
}
