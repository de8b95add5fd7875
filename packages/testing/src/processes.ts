/**
 * Which files of tests share a process: vitest's pool of processes, and the order of files, for `vitest.config.ts`.
 *
 * A process that has loaded the library runs the next file of tests in half the time of a new one. A file finds there what it
 * loads itself and nothing else: those share a process that load the same packages, so that whoever tests the plain kernels
 * does not get the compiler's. What a file must not leave behind, `leftovers.ts` looks at. `vitest run --isolate` gives each file
 * a process of its own.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  BaseSequencer,
  ForksPoolWorker,
  type InlineConfig,
  type PoolOptions,
  type PoolWorker,
  type TestSpecification,
} from "vitest/node";
import { importsOf } from "./imports.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** Packages whose import changes nothing of what others do. */
const inert: readonly string[] = ["data", "distributions", "experiments", "testing", "transforms", "viz"];

interface Package {
  readonly folder: string;
  readonly exports?: Readonly<Record<string, string>>;
  /** What changes the program when it is imported, by its path. */
  readonly effects: readonly string[];
}

const packages = new Map(
  readdirSync(join(root, "packages")).map((name): [string, Package] => {
    const folder = join(root, "packages", name);
    const { name: full, exports, sideEffects } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return [full, { folder, exports, effects: (sideEffects || []).map((file: string) => join(folder, file)) }];
  }),
);
const effects = new Set([...packages.values()].flatMap(({ effects }) => effects));

/** The file that an import names; null for one of another project, or none. */
function resolved(specifier: string, from: string): string | null {
  if (specifier.startsWith(".")) {
    const path = join(dirname(from), specifier);
    return existsSync(path) && /\.[jt]s$/.test(path) ? path : null;
  }
  const [name] = /^(?:@[^/]+\/)?[^/]+/.exec(specifier) ?? [];
  const { folder, exports } = packages.get(name ?? "") ?? {};
  const path = exports?.[`.${specifier.slice(name?.length)}`];
  return folder && path ? join(folder, path) : null;
}

const known = new Map<string, readonly string[]>();
function filesImportedBy(path: string): readonly string[] {
  let files = known.get(path);
  if (!files) {
    const specifiers = importsOf(path).flatMap(({ specifier, isType }) => (isType ? [] : specifier));
    files = specifiers.flatMap((specifier) => resolved(specifier, path) ?? []);
    known.set(path, files);
  }
  return files;
}

const groups = new Map<string, string>();
/** What a file loads, as a name of those that may share a process with it. */
export function groupOf(file: string): string {
  let group = groups.get(file);
  if (group === undefined) {
    const loaded = new Set([file]);
    for (const path of loaded) for (const next of filesImportedBy(path)) loaded.add(next);
    const sources = [...loaded].flatMap((path) => /^packages[\\/](\w+)[\\/]src[\\/]/.exec(relative(root, path)) ?? []);
    const names = sources.filter((name, i) => i % 2 === 1 && !inert.includes(name));
    const changing = [...loaded].filter((path) => effects.has(path)).map((path) => relative(root, path));
    group = [...new Set([...names, ...changing])].sort().join(" ");
    groups.set(file, group);
  }
  return group;
}

/** Processes for groups of files; those of `alone` have a process each. */
export function sharedProcesses(
  alone: readonly string[],
): Pick<InlineConfig, "isolate" | "pool" | "provide" | "sequence"> {
  const isAlone = (file: string) => alone.includes(relative(root, file).replaceAll("\\", "/"));

  class Process extends ForksPoolWorker {
    override readonly name = "shared";
    #group: string | null | undefined;

    override send(message: Parameters<PoolWorker["send"]>[0]): void {
      if (message.type === "run" || message.type === "collect") {
        const [{ filepath }] = message.context.files;
        this.#group = isAlone(filepath) ? null : groupOf(filepath);
      }
      super.send(message);
    }

    canReuse({ context }: Parameters<NonNullable<PoolWorker["canReuse"]>>[0]): boolean {
      const [{ filepath }] = context.files;
      return !isAlone(filepath) && this.#group === groupOf(filepath);
    }
  }

  /** Those that are alone first, then group after group, each in vitest's order: the longest file first. */
  class GroupAfterGroup extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      const { sequence } = this.ctx.config;
      // Any order of the groups would do.
      const keyOf = ({ moduleId }: TestSpecification) => (isAlone(moduleId) ? "" : `1 ${groupOf(moduleId)}`);
      const shuffled = ({ moduleId }: TestSpecification) =>
        createHash("sha1").update(`${sequence.seed} ${moduleId}`).digest("hex");
      const sorted = sequence.shuffle
        ? files.toSorted((a, b) => (shuffled(a) < shuffled(b) ? -1 : 1))
        : await super.sort(files);
      return sorted.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
    }
  }

  const pool = { name: "shared", createPoolWorker: (options: PoolOptions): PoolWorker => new Process(options) };
  return { pool, isolate: false, provide: { alone }, sequence: { sequencer: GroupAfterGroup } };
}
