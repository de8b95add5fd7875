/**
 * Rows of a tensor: what a batch is cut from.
 */
import { DataError, formatShape, sizeOf, Tensor, type TensorLike, type TypedArray, tensor } from "@chainrule/core";

/** The first axis of a tensor counts samples; `rows.take` makes batches of them. */
export class Rows {
  readonly tensor: Tensor;
  /** How many there are. */
  readonly count: number;
  readonly #shape: readonly number[];
  /** How many numbers a row has. */
  readonly #size: number;

  /** @throws DataError for a scalar. */
  constructor(where: string, what: string, x: TensorLike) {
    this.tensor = toTensor(where, what, x);
    if (this.tensor.rank === 0)
      throw new DataError({ where, expected: `${what} with a first axis that counts samples`, got: "a single number" });
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

/** Data as a tensor; truth values as floats, which losses can take. */
export function toTensor(where: string, what: string, x: TensorLike): Tensor {
  if (x === undefined || x === null)
    throw new DataError({
      where,
      expected: `${what} as an array or a tensor`,
      got: String(x),
      hint: "Without targets, x is to be a list of batches [x, y], something that iterates over them, or a function that returns that.",
    });
  const made = x instanceof Tensor ? x.detach() : inside(where, what, x);
  return made.dtype === "bool" ? made.cast("float32") : made;
}

function inside(where: string, what: string, x: TensorLike): Tensor {
  try {
    return tensor(x);
  } catch (error) {
    throw error instanceof DataError ? error.inside(`${where}, ${what}`) : error;
  }
}
