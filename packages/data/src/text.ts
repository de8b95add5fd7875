/**
 * Text as numbers: tokens, a vocabulary that numbers them, and sequences filled up to one length.
 */
import { DataError, ModelError, OptionError, Tensor, tensor, ValueError } from "@chainrule/core";
import { allocateFor, checkFunction, checkList, checkOptions, describe } from "@chainrule/core/internal";
import { notSaved, readFields } from "./saved.ts";

/** Cuts a text into tokens. */
export type Tokenizer = (text: string) => string[];

/** A word with the apostrophes in it, a run of digits, or any other single character but a space. */
const wordPattern = /\p{L}[\p{L}\p{M}\p{N}]*(?:['’]\p{L}[\p{L}\p{M}]*)*|\p{N}+|\S/gu;

/**
 * The words of a text in lower case, numbers and punctuation marks standing by themselves.
 *
 * @example splitWords("Don't panic, it's 42!"); // ["don't", "panic", ",", "it's", "42", "!"]
 */
export function splitWords(text: string): string[] {
  return checkText("splitWords", text).toLowerCase().match(wordPattern) ?? [];
}

/**
 * The characters of a text, each a Unicode code point.
 *
 * @example splitCharacters("été"); // ["é", "t", "é"]
 */
export function splitCharacters(text: string): string[] {
  return Array.from(checkText("splitCharacters", text));
}

/** How a {@link Vocabulary} cuts texts into tokens, and which of them it numbers. */
export interface VocabularyOptions {
  /** How texts are cut into tokens; {@link splitWords} by default. */
  tokenize?: Tokenizer;
  /** Tokens of one's own that occur in no text, such as "<start>"; they get the numbers from 2 on. */
  special?: readonly string[];
  /** How often a token must occur to get a number of its own; 1 by default. */
  minCount?: number;
}

/** What a {@link Vocabulary} is as JSON. */
export interface VocabularyJSON {
  readonly tokens: readonly string[];
  /** The name of the function that cuts texts. */
  readonly tokenize: string;
}

const padding = "<pad>";
const unknown = "<unknown>";

/**
 * A number for every token of some texts: 0 for padding, 1 for tokens it does not know, then the special ones, then
 * those of the texts, the most frequent first and equally frequent ones in the order of their code units.
 *
 * Make it of the training texts only: what is new in the others is unknown to a model too.
 *
 * @throws DataError for what is no list of texts; OptionError for a special token that is there already; ValueError for
 *   a minCount that is no whole number of at least 1.
 *
 * @example
 * const vocabulary = new Vocabulary(["the cat sat", "the dog ran"]);
 * vocabulary.size; // 7
 * vocabulary.encode("the cow ran"); // [2, 1, 5]
 * vocabulary.decode([2, 1, 5]); // ["the", "<unknown>", "ran"]
 */
export class Vocabulary {
  /** The token of each number. */
  readonly tokens: readonly string[];
  readonly #tokenize: Tokenizer;
  readonly #ids: ReadonlyMap<string, number>;

  constructor(texts: Iterable<string>, options: VocabularyOptions = {}) {
    const where = "Vocabulary";
    checkOptions(where, options, ["tokenize", "special", "minCount"]);
    const { tokenize = splitWords, special = [], minCount = 1 } = options;
    if (!Number.isInteger(minCount) || minCount < 1)
      throw new ValueError({ where, expected: "minCount of at least 1", got: describe(minCount) });
    checkFunction(where, tokenize, "a function that cuts a text into tokens as tokenize");
    checkList(where, special, "an array of tokens as special");
    const reserved = [padding, unknown, ...special];
    for (const token of reserved) checkText(`${where}: special`, token);
    const names = new Set<string>();
    const twice = reserved.find((token) => names.size === names.add(token).size);
    if (twice !== undefined)
      throw new OptionError({ where, expected: "special tokens that differ", got: `${describe(twice)} twice` });
    const counts = countTokens(where, texts, tokenize);
    const common = [...counts].filter(([token, count]) => count >= minCount && !names.has(token));
    common.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    this.tokens = [...reserved, ...common.map(([token]) => token)];
    this.#tokenize = tokenize;
    this.#ids = new Map(this.tokens.map((token, id) => [token, id]));
  }

  /** How many tokens there are, padding, unknown and special ones among them: the `inputDim` of an embedding. */
  get size(): number {
    return this.tokens.length;
  }

  /** Whether the token has a number of its own. */
  has(token: string): boolean {
    return this.#ids.has(token);
  }

  /** The number of a token; 1 where it is not known. */
  idOf(token: string): number {
    return this.#ids.get(token) ?? 1;
  }

  /** A text as numbers. */
  encode(text: string): number[] {
    const where = "Vocabulary, encode";
    return tokensOf(where, this.#tokenize, checkText(where, text)).map((token) => this.idOf(token));
  }

  /** Numbers as tokens, without the padding. @throws ValueError for what is no token's number. */
  decode(ids: ArrayLike<number>): string[] {
    if (!Array.isArray(ids) && !ArrayBuffer.isView(ids))
      throw new DataError({ where: "Vocabulary, decode", expected: "an array of numbers", got: describe(ids) });
    return Array.from(ids)
      .filter((id) => id !== 0)
      .map((id) => {
        const token = this.tokens[id];
        if (token !== undefined) return token;
        const expected = `whole numbers from 0 to ${this.size - 1}`;
        throw new ValueError({
          where: "Vocabulary, decode",
          expected,
          got: typeof id === "number" ? `${id}` : describe(id),
        });
      });
  }

  /**
   * The tokens, and by its name how texts are cut, as JSON: {@link Vocabulary.fromJSON} reads it, and so do `saveAll` and
   * `loadAll`.
   *
   * @throws ModelError for a function without a name.
   */
  toJSON(): VocabularyJSON {
    const { name } = this.#tokenize;
    if (name === "")
      throw new ModelError({
        where: "Vocabulary.toJSON",
        expected: "a tokenize function that has a name",
        got: `(${String(this.#tokenize).replace(/\s+/g, " ").slice(0, 60)})`,
        hint: "JSON can hold only the name: const words = (text) => …; new Vocabulary(texts, { tokenize: words }).",
      });
    return { tokens: [...this.tokens], tokenize: name };
  }

  /**
   * The vocabulary that `toJSON` made JSON of.
   *
   * @param tokenizers by name, for one that cuts texts by a function of your own.
   * @throws DataError for JSON of anything else; ModelError for a function that is not given.
   *
   * @example
   * const vocabulary = new Vocabulary(["the cat sat"]);
   * Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary))).encode("the dog"); // [4, 1]
   */
  static fromJSON(json: unknown, tokenizers: Readonly<Record<string, unknown>> = {}): Vocabulary {
    const where = "Vocabulary.fromJSON";
    const { tokens, tokenize: name } = readFields(where, json);
    const isTokens = Array.isArray(tokens) && tokens.every((token) => typeof token === "string");
    if (!isTokens || tokens[0] !== padding || tokens[1] !== unknown || new Set(tokens).size !== tokens.length)
      throw notSaved(`${where}, tokens`, `a list of texts that differ, "${padding}" and "${unknown}" first`, tokens);
    if (typeof name !== "string") throw notSaved(`${where}, tokenize`, "the name of a function", name);
    const known = { splitWords, splitCharacters, ...tokenizers };
    const tokenize = Object.hasOwn(known, name) ? known[name as keyof typeof known] : undefined;
    if (typeof tokenize !== "function")
      throw new ModelError({
        where,
        expected: `the function "${name.slice(0, 60)}", by which texts are cut`,
        got: "no such function",
        hint: `Give it: Vocabulary.fromJSON(json, { ${name.slice(0, 60)} }); to loadAll, { custom: { ${name.slice(0, 60)} } }.`,
      });
    return new Vocabulary([], { tokenize: tokenize as Tokenizer, special: tokens.slice(2) });
  }
}

function checkText(where: string, text: string): string {
  if (typeof text === "string") return text;
  throw new DataError({ where, expected: "a text", got: describe(text) });
}

function countTokens(where: string, texts: Iterable<string>, tokenize: Tokenizer): Map<string, number> {
  if (typeof texts !== "object" || texts === null || texts instanceof Tensor || !(Symbol.iterator in texts))
    throw new DataError({
      where,
      expected: "a list of texts",
      got: describe(texts),
      hint: typeof texts === "string" ? "Of a single text make a list: new Vocabulary([text])." : undefined,
    });
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const token of tokensOf(where, tokenize, checkText(where, text)))
      counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}

/** The text's tokens, by a function that may be a user's own. */
function tokensOf(where: string, tokenize: Tokenizer, text: string): string[] {
  const tokens: unknown = tokenize(text);
  if (Array.isArray(tokens) && tokens.every((token) => typeof token === "string")) return tokens;
  throw new DataError({ where, expected: "tokenize to return an array of texts", got: describe(tokens) });
}

/** How {@link padSequences} makes sequences equally long. */
export interface PadSequencesOptions {
  /** What shorter sequences are filled up with; 0 by default. */
  value?: number;
  /** How long all become; by default as long as the longest. */
  maxLength?: number;
  /** Where to fill up: behind ("post", the default) or in front ("pre", as Keras does unless told otherwise). */
  padding?: "pre" | "post";
  /** Where to cut what is too long: the end ("post", the default) or the beginning ("pre", as Keras does). */
  truncating?: "pre" | "post";
}

/**
 * Sequences of whole numbers as one tensor, filled up and cut to one length; Keras's `pad_sequences`.
 *
 * `paddingMask` tells afterwards what was filled up.
 *
 * @returns int32 [n, length].
 * @throws DataError for anything but sequences of whole numbers; ValueError for a maxLength below 1.
 *
 * @example padSequences([[4, 7, 2], [5]]); // [[4, 7, 2], [5, 0, 0]]
 */
export function padSequences(sequences: readonly ArrayLike<number>[], options: PadSequencesOptions = {}): Tensor {
  const where = "padSequences";
  checkOptions(where, options, ["value", "maxLength", "padding", "truncating"]);
  const { value = 0, padding = "post", truncating = "post" } = options;
  for (const [name, side] of Object.entries({ padding, truncating }))
    if (side !== "pre" && side !== "post")
      throw new OptionError({ where, expected: `${name} "pre" or "post"`, got: describe(side) });
  if (!Array.isArray(sequences))
    throw new DataError({ where, expected: "an array of sequences", got: describe(sequences) });
  for (let row = 0; row < sequences.length; row++) checkWhole(where, sequences[row], row);
  const longest = sequences.reduce((most, { length }) => Math.max(most, length), 0);
  const { maxLength = longest } = options;
  if (options.maxLength !== undefined && !(Number.isInteger(maxLength) && maxLength >= 1 && maxLength < 2 ** 32))
    throw new ValueError({ where, expected: "maxLength of at least 1", got: describe(maxLength) });
  if (!isWhole(value)) throw new ValueError({ where, expected: "a whole number as value", got: describe(value) });
  const shape = [sequences.length, maxLength];
  const padded = allocateFor(where, shape, "int32").fill(value);
  sequences.forEach((sequence, row) => {
    const kept = Math.min(sequence.length, maxLength);
    const from = truncating === "pre" ? sequence.length - kept : 0;
    const to = row * maxLength + (padding === "pre" ? maxLength - kept : 0);
    for (let i = 0; i < kept; i++) padded[to + i] = sequence[from + i];
  });
  return tensor(padded, { shape });
}

/** Whether an int32 tensor can hold it. */
const isWhole = (x: unknown) => typeof x === "number" && (x | 0) === x;

function checkWhole(where: string, sequence: ArrayLike<number>, row: number): void {
  const isSequence = Array.isArray(sequence) || ArrayBuffer.isView(sequence);
  const wrong = isSequence ? Array.from(sequence).find((item) => !isWhole(item)) : sequence;
  if (!isSequence || wrong !== undefined)
    throw new DataError({
      where: `${where}, sequence ${row}`,
      expected: "whole numbers of 32 bits",
      got: describe(wrong),
      hint: typeof wrong === "string" ? "A Vocabulary makes numbers of texts." : undefined,
    });
}
