/**
 * The kinds of numbers a tensor holds, and which kind comes out when two meet.
 */
import { DTypeError, describe, didYouMean, ShapeError } from "../errors.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";

/** `float32` is the default; `bool` holds 0 and 1. */
export type DType = "bool" | "int32" | "float32" | "float64";
/** An array that holds the numbers of a tensor, one kind for each dtype. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** From narrow to wide: two dtypes meet in the wider one. */
const byWidth: readonly DType[] = ["bool", "int32", "float32", "float64"];

const arrays = { bool: Uint8Array, int32: Int32Array, float32: Float32Array, float64: Float64Array } as const;

let defaultDType: "float32" | "float64" = "float32";

/**
 * The dtype of tensors that are made without naming one: float32 unless changed.
 *
 * @example getDefaultDType(); // "float32"
 */
export function getDefaultDType(): "float32" | "float64" {
  return defaultDType;
}

/**
 * Makes float64 (or float32 again) the dtype of tensors and layers that are made without naming one.
 *
 * @example setDefaultDType("float32");
 */
export function setDefaultDType(dtype: "float32" | "float64"): void {
  if (dtype !== "float32" && dtype !== "float64")
    throw new DTypeError({ where: "setDefaultDType", expected: '"float32" or "float64"', got: describe(dtype) });
  defaultDType = dtype;
}

/** Whether the dtype is one of the two that have fractions, and gradients. @example isFloat("int32"); // false */
export function isFloat(dtype: DType): dtype is "float32" | "float64" {
  return dtype === "float32" || dtype === "float64";
}

/**
 * The dtype in which values of both kinds fit: `promote("int32", "float32")` is `"float32"`.
 *
 * @example promote("int32", "float32"); // "float32"
 */
export function promote(a: DType, b: DType): DType {
  const i = byWidth.indexOf(a);
  const j = byWidth.indexOf(b);
  if (i < 0 || j < 0) for (const dtype of [a, b]) checkDType("promote", dtype);
  return byWidth[Math.max(i, j)];
}

/** The dtype itself if it is a float, else the default float. */
export function toFloat(dtype: DType): DType {
  return isFloat(dtype) ? dtype : defaultDType;
}

/** The dtype itself unless it is bool: sums and products of truth values count in int32. */
export function toNumeric(dtype: DType): DType {
  return dtype === "bool" ? "int32" : dtype;
}

/** Whether the array is of the kind that holds this dtype. */
export function holds(array: unknown, dtype: DType): boolean {
  // Written out: every tensor that is made is asked, and `instanceof` of what is looked up costs 50 ns.
  if (dtype === "float32") return array instanceof Float32Array;
  if (dtype === "float64") return array instanceof Float64Array;
  if (dtype === "int32") return array instanceof Int32Array;
  return dtype === "bool" && array instanceof Uint8Array;
}

/**
 * Arrays of more than 64 bytes, which V8 no longer keeps among its own objects, and up to `most` share memory with others
 * of about their size, as Node's small buffers do: memory of one's own takes up to a microsecond. From `end` on it is free.
 */
const small = { most: 1024, buffer: new ArrayBuffer(0), end: 0 };
const middle = { most: 8192, buffer: new ArrayBuffer(0), end: 0 };

/** A zero-filled array of `size` elements. */
export function allocate(dtype: DType, size: number): TypedArray {
  const kind = arrays[dtype];
  const bytes = size * kind.BYTES_PER_ELEMENT;
  if (!(bytes > 64 && bytes <= middle.most)) return new kind(size);
  const shelf = bytes <= small.most ? small : middle;
  if (shelf.end + bytes > shelf.buffer.byteLength) {
    shelf.buffer = new ArrayBuffer(8 * shelf.most);
    shelf.end = 0;
  }
  const array = new kind(shelf.buffer, shelf.end, size);
  shelf.end += (bytes + 7) & -8;
  return array;
}

/** A zero-filled array for the elements of a tensor. @throws ShapeError for more than there is memory for. */
export function allocateFor(where: string, shape: Shape, dtype: DType): TypedArray {
  const size = sizeOf(shape);
  const bytes = size * arrays[dtype].BYTES_PER_ELEMENT;
  // Below a gigabyte nobody is asked. Above it some systems give what they do not have, and end the process at its use.
  if (bytes < 2 ** 30 || bytes <= availableMemory()) {
    try {
      return allocate(dtype, size);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new ShapeError({
    where,
    expected: "a result that there is memory for",
    got: `shape ${formatShape(shape)} in ${dtype}, which takes ${bytesInWords(bytes)}`,
    hint: "Look for an axis that was not meant to broadcast, or compute it in parts.",
  });
}

/** In bytes; Infinity where nobody can say, as in browsers. */
function availableMemory(): number {
  const { process } = globalThis as { process?: { availableMemory?(): number } };
  return process?.availableMemory?.() ?? Number.POSITIVE_INFINITY;
}

function bytesInWords(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB", "PB", "EB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Number((bytes / 1024 ** step).toPrecision(3))} ${units[step]}`;
}

/** The dtype that holds what a typed array holds without loss; 8 and 16 bit integers become int32. */
export function dtypeOfTypedArray(array: ArrayBufferView): DType {
  if (array.byteLength === 0) checkAttached(array);
  if (array instanceof Float64Array) return "float64";
  if (array instanceof Float32Array) return "float32";
  if (
    array instanceof Int32Array ||
    array instanceof Uint8Array ||
    array instanceof Uint8ClampedArray ||
    array instanceof Int8Array ||
    array instanceof Int16Array ||
    array instanceof Uint16Array
  )
    return "int32";
  throw new DTypeError({
    where: "tensor",
    expected: "a Float32Array, Float64Array, Int32Array or a smaller integer array",
    got: describe(array),
    hint: "Convert it first, for example with Float64Array.from(array, Number).",
  });
}

/** Throws for an array whose memory was given away, to a worker for example: it would be taken for an empty one. */
function checkAttached({ buffer }: ArrayBufferView): void {
  try {
    new Uint8Array(buffer);
  } catch {
    throw new DTypeError({
      where: "tensor",
      expected: "an array with its numbers",
      got: "a detached one, whose memory was transferred",
      hint: "Copy it with slice() before it is sent away.",
    });
  }
}

/** Throws unless `dtype` is one of the four. */
export function checkDType(where: string, dtype: unknown): asserts dtype is DType {
  if (typeof dtype !== "string" || !byWidth.includes(dtype as DType))
    throw new DTypeError({
      where,
      expected: "a dtype",
      got: describe(dtype),
      hint: didYouMean(dtype, byWidth),
    });
}
