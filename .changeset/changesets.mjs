/**
 * Runs changesets with a Node that it takes, which may be newer than the one at hand: `node changesets.mjs version`.
 *
 * `version` makes one changelog of what the changesets say: all packages have one version, so one list is enough. The heading
 * of what is not released yet gets the version and the day, and above it begins a new one.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tools = ["--package", "node@24", "--package", "@changesets/cli@3.0.3"];

/**
 * What the changesets of a folder say.
 *
 * @param {string} folder
 */
export function notesIn(folder) {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .sort()
    .map((file) =>
      readFileSync(join(folder, file), "utf8")
        .replace(/^---\n[\s\S]*?\n---\n/, "")
        .trim(),
    );
}

/**
 * The changelog with its unreleased part released, and what the changesets say at its end.
 *
 * @param {string} changelog
 * @param {string} version
 * @param {string} day as 2026-01-31
 * @param {readonly string[]} notes
 */
export function released(changelog, version, day, notes) {
  const heading = "## Unreleased\n";
  const at = changelog.indexOf(heading);
  if (at < 0) throw new Error("CHANGELOG.md has no heading ## Unreleased");
  const start = at + heading.length;
  const next = changelog.indexOf("\n## ", start);
  const end = next < 0 ? changelog.length : next;
  const items = notes.map((note) => `- ${note.replaceAll("\n", "\n  ")}`).join("\n");
  const part = [changelog.slice(start, end).trim(), items].filter(Boolean).join("\n\n");
  return `${changelog.slice(0, start)}\n## ${version} (${day})\n\n${part}\n${changelog.slice(end)}`;
}

/**
 * What there is to cite, of another version.
 *
 * @param {string} citation
 * @param {string} version
 */
export function cited(citation, version) {
  return citation.replace(/^version: .*$/m, `version: ${version}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, ...rest] = process.argv.slice(2);
  const notes = notesIn(join(root, ".changeset"));
  const { status } = spawnSync(
    "npx",
    ["-y", "--loglevel=error", ...tools, "--", "changeset", command ?? "add", ...rest],
    {
      cwd: root,
      stdio: "inherit",
    },
  );
  if (status !== 0) process.exit(status ?? 1);
  if (command === "version" && notes.length > 0) {
    const { version } = JSON.parse(readFileSync(join(root, "packages/chainrule/package.json"), "utf8"));
    const file = join(root, "CHANGELOG.md");
    const day = new Date().toISOString().slice(0, 10);
    writeFileSync(file, released(readFileSync(file, "utf8"), version, day, notes));
    const citation = join(root, "CITATION.cff");
    writeFileSync(citation, cited(readFileSync(citation, "utf8"), version));
  }
}
