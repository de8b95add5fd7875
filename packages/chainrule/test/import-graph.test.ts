/**
 * Who imports whom: packages one way, folders of a package without circles, files without circles but for types.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { importsOf } from "../../testing/src/imports.ts";

const packages = fileURLToPath(new URL("../../", import.meta.url));

/** Each package, and those that it may use. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  compiler: ["core"],
  functions: ["core"],
  distributions: ["core", "functions"],
  losses: ["core"],
  transforms: ["core"],
  data: ["core"],
  viz: ["core"],
  nn: ["core", "compiler", "losses"],
  io: ["core", "compiler", "losses", "data", "nn"],
  explain: ["core", "losses", "nn", "viz"],
  experiments: ["core", "compiler", "losses", "viz"],
  notebook: ["core", "nn", "viz", "explain"],
  chainrule: [
    "notebook",
    "experiments",
    "core",
    "compiler",
    "functions",
    "distributions",
    "losses",
    "data",
    "viz",
    "nn",
    "io",
    "explain",
    "transforms",
  ],
};

interface Import {
  readonly from: string;
  readonly to: string;
  /** Whether only types are imported, of which nothing is left at run time. */
  readonly isType: boolean;
}

/** The source files of a package, tests left out, relative to its `src`. */
function filesOf(name: string): string[] {
  return readdirSync(join(packages, name, "src"), { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /\.[jt]s$/.test(file) && !file.endsWith(".test.ts"));
}

function importsWithin(name: string): Import[] {
  const source = join(packages, name, "src");
  return filesOf(name).flatMap((from) =>
    importsOf(join(source, from)).flatMap(({ specifier, isType }) => {
      if (!specifier.startsWith(".")) return [];
      const to = relative(source, normalize(join(source, dirname(from), specifier))).replaceAll("\\", "/");
      return [{ from, to, isType }];
    }),
  );
}

/** One circle of arrows, as the way around it; null where there is none. */
function circleIn(arrows: Iterable<readonly [string, string]>): string[] | null {
  const next = new Map<string, Set<string>>();
  for (const [from, to] of arrows) if (from !== to) next.set(from, (next.get(from) ?? new Set()).add(to));
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (at: string): string[] | null => {
    if (path.includes(at)) return [...path.slice(path.indexOf(at)), at];
    if (done.has(at)) return null;
    path.push(at);
    for (const to of next.get(at) ?? []) {
      const circle = visit(to);
      if (circle) return circle;
    }
    path.pop();
    done.add(at);
    return null;
  };
  for (const at of next.keys()) {
    const circle = visit(at);
    if (circle) return circle;
  }
  return null;
}

describe("the search for circles", () => {
  it("finds the way around one, and none where arrows only meet", () => {
    const arrows = (...list: string[]) => list.map((arrow) => arrow.split(">") as [string, string]);
    expect(circleIn(arrows("a>b", "b>c", "c>b"))).toEqual(["b", "c", "b"]);
    expect(circleIn(arrows("a>b", "a>c", "b>d", "c>d"))).toBeNull();
  });
});

describe("imports between packages", () => {
  it("are of every package that there is", () => {
    expect([...Object.keys(allowed), "testing", "create-chainrule"].sort(), "`allowed` wants each package").toEqual(
      readdirSync(packages).sort(),
    );
  });

  it.each(Object.entries(allowed))("%s uses only what is below it", (name, below) => {
    const used = new Set(
      filesOf(name).flatMap((file) =>
        importsOf(join(packages, name, "src", file)).flatMap(
          ({ specifier }) => /^@chainrule\/([a-z]+)/.exec(specifier)?.[1] ?? [],
        ),
      ),
    );
    // What runs in a process of its own names the package that it is of.
    used.delete(name);
    expect([...used].filter((other) => !below.includes(other))).toEqual([]);
    const { dependencies = {} } = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
    expect([...used].filter((other) => !(`@chainrule/${other}` in dependencies))).toEqual([]);
  });
});

describe.each(Object.keys(allowed))("imports within %s", (name) => {
  const imports = importsWithin(name);

  it("go to files that exist", () => {
    const files = new Set(filesOf(name));
    expect(imports.filter(({ to }) => !files.has(to))).toEqual([]);
  });

  it("make no circle between folders, types included", () => {
    // Files of the package itself stand above all folders: they tie them together.
    const folderOf = (file: string) => dirname(file);
    const between = imports.filter(({ from, to }) => folderOf(from) !== "." && folderOf(to) !== ".");
    expect(circleIn(between.map(({ from, to }) => [folderOf(from), folderOf(to)] as const))).toBeNull();
  });

  it("never go from a folder up to the files above all folders, but for what stands alone", () => {
    const isAlone = (file: string) => imports.every(({ from, to }) => from !== file || !to.includes("/"));
    const up = imports.filter(({ from, to }) => from.includes("/") && !to.includes("/") && !isAlone(to));
    expect(up.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it("make no circle between files at run time", () => {
    expect(circleIn(imports.flatMap(({ from, to, isType }) => (isType ? [] : [[from, to] as const])))).toBeNull();
  });
});
