/**
 * A file with a line for each epoch.
 */

import { DataError, OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { Callback } from "../model/callback.ts";
import type { FitPlan } from "../model/fit-plan.ts";
import type { Logs } from "../model/hooks.ts";
import { SavedFields } from "../model/saved-fields.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { fileSystem, withFiles } from "./file-system.ts";

/** How a {@link CSVLogger} writes its file. */
export interface CSVLoggerOptions {
  /** Between the fields; "," by default. */
  separator?: string;
  /** Go on with a file that is there, instead of replacing it. */
  append?: boolean;
}

/** How lines are to be written. */
interface Layout {
  /** In the order of the file; the epoch among them. */
  readonly columns: readonly string[];
  readonly newline: string;
}

/**
 * Writes the epoch and its numbers to a CSV file (RFC 4180), a line each, as they come. As in Keras.
 *
 * The columns are the numbers of the first epoch. With `append`, lines go on in the order of the file's columns and with its
 * ends of lines, whether or not its last line has one; an empty file is begun anew. Epochs are counted as `fit` counts them.
 * A file that is replaced stays as it is until the first epoch has ended.
 *
 * @throws OptionError without a file name, for a separator that numbers or quotes may have in them, and where there is no
 *   file system (in browsers); DataError before training begins for a file that cannot be written, and for one to append to
 *   that has other columns or a last line that was cut off: nothing is written to it.
 *
 * @example
 * await model.fit(x, y, { epochs: 10, callbacks: [new CSVLogger("training.csv")] });
 */
export class CSVLogger extends Callback {
  readonly #path: string;
  readonly #separator: string;
  readonly #append: boolean;
  #layout: Layout | null = null;
  /** Where the file ended when the checkpoint was made from which training goes on; null once it goes on. */
  #resumedAt: number | null = null;

  constructor(path: string, options: CSVLoggerOptions = {}) {
    super();
    refuseSurplus("CSVLogger", arguments, 2);
    const where = "CSVLogger";
    checkOptions(where, options, optionNames<CSVLoggerOptions>({ separator: true, append: true }));
    if (typeof path !== "string" || path === "")
      throw new OptionError({ where, expected: "a file name", got: describe(path) });
    const { separator = ",", append = false } = options;
    if (typeof append !== "boolean")
      throw new OptionError({ where, expected: "append to be true or false", got: describe(append) });
    if (typeof separator !== "string" || !/^[^\p{L}\p{N}."+\-\r\n]+$/u.test(separator))
      throw new OptionError({
        where,
        expected: 'a separator such as "," or ";", without letters, digits, quotes and what numbers are written with',
        got: describe(separator),
      });
    fileSystem(where);
    this.#path = path;
    this.#separator = separator;
    this.#append = append;
  }

  override get addedLogs(): readonly string[] | null {
    return this.constructor === CSVLogger ? [] : super.addedLogs;
  }

  /** Whether the file can be written, and has the columns, is known before training begins. */
  override checkPlan(plan: FitPlan): void {
    this.#access(({ accessSync, constants, existsSync, statSync }) => {
      if (!existsSync(this.#path)) accessSync(folderOf(this.#path), constants.W_OK);
      else if (statSync(this.#path).isDirectory()) throw new Error("it is a folder");
      else accessSync(this.#path, constants.W_OK);
    });
    this.#readLayout(["epoch", ...plan.logs.keys()], plan.isComplete);
  }

  override onTrainBegin(): void {
    this.#layout = null;
    this.#resumedAt = null;
  }

  /** Where the file ended: for checkpoints. */
  stateDict(): Record<string, unknown> {
    const layout = this.#layout && { columns: [...this.#layout.columns], newline: this.#layout.newline };
    const size = layout && this.#access(({ statSync }) => statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0);
    return { layout, size };
  }

  /**
   * Goes on in the file, from where it ended when the checkpoint was made: what came after that comes again.
   *
   * @throws DataError for what `stateDict` did not give, and for a file that cannot be written.
   */
  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const saved = new SavedFields("CSVLogger", state);
    const layout = saved.orNull("layout", saved.fields);
    if (layout === null) return;
    const size = saved.count("size");
    const columns = layout.texts("columns");
    const newline = layout.text("newline") === "\r\n" ? "\r\n" : "\n";
    this.#layout = { columns, newline };
    this.#resumedAt = size;
  }

  /** Takes off what was written after the checkpoint: only now, when the training goes on from there. */
  #cutToResume(): void {
    const size = this.#resumedAt;
    this.#resumedAt = null;
    if (size === null) return;
    this.#access(({ statSync, truncateSync }) => {
      if ((statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0) > size) truncateSync(this.#path, size);
    });
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    this.#cutToResume();
    const layout = this.#layout ?? this.#begin(["epoch", ...Object.keys(logs)]);
    const fields = layout.columns.map((name) => (name === "epoch" ? epoch : (logs[name] ?? "")));
    const line = fields.join(this.#separator) + layout.newline;
    // A file that was taken away meanwhile starts with its columns again.
    this.#access(({ appendFileSync, existsSync }) =>
      appendFileSync(this.#path, existsSync(this.#path) ? line : this.#headerOf(layout) + line),
    );
  }

  /** Writes the header, or ends the last line of the file that is there. */
  #begin(columns: readonly string[]): Layout {
    const found = this.#readLayout(columns);
    this.#layout = found ?? { columns, newline: "\n" };
    this.#access(({ appendFileSync, writeFileSync }) => {
      if (!found) writeFileSync(this.#path, this.#headerOf(this.#layout!));
      else if (!found.endsLine) appendFileSync(this.#path, found.newline);
    });
    return this.#layout;
  }

  #headerOf({ columns, newline }: Layout): string {
    return columns.map((name) => quoted(name, this.#separator)).join(this.#separator) + newline;
  }

  /**
   * The layout of the file to append to, or null where one is begun.
   *
   * @param all whether there will be no other columns than these.
   */
  #readLayout(columns: readonly string[], all = true): (Layout & { readonly endsLine: boolean }) | null {
    if (!this.#append) return null;
    const text = this.#access(({ existsSync, readFileSync }) =>
      existsSync(this.#path) ? readFileSync(this.#path, "utf8").replace(/^\ufeff/, "") : "",
    );
    if (text.trim() === "") return null;
    const where = `CSVLogger, ${this.#path}`;
    const { fields, end } = readRecord(text, this.#separator);
    if ((all && fields.length !== columns.length) || columns.some((name) => !fields.includes(name)))
      throw new DataError({
        where,
        expected: `a file with the columns ${columns.join(this.#separator)}, to append to`,
        got: fields.join(this.#separator),
        hint: "Write to another file, or leave out { append: true }.",
      });
    const lines = text.slice(end).trimEnd().split("\n");
    const last = lines[lines.length - 1].trimEnd();
    const count = last.split(this.#separator).length;
    if (last !== "" && count !== fields.length)
      throw new DataError({
        where,
        expected: `lines of ${fields.length} fields, to append to`,
        got: `a last one of ${count}, "${last}"`,
        hint: "It may have been cut off when the program ended: take it out of the file.",
      });
    return { columns: fields, newline: text.includes("\r\n") ? "\r\n" : "\n", endsLine: text.endsWith("\n") };
  }

  #access<T>(use: (files: typeof import("node:fs")) => T): T {
    return withFiles("CSVLogger", this.#path, use);
  }
}

function folderOf(path: string): string {
  return process.getBuiltinModule("node:path").dirname(path);
}

/** A field as it stands in the file: in quotes where it has something in it that would end it. */
function quoted(field: string, separator: string): string {
  return field.includes(separator) || /["\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** The first record of a CSV text, and where it ends. */
function readRecord(text: string, separator: string): { fields: string[]; end: number } {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let field = "";
    if (text[at] === '"') {
      for (at++; at < text.length && !(text[at] === '"' && text[at + 1] !== '"'); at++) {
        if (text[at] === '"') at++;
        field += text[at];
      }
      at++;
    }
    while (at < text.length && text[at] !== "\n" && !text.startsWith(separator, at)) field += text[at++];
    const ends = at >= text.length || text[at] === "\n";
    fields.push(ends ? field.replace(/\r$/, "") : field);
    if (ends) return { fields, end: Math.min(at + 1, text.length) };
    at += separator.length;
  }
}
