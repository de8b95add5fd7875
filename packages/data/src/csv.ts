/**
 * Reading tables: CSV text to a tensor of features and a tensor of targets.
 *
 * The text is taken apart by csv-parse; in `columns.ts` its columns become numbers.
 */
import { DataError, type DType, OptionError, type Tensor } from "@chainrule/core";
import { checkOptions, describe, withAwaitHint } from "@chainrule/core/internal";
// Its version for Node, which is faster there and runs in Deno, or that for all hosts: see "imports" in package.json.
import { CsvError, parse } from "#csv-parse";
import { type Column, columnTensors, dropMissing, findColumn, targetTensor } from "./columns.ts";
import { numberReader, readSpelling } from "./numbers.ts";
import { nameOf, readBytes, type Source } from "./source.ts";

/** How to read a table. */
export interface CsvOptions {
  /** The column to predict, by name or index (-1 is the last, the default); null where there is none. */
  target?: string | number | null;
  /** The columns to predict from, by name or index, in this order; by default all but the target. */
  features?: readonly (string | number)[];
  /**
   * Whether the first line names the columns; else they are called column_0, column_1, …. By default it does, and is an
   * error if half of it are numbers, which `true` takes as names.
   */
  header?: boolean;
  /** What stands between fields; by default a comma, or whichever of ; | and tab makes a table of the text. */
  delimiter?: string;
  /** What stands before the fraction, `"."` (the default) or `","`. */
  decimal?: "." | ",";
  /** What stands between groups of three digits, such as "," in 1,250,000; by default nothing may. */
  thousands?: string;
  /** Columns of names, or of numbers that are names, such as postal codes: their values become class indices. */
  categorical?: readonly (string | number)[];
  /** What a missing value looks like, after trimming; by default nothing, ?, and NA, NaN, null, None as they are written. */
  missingValues?: readonly string[];
  /** What to do with a row in which a value is missing: `"error"` (the default), or `"drop"` the row. */
  missing?: "error" | "drop";
  /**
   * The dtype of the features, and of a target with fractions: the default float, float32. Numbers that it cannot tell
   * apart, such as times in seconds since 1970, are an error unless it was asked for.
   */
  dtype?: "float32" | "float64";
  /** The dtype of a numeric target; by default int32 where all its values are whole, else `dtype`. */
  targetDType?: DType;
}

/** A table's features. */
export interface CsvFeatures {
  /** The numbers to predict from, [n, d]; a categorical column holds class indices, see `categories`. */
  features: Tensor;
  /** The names of the d columns. */
  featureNames: string[];
  /** For each categorical column among the features, its names: index i in the tensor is `categories[column][i]`. */
  categories: Record<string, string[]>;
}

/** A table's features and target. */
export interface CsvData extends CsvFeatures {
  /** What to predict, [n]: class indices (int32) or numbers. */
  target: Tensor;
  targetName: string;
  /** The class names where the target is text, sorted: label i is `classes[i]`. */
  classes?: string[];
}

const known = [
  "target",
  "features",
  "header",
  "delimiter",
  "decimal",
  "thousands",
  "categorical",
  "missingValues",
  "missing",
  "dtype",
  "targetDType",
] as const;
const missingMarks = "|NA|N/A|n/a|#N/A|<NA>|NaN|nan|NULL|null|None|?".split("|");

/**
 * Reads a CSV file or URL, gzip or not. See {@link parseCsv} for what becomes of it.
 *
 * @param source a path (in Node) or a URL.
 * @throws DataError where it cannot be read, and for what {@link parseCsv} throws, with the file's name.
 *
 * @example
 * const iris = await readCsv("examples/data/iris.csv");
 * iris.features.shape; // [150, 4]
 */
export function readCsv(source: Source, options: CsvOptions & { target: null }): Promise<CsvFeatures>;
export function readCsv(source: Source, options?: CsvOptions): Promise<CsvData>;
export function readCsv(source: Source, options: CsvOptions = {}): Promise<CsvFeatures> {
  const read = async () => {
    const bytes = await readBytes(source);
    const name = nameOf(source);
    return parseTable(decode(bytes, name), options, name);
  };
  return withAwaitHint("readCsv(…)", read(), ["features", "target", "featureNames"]);
}

/**
 * Turns CSV text (RFC 4180) into tensors.
 *
 * The features are numbers, and names only in columns that `categorical` lists: these become indices into the sorted
 * list of them. An index is not a measure: one-hot encode such a feature before a model multiplies it by a weight. A
 * target none of whose values looks like a number is class names. Whatever looks like a number of another spelling (1,5
 * or 1,250 or 12% or 2024-05-01) is an error, which says what to try.
 *
 * @returns features [n, d] and target [n], with their names.
 * @throws DataError for missing values, for a value that is no number, for numbers that the dtype cannot tell apart,
 *   and for lines of different length, naming line and column; also for text without rows.
 * @throws OptionError for a column that is not there.
 *
 * @example
 * const { features, target, classes } = parseCsv("length,kind\n1.5,cat\n2.5,dog\n", { target: "kind" });
 * // features [[1.5], [2.5]], target [0, 1], classes ["cat", "dog"]
 */
export function parseCsv(text: string, options: CsvOptions & { target: null }): CsvFeatures;
export function parseCsv(text: string, options?: CsvOptions): CsvData;
export function parseCsv(text: string, options: CsvOptions = {}): CsvFeatures {
  if (typeof text !== "string")
    throw new DataError({
      where: "parseCsv",
      expected: "CSV text",
      got: describe(text),
      hint: ArrayBuffer.isView(text)
        ? "Of bytes make a text: new TextDecoder().decode(bytes)."
        : "To read a file use readCsv.",
    });
  return parseTable(text, options, "parseCsv");
}

function parseTable(text: string, options: CsvOptions, where: string): CsvFeatures {
  checkOptions(where, options, known);
  checkChoices(where, options);
  const read = numberReader(readSpelling(where, options));
  const columns = readColumns(text, options, where);
  const names = columns.map(({ name }) => name);
  const find = (which: string | number) => findColumn(where, names, which);
  const target = options.target === null ? null : find(options.target ?? -1);
  const chosen = options.features?.map(find) ?? names.map((_, i) => i).filter((i) => i !== target);
  if (target !== null && chosen.includes(target))
    throw new OptionError({
      where,
      expected: "features without the target",
      got: `"${names[target]}" as both`,
      hint: "A model that sees what it is to predict learns nothing else.",
    });
  if (!options.features && chosen.some((i) => names[i] === "")) throw noName(where, names);
  if (chosen.length === 0) throw noFeatures(where, names, target);
  const marks = new Set(options.missingValues ?? missingMarks);
  const categorical = new Set(options.categorical?.map(find));
  const used = (target === null ? chosen : [...chosen, target]).map((i) => ({
    ...columns[i],
    categorical: categorical.has(i),
  }));
  const kept = dropMissing(used, marks, options.missing ?? "error");
  const { dtype, targetDType } = options;
  const table = columnTensors(kept.slice(0, chosen.length), { read, dtype });
  if (target === null) return table;
  return { ...table, ...targetTensor(kept[kept.length - 1], { read, dtype, targetDType }) } satisfies CsvData;
}

function noName(where: string, names: readonly string[]): DataError {
  return new DataError({
    where,
    expected: "a name for each column",
    got: `none for column ${names.indexOf("")}`,
    hint: "It may be the rows' numbers, which some programs write in front, or a delimiter at the ends of lines: leave it out by naming the others in { features }.",
  });
}

function noFeatures(where: string, names: readonly string[], target: number | null): DataError {
  const delimiter = [";", "\t", "|"].find((candidate) => names[0].includes(candidate));
  return new DataError({
    where,
    expected: "at least one column of features",
    got: target === null ? "none" : `none beside the target "${names[target]}"`,
    hint:
      delimiter &&
      `The columns seem to be separated by another character: { delimiter: ${JSON.stringify(delimiter)} }.`,
  });
}

function checkChoices(where: string, options: CsvOptions): void {
  const { missing, dtype, delimiter, header } = options;
  for (const name of ["features", "categorical", "missingValues"] as const)
    if (options[name] !== undefined && !Array.isArray(options[name]))
      throw new OptionError({
        where,
        expected: `${name} to be a list`,
        got: describe(options[name]),
        hint: `Write ${name}: [${typeof options[name] === "string" ? JSON.stringify(options[name]) : "…"}].`,
      });
  if (header !== undefined && typeof header !== "boolean")
    throw new OptionError({ where, expected: "header to be true or false", got: describe(header) });
  if (delimiter !== undefined && (typeof delimiter !== "string" || delimiter === ""))
    throw new OptionError({ where, expected: 'delimiter to be a text such as ";"', got: describe(delimiter) });
  if (missing !== undefined && missing !== "error" && missing !== "drop")
    throw new OptionError({ where, expected: 'missing to be "error" or "drop"', got: describe(missing) });
  if (dtype !== undefined && dtype !== "float32" && dtype !== "float64")
    throw new OptionError({ where, expected: 'dtype to be "float32" or "float64"', got: describe(dtype) });
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const mark = (bytes[0] << 8) | bytes[1];
    const encoding = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "latin1";
    throw new DataError({
      where,
      expected: "text in UTF-8",
      got: "bytes that are none",
      hint: `If it is text in another encoding, decode it yourself and use parseCsv: new TextDecoder("${encoding}").decode(bytes).`,
    });
  }
}

interface Row {
  record: string[];
  /** The line on which it ends, counted from 1. */
  line: number;
}

/** The table column by column, its rows checked to be of one length. */
function readColumns(text: string, options: CsvOptions, where: string): Column[] {
  const { header = true, delimiter = findDelimiter(text, where) } = options;
  const rows = readRows(text, delimiter, where);
  if (rows.length === 0)
    throw new DataError({
      where,
      expected: "a table",
      got: text.length === 0 ? "no text at all" : "nothing but blanks",
    });
  const names = header ? rows[0].record : rows[0].record.map((_, i) => `column_${i}`);
  if (header) checkNames(names, `${where}, line ${rows[0].line}`, options.header === true);
  const body = header ? rows.slice(1) : rows;
  if (body.length === 0)
    throw new DataError({
      where,
      expected: "rows after the header",
      got: "none",
      hint: /^[^,;\t\n]*\.(csv|tsv|txt)(\.gz)?$/i.test(text.trim())
        ? `That is the path of a file: await readCsv("${text.trim()}").`
        : undefined,
    });
  for (const { record, line } of body)
    if (record.length !== names.length)
      throw new DataError({
        where: `${where}, line ${line}`,
        expected: `${names.length} fields, as in the first line`,
        got: `${record.length}`,
        hint: `A field that contains ${JSON.stringify(delimiter)} must stand in double quotes. If the fields are separated by something else, say so: { delimiter: ";" }.`,
      });
  const lines = body.map(({ line }) => line);
  return names.map((name, i) => ({ where, name, lines, values: body.map(({ record }) => record[i]) }));
}

/** How much of the text is looked at to find out what stands between its fields, and how many rows of it. */
const sample = { characters: 100_000, rows: 50 };

/** What makes a table of the text: the same number of fields in each row, and more than one. */
function findDelimiter(text: string, where: string): string {
  const start = text.slice(0, sample.characters);
  const found = [",", ";", "\t", "|"].filter((delimiter) => {
    try {
      const rows = parse(start, {
        delimiter,
        bom: true,
        skip_empty_lines: true,
        relax_column_count: true,
        to: sample.rows,
      });
      // A text that was cut ends in the middle of a row.
      const whole = start.length < text.length && rows.length < sample.rows ? rows.slice(0, -1) : rows;
      return whole.length > 0 && whole[0].length > 1 && whole.every(({ length }) => length === whole[0].length);
    } catch (error) {
      if (error instanceof CsvError) return false;
      throw error;
    }
  });
  if (found.length < 2) return found[0] ?? ",";
  throw new DataError({
    where,
    expected: "one way to cut the lines into fields",
    got: `${found.length}: at each ${found.map((delimiter) => JSON.stringify(delimiter)).join(", and at each ")}`,
    hint: `Say which it is: { delimiter: ${JSON.stringify(found[0])} }.`,
  });
}

function readRows(text: string, delimiter: string, where: string): Row[] {
  const options = { delimiter, info: true, bom: true, trim: true, skip_empty_lines: true, relax_column_count: true };
  try {
    // With `info: true` each record comes with what is known of its place; the library's types leave that out.
    const records = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[];
    return records.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new DataError({ where, expected: "well-formed CSV", got: error.message });
  }
}

/** With a decimal point or a decimal comma. */
const isNumber = (text: string) => /^[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?$/i.test(text);

function checkNames(names: readonly string[], where: string, asked: boolean): void {
  const numbers = names.filter(isNumber);
  if (!asked && numbers.length >= names.length / 2)
    throw new DataError({
      where,
      expected: "the names of the columns",
      got: `numbers (${numbers.slice(0, 3).join(", ")}${numbers.length > 3 ? ", …" : ""})`,
      hint: "If the table has no header, say so: { header: false }; if these are names, such as years: { header: true }.",
    });
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new DataError({ where, expected: "column names that differ", got: `"${name}" twice` });
    seen.add(name);
  }
}
