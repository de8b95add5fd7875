/**
 * Tensors as text: values in aligned columns, the way NumPy prints them, with shape and dtype.
 */
import { checkOptions, describe, ValueError } from "../errors.ts";
import type { KernelOperand } from "./op.ts";
import { formatShape, stridesOf } from "./shape.ts";

export interface FormatOptions {
  /** The most digits after the point; 4 unless given. */
  precision?: number;
  /** Tensors of more elements than this are abbreviated; 1000 unless given. */
  threshold?: number;
  /** How many elements an abbreviated axis keeps at each end; 3 unless given. */
  edgeItems?: number;
  /** The longest line; 75 unless given. A single number is never broken. */
  lineWidth?: number;
  /** Whether to say that the tensor asks for a gradient. */
  requiresGrad?: boolean;
  /** The word before the parenthesis; `tensor` unless given. */
  label?: string;
}

const defaults = { precision: 4, threshold: 1000, edgeItems: 3, lineWidth: 75, requiresGrad: false, label: "tensor" };

/** Whole numbers are written out up to here, above in scientific notation, and other numbers as NumPy decides. */
const largestFixed = 1e8;

/**
 * A tensor as text: on one line where it has one row, else a line of shape and dtype above its rows.
 *
 * All numbers share one notation, with no more digits than they need. It is scientific if the largest is 1e8 or more
 * (float32: 1e6) or, among numbers that are not all whole, the smallest is below 0.0001 or a thousandth of the largest.
 *
 * @throws ValueError for an option out of its range, OptionError for one that does not exist.
 *
 * Source: NumPy's `array2string`, whose rules for notation, padding, line breaks and abbreviation these are.
 *
 * @example
 * formatTensor({ shape: [2, 2], dtype: "float32", storage: Float32Array.of(1, 0.5, -2.25, 10) });
 * // tensor([2, 2] float32
 * //  [[ 1.  ,  0.5 ],
 * //   [-2.25, 10.  ]])
 */
export function formatTensor(block: KernelOperand, options: FormatOptions = {}): string {
  const settings = { ...defaults, ...options };
  checkSettings(options, settings);
  const { shape, dtype, storage } = block;
  const { label, requiresGrad, lineWidth } = settings;
  const kind = `${dtype}${requiresGrad ? ", requiresGrad" : ""}`;
  if (storage.length === 0) return `${label}([], ${formatShape(shape)} ${kind})`;

  const shown = shownIndices(
    shape,
    storage.length > settings.threshold ? settings.edgeItems : Number.POSITIVE_INFINITY,
  );
  const strides = stridesOf(shape);
  const write = writerFor(block, offsetsOf(shown, strides), settings.precision);
  if (shape.length === 0) return `${label}(${write(storage[0]).trim()}, ${kind})`;

  const layOut = (width: number) => nest(shown, strides, (offset) => write(storage[offset]), " ", width);
  const oneLine = `${label}(${layOut(Number.POSITIVE_INFINITY)}, ${formatShape(shape)} ${kind})`;
  if (!oneLine.includes("\n") && oneLine.length <= lineWidth) return oneLine;
  // The last line needs a column for the closing parenthesis.
  return `${label}(${formatShape(shape)} ${kind}\n ${layOut(lineWidth - 1)})`;
}

function checkSettings(options: FormatOptions, settings: typeof defaults): void {
  const where = "formatTensor";
  checkOptions(where, options, Object.keys(defaults));
  const least = { precision: 0, threshold: 0, edgeItems: 1, lineWidth: 1 } as const;
  for (const name of Object.keys(least) as (keyof typeof least)[]) {
    const value = settings[name];
    const whole = Number.isInteger(value) || (value === Number.POSITIVE_INFINITY && name !== "precision");
    if (!whole || value < least[name] || (name === "precision" && value > 100))
      throw new ValueError({
        where,
        expected: `a whole number of at least ${least[name]}${name === "precision" ? " and at most 100" : ""} as ${name}`,
        got: describe(value),
      });
  }
}

/** For each axis the indices that are shown, with -1 where the ellipsis goes. */
function shownIndices(shape: KernelOperand["shape"], edgeItems: number): number[][] {
  return shape.map((length) => {
    if (length <= 2 * edgeItems) return Array.from({ length }, (_, i) => i);
    const front = Array.from({ length: edgeItems }, (_, i) => i);
    return [...front, -1, ...front.map((i) => length - edgeItems + i)];
  });
}

/** Where the shown elements stand in the storage. */
function offsetsOf(shown: number[][], strides: number[]): number[] {
  let offsets = [0];
  shown.forEach((indices, axis) => {
    const real = indices.filter((index) => index >= 0);
    offsets = offsets.flatMap((offset) => real.map((index) => offset + index * strides[axis]));
  });
  return offsets;
}

/**
 * The brackets around the axes that are left: rows one below the other, with more space between outer axes.
 *
 * `indent` is what stands before the opening bracket on the lines that follow the first.
 */
function nest(
  shown: number[][],
  strides: number[],
  write: (offset: number) => string,
  indent: string,
  width: number,
  axis = 0,
  offset = 0,
): string {
  const inside = `${indent} `;
  const last = axis === shown.length - 1;
  const parts = shown[axis].map((index) => {
    if (index < 0) return "...";
    const at = offset + index * strides[axis];
    return last ? write(at) : nest(shown, strides, write, inside, width - 1, axis + 1, at);
  });
  if (!last) return `[${parts.join(`,${"\n".repeat(shown.length - 1 - axis)}${inside}`)}]`;
  return `[${wrap(parts, inside, width - 1)}]`;
}

/** Words with commas between them, broken before the word that would pass the width. */
function wrap(words: string[], indent: string, width: number): string {
  let text = "";
  let line = indent;
  words.forEach((word, i) => {
    const comma = i < words.length - 1 ? ", " : "";
    if (line.length + word.length > width && line.length > indent.length) {
      text += `${line.trimEnd()}\n`;
      line = indent;
    }
    line += word + comma;
  });
  return (text + line).slice(indent.length);
}

/** The function that writes one element so that all those shown have one notation and one width. */
function writerFor({ dtype, storage }: KernelOperand, offsets: number[], precision: number): (x: number) => string {
  const values = offsets.map((offset) => storage[offset]);
  if (dtype === "bool") return padded(values, (x) => (x ? "true" : "false"));
  if (dtype === "int32") return padded(values, String);
  const single = dtype === "float32";
  const finite = values.filter(Number.isFinite);
  const scientific = needsExponent(finite, single ? 1e6 : 1e8);
  const take = (x: number) => splitNumber(x, single ? shortestFloat32(x) : x, precision, scientific);
  const parts = finite.map(take);
  const digits = largest(parts.map(({ fraction }) => fraction.length));
  const exponentDigits = largest(parts.map(({ exponent }) => exponent.length - 1));
  return padded(values, (x) => {
    if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
    const { whole, fraction, exponent } = take(x);
    if (!scientific) return `${whole}.${fraction.padEnd(digits)}`;
    return `${whole}.${fraction.padEnd(digits, "0")}e${exponent[0]}${exponent.slice(1).padStart(exponentDigits, "0")}`;
  });
}

/** Pads on the left to the width of the widest. */
function padded(values: number[], write: (x: number) => string): (x: number) => string {
  const width = largest(values.map((x) => write(x).length));
  return (x) => write(x).padStart(width);
}

/** The largest of some sizes, 0 of none: a loop, because a call with a million arguments overflows the stack. */
function largest(sizes: number[]): number {
  return sizes.reduce((a, b) => Math.max(a, b), 0);
}

function needsExponent(numbers: number[], limit: number): boolean {
  const sizes = numbers.filter((x) => x !== 0).map(Math.abs);
  if (sizes.length === 0) return false;
  const max = largest(sizes);
  const min = sizes.reduce((a, b) => Math.min(a, b));
  if (numbers.every(Number.isInteger)) return max >= largestFixed;
  return max >= limit || min < 0.0001 || max / min > 1000;
}

/** The digits before the point with their sign, those behind it without trailing zeros, and the exponent as `+05`. */
interface Parts {
  whole: string;
  fraction: string;
  exponent: string;
}

/**
 * Takes a number apart, rounded to `precision` digits after the point.
 *
 * `shortest` is written where the digits suffice for it; else the number itself is rounded, only once.
 */
function splitNumber(x: number, shortest: number, precision: number, scientific: boolean): Parts {
  const exact = split(scientific ? Math.abs(shortest).toExponential() : String(Math.abs(shortest)));
  const size = Math.abs(x);
  const parts =
    exact.fraction.length <= precision
      ? exact
      : split(scientific ? size.toExponential(precision) : size.toFixed(precision));
  return x < 0 || Object.is(x, -0) ? { ...parts, whole: `-${parts.whole}` } : parts;
}

function split(text: string): Parts {
  const [mantissa, exponent = "+0"] = text.split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  return {
    whole,
    fraction: fraction.replace(/0+$/, ""),
    exponent: exponent[0] + exponent.slice(1).padStart(2, "0"),
  };
}

/** The float64 with the fewest decimal digits that rounds to the same float32: 0.1 for 0.10000000149011612. */
function shortestFloat32(x: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(x.toPrecision(digits));
    if (Math.fround(candidate) === x) return candidate;
  }
  return Number(x.toPrecision(9));
}
