/**
 * What `fit` and `evaluate` are fed: arrays, cut into batches, or batches that come from elsewhere.
 */
import { DataError, describe, type Generator, OptionError, Tensor, ValueError } from "@chainrule/core";
import { isPlainObject } from "../module/tree.ts";
import { type Reading, Rows } from "./rows.ts";
import { type DataLike, listOf, mapSeveral, type Ports, readSeveral, type Several } from "./several.ts";
import type { Inputs } from "./step.ts";
import { type ClassWeight, classWeights, multiply, readSampleWeight } from "./weights.ts";

/** One batch: inputs, targets and, if samples count unequally, their weights; several where the model has several. */
export interface Batch {
  readonly x: Inputs;
  readonly y: Several<Tensor>;
  /** [n] each */
  readonly weight: Several<Tensor> | undefined;
  /** How many samples it has. */
  readonly size: number;
}

/** A batch as users give it. */
export type BatchLike = readonly [x: DataLike, y: DataLike, sampleWeight?: DataLike];
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

/** Inputs and targets in memory, all of equal length. */
export interface Arrays {
  readonly x: Rows | readonly Rows[];
  readonly y: Several<Rows>;
  readonly weight: Several<Rows> | undefined;
  /** How many samples there are. */
  readonly count: number;
}

/**
 * Inputs and targets as tensors.
 *
 * @throws DataError for no samples, for lengths that differ, for another number or other names of inputs or targets, and
 *   for what cannot be read; ValueError for weights below 0.
 */
export function readArrays(reading: Reading, x: DataLike, y: DataLike, sampleWeight?: DataLike): Arrays {
  const inputs = readInputs(reading, x);
  const targets = readRows(reading, "y", y, reading.outputs);
  const count = checkLengths(reading, inputs, targets);
  return { x: inputs, y: targets, weight: readWeights(reading, sampleWeight, targets, count), count };
}

/** The rows of a model's inputs. */
export function readInputs(reading: Reading, x: DataLike): Rows | readonly Rows[] {
  return readRows(reading, "x", x, reading.inputs) as Rows | readonly Rows[];
}

function readRows(reading: Reading, what: string, given: DataLike, ports: Ports): Several<Rows> {
  return readSeveral(reading.where, what, given, ports, (one, key) => new Rows(reading, title(what, key, ports), one));
}

/** `x`, `x "title"` or `x[1]`. */
function title(what: string, key: string | number, { names }: Ports): string {
  if (key === "") return what;
  const name = typeof key === "number" ? names?.[key] : key;
  return name === undefined ? `${what}[${key}]` : `${what} "${name}"`;
}

/** How many samples all of them have. */
function checkLengths({ where, inputs, outputs }: Reading, x: Several<Rows>, y: Several<Rows>): number {
  const all: { rows: Rows; title: string }[] = [];
  mapSeveral(x, (rows, key) => all.push({ rows, title: title("x", key, inputs) }));
  mapSeveral(y, (rows, key) => all.push({ rows, title: title("y", key, outputs) }));
  const [first, ...others] = all;
  const other = others.find(({ rows }) => rows.count !== first.rows.count);
  if (other)
    throw new DataError({
      where,
      expected: other.title.startsWith("x") ? "as many samples of each input" : "as many targets as inputs",
      got: `${first.title} of shape ${first.rows.formatted} and ${other.title} of shape ${other.rows.formatted}: ${first.rows.count} and ${other.rows.count} samples`,
      hint: "Row i of one belongs to row i of the other: look where rows were dropped or added, or cut both with slice.",
    });
  if (first.rows.count === 0)
    throw new DataError({
      where,
      expected: "at least one sample",
      got: `${first.title} of shape ${first.rows.formatted}`,
      hint: "Look at what was read: a file without rows, or a filter that nothing passed?",
    });
  return first.rows.count;
}

/** The weights of samples, for all outputs or, where y is several and they are, for each. */
function readWeights(
  reading: Reading,
  given: DataLike | undefined,
  y: Several<Rows>,
  count: number,
): Several<Rows> | undefined {
  if (given === undefined) return undefined;
  const read = (one: DataLike) => new Rows(reading, "sampleWeight", readSampleWeight(reading, one as never, count)!);
  const isList =
    Array.isArray(given) && given.length === listOf(y).length && given.some((part) => typeof part === "object");
  if (y instanceof Rows || !(isPlainObject(given) || isList)) return read(given);
  return readSeveral(reading.where, "sampleWeight", given, reading.outputs, read);
}

/** The same arrays with each sample's weight multiplied by that of its class. */
export function weightByClass(reading: Reading, arrays: Arrays, weights: ClassWeight | undefined): Arrays {
  if (weights === undefined) return arrays;
  const { y, weight } = arrays;
  if (!(y instanceof Rows) || !(weight === undefined || weight instanceof Rows))
    throw new OptionError({
      where: reading.where,
      expected: "classWeight for a model with one output",
      got: `it with ${listOf(y).length}`,
      hint: "Give each output a sampleWeight of its own: { price: […], kind: […] }.",
    });
  const perClass = classWeights(reading, y.tensor, weights);
  return { ...arrays, weight: new Rows(reading, "weights", multiply(weight?.tensor, perClass)) };
}

/** Everything but the last part of the arrays, and that part. As in Keras, before anything is shuffled. */
export function splitArrays(reading: Reading, { x, y, weight, count }: Arrays, share: number): [Arrays, Arrays] {
  const { where } = reading;
  if (!(share > 0 && share < 1))
    throw new ValueError({
      where,
      expected: "validationSplit as a share between 0 and 1, such as 0.2",
      got: describe(share),
    });
  const at = Math.floor(count * (1 - share));
  if (at === 0 || at === count)
    throw new ValueError({
      where,
      expected: "a validationSplit that leaves samples to train on and to validate on",
      got: `${share} of ${count} samples`,
    });
  const both = (from: number, to: number): Arrays => {
    const part = (all: Several<Rows>) => mapSeveral(all, (rows) => new Rows(reading, "part", rows.take(from, to)));
    return { x: part(x) as Arrays["x"], y: part(y), weight: weight && part(weight), count: to - from };
  };
  return [both(0, at), both(at, count)];
}

/** Batches of arrays, in a new random order for each pass where a generator is given. */
export function batchesOfArrays(
  { x, y, weight, count }: Arrays,
  batchSize: number,
  shuffling: Generator | null,
): Source {
  return {
    steps: Math.ceil(count / batchSize),
    *pass() {
      const order = shuffling?.permutation(count);
      for (let start = 0; start < count; start += batchSize) {
        const end = Math.min(start + batchSize, count);
        const take = (rows: Rows) => rows.take(start, end, order);
        yield {
          x: mapSeveral(x, take) as Inputs,
          y: mapSeveral(y, take),
          weight: weight && mapSeveral(weight, take),
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
  const isData = (part: unknown) =>
    part instanceof Tensor || ArrayBuffer.isView(part) || Array.isArray(part) || isPlainObject(part);
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
  const all = (rows: Several<Rows>) => mapSeveral(rows, ({ tensor }) => tensor);
  return {
    x: all(arrays.x) as Inputs,
    y: all(arrays.y),
    weight: arrays.weight && all(arrays.weight),
    size: arrays.count,
  };
}
