/**
 * Records that are measured in several runs of a day.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

/** What of the project is measured; null outside of git, and where files were changed since. */
export function commitOf(folder) {
  const git = (...args) =>
    execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return git("status", "--porcelain", "--", "packages") === ""
      ? git("log", "-1", "--format=%h", "--", "packages")
      : null;
  } catch {
    return null;
  }
}

const setting = ({ commit, rounds, warmUp, seconds, source, machine: { loadBefore: _, ...machine } }) => ({
  commit,
  rounds,
  warmUp,
  seconds,
  source,
  machine,
});

/** Takes over what a record of the same day, machine, commit and way of measuring has already. */
export function continueRecord(name, record) {
  if (record.commit === null || !existsSync(`${name}.json`)) return;
  const known = JSON.parse(readFileSync(`${name}.json`, "utf8"));
  const isSame = isDeepStrictEqual(setting(known), JSON.parse(JSON.stringify(setting(record))));
  if (isSame) Object.assign(record, { ...known, date: record.date });
}
