/**
 * The errors of the project: each says what was expected, what came, and what to try.
 */

/** What Node's console calls to show something. */
export const inspect = Symbol.for("nodejs.util.inspect.custom");

/** The parts of an error message; `where` names the function, layer or file that complains. */
export interface ErrorParts {
  /** Who complains: `"matmul"`, `'layer "dense_1"'`, `"digits.csv, line 12"`. */
  where: string;
  /** What would have been right, completing "expected …". */
  expected: string;
  /** What came instead, completing "got …". */
  got: string;
  /** What to try, as a sentence. */
  hint?: string;
}

/**
 * Base class of every error that chainrule throws on purpose.
 *
 * @example
 * try {
 *   model.fit(x, y);
 * } catch (error) {
 *   if (error instanceof ChainRuleError) console.error(error.hint);
 * }
 */
export class ChainRuleError extends Error {
  /** The function that was called. */
  declare readonly where: string;
  /** What it takes. */
  declare readonly expected: string;
  /** What it was given. */
  declare readonly got: string;
  /** What to try instead, if that is known. */
  declare readonly hint: string | undefined;

  constructor(parts: ErrorParts) {
    const [where, expected, got] = [parts?.where, parts?.expected, parts?.got].map(asText);
    const hint = parts?.hint;
    super(`${where}: expected ${expected}, got ${got}.${hint ? `\n  ${asText(hint)}` : ""}`);
    Object.assign(this, { name: new.target.name, where, expected, got, hint });
  }

  /** How Node's console shows it: the message has said what the parts are. */
  [inspect](): string | undefined {
    return this.stack;
  }

  /**
   * The same error, told from further out: `inside('layer "dense_1"')` puts the layer's name in front. What a class of
   * one's own has added stays; its constructor, which may take other arguments, is not run again.
   */
  inside(outer: string): this {
    const same = Reflect.construct(Error, [`${outer}: ${this.message}`], this.constructor as never) as this;
    const error = Object.assign(same, this, { where: `${outer}: ${this.where}` });
    if (this.stack) error.stack = this.stack.replace(this.message, error.message);
    return error;
  }
}

/** A part of a message, whatever it is: an error that fails itself would hide the one that it was to tell of. */
const asText = (part: unknown) => (typeof part === "string" ? part : describe(part));

// A bundler may shorten the names of classes: what an error is called is written out.

/** Shapes or axes that do not fit together. */
export class ShapeError extends ChainRuleError {
  static override readonly name: string = "ShapeError";
}
/** A dtype that an operation cannot take. */
export class DTypeError extends ChainRuleError {
  static override readonly name: string = "DTypeError";
}
/** A number out of its range: a negative size, a probability above 1, a label that is no class. */
export class ValueError extends ChainRuleError {
  static override readonly name: string = "ValueError";
}
/** An option or a name that does not exist. */
export class OptionError extends ChainRuleError {
  static override readonly name: string = "OptionError";
}
/** Backward where there is nothing to go back through, or no longer. */
export class GraphError extends ChainRuleError {
  static override readonly name: string = "GraphError";
}
/** Data that cannot be read: ragged arrays, broken files, inputs and targets of different length. */
export class DataError extends ChainRuleError {
  static override readonly name: string = "DataError";
}
/** What `jit` cannot compile: a value read while tracing, a result that is no tensor. */
export class JitError extends ChainRuleError {
  static override readonly name: string = "JitError";
}
/** A model used out of order: `fit` before `compile`, weights that fit another model. */
export class ModelError extends ChainRuleError {
  static override readonly name: string = "ModelError";
}

/** The number of single-character edits (insert, delete, replace, swap neighbours) between two words. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}

/** A hint for a misspelt name: the nearest of the known names if one is near, and all of them. */
export function didYouMean(word: unknown, known: readonly string[]): string {
  if (typeof word !== "string") return `Known: ${known.join(", ")}.`;
  const meant = elsewhere.get(plain(word)) ?? "";
  const sentence = meant.endsWith(".") ? meant : elsewhere.get(plain(meant));
  if (sentence?.endsWith(".") && !known.some((name) => [meant, plain(word)].includes(plain(name)))) return sentence;
  const best = nearest(word, known);
  return `${best === undefined ? "" : `Did you mean "${best}"? `}Known: ${known.join(", ")}.`;
}

/** What other libraries call what has another name here, and what to do where it has none: see {@link teachOptions}. */
const elsewhere = new Map<string, string>();

/**
 * Tells errors about options what a name of another library is here: `{ sep: "delimiter" }`, or a sentence where it is no option at all.
 * Packages do so at the edge, in what their index imports and bundles leave out.
 */
export function teachOptions(names: Readonly<Record<string, string>>): void {
  for (const [name, meant] of Object.entries(names)) elsewhere.set(plain(name), meant);
}

const plain = (name: string) => name.toLowerCase().replace(/[_\s-]/g, "");

/** The known name that is meant, if one is near: the same word, one that contains it, or one with few letters changed. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const asked = plain(word);
  const meant = elsewhere.get(asked);
  if (meant !== undefined && known.includes(meant)) return meant;
  const ranked = known
    .map((name) => ({ name, distance: editDistance(asked, plain(name)) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best && best.distance <= 1) return best.name;
  // Half a name: "roc" for "roc_auc", "entropy" for "cross_entropy"; the shortest that has it.
  const whole = known.filter((name) => asked.length >= 3 && plain(name).includes(asked));
  if (whole.length > 0) return whole.reduce((a, b) => (b.length < a.length ? b : a));
  return best && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.name : undefined;
}

/**
 * Throws an {@link OptionError} when `options` is no plain object, or has a key that is not in `known`, with the nearest
 * known key: the one check that everything with options makes.
 *
 * @example
 * zeros([2], { dtyp: "int32" }); // OptionError: … Did you mean "dtype"?
 */
export function checkOptions(where: string, options: object | undefined, known: readonly string[]): void {
  if (options === undefined) return;
  if (!isPlain(options))
    throw notOptions(
      where,
      describe(options),
      known.length > 0 ? `Write a name before it, as in { ${known[0]}: … }. Options: ${known.join(", ")}.` : undefined,
    );
  let keys: string[];
  try {
    for (let i = 0; i < known.length; i++) (options as Record<string, unknown>)[known[i]];
    keys = Object.keys(options);
  } catch (error) {
    throw notOptions(where, `one that cannot be read: ${describe(error)} is thrown`);
  }
  for (let i = 0; i < keys.length; i++)
    if (!known.includes(keys[i]))
      throw new OptionError({
        where,
        expected: "options it knows",
        got: `"${keys[i]}"`,
        hint: didYouMean(keys[i], known),
      });
}

function notOptions(where: string, got: string, hint?: string): OptionError {
  return new OptionError({ where, expected: "an object of options", got, hint });
}

/** Whether it is an object as `{ … }` makes it, in another window too, and no instance of a class. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  try {
    const prototype = Object.getPrototypeOf(value);
    return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
  } catch {
    return false;
  }
}

/** The entry of `table` named `name`, or an {@link OptionError} with the hint, by default the nearest name. */
export function lookUp<T>(where: string, table: Readonly<Record<string, T>>, name: string, hint?: string): T {
  if (typeof name === "string" && Object.hasOwn(table, name)) return table[name];
  throw new OptionError({
    where,
    expected: "a known name",
    got: describe(name),
    hint: hint ?? didYouMean(name, Object.keys(table)),
  });
}

/** Whether it is a promise, which an async function returns. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}

/** A value in a few words, for error messages: `the number 3`, `an array of 4`, `"adam"`, `undefined`. Never throws. */
export function describe(value: unknown): string {
  try {
    return inWords(value);
  } catch {
    return "an object that cannot be read";
  }
}

function inWords(value: unknown): string {
  if (isPromise(value)) {
    // The error that says so is the one error: a promise that is refused may be rejected without ending the process.
    value.then(undefined, () => {});
    return "a promise";
  }
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `"${value.length > 60 ? `${value.slice(0, 57)}…` : value}"`;
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "bigint") return `the bigint ${value}n`;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "function") return `the function ${value.name || "(anonymous)"}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value))
    return `a ${value.constructor.name} of ${(value as Uint8Array).length ?? value.byteLength}`;
  const name = (value as object).constructor?.name;
  return !name || name === "Object"
    ? `an object with keys ${
        Object.keys(value as object)
          .slice(0, 12)
          .join(", ") || "(none)"
      }`
    : `a ${name}`;
}
