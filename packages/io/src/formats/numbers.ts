/**
 * Numbers as files hold them, and as tensors do: what each kind of number becomes.
 *
 * Half precision (F16, BF16) becomes float32, which holds it exactly. Whole numbers of any width become int32 where
 * each of them fits.
 */
import { DataError, type DType, Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/** Throws unless it is an object of what is to be written, by name. */
export function checkTable(where: string, tensors: unknown): void {
  if (typeof tensors !== "object" || tensors === null || Array.isArray(tensors) || tensors instanceof Tensor)
    throw new DataError({ where, expected: "tensors by name, { x, y }", got: describe(tensors) });
}

/** A kind of number in a file. */
export type NumberKind =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64";

/** How many bytes one number takes. */
export const bytesOf: Readonly<Record<NumberKind, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
};

/** Those whose bytes in memory are their bytes in a little-endian file. */
const asTheyAre = { int32: Int32Array, float32: Float32Array, float64: Float64Array } as const;

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** How the other kinds are read. */
const readers: Readonly<Record<NumberKind, (view: DataView, at: number, little: boolean) => number | bigint>> = {
  bool: (view, at) => view.getUint8(at),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  int16: (view, at, little) => view.getInt16(at, little),
  uint16: (view, at, little) => view.getUint16(at, little),
  int32: (view, at, little) => view.getInt32(at, little),
  uint32: (view, at, little) => view.getUint32(at, little),
  int64: (view, at, little) => view.getBigInt64(at, little),
  uint64: (view, at, little) => view.getBigUint64(at, little),
  float16: (view, at, little) => fromHalf(view.getUint16(at, little)),
  bfloat16: (view, at, little) => fromBrainFloat(view.getUint16(at, little)),
  float32: (view, at, little) => view.getFloat32(at, little),
  float64: (view, at, little) => view.getFloat64(at, little),
};

/** The number of 5 exponent and 10 mantissa bits (IEEE 754 binary16). */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 0x3ff;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}

const word = new DataView(new ArrayBuffer(4));

/** The number whose upper half as a float32 it is. */
function fromBrainFloat(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}

/** The dtype of a tensor of such numbers. */
export function dtypeOf(kind: NumberKind): DType {
  if (kind === "bool" || kind === "float64") return kind;
  return kind.includes("float") ? "float32" : "int32";
}

/**
 * The tensor in a file's bytes, which must be as many as its shape says; they are copied.
 *
 * @throws DataError for a whole number beyond 32 bits, and for a truth value that is neither 0 nor 1.
 */
export function readNumbers(
  where: string,
  kind: NumberKind,
  shape: readonly number[],
  bytes: Uint8Array,
  little = true,
): Tensor {
  const dtype = dtypeOf(kind);
  if (kind in asTheyAre && little === isLittleEndian) {
    // Not bytes.slice(), which of one of Node's buffers is a view.
    const { buffer } = new Uint8Array(bytes);
    return new Tensor(new asTheyAre[kind as keyof typeof asTheyAre](buffer), [...shape], dtype);
  }
  const size = bytes.length / bytesOf[kind];
  const values =
    dtype === "bool"
      ? new Uint8Array(size)
      : dtype === "int32"
        ? new Int32Array(size)
        : new (dtype === "float32" ? Float32Array : Float64Array)(size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[kind];
  for (let i = 0; i < size; i++) {
    const value = read(view, i * bytesOf[kind], little);
    values[i] = Number(value);
    if (dtype === "bool" ? values[i] > 1 : dtype === "int32" && values[i] !== Number(value))
      throw new DataError({
        where,
        expected: dtype === "bool" ? "0 or 1 for each truth value" : `${kind} numbers that fit 32 bits`,
        got: `${value} at element ${i}`,
        hint: dtype === "bool" ? undefined : "Tensors here have whole numbers of 32 bits. Write it as float64.",
      });
  }
  return new Tensor(values, [...shape], dtype);
}

/** A tensor's numbers as the bytes of a little-endian file. */
export function writeNumbers(x: Tensor): Uint8Array {
  const { storage } = x;
  if (!isLittleEndian && storage.BYTES_PER_ELEMENT > 1) return swapped(storage);
  return new Uint8Array(storage.buffer, storage.byteOffset, storage.byteLength);
}

function swapped(storage: Tensor["storage"]): Uint8Array {
  const bytes = new Uint8Array(storage.buffer.slice(storage.byteOffset, storage.byteOffset + storage.byteLength));
  for (let at = 0; at < bytes.length; at += storage.BYTES_PER_ELEMENT)
    bytes.subarray(at, at + storage.BYTES_PER_ELEMENT).reverse();
  return bytes;
}

/** How many numbers a shape has; NaN where a length is no whole number of at least 0, or the product is beyond 2⁵³. */
export function sizeOfShape(shape: readonly unknown[]): number {
  let size = 1;
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || (length as number) < 0 || Object.is(length, -0)) return Number.NaN;
    size *= length as number;
  }
  return Number.isSafeInteger(size) ? size : Number.NaN;
}
