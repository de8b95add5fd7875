/**
 * The Pythons of this machine, and which of them has the newest of a library.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const entriesOf = (folder) => (existsSync(folder) ? readdirSync(folder) : []);

/** What `$PYTHON` names, the benchmark's own `.venv`, one that is active, pyenv's, and each that the path has. */
function pythons() {
  const { PYTHON, VIRTUAL_ENV, PATH = "", PYENV_ROOT = join(homedir(), ".pyenv") } = process.env;
  const environments = [fileURLToPath(new URL("../.venv", import.meta.url)), VIRTUAL_ENV].filter(Boolean);
  const versions = join(PYENV_ROOT, "versions");
  const found = [
    PYTHON,
    ...environments.map((folder) => join(folder, "bin/python")),
    ...entriesOf(versions).map((version) => join(versions, version, "bin/python")),
    ...[...new Set(PATH.split(delimiter))].flatMap((folder) =>
      entriesOf(folder)
        .filter((file) => /^python3(\.\d+)?$/.test(file))
        .map((file) => join(folder, file)),
    ),
  ].filter((path) => path && existsSync(path));
  // A virtual environment's python is a link to another's, with libraries of its own; others that are links are doubles.
  const isVirtual = (path) => existsSync(join(path, "../../pyvenv.cfg"));
  return [...new Map(found.map((path) => [isVirtual(path) ? path : realpathSync(path), path])).values()];
}

/** `2.13.0+cpu` as numbers, of which the first that differs decides. */
function isNewer(a, b) {
  const numbers = (version) => version.match(/\d+/g).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  const at = left.findIndex((part, i) => part !== (right[i] ?? 0));
  return at >= 0 && left[at] > (right[at] ?? 0);
}

/** The Python with the newest `library`, beside which it can import `others`; null where none has it. */
export function pythonWith(library, others = []) {
  const imports = [library, ...others].map((name) => `import ${name}`).join("; ");
  let newest = null;
  for (const python of pythons())
    try {
      const out = execFileSync(python, ["-c", `${imports}; print(${library}.__version__)`], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      const version = out.trim();
      if (!newest || isNewer(version, newest.version)) newest = { python, version };
    } catch {
      // Without it: the next.
    }
  return newest;
}
