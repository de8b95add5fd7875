/**
 * The pages of `docs`, the READMEs of the packages and the files for contributors, with links that lead within the site.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { packagesWithApi, root } from "./packages.ts";

/** Where each Markdown file of the repository stands in the site, by its path in the repository. */
export function placesOf(): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  const walk = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith(".md"))
        places.set(path, path.replace(/^docs\//, "").replace(/README\.md$/, "index.md"));
    }
  };
  walk("docs");
  for (const { folder } of packagesWithApi()) {
    const page = `packages/${folder}.md`;
    places.set(`packages/${folder}`, page);
    if (existsSync(join(root, `packages/${folder}/README.md`))) places.set(`packages/${folder}/README.md`, page);
  }
  for (const name of ["ARCHITECTURE", "CONTRIBUTING", "CHANGELOG", "SECURITY", "CODE_OF_CONDUCT"])
    places.set(`${name}.md`, `project/${name.toLowerCase()}.md`);
  for (const name of readdirSync(join(root, "examples")))
    if (/^\d\d-.*\.ts$/.test(name)) places.set(`examples/${name}`, `examples/${name.replace(/\.ts$/, ".md")}`);
  places.set("examples", "examples/index.md");
  places.set("docs/course", "course/index.md");
  places.set("docs", "index.md");
  places.set("README.md", "index.md");
  places.set("playground", "playground.md");
  return places;
}

/** Writes them into `pages`. */
export function writeGuides(site: string): void {
  const places = placesOf();
  for (const [path, place] of places) {
    const source = join(root, path);
    if (statSync(source).isDirectory()) continue;
    const text = readFileSync(source, "utf8");
    write(
      join(site, "pages", place),
      path.endsWith(".ts") ? examplePage(path, text) : withLinks(text, path, place, places, site),
    );
  }
  write(join(site, "pages/examples/index.md"), exampleList(places));
}

/** Links to pages lead to them, pictures come along; of links to other files the words are left. */
function withLinks(
  text: string,
  path: string,
  place: string,
  places: ReadonlyMap<string, string>,
  site: string,
): string {
  return outsideCode(text, (prose) =>
    prose.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (link, picture: string, words: string, target: string) => {
      if (/^[a-z]+:|^#/.test(target)) return link;
      const [file, anchor] = target.split("#");
      const found = posix.normalize(posix.join(posix.dirname(path), file)).replace(/\/$/, "");
      if (picture) {
        const to = join(site, "pages", dirname(place), file);
        mkdirSync(dirname(to), { recursive: true });
        copyFileSync(join(root, found), to);
        return link;
      }
      const page = places.get(found);
      if (!page) return words.startsWith("`") ? words : `*${words}*`;
      const way = relative(dirname(`/${place}`), `/${page}`);
      return `[${words}](${way.startsWith(".") ? way : `./${way}`}${anchor ? `#${anchor}` : ""})`;
    }),
  );
}

/** Applies `change` to what is no block of code. */
function outsideCode(text: string, change: (prose: string) => string): string {
  return text
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part, i) => (i % 2 === 0 ? change(part) : part))
    .join("");
}

/** The first sentence of the comment that a script begins with. */
function titleOf(source: string): string {
  const [, comment = ""] = /^\/\*\*\n([\s\S]*?)(?:\n \*\n|\*\/)/.exec(source) ?? [];
  const text = comment
    .replace(/^ \* ?/gm, "")
    .replace(/\s+/g, " ")
    .trim();
  return /^.*?[.?!](?= [A-Z]|$)/.exec(text)?.[0] ?? text;
}

function examplePage(path: string, source: string): string {
  const name = posix.basename(path, ".ts");
  return `# ${name}\n\n${titleOf(source)}\n\n\`npx -y pnpm@12 example ${Number(name.slice(0, 2))}\` runs it in a clone of the repository.\n\n\`\`\`ts\n${source}\`\`\`\n`;
}

function exampleList(places: ReadonlyMap<string, string>): string {
  const rows = [...places.keys()]
    .filter((path) => /^examples\/\d/.test(path))
    .sort()
    .map((path) => {
      const name = posix.basename(path, ".ts");
      return `| [${name}](./${name}.md) | ${titleOf(readFileSync(join(root, path), "utf8")).replaceAll("|", "\\|")} |`;
    });
  return `# Examples\n\nOne short script for each idea; each runs by itself, and its outcome is tested.\n\n| script | what |\n|---|---|\n${rows.join("\n")}\n`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
