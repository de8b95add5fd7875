/**
 * Samples in memory: the rows of a tensor, from which batches are taken.
 */
import { DataError, sizeOf, Tensor, type TensorLike, type TypedArray, tensor } from "@chainrule/core";
import { formatShape } from "@chainrule/core/internal";
import type { Signature } from "./nested.ts";

/** The first axis of a tensor counts samples; `take` makes batches of them. */
export class Samples {
  readonly tensor: Tensor;
  /** How many there are. */
  readonly count: number;
  readonly #sampleShape: readonly number[];
  /** How many numbers a sample has. */
  readonly #sampleSize: number;

  /** @throws DataError for a scalar. */
  constructor(context: ReadContext, what: string, x: TensorLike) {
    this.tensor = toTensor(context, what, x);
    if (this.tensor.rank === 0)
      throw new DataError({
        where: context.where,
        expected: `${what} with a first axis that counts samples`,
        got: "a single number",
      });
    this.count = this.tensor.shape[0];
    this.#sampleShape = this.tensor.shape.slice(1);
    this.#sampleSize = sizeOf(this.#sampleShape);
  }

  /** The samples from `start` to before `end`: in an order where one is given, else as they come (not copied then). */
  take(start: number, end: number, order?: Int32Array): Tensor {
    const { storage, dtype } = this.tensor;
    const shape = [end - start, ...this.#sampleShape];
    const size = this.#sampleSize;
    if (!order) return new Tensor(storage.subarray(start * size, end * size), shape, dtype);
    const Kind = storage.constructor as new (length: number) => TypedArray;
    const taken = new Kind((end - start) * size);
    for (let i = start, to = 0; i < end; i++) {
      const from = order[i] * size;
      // A view for each sample costs more than copying a short one by hand.
      if (size > 64) taken.set(storage.subarray(from, from + size), to);
      else for (let j = 0; j < size; j++) taken[to + j] = storage[from + j];
      to += size;
    }
    return new Tensor(taken, shape, dtype);
  }

  /** The shape as error messages write it. */
  get formattedShape(): string {
    return formatShape(this.tensor.shape);
  }
}

/** What reading data needs to know of the model, and of who reads. */
export interface ReadContext {
  /** The model's inputs and outputs, as far as they are known. */
  readonly inputs: Signature;
  readonly outputs: Signature;
  /** How many outputs there are for inputs, found by a call on zeros; null where that does not tell. */
  countOutputs(inputs: readonly Tensor[]): number | null;
  /** Who reads, for error messages. */
  readonly where: string;
  /** What plain numbers become: the model's dtype, so that they lose no digits. */
  readonly dtype: "float32" | "float64";
}

/** Data as a tensor; truth values as floats, which losses can take. */
export function toTensor({ where, dtype }: Pick<ReadContext, "where" | "dtype">, what: string, x: TensorLike): Tensor {
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
