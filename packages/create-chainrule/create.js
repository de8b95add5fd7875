/**
 * Makes a project: the files of `template`, and a package.json that asks for the version of chainrule that this package was
 * published with.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const help = `npm create chainrule@latest my-model

Makes the folder my-model with a model, a program that trains it, and a test. It may exist if it is empty;
"." is the folder where you are.`;

const here = dirname(fileURLToPath(import.meta.url));

/** npm leaves files of these names out of a package, or reads them itself. */
const renamed = /** @type {Record<string, string>} */ ({ gitignore: ".gitignore" });

/**
 * Makes the project, whole or not at all, and returns what to type next.
 *
 * @param {readonly string[]} given the command's arguments
 * @param {string} from the folder that a relative path starts from
 */
export function create(given, from = process.cwd()) {
  const [path] = given;
  const option = given.find((argument) => argument.startsWith("-"));
  if (option) throw new Error(`There is no option ${option}.\n\n${help}`);
  if (!path) throw new Error(`Expected the name of the new project's folder, got none.\n\n${help}`);
  if (given.length > 1)
    throw new Error(
      `Expected one folder, got ${given.length}: ${given.join(", ")}. Try ${JSON.stringify(given.join("-"))}.`,
    );
  const folder = resolve(from, path);
  checkEmpty(folder, path);
  const made = mkdirSync(folder, { recursive: true });
  const files = { "package.json": `${JSON.stringify(manifest(folder), null, 2)}\n`, ...template() };
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { flag: "wx" });
  } catch (error) {
    for (const name of Object.keys(files)) rmSync(join(folder, name), { force: true });
    if (made) rmSync(made, { recursive: true });
    throw error;
  }
  const steps = ["npm install", "npm start   # trains", "npm test"];
  const way = relative(from, folder);
  if (way) steps.unshift(`cd ${/^[\w./-]+$/.test(way) ? way : JSON.stringify(way)}`);
  return `Made ${Object.keys(files).join(", ")}. Now:\n\n${steps.map((step) => `  ${step}\n`).join("")}`;
}

/**
 * @param {string} folder
 * @param {string} path how the user wrote it
 */
function checkEmpty(folder, path) {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory())
    throw new Error(`Expected a folder that is new or empty, got the file ${path}. Try another name.`);
  const there = readdirSync(folder).filter((name) => name !== ".git");
  if (there.length > 0)
    throw new Error(
      `Expected a folder that is new or empty, got ${path}, which has ${there.length} in it, such as ${there[0]}. Nothing was written. Try another name.`,
    );
}

/** @param {string} folder */
function manifest(folder) {
  const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+|[._-]+$/g, "");
  // A project of the name of its dependency could not install it.
  const free = name && name !== "chainrule" ? name : "my-model";
  return {
    name: free,
    version: "0.1.0",
    private: true,
    type: "module",
    engines: { node: ">=20.19" },
    scripts: { start: "node train.js", test: "node --test" },
    dependencies: { chainrule: `^${version}` },
    devDependencies: { "@types/node": "^20.19.0" },
  };
}

/** @returns {Record<string, string>} */
function template() {
  const folder = join(here, "template");
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [renamed[name] ?? name, readFileSync(join(folder, name), "utf8")]),
  );
}
