/**
 * Rows of a tensor: what a batch is cut from.
 */
import { DataError, formatShape, sizeOf, Tensor, type TensorLike, type TypedArray, tensor } from "@chainrule/core";
import type { Ports } from "./several.ts";

/** The first axis of a tensor counts samples; `rows.take` makes batches of them. */
export class Rows {
  readonly tensor: Tensor;
  /** How many there are. */
  readonly count: number;
  readonly #shape: readonly number[];
  /** How many numbers a row has. */
  readonly #size: number;

  /** @throws DataError for a scalar. */
  constructor(reading: Reading, what: string, x: TensorLike) {
    this.tensor = toTensor(reading, what, x);
    if (this.tensor.rank === 0)
      throw new DataError({
        where: reading.where,
        expected: `${what} with a first axis that counts samples`,
        got: "a single number",
      });
    this.count = this.tensor.shape[0];
    this.#shape = this.tensor.shape.slice(1);
    this.#size = sizeOf(this.#shape);
  }

  /** The rows from `start` to before `end`: of an order where one is given, else as they come (not copied then). */
  take(start: number, end: number, order?: Int32Array): Tensor {
    const { storage, dtype } = this.tensor;
    const shape = [end - start, ...this.#shape];
    const size = this.#size;
    if (!order) return new Tensor(storage.subarray(start * size, end * size), shape, dtype);
    const Kind = storage.constructor as new (length: number) => TypedArray;
    const taken = new Kind((end - start) * size);
    for (let i = start, to = 0; i < end; i++) {
      const from = order[i] * size;
      // A view for each row costs more than copying a short one by hand.
      if (size > 64) taken.set(storage.subarray(from, from + size), to);
      else for (let j = 0; j < size; j++) taken[to + j] = storage[from + j];
      to += size;
    }
    return new Tensor(taken, shape, dtype);
  }

  /** What its error messages call it. */
  get formatted(): string {
    return formatShape(this.tensor.shape);
  }
}

/** How data is to be read. */
export interface Reading {
  /** The model's inputs and outputs, as far as they are known. */
  readonly inputs: Ports;
  readonly outputs: Ports;
  /** Who reads, for error messages. */
  readonly where: string;
  /** What plain numbers become: the model's dtype, so that they lose no digits. */
  readonly dtype: "float32" | "float64";
}

/** Data as a tensor; truth values as floats, which losses can take. */
export function toTensor({ where, dtype }: Pick<Reading, "where" | "dtype">, what: string, x: TensorLike): Tensor {
  if (x === undefined || x === null)
    throw new DataError({
      where,
      expected: `${what} as an array or a tensor`,
      got: String(x),
      hint: "Without targets, x is to be a list of batches [x, y], something that iterates over them, or a function that returns that.",
    });
  if (x instanceof Tensor) return x.dtype === "bool" ? x.detach().cast(dtype) : x.detach();
  try {
    return ArrayBuffer.isView(x) ? tensor(x) : tensor(x, { dtype });
  } catch (error) {
    throw error instanceof DataError ? error.inside(`${where}, ${what}`) : error;
  }
}
