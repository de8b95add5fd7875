/**
 * A file of finished runs, so that a sweep that was interrupted goes on: what the sweep is in the first line, a run in each
 * that follows.
 */
import { ChainRuleError, DataError } from "@chainrule/core";
import { isPlainRecord } from "./plain.ts";
import type { Finished } from "./run.ts";

/** What a sweep is, in words by name. */
export type Description = Readonly<Record<string, string>>;

const format = "chainrule sweep 1";

type FileFunctions = typeof import("node:fs");

/** The finished runs of a sweep, by their names. */
export class RunsFile {
  readonly #path: string;
  readonly #files: FileFunctions;
  /** Those that were in it, the last of each name. */
  readonly finished: ReadonlyMap<string, Finished>;

  /**
   * Opens the file of a sweep, or makes it.
   *
   * A last line that a crash has cut off is dropped.
   *
   * @throws DataError for the file of another sweep, for any other file, and where there is no file system.
   */
  constructor(given: string | URL, description: Description) {
    const builtin = globalThis.process?.getBuiltinModule;
    if (typeof builtin !== "function")
      throw new DataError({
        where: "sweep, file",
        expected: "Node, which has files",
        got: "a browser",
        hint: "Leave out file; the results have all runs.",
      });
    this.#files = builtin("node:fs");
    this.#path = given instanceof URL ? builtin("node:url").fileURLToPath(given) : given;
    this.finished = this.#guarded(() => this.#read(description));
  }

  /** Writes a run at the end, and returns when it is on the disk. */
  add(name: string, result: Finished): void {
    this.#append(
      JSON.stringify({ run: name, ...result, values: encoded(result.values), curves: encoded(result.curves) }),
    );
  }

  #read(description: Description): Map<string, Finished> {
    const files = this.#files;
    const text = files.existsSync(this.#path) ? files.readFileSync(this.#path, "utf8") : "";
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const lines = whole.split("\n").filter((line) => line !== "");
    if (lines.length === 0) {
      // A first line that was cut off says nothing of runs; anything else is not ours to replace.
      if (text !== "" && !`{"format":"${format}"`.startsWith(text.slice(0, 20))) throw this.#foreign("something else");
      files.writeFileSync(this.#path, "");
      this.#append(JSON.stringify({ format, sweep: description }));
      return new Map();
    }
    this.#checkDescription(parse(lines[0]), description);
    const finished = new Map(lines.slice(1).map((line, i) => this.#readRun(line, i + 2)));
    if (whole.length < text.length) files.truncateSync(this.#path, Buffer.byteLength(whole));
    return finished;
  }

  #checkDescription(first: unknown, description: Description): void {
    if (!isPlainRecord(first) || first.format !== format || !isPlainRecord(first.sweep))
      throw this.#foreign("something else");
    const before = first.sweep;
    const names = [...new Set([...Object.keys(before), ...Object.keys(description)])];
    const differing = names.filter((name) => before[name] !== description[name]);
    if (differing.length === 0) return;
    const say = (x: unknown) => (x === undefined ? "none" : String(x));
    throw new DataError({
      where: `sweep, ${this.#path}`,
      expected: `the runs of this sweep (${differing.map((name) => `${name}: ${say(description[name])}`).join("; ")})`,
      got: `those of another one (${differing.map((name) => `${name}: ${say(before[name])}`).join("; ")})`,
      hint: "Give this sweep a file of its own, or remove the old one.",
    });
  }

  #readRun(line: string, number: number): [string, Finished] {
    const run = parse(line);
    const isRun =
      isPlainRecord(run) && typeof run.run === "string" && isPlainRecord(run.values) && isPlainRecord(run.curves);
    if (!isRun) throw this.#foreign(`line ${number} with something else`);
    const { run: name, error, seconds, values, curves } = run;
    return [
      name as string,
      {
        values: decoded(values) as Finished["values"],
        curves: decoded(curves) as Finished["curves"],
        error: typeof error === "string" ? error : null,
        seconds: typeof seconds === "number" ? seconds : 0,
      },
    ];
  }

  #append(line: string): void {
    this.#guarded(() => {
      const file = this.#files.openSync(this.#path, "a");
      try {
        this.#files.writeSync(file, `${line}\n`);
        this.#files.fsyncSync(file);
      } finally {
        this.#files.closeSync(file);
      }
    });
  }

  #guarded<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      if (error instanceof ChainRuleError) throw error;
      throw new DataError({
        where: `sweep, ${this.#path}`,
        expected: "a file that can be read and written",
        got: (error as Error).message,
      });
    }
  }

  #foreign(got: string): DataError {
    return new DataError({
      where: `sweep, ${this.#path}`,
      expected: "a file of finished runs that a sweep has written",
      got,
      hint: "It is left as it is. Give the sweep another file.",
    });
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Numbers that JSON does not have, as texts. */
function encoded(x: unknown): unknown {
  if (typeof x === "number") return Object.is(x, -0) ? "-0" : Number.isFinite(x) ? x : String(x);
  if (Array.isArray(x)) return x.map(encoded);
  return Object.fromEntries(Object.entries(x as object).map(([key, part]) => [key, encoded(part)]));
}

function decoded(x: unknown): unknown {
  if (typeof x === "string") return Number(x);
  if (Array.isArray(x)) return x.map(decoded);
  if (!isPlainRecord(x)) return x;
  return Object.fromEntries(Object.entries(x).map(([key, part]) => [key, decoded(part)]));
}
