/**
 * Files that are whole at any moment: what is written goes to a new file beside the old one, is on the disk, and only
 * then takes the old one's name. A crash leaves the old file or the new one.
 */
import { DataError } from "@chainrule/core";
import type { ProgressFunction } from "@chainrule/data";
import { checkPath } from "./names.ts";

/** Node's file functions, or undefined in a browser. A plain import of them would break a browser bundle. */
export function fileSystem() {
  return typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:fs/promises");
}

/** Whether the error is the system's, with this code. */
function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException | null)?.code ?? "");
}

/**
 * Writes a file, and returns when it is on the disk. A file that was there is replaced; a link stays one.
 *
 * @throws DataError in a browser, and where the file cannot be written; an old file is then as it was.
 */
export async function writeFile(
  path: string | URL,
  bytes: Uint8Array,
  onProgress: ProgressFunction = () => {},
): Promise<void> {
  checkPath("writing a file", path);
  const where = String(path);
  const files = fileSystem();
  if (!files)
    throw new DataError({
      where,
      expected: "Node, which has files",
      got: "a browser",
      hint: "Make the bytes (encodeModel, encodeSafetensors, …) and offer them as a download, or keep them in IndexedDB.",
    });
  try {
    await replace(files, path, bytes, onProgress);
  } catch (error) {
    throw new DataError({
      where,
      expected: "a file that can be written",
      got: (error as Error).message,
      hint: hintFor(error),
    });
  }
}

/** What to do where the system refuses a file. */
export function hintFor(error: unknown): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT")
    return "The folder must be there: make it with mkdirSync(folder, { recursive: true }) of node:fs.";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "Choose a folder that this user may write to.";
  if (code === "EISDIR") return "A folder has this name: add that of the file.";
  return undefined;
}

/** Node's file functions. */
export type Files = NonNullable<ReturnType<typeof fileSystem>>;

/** A path, where a file or folder may be given as a URL. */
export function pathOf(given: string | URL): string {
  checkPath("files", given);
  const { fileURLToPath } = process.getBuiltinModule("node:url");
  return given instanceof URL || given.startsWith("file:") ? fileURLToPath(given) : given;
}

/** How much is written at once. */
const pieceLength = 1 << 24;

async function replace(
  files: Files,
  given: string | URL,
  bytes: Uint8Array,
  onProgress: ProgressFunction,
): Promise<void> {
  const { dirname, basename, join } = process.getBuiltinModule("node:path");
  const asked = pathOf(given);
  const path = await files.realpath(asked).catch(() => asked);
  const folder = dirname(path);
  const before = await files.stat(path).catch(() => null);
  const beside = join(folder, `.${basename(path)}.${process.pid}-${crypto.randomUUID().slice(0, 8)}.tmp`);
  try {
    const file = await files.open(beside, "wx");
    try {
      if (before) await file.chmod(before.mode & 0o777);
      for (let at = 0; at < bytes.length; at += pieceLength) {
        await file.writeFile(bytes.subarray(at, at + pieceLength));
        onProgress(Math.min(bytes.length, at + pieceLength), bytes.length);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(beside, path);
  } catch (error) {
    await files.rm(beside, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(files, folder);
}

/** The new name is on the disk when its folder is; Windows has no such thing. */
async function syncFolder(files: Files, folder: string): Promise<void> {
  try {
    const handle = await files.open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!hasCode(error, "EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP", "EBADF")) throw error;
  }
}
