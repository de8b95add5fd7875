/**
 * A file with a line for each epoch.
 */
import { DataError, OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { Callback } from "../model/callback.ts";
import type { Logs } from "../model/hooks.ts";
import { optionNames } from "../option-names.ts";

/** How a {@link CSVLogger} writes its file. */
export interface CSVLoggerOptions {
  /** Between the fields; "," by default. */
  separator?: string;
  /** Go on with a file that is there, instead of replacing it. */
  append?: boolean;
}

/**
 * Writes the epoch and its numbers to a CSV file, a line each, as they come. As in Keras.
 *
 * @throws OptionError without a file name, and where there is no file system (in browsers); in training DataError for
 *   a file to append to that has other columns.
 *
 * @example
 * await model.fit(x, y, { epochs: 10, callbacks: [new CSVLogger("training.csv")] });
 */
export class CSVLogger extends Callback {
  readonly #path: string;
  readonly #separator: string;
  readonly #append: boolean;
  #columns: string[] | null = null;

  constructor(path: string, options: CSVLoggerOptions = {}) {
    super();
    checkOptions("CSVLogger", options, optionNames<CSVLoggerOptions>({ separator: true, append: true }));
    if (typeof path !== "string" || path === "")
      throw new OptionError({ where: "CSVLogger", expected: "a file name", got: describe(path) });
    fileSystem();
    this.#path = path;
    this.#separator = options.separator ?? ",";
    this.#append = options.append ?? false;
  }

  override get addedLogs(): readonly string[] | null {
    return this.constructor === CSVLogger ? [] : super.addedLogs;
  }

  override onTrainBegin(): void {
    this.#columns = null;
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    this.#columns ??= this.#start(logs);
    const fields = this.#columns.map((name) => (name === "epoch" ? epoch : (logs[name] ?? "")));
    fileSystem().appendFileSync(this.#path, `${fields.join(this.#separator)}\n`);
  }

  /** Writes the header, or checks the one that is there. */
  #start(logs: Logs): string[] {
    const { existsSync, readFileSync, writeFileSync } = fileSystem();
    const columns = ["epoch", ...Object.keys(logs)];
    const header = columns.join(this.#separator);
    const before = this.#append && existsSync(this.#path) ? readFileSync(this.#path, "utf8") : "";
    if (before === "") {
      writeFileSync(this.#path, `${header}\n`);
      return columns;
    }
    const found = before.slice(0, before.indexOf("\n"));
    if (found !== header)
      throw new DataError({
        where: `CSVLogger, ${this.#path}`,
        expected: `a file with the columns ${header}, to append to`,
        got: found,
        hint: "Write to another file, or leave out { append: true }.",
      });
    return columns;
  }
}

/** Node's file system, asked for at run time: an import would keep browsers from loading the package. */
function fileSystem(): typeof import("node:fs") {
  const found = typeof process === "object" ? process.getBuiltinModule?.("node:fs") : undefined;
  if (found) return found;
  throw new OptionError({
    where: "CSVLogger",
    expected: "a file system",
    got: "none, as in browsers",
    hint: "Collect the numbers with a callback { onEpochEnd(epoch, logs) {} } instead.",
  });
}
