/**
 * A file with a line of JSON for each epoch.
 */
import { DataError, OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { Callback, type Logs } from "@chainrule/nn";
import { logFiles, withLogFile } from "../files/synchronous.ts";

/** How a {@link JSONLLogger} writes its file. */
export interface JSONLLoggerOptions {
  /** Go on with a file that is there, instead of replacing it. */
  append?: boolean;
}

/** How much of the end of a file is read at once, to find its last line. */
const pieceLength = 1 << 16;

/**
 * Writes the numbers of each epoch as a line of JSON: `{"epoch": 0, "time": "2026-01-31T12:00:00.000Z", "loss": 0.5}`.
 * `pandas.read_json(path, lines=True)` reads it.
 *
 * A line is written whole when its epoch ends. With `append`, a last line that a killed process left unfinished is cut off,
 * and the next one begins where it began. JSON has no numbers for what is none: they are the texts "NaN", "Infinity" and
 * "-Infinity". A file that is replaced stays as it is until the first epoch has ended.
 *
 * @throws OptionError without a file name, and where there is no file system (in browsers); DataError before training
 *   begins for a file that cannot be written.
 *
 * @example
 * await model.fit(x, y, { epochs: 10, callbacks: [new JSONLLogger("training.jsonl", { append: true })] });
 */
export class JSONLLogger extends Callback {
  readonly #path: string;
  readonly #append: boolean;
  #isBegun = false;
  /** Where the file ended when the checkpoint was made from which training goes on; null once it goes on. */
  #resumedAt: number | null = null;

  constructor(path: string, options: JSONLLoggerOptions = {}) {
    super();
    const where = "JSONLLogger";
    checkOptions(where, options, ["append"]);
    if (typeof path !== "string" || path === "")
      throw new OptionError({ where, expected: "a file name", got: describe(path) });
    const { append = false } = options;
    if (typeof append !== "boolean")
      throw new OptionError({ where, expected: "append to be true or false", got: describe(append) });
    logFiles(where);
    this.#path = path;
    this.#append = append;
  }

  override get addedLogs(): readonly string[] | null {
    return Object.getPrototypeOf(this) === JSONLLogger.prototype ? [] : super.addedLogs;
  }

  /** Whether the file can be written is known before training begins. */
  override checkPlan(): void {
    withLogFile(this.#where, ({ accessSync, constants, existsSync, join, statSync }) => {
      const isThere = existsSync(this.#path);
      if (isThere && statSync(this.#path).isDirectory()) throw new Error("it is a folder");
      accessSync(isThere ? this.#path : join(this.#path, ".."), constants.W_OK);
    });
  }

  override onTrainBegin(): void {
    this.#isBegun = false;
    this.#resumedAt = null;
  }

  /** Where the file ended: for checkpoints. */
  stateDict(): Record<string, unknown> {
    const sizeOf = ({ statSync }: ReturnType<typeof logFiles>) =>
      statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    return { size: this.#isBegun ? withLogFile(this.#where, sizeOf) : null };
  }

  /**
   * Goes on in the file, from where it ended when the checkpoint was made: what came after that comes again.
   *
   * @throws DataError for what `stateDict` did not give.
   */
  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const { size } = state ?? {};
    if (size !== null && !(Number.isSafeInteger(size) && (size as number) >= 0))
      throw new DataError({ where: this.#where, expected: "the size of its file", got: describe(size) });
    this.#isBegun = size !== null;
    this.#resumedAt = size as number | null;
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    this.#cutToResume();
    withLogFile(this.#where, ({ appendFileSync, existsSync, writeFileSync }) => {
      const line = `${JSON.stringify({ epoch, time: new Date().toISOString(), ...logs }, numbersAsText)}\n`;
      if (this.#isBegun) appendFileSync(this.#path, line);
      else if (this.#append && existsSync(this.#path)) appendFileSync(this.#path, this.#endLastLine() + line);
      else writeFileSync(this.#path, line);
    });
    this.#isBegun = true;
  }

  /** Takes off what was written after the checkpoint: only now, when the training goes on from there. */
  #cutToResume(): void {
    const size = this.#resumedAt;
    this.#resumedAt = null;
    if (size === null) return;
    withLogFile(this.#where, ({ statSync, truncateSync }) => {
      if ((statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0) > size) truncateSync(this.#path, size);
    });
  }

  /** Cuts off a last line that was left unfinished; returns what ends it where it is a whole one without its end. */
  #endLastLine(): "" | "\n" {
    return withLogFile(this.#where, ({ closeSync, fstatSync, ftruncateSync, openSync, readSync }) => {
      const file = openSync(this.#path, "r+");
      try {
        const { size } = fstatSync(file);
        let last = Buffer.alloc(0);
        let start = size;
        while (start > 0 && !last.includes(0x0a)) {
          const piece = Buffer.alloc(Math.min(pieceLength, start));
          start -= piece.length;
          readSync(file, piece, 0, piece.length, start);
          last = Buffer.concat([piece, last]);
        }
        const begin = last.lastIndexOf(0x0a) + 1;
        const text = last.subarray(begin).toString("utf8");
        if (text === "") return "";
        if (isObject(text)) return "\n";
        ftruncateSync(file, start + begin);
        return "";
      } finally {
        closeSync(file);
      }
    });
  }

  get #where(): string {
    return `JSONLLogger, ${this.#path}`;
  }
}

function numbersAsText(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

function isObject(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}
