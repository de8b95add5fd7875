/**
 * Turning what users give for numbers, a number, nested arrays, a typed array, into tensors.
 */
import { checkNumber } from "../arguments.ts";
import { DataError, DTypeError, describe } from "../errors.ts";
import {
  allocate,
  checkDType,
  type DType,
  dtypeOfTypedArray,
  getDefaultDType,
  isFloat,
  promote,
  type TypedArray,
} from "./dtype.ts";
import { guard } from "./guard.ts";
import { mostAxes, type Shape, sizeOf } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/** Numbers or truth values in arrays in arrays, all of one length at each depth. */
export type NestedArray = readonly (number | boolean | NestedArray | ArrayBufferView)[];
/** What an operation takes where it wants a tensor. */
export type TensorLike = Tensor | number | boolean | NestedArray | ArrayBufferView;

/**
 * The value itself if it is a tensor, else a tensor made of it.
 *
 * @param dtype for numbers and nested arrays, so that what meets a float64 tensor is not rounded to float32 first.
 * @example asTensor([1, 2]); // [1, 2]
 */
export function asTensor(x: TensorLike, where = "tensor", dtype?: DType): Tensor {
  if (x instanceof Tensor) return x;
  if (typeof x === "number" && (dtype === undefined || isFloat(dtype))) return scalar(x, dtype);
  const made = read(x, typeof x === "number" || Array.isArray(x) ? dtype : undefined, where);
  return new Tensor(made.storage, made.shape, made.dtype);
}

/** All as tensors; numbers and nested arrays take the widest float dtype among the tensors, if there is one. */
export function asTensors(inputs: readonly TensorLike[], where: string): Tensor[] {
  const found = inputs.flatMap((x) => (x instanceof Tensor && isFloat(x.dtype) ? [x.dtype as DType] : []));
  const dtype = found.length > 0 ? found.reduce(promote) : undefined;
  return inputs.map((x) => asTensor(x, where, dtype));
}

/** A single number as a tensor without axes. @example scalar(3); // 3 */
export function scalar(x: number, dtype: DType = getDefaultDType()): Tensor {
  checkNumber("scalar", "x", x);
  if (!isFloat(dtype)) checkDType("scalar", dtype);
  if (!isFloat(dtype)) return new Tensor(fill("scalar", dtype, [x]), [], dtype);
  const storage = allocate(dtype, 1);
  storage[0] = x;
  return new Tensor(storage, [], dtype);
}

/** What was read: the numbers in one array, and how they were nested. */
interface Numbers {
  storage: TypedArray;
  shape: Shape;
  dtype: DType;
}

/** The numbers of anything that stands for a tensor, in storage of their own unless it is one of that dtype. */
export function read(data: TensorLike, wanted: DType | undefined, where = "tensor"): Numbers {
  if (wanted !== undefined) checkDType(where, wanted);
  if (data instanceof Tensor) {
    const dtype = wanted ?? data.dtype;
    return {
      storage: dtype === data.dtype ? data.storage : fill(where, dtype, data.storage),
      shape: data.shape,
      dtype,
    };
  }
  if (typeof data === "number" || typeof data === "boolean") {
    const dtype = wanted ?? (typeof data === "boolean" ? "bool" : getDefaultDType());
    return { storage: fill(where, dtype, [Number(data)]), shape: [], dtype };
  }
  if (ArrayBuffer.isView(data)) {
    const own = dtypeOfTypedArray(data);
    const dtype = wanted ?? own;
    const values = data as TypedArray;
    return { storage: fill(where, dtype, values), shape: [values.length], dtype };
  }
  if (!Array.isArray(data))
    throw new DataError({
      where,
      expected: "numbers: a tensor, a number, nested arrays or a typed array",
      got: describe(data),
      hint: hintOf(data),
    });
  return readNested(data, wanted, where);
}

/** Things that stand for numbers without having any may say what to do instead. */
function hintOf(data: unknown): string | undefined {
  const hint = (data as { [noNumbers]?: unknown } | null | undefined)?.[noNumbers];
  return typeof hint === "string" ? hint : hintForElement(data);
}

const noNumbers = Symbol.for("chainrule.noNumbers");

function readNested(data: NestedArray, wanted: DType | undefined, where: string): Numbers {
  const shape = shapeOfNested(data, where);
  const values = new Float64Array(sizeOf(shape));
  let at = 0;
  let truths = 0;
  const visit = (item: unknown, depth: number, path: string): void => {
    if (depth < shape.length) {
      const list = Array.isArray(item) || ArrayBuffer.isView(item) ? (item as readonly unknown[]) : null;
      if (!list || list.length !== shape[depth])
        throw new DataError({
          where,
          expected: `arrays of equal length (data${path} should have ${shape[depth]} elements)`,
          got: list ? `${list.length} elements` : describe(item),
          hint: "Ragged arrays are no tensor: pad the short ones, and mask what was padded.",
        });
      for (let i = 0; i < list.length; i++) visit(list[i], depth + 1, `${path}[${i}]`);
    } else if (typeof item === "number") {
      values[at++] = item;
    } else if (typeof item === "boolean") {
      truths++;
      values[at++] = Number(item);
    } else {
      throw new DataError({
        where,
        expected: `a number at data${path}`,
        got: item instanceof Tensor ? "a tensor" : describe(item),
        hint: hintForElement(item),
      });
    }
  };
  visit(data, 0, "");
  if (truths > 0 && truths < at && wanted === undefined)
    throw new DataError({ where, expected: "numbers or truth values", got: "both", hint: "Name a dtype to mix them." });
  const dtype = wanted ?? (truths > 0 ? "bool" : getDefaultDType());
  return { storage: fill(where, dtype, values), shape, dtype };
}

/** What to do about something in an array of numbers that is none. */
function hintForElement(item: unknown): string | undefined {
  if (item instanceof Tensor) return "To put tensors together, use stack or concat.";
  if (item instanceof Promise) return "Wait for it: await …";
  if (typeof item === "object" && item !== null) {
    if ("backward" in item) return "A Value's number is value.data.";
    return item.constructor === Object ? "Of records make rows: rows.map(({ a, b }) => [a, b])." : undefined;
  }
  if (typeof item === "bigint") return "Make numbers of them: Number(1n), or Float64Array.from(values, Number).";
  if (item === null || item === undefined)
    return "Missing values are a decision: leave the row out, or put NaN or a mean there.";
  if (typeof item !== "string") return undefined;
  if (/\.(csv|tsv|txt|json|npy|npz)$/i.test(item)) return `Read it first: await readCsv("${item}").`;
  const isNumber = item.trim() !== "" && !Number.isNaN(Number(item));
  return isNumber
    ? "Texts are no numbers: read them with Number(text) or parseFloat, a whole file with parseCsv."
    : "Class names become labels with encodeLabels(names).labels, categories one column each with oneHot.";
}

/** The lengths read off the first element at each depth. */
function shapeOfNested(data: unknown, where: string): number[] {
  const shape: number[] = [];
  let item = data;
  while (Array.isArray(item) || ArrayBuffer.isView(item)) {
    const list = item as readonly unknown[];
    if (shape.length === mostAxes)
      throw new DataError({
        where,
        expected: `arrays that are at most ${mostAxes} deep`,
        got: "deeper ones, or an array that holds itself",
      });
    shape.push(list.length);
    if (list.length === 0) break;
    item = list[0];
  }
  return shape;
}

/** A copy of the values in the dtype's own array; integers must be whole, truth values become 0 and 1. */
export function fill(where: string, dtype: DType, values: ArrayLike<number>): TypedArray {
  const storage = allocate(dtype, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (dtype === "int32" && (value | 0) !== value) refuseAsInt32(where, value);
    storage[i] = dtype === "bool" ? Number(value !== 0) : value;
  }
  return storage;
}

export function refuseAsInt32(where: string, value: number): never {
  throw new DTypeError({
    where,
    expected: "whole numbers of 32 bits for dtype int32",
    got: describe(value),
    hint: "Leave dtype out for float32, or cut fractions off with cast.",
  });
}

/** Calls `refuse` with the first number that is not a whole one of 32 bits. */
export function checkWhole(x: Tensor, refuse: (value: number) => never): void {
  const numbers = x.detach();
  guard(
    [numbers],
    () => {
      for (const value of numbers.storage) if ((value | 0) !== value) refuse(value);
    },
    () => {
      const isWhole = numbers.floor().equal(numbers);
      return isWhole
        .logicalAnd(numbers.greaterEqual(-(2 ** 31)))
        .logicalAnd(numbers.less(2 ** 31))
        .logicalNot();
    },
  );
}
