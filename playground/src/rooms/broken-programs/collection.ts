/**
 * The programs: those that `diagnose` is tested on, broken ones and some of the sound ones.
 */

/** A program, known by a word that does not tell what is wrong with it. */
export interface Entry {
  readonly id: string;
  /** The name of its file, without `.ts`. */
  readonly name: string;
  readonly source: string;
  /** The rule that it must be told; null where nothing is wrong. */
  readonly told: string | null;
}

/** The same for the same name, in six characters. */
export function wordOf(name: string): string {
  let hash = 2166136261;
  for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  return (hash >>> 0).toString(36).padStart(6, "0").slice(-6);
}

const sources = {
  broken: import.meta.glob("../../../../packages/nn/test/diagnose/broken/*.ts", {
    query: "?raw",
    import: "default",
    eager: true,
  }),
  sound: import.meta.glob("../../../../packages/nn/test/diagnose/sound/*.ts", {
    query: "?raw",
    import: "default",
    eager: true,
  }),
};

const nameOf = (path: string) => path.replace(/^.*\//, "").replace(/\.ts$/, "");

function entriesOf(files: Readonly<Record<string, unknown>>): Entry[] {
  return Object.entries(files).map(([path, source]) => ({
    id: wordOf(nameOf(path)),
    name: nameOf(path),
    source: String(source),
    told: /export const told = "(.+)"/.exec(String(source))?.[1] ?? null,
  }));
}

/** All in the order of their words, which is none: all that are broken, and of the sound ones every third. */
export const collection: readonly Entry[] = [
  ...entriesOf(sources.broken),
  ...entriesOf(sources.sound).filter((_, i) => i % 3 === 0),
].sort((a, b) => (a.id < b.id ? -1 : 1));
