/**
 * Every link of a Markdown file to another file of the repository, or to a heading in one, leads somewhere.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
// What the site is made of is a copy, whose links are made to lead within it: VitePress looks whether they do.
const skipped = new Set(["node_modules", "out", "dist", ".git", "fixtures", "pages", ".vitepress"]);

const markdownIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : markdownIn(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });

const withoutCode = (text: string) =>
  text.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ""));

/** What a heading is called in a link, as GitHub makes it. */
const anchors = (text: string) =>
  [...text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-"),
  );

const files = markdownIn(root);
const links = files.flatMap((file) =>
  [...withoutCode(readFileSync(file, "utf8")).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => ({ file, target, name: `${relative(root, file)}: ${target}` })),
);

describe("links between Markdown files", () => {
  it("are found", () => expect(links.length).toBeGreaterThan(20));

  it.each(links)("$name", ({ file, target }) => {
    const [path, anchor] = target.split("#");
    const found = path === "" ? file : join(dirname(file), path);
    expect(existsSync(found), `${relative(root, found)} exists`).toBe(true);
    if (anchor === undefined) return;
    expect(statSync(found).isFile(), "a heading is in a file").toBe(true);
    expect(anchors(readFileSync(found, "utf8"))).toContain(anchor);
  });
});
