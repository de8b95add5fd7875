/**
 * Columns of text to numbers: which are numeric, which hold names, and what is wrong with a value.
 */
import { DataError, type DType, getDefaultDType, OptionError, type Tensor, tensor } from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";
import { encodeLabels } from "./labels.ts";
import { areMeasures, hintForNumber, type ReadNumber, unitHint } from "./numbers.ts";

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
      got: describe(which),
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

/** How columns become numbers. */
export interface ColumnOptions {
  readonly read: ReadNumber;
  /** The floats of features, and of a target with fractions; undefined where nobody asked for one. */
  readonly dtype?: "float32" | "float64";
}

/** The columns side by side as a tensor [n, d]. */
export function columnTensors(columns: readonly Column[], { read, dtype }: ColumnOptions) {
  const [rows, width] = [columns[0].values.length, columns.length];
  const flat = new Float64Array(rows * width);
  const kind = dtype ?? getDefaultDType();
  const categories: Record<string, string[]> = {};
  columns.forEach((column, j) => {
    const { numbers, classes } = toNumbers(column, read, () => textColumns(columns, read));
    for (let i = 0; i < rows; i++) flat[i * width + j] = numbers[i];
    if (classes) categories[column.name] = classes;
    else if (kind === "float32") checkFloat32(column, numbers, dtype);
  });
  return {
    features: tensor(flat, { shape: [rows, width], dtype: kind }),
    featureNames: columns.map(({ name }) => name),
    categories,
  };
}

/** The target as a tensor [n]: class indices and whole numbers in int32, others as floats. */
export function targetTensor(column: Column, { read, dtype, targetDType }: ColumnOptions & { targetDType?: DType }) {
  const names = column.categorical || areNames(column, read);
  const { numbers, classes } = toNumbers({ ...column, categorical: names }, read, () => [column.name]);
  const values = Float64Array.from(numbers);
  const whole = values.every((value) => (value | 0) === value);
  const kind = targetDType ?? (whole ? "int32" : (dtype ?? getDefaultDType()));
  if (kind === "float32") checkFloat32(column, values, targetDType ?? dtype);
  const target: Tensor = tensor(values, { dtype: kind });
  return { target, targetName: column.name, ...(classes && { classes }) };
}

/** Whether no value is a number, or looks like one in another spelling, and they are not all numbers of one unit. */
function areNames({ values }: Column, read: ReadNumber): boolean {
  return !areMeasures(values) && values.every((text) => Number.isNaN(read(text)) && hintForNumber(text) === null);
}

/** The names of the columns that want to be called categorical. */
function textColumns(columns: readonly Column[], read: ReadNumber): string[] {
  return columns.filter((column) => column.categorical || areNames(column, read)).map(({ name }) => name);
}

/** @param texts the columns that the error advises to call categorical. */
function toNumbers(column: Column, read: ReadNumber, texts: () => string[]): NumberColumn {
  const { values, categorical } = column;
  if (categorical) {
    const { labels, classes } = encodeLabels(values);
    return { numbers: labels.toTypedArray(), classes };
  }
  const numbers = Float64Array.from(values, read);
  if (numbers.some(Number.isNaN)) throw noNumber(column, numbers, texts());
  const long = numbers.findIndex((x, i) => Math.abs(x) > Number.MAX_SAFE_INTEGER && /^[+-]?\d+$/.test(values[i]));
  if (long >= 0)
    throw new DataError({
      where: placeOf(column, long),
      expected: `whole numbers of at most ${Number.MAX_SAFE_INTEGER}, which are exact`,
      got: values[long],
      hint: `If they are names, as of customers, leave the column out or say so: { categorical: [${JSON.stringify(column.name)}] }.`,
    });
  return { numbers };
}

function placeOf({ where, name, lines }: Column, row: number): string {
  return `${where}, line ${lines[row]}, column "${name}"`;
}

function noNumber(column: Column, numbers: Float64Array, texts: readonly string[]): DataError {
  const { values, name } = column;
  const wrong = values.flatMap((_, row) => (Number.isNaN(numbers[row]) ? [row] : []));
  const mostly = wrong.length <= values.length / 2;
  // A number of another spelling says more of what is wrong than a name.
  const row = wrong.find((row) => hintForNumber(values[row]) !== null) ?? wrong[0];
  const names = JSON.stringify(texts.includes(name) ? texts : [name]);
  const categorical = `say so: { categorical: ${names} } makes class indices of them`;
  return new DataError({
    where: placeOf(column, row),
    expected: mostly ? "a number, as in most of this column" : "a number",
    got: `"${values[row]}"${mostly ? "" : `, and ${wrong.length} of ${values.length} values are none`}`,
    hint:
      hintForNumber(values[row]) ??
      (areMeasures(values) ? unitHint : null) ??
      (mostly
        ? `Correct the value; if it marks a missing one, add it to missingValues; if the column holds names, ${categorical}.`
        : `If the column holds names, ${categorical}; to leave it out, name the others in { features }.`),
  });
}

/** How much of a column's width float32 may move a number by: what a model would see as noise of a thousandth. */
const float32Share = 1e-3;

/** Throws where float32 has no room for the numbers, or, unless it was asked for, not for what they differ by. */
function checkFloat32(column: Column, numbers: ArrayLike<number>, asked: DType | undefined): void {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [worst, at] = [0, 0];
  for (let row = 0; row < numbers.length; row++) {
    const x = numbers[row];
    if (x < min) min = x;
    if (x > max) max = x;
    const error = Math.abs(Math.fround(x) - x);
    if (error > worst) [worst, at] = [error, row];
  }
  const isHeld = worst <= float32Share * (max - min) || max === min || asked !== undefined;
  if (isHeld && worst < Number.POSITIVE_INFINITY) return;
  throw new DataError({
    where: placeOf(column, at),
    expected: "numbers that float32 can tell apart",
    got: `${numbers[at]}, which it holds as ${Math.fround(numbers[at])}, among numbers from ${min} to ${max}`,
    hint: 'Read the table with { dtype: "float64" }; a StandardScaler then brings the numbers near 0, where float32 has its digits.',
  });
}
