/**
 * Columns of text to numbers: which are numeric, which hold names, and what is wrong with a value.
 */
import { DataError, type DType, getDefaultDType, OptionError, type Tensor, tensor } from "@chainrule/core";
import { didYouMean } from "@chainrule/core/internal";
import { encodeLabels } from "./labels.ts";

/** A column as it stands in the file. */
export interface Column {
  /** The file, for messages. */
  readonly where: string;
  readonly name: string;
  readonly values: readonly string[];
  /** The line of each value. */
  readonly lines: readonly number[];
  /** Whether to take the values as names though they may look like numbers. */
  readonly categorical?: boolean;
}

/** A column as numbers; with the names that they stand for where it held names. */
interface NumberColumn {
  readonly numbers: ArrayLike<number>;
  readonly classes?: string[];
}

/** The index of a column given by name or by index, negative ones counted from the end. */
export function findColumn(where: string, names: readonly string[], which: string | number): number {
  if (typeof which === "string") {
    const index = names.indexOf(which);
    if (index >= 0) return index;
    throw new OptionError({
      where,
      expected: "a column of the table",
      got: `"${which}"`,
      hint: didYouMean(which, names),
    });
  }
  if (!Number.isInteger(which) || which < -names.length || which >= names.length)
    throw new OptionError({
      where,
      expected: `a column's name, or its index from ${-names.length} to ${names.length - 1}`,
      got: String(which),
    });
  return which < 0 ? which + names.length : which;
}

/**
 * The columns without the rows in which one of them lacks a value.
 *
 * @throws DataError at the first missing value, unless they are to be dropped, and where no row is left.
 */
export function dropMissing(
  columns: readonly Column[],
  marks: ReadonlySet<string>,
  missing: "error" | "drop",
): readonly Column[] {
  const { where, lines } = columns[0];
  const gap = (row: number) => columns.find((column) => marks.has(column.values[row]));
  const rows = lines.map((_, row) => row).filter((row) => !gap(row));
  if (rows.length === lines.length) return columns;
  if (missing === "error") {
    const first = lines.findIndex((_, row) => gap(row));
    const { name, values } = gap(first)!;
    throw new DataError({
      where: `${where}, line ${lines[first]}, column "${name}"`,
      expected: "a value",
      got: values[first] === "" ? "nothing" : `"${values[first]}", which marks a missing one`,
      hint: `${lines.length - rows.length} of ${lines.length} rows lack a value. Leave them out with { missing: "drop" }, or fill the gaps first; if it is a value after all, say with { missingValues: [""] } what marks a gap.`,
    });
  }
  if (rows.length === 0)
    throw new DataError({
      where,
      expected: "rows in which no value is missing",
      got: "none",
      hint: "Leave out the columns with gaps: { features: [the names of the others] }.",
    });
  return columns.map((column) => ({
    ...column,
    values: rows.map((row) => column.values[row]),
    lines: rows.map((row) => column.lines[row]),
  }));
}

/** The columns side by side as a tensor [n, d]. */
export function columnTensors(columns: readonly Column[], dtype: "float32" | "float64" = getDefaultDType()) {
  const [rows, width] = [columns[0].values.length, columns.length];
  const flat = new Float64Array(rows * width);
  const categories: Record<string, string[]> = {};
  columns.forEach((column, j) => {
    const { numbers, classes } = toNumbers(column);
    for (let i = 0; i < rows; i++) flat[i * width + j] = numbers[i];
    if (classes) categories[column.name] = classes;
  });
  return {
    features: tensor(flat, { shape: [rows, width], dtype }),
    featureNames: columns.map(({ name }) => name),
    categories,
  };
}

/** The target as a tensor [n]: class indices and whole numbers in int32, others as floats. */
export function targetTensor(column: Column, options: { dtype?: "float32" | "float64"; targetDType?: DType }) {
  const { numbers, classes } = toNumbers(column);
  const values = Float64Array.from(numbers);
  const whole = values.every((value) => (value | 0) === value);
  const dtype = options.targetDType ?? (whole ? "int32" : (options.dtype ?? getDefaultDType()));
  const target: Tensor = tensor(values, { dtype });
  return { target, targetName: column.name, ...(classes && { classes }) };
}

function toNumbers(column: Column): NumberColumn {
  const { values, categorical } = column;
  const numbers = Float64Array.from(values, toNumber);
  const bad = numbers.reduce((count, number) => count + (Number.isNaN(number) ? 1 : 0), 0);
  if (categorical || bad > values.length / 2) {
    const { labels, classes } = encodeLabels(values);
    return { numbers: labels.toTypedArray(), classes };
  }
  if (bad > 0) throw noNumber(column, numbers.findIndex(Number.isNaN));
  return { numbers };
}

/** The finite number that a text spells in decimal, or NaN: what `Number` takes beside that (0x10, 1e999) is a mistake. */
function toNumber(text: string): number {
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : Number.NaN;
}

function noNumber({ where, name, values, lines }: Column, row: number): DataError {
  const comma = /^[+-]?\d+(\.\d{3})*,\d+$/.test(values[row]);
  return new DataError({
    where: `${where}, line ${lines[row]}, column "${name}"`,
    expected: "a number, as in most of this column",
    got: `"${values[row]}"`,
    hint: comma
      ? "Numbers are written with a decimal point: replace the comma."
      : `Correct the value; if it marks a missing one, add it to missingValues; if the column holds names, say so: { categorical: ["${name}"] }.`,
  });
}
