/**
 * Folders of checkpoints: a file for each, written whole or not at all. The last one that can be read counts.
 */
import { ChainRuleError, DataError } from "@chainrule/core";
import { type CheckpointFolder, type Module, type SavedTraining, setCheckpointStore } from "@chainrule/nn";
import { type Files, fileSystem, pathOf, writeFile } from "../files/atomic.ts";
import { version } from "../version.ts";
import { encodeCheckpoint, parseCheckpoint } from "./encode.ts";
import { type Lock, lockFolder } from "./lock.ts";

/** Names of checkpoints, and of files that were being written when a process ended. */
const names = /^epoch-(\d{6,})\.safetensors$/;
const unfinished = /^\.(epoch-\d{6,}\.safetensors\..*\.tmp|lock-.*)$/;

/** A folder of checkpoints, which nobody else has meanwhile. */
class Folder implements CheckpointFolder {
  readonly name: string;
  readonly version = version;
  readonly #files: Files;
  readonly #path: string;
  readonly #lock: Lock;

  constructor(files: Files, path: string, name: string, lock: Lock) {
    this.#files = files;
    this.#path = path;
    this.name = name;
    this.#lock = lock;
  }

  async read(): Promise<SavedTraining | null> {
    for (const file of await this.#files.readdir(this.#path))
      if (unfinished.test(file)) await this.#files.rm(join(this.#path, file), { force: true });
    const found = await readLast(this.#files, this.#path, this.name);
    if (found && found.failures.length > 0)
      console.warn(
        `checkpoint ${this.name}: the last one cannot be read, and the training goes on after epoch ${found.saved.epoch}.\n` +
          `  ${found.failures.join("\n  ")}`,
      );
    return found?.saved ?? null;
  }

  async write(saved: SavedTraining, model: Module<unknown>, keep: number): Promise<void> {
    await this.#lock.check();
    const file = `epoch-${String(saved.epoch).padStart(6, "0")}.safetensors`;
    await writeFile(join(this.#path, file), encodeCheckpoint(`checkpoint ${this.name}`, saved, model));
    // A later one is damaged: the training went on from one before.
    const isOld = ({ epoch }: { epoch: number }, i: number, all: readonly { epoch: number }[]) =>
      epoch > saved.epoch || i - all.findIndex((each) => each.epoch <= saved.epoch) >= keep;
    for (const each of (await list(this.#files, this.#path)).filter(isOld))
      await this.#files.rm(join(this.#path, each.file), { force: true });
  }

  close(): Promise<void> {
    return this.#lock.release();
  }
}

function join(folder: string, file: string): string {
  return process.getBuiltinModule("node:path").join(folder, file);
}

/** The files of checkpoints, the latest first. */
async function list(files: Files, folder: string): Promise<{ file: string; epoch: number }[]> {
  const found = (await files.readdir(folder)).map((file) => ({
    file,
    epoch: Number(names.exec(file)?.[1] ?? Number.NaN),
  }));
  return found.filter(({ epoch }) => Number.isSafeInteger(epoch)).sort((a, b) => b.epoch - a.epoch);
}

/** The last one that can be read, and why later ones cannot. @throws DataError where there are some and none can. */
async function readLast(
  files: Files,
  folder: string,
  name: string,
): Promise<{ path: string; saved: SavedTraining; failures: readonly string[] } | null> {
  const listed = await list(files, folder);
  const failures: string[] = [];
  for (const { file } of listed) {
    const path = join(folder, file);
    try {
      return { path, saved: parseCheckpoint(await readWhole(files, path), `${name}/${file}`), failures };
    } catch (error) {
      if (!(error instanceof ChainRuleError)) throw error;
      failures.push(error.message.replaceAll("\n", " "));
    }
  }
  if (listed.length === 0) return null;
  throw new DataError({
    where: `checkpoint ${name}`,
    expected: "a checkpoint that can be read",
    got: `${listed.length} of which none can: ${failures[0]}`,
    hint: "To begin anew, delete the folder or take another one.",
  });
}

async function readWhole(files: Files, path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await files.readFile(path));
  } catch (error) {
    throw new DataError({ where: path, expected: "a file that can be read", got: (error as Error).message });
  }
}

/** Opens a folder, and makes it where it is not there. */
export async function openFolder(given: string | URL): Promise<CheckpointFolder> {
  const name = String(given);
  const where = `checkpoint ${name}`;
  const files = fileSystem();
  if (!files) throw noFiles(where);
  const path = pathOf(given);
  try {
    await files.mkdir(path, { recursive: true });
    return new Folder(files, path, name, await lockFolder(files, path, name));
  } catch (error) {
    if (error instanceof ChainRuleError) throw error;
    throw new DataError({ where, expected: "a folder that can be written to", got: (error as Error).message });
  }
}

/** What {@link latestCheckpoint} tells. */
export interface CheckpointInfo {
  /** The file: `loadModel` and `loadWeights` read it. */
  readonly path: string;
  /** How many epochs the training had. */
  readonly epoch: number;
  /** The numbers of each epoch so far, as `fit` gives them. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/**
 * The last whole checkpoint that `fit` kept in a folder, or null where there is none: to look how a training goes, or to use
 * its model before it has ended. Nothing is changed.
 *
 * @throws DataError where no checkpoint in it can be read, and in a browser.
 *
 * @example
 * await model.fit(x, y, { epochs: 2, checkpoint: "runs/a" });
 * const { path, history } = await latestCheckpoint("runs/a");
 * history.loss.length; // 2
 * await loadWeights(model, path);
 */
export async function latestCheckpoint(folder: string | URL): Promise<CheckpointInfo | null> {
  const files = fileSystem();
  if (!files) throw noFiles(`latestCheckpoint, ${folder}`);
  const path = pathOf(folder);
  try {
    const found = await readLast(files, path, String(folder));
    if (found === null) return null;
    const { callbacks } = found.saved.rest as { callbacks?: { History?: { history?: CheckpointInfo["history"] } } };
    return { path: found.path, epoch: found.saved.epoch, history: callbacks?.History?.history ?? {} };
  } catch (error) {
    if (error instanceof ChainRuleError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new DataError({ where: `latestCheckpoint, ${folder}`, expected: "a folder", got: (error as Error).message });
  }
}

function noFiles(where: string): DataError {
  return new DataError({
    where,
    expected: "Node, which has files",
    got: "a browser",
    hint: "In a page keep encodeModel(model, { optimizerState: true }) in IndexedDB.",
  });
}

// Here, where something else is wanted: a bundle that has the one has the other.
setCheckpointStore(openFolder);
