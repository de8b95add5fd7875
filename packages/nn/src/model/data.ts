/**
 * What `fit` and `evaluate` are fed: arrays, cut into batches, or batches that come from elsewhere.
 */
import { DataError, describe, type Generator, Tensor, type TensorLike, ValueError } from "@chainrule/core";
import { type Reading, Rows } from "./rows.ts";
import { type ClassWeight, classWeights, multiply, readSampleWeight } from "./weights.ts";

/** One batch: inputs, targets and, if samples count unequally, their weights. */
export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
  /** [n] */
  readonly weight: Tensor | undefined;
  /** How many samples it has. */
  readonly size: number;
}

/** A batch as users give it. */
export type BatchLike = readonly [x: TensorLike, y: TensorLike, sampleWeight?: TensorLike];
/** Batches as they come. */
export type BatchStream = Iterable<BatchLike> | AsyncIterable<BatchLike>;
/** Batches for several epochs: a list, something that can be iterated over again, or a function that returns it. */
export type BatchSource = BatchStream | (() => BatchStream);

/** Batches for any number of passes. */
export interface Source {
  /** How many batches a pass has; null where it is not known. */
  readonly steps: number | null;
  /** Starts a pass. */
  pass(): Iterator<Batch> | AsyncIterator<Batch>;
}

/** Inputs and targets in memory, of equal length. */
export interface Arrays {
  readonly x: Rows;
  readonly y: Rows;
  readonly weight: Rows | undefined;
}

/**
 * Inputs and targets as tensors.
 *
 * @throws DataError for no samples, for lengths that differ and for what cannot be read; ValueError for weights below 0.
 */
export function readArrays(reading: Reading, x: TensorLike, y: TensorLike, sampleWeight?: TensorLike): Arrays {
  const inputs = new Rows(reading, "x", x);
  const targets = new Rows(reading, "y", y);
  checkLengths(reading.where, inputs, targets);
  const weight = readSampleWeight(reading, sampleWeight, inputs.count);
  return { x: inputs, y: targets, weight: weight && new Rows(reading, "sampleWeight", weight) };
}

function checkLengths(where: string, x: Rows, y: Rows): void {
  if (x.count !== y.count)
    throw new DataError({
      where,
      expected: "as many targets as inputs",
      got: `x of shape ${x.formatted} and y of shape ${y.formatted}: ${x.count} and ${y.count} samples`,
    });
  if (x.count === 0) throw new DataError({ where, expected: "at least one sample", got: `x of shape ${x.formatted}` });
}

/** The same arrays with each sample's weight multiplied by that of its class. */
export function weightByClass(reading: Reading, arrays: Arrays, weights: ClassWeight | undefined): Arrays {
  if (weights === undefined) return arrays;
  const perClass = classWeights(reading, arrays.y.tensor, weights);
  return { ...arrays, weight: new Rows(reading, "weights", multiply(arrays.weight?.tensor, perClass)) };
}

/** Everything but the last part of the arrays, and that part. As in Keras, before anything is shuffled. */
export function splitArrays(reading: Reading, { x, y, weight }: Arrays, share: number): [Arrays, Arrays] {
  const { where } = reading;
  if (!(share > 0 && share < 1))
    throw new ValueError({
      where,
      expected: "validationSplit as a share between 0 and 1, such as 0.2",
      got: describe(share),
    });
  const at = Math.floor(x.count * (1 - share));
  if (at === 0 || at === x.count)
    throw new ValueError({
      where,
      expected: "a validationSplit that leaves samples to train on and to validate on",
      got: `${share} of ${x.count} samples`,
    });
  const part = (rows: Rows, from: number, to: number) => new Rows(reading, "part", rows.take(from, to));
  const both = (from: number, to: number): Arrays => ({
    x: part(x, from, to),
    y: part(y, from, to),
    weight: weight && part(weight, from, to),
  });
  return [both(0, at), both(at, x.count)];
}

/** Batches of arrays, in a new random order for each pass where a generator is given. */
export function batchesOfArrays({ x, y, weight }: Arrays, batchSize: number, shuffling: Generator | null): Source {
  return {
    steps: Math.ceil(x.count / batchSize),
    *pass() {
      const order = shuffling?.permutation(x.count);
      for (let start = 0; start < x.count; start += batchSize) {
        const end = Math.min(start + batchSize, x.count);
        yield {
          x: x.take(start, end, order),
          y: y.take(start, end, order),
          weight: weight?.take(start, end, order),
          size: end - start,
        };
      }
    },
  };
}

/** Whether this is a source of batches rather than data: a function, an iterator, or a list of [x, y]. */
export function isBatchSource(x: unknown, y: unknown): x is BatchSource {
  if (x instanceof Tensor || ArrayBuffer.isView(x)) return false;
  if (typeof x === "function") return true;
  if (!isObject(x)) return false;
  if (Array.isArray(x)) return y === undefined && x.every((item) => Array.isArray(item) && isPair(item));
  return Symbol.iterator in x || Symbol.asyncIterator in x;
}

function isPair(item: readonly unknown[]): boolean {
  const isData = (part: unknown) => part instanceof Tensor || ArrayBuffer.isView(part) || Array.isArray(part);
  return (item.length === 2 || item.length === 3) && item.every(isData);
}

/** Batches that come from elsewhere, read and checked as they come. */
export function batchesOfStream(reading: Reading, source: BatchSource, weights?: ClassWeight): Source {
  const again = typeof source === "function" ? source : () => source;
  const read = (item: IteratorResult<BatchLike>, number: number): IteratorResult<Batch> =>
    item.done
      ? { done: true, value: undefined }
      : { done: false, value: readBatch(reading, item.value, number, weights) };
  return {
    steps: Array.isArray(source) ? source.length : null,
    pass() {
      const stream = again();
      let number = 0;
      if (isObject(stream) && Symbol.iterator in stream) {
        const iterator = stream[Symbol.iterator]();
        return { next: () => read(iterator.next(), ++number), return: () => ended(iterator.return?.()) };
      }
      if (isObject(stream) && Symbol.asyncIterator in stream) {
        const iterator = stream[Symbol.asyncIterator]();
        return {
          next: async () => read(await iterator.next(), ++number),
          return: async () => ended(await iterator.return?.()),
        };
      }
      throw new DataError({
        where: reading.where,
        expected: "batches [x, y]: something to iterate over, or a function that returns that",
        got: describe(stream),
      });
    },
  };
}

function isObject(x: unknown): x is object {
  return typeof x === "object" && x !== null;
}

function ended(_last: unknown): IteratorReturnResult<undefined> {
  return { done: true, value: undefined };
}

function readBatch(reading: Reading, item: BatchLike, number: number, weights: ClassWeight | undefined): Batch {
  const place = { ...reading, where: `${reading.where}, batch ${number}` };
  if (!Array.isArray(item) || item.length < 2 || item.length > 3)
    throw new DataError({
      where: place.where,
      expected: "a batch [x, y] or [x, y, sampleWeight]",
      got: describe(item),
    });
  const arrays = weightByClass(place, readArrays(place, item[0], item[1], item[2]), weights);
  return { x: arrays.x.tensor, y: arrays.y.tensor, weight: arrays.weight?.tensor, size: arrays.x.count };
}
