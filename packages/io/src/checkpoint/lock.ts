/**
 * A folder for one process at a time: a file in it says whose it is. That of a process that is gone counts for nothing.
 */
import { DataError } from "@chainrule/core";
import type { Files } from "../files/atomic.ts";

/** Who has a folder. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, where the system says so: numbers of processes come again. */
  readonly since: string | null;
  readonly token: string;
}

/** What this program has now: a number of its own would look like one of a process that is gone. */
const held = new Set<string>();

/** A folder that is taken. */
export interface Lock {
  /** Throws where somebody else has taken it since. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** Takes a folder. @throws DataError where another process, or another training of this one, has it. */
export async function lockFolder(files: Files, folder: string, name: string): Promise<Lock> {
  const { join } = process.getBuiltinModule("node:path");
  const { hostname } = process.getBuiltinModule("node:os");
  const path = join(folder, ".lock");
  const token = crypto.randomUUID();
  const owner: Owner = { pid: process.pid, host: hostname(), since: await beginOf(files, process.pid), token };
  const text = JSON.stringify(owner);
  const own = join(folder, `.lock-${token}`);
  const inUse = (other: Owner | null) => alreadyInUse(name, path, other);
  try {
    await files.writeFile(own, text, { flag: "wx" });
    // A link is made whole or not at all, and never in place of another.
    for (let attempt = 0; !(await isLinked(files, own, path)); attempt++) {
      const before = await files.readFile(path, "utf8").catch(() => null);
      if (before === null) continue;
      const other = parseOwner(before);
      if (attempt > 3 || (other !== null && (await isAlive(files, other, owner.host)))) throw inUse(other);
      // Somebody else may have found it forsaken as well, and taken it meanwhile: then theirs is put back.
      const aside = join(folder, `.lock-gone-${token}`);
      await files.rename(path, aside).catch(() => {});
      const moved = await files.readFile(aside, "utf8").catch(() => before);
      if (moved !== before) await isLinked(files, aside, path);
      await files.rm(aside, { force: true });
      if (moved !== before) throw inUse(parseOwner(moved));
    }
  } finally {
    await files.rm(own, { force: true });
  }
  held.add(token);
  return {
    async check() {
      const now = parseOwner(await files.readFile(path, "utf8").catch(() => ""));
      if (now?.token !== token) throw inUse(now);
    },
    async release() {
      held.delete(token);
      const now = parseOwner(await files.readFile(path, "utf8").catch(() => ""));
      if (now?.token === token) await files.rm(path, { force: true });
    },
  };
}

async function isLinked(files: Files, from: string, to: string): Promise<boolean> {
  try {
    await files.link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function parseOwner(text: string): Owner | null {
  try {
    const { pid, host, since, token } = JSON.parse(text);
    const isOwner = Number.isSafeInteger(pid) && pid > 0 && typeof host === "string" && typeof token === "string";
    return isOwner ? { pid, host, since: typeof since === "string" ? since : null, token } : null;
  } catch {
    return null;
  }
}

/** Whether its process is still there, as far as can be told: on another machine it may be. */
async function isAlive(files: Files, owner: Owner, host: string): Promise<boolean> {
  if (held.has(owner.token) || owner.host !== host) return true;
  if (owner.since !== null) return (await beginOf(files, owner.pid)) === owner.since;
  if (owner.pid === process.pid) return false;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Which start of the system a process belongs to, and when it began; null where the system has no such files. */
async function beginOf(files: Files, pid: number): Promise<string | null> {
  try {
    const boot = (await files.readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    const stat = await files.readFile(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in brackets, may have blanks and brackets in it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : `${boot} ${fields[19]}`;
  } catch {
    return null;
  }
}

function alreadyInUse(name: string, path: string, owner: Owner | null): DataError {
  return new DataError({
    where: `checkpoint ${name}`,
    expected: "a folder that no other training uses",
    got: owner ? `one that process ${owner.pid} on ${owner.host} uses` : "one that another takes at this moment",
    hint: `A training has a folder of its own. If nothing runs any more that has this one, delete ${path}.`,
  });
}
