/**
 * The function that trains as other processes find it: an export of a module.
 */
import { OptionError } from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";
import type { Train } from "../runs/run.ts";
import type { Exports } from "./send.ts";

/** A module, and which of its exports trains. */
export interface TrainModule {
  readonly url: string;
  readonly exports: Exports;
  /** The name of the export. */
  readonly name: string;
  readonly train: Train;
}

const where = "sweep";

/** How long a module that has begun to run may take to be there: it is there at once unless it waits for this sweep. */
const patience = 2000;

/** The address of a module given as an address or a path. */
export function addressOf(given: URL | string): string {
  const text = String(given);
  if (/^[a-z][a-z\d+.-]+:/i.test(text)) return text;
  const url = globalThis.process?.getBuiltinModule?.("node:url");
  if (!url) throw new OptionError({ where, expected: "the address of a module, such as new URL(…)", got: `"${text}"` });
  return url.pathToFileURL(text).href;
}

/** Whether it is the program that runs, which other processes cannot import without running it. */
function isProgram(url: string): boolean {
  const { argv, getBuiltinModule } = globalThis.process ?? {};
  const node = getBuiltinModule?.("node:url");
  if (!node || argv?.[1] === undefined) return false;
  const real = (path: string) => {
    try {
      return getBuiltinModule!("node:fs").realpathSync(path);
    } catch {
      return path;
    }
  };
  const withoutQuery = url.replace(/[?#].*$/, "");
  return withoutQuery.startsWith("file:") && real(node.fileURLToPath(withoutQuery)) === real(argv[1]);
}

/**
 * The module with the function that trains.
 *
 * @param train the function, where it is given besides its module; else the export `train`, or the default one.
 * @throws OptionError where it cannot be found, or is not an export.
 */
export async function importTrain(given: URL | string, train: Train | null): Promise<TrainModule> {
  const url = addressOf(given);
  const file = url.replace(/^.*\//, "");
  if (isProgram(url))
    throw new OptionError({
      where: `${where}, ${file}`,
      expected: "a module with the function that trains, which other processes can import",
      got: "the program itself, which would start the sweep anew in each of them",
      hint: 'Put the function in a file of its own: sweep(grid, new URL("./train.ts", import.meta.url)).',
    });
  const exports = train === null ? await load(url, file) : await withinTime(load(url, file), file);
  const candidates = train === null ? ["train", "default"] : Object.keys(exports);
  const name = candidates.find((each) =>
    train === null ? typeof exports[each] === "function" : exports[each] === train,
  );
  if (name !== undefined) return { url, exports, name, train: exports[name] as Train };
  const names = Object.keys(exports);
  throw new OptionError({
    where: `${where}, ${file}`,
    expected: train === null ? 'an export "train"' : `${describe(train)} among its exports`,
    got: names.length > 0 ? names.join(", ") : "no exports",
    hint:
      train === null
        ? didYouMean("train", names)
        : "Write export before the function, and give the module that it is in.",
  });
}

async function load(url: string, file: string): Promise<Exports> {
  try {
    return (await import(/* @vite-ignore */ url)) as Exports;
  } catch (error) {
    const failed = new OptionError({
      where: `${where}, ${file}`,
      expected: "a module that can be imported",
      got: `an error: ${(error as Error | null)?.message ?? error}`,
      hint: 'Paths count from the folder in which the program was started; new URL("./train.ts", import.meta.url) from the file that says it.',
    });
    failed.cause = error;
    throw failed;
  }
}

async function withinTime(loading: Promise<Exports>, file: string): Promise<Exports> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new OptionError({
            where: `${where}, ${file}`,
            expected: "a module that has been read to its end",
            got: "one that waits for the sweep itself",
            hint: "Put the function in a file of its own.",
          }),
        ),
      patience,
    );
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}
