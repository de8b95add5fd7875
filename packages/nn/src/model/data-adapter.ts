/**
 * Data adapters: batches for `fit` and `evaluate`, cut from arrays or read from a stream that a user gives.
 */
import { DataError, defaultGenerator, type Generator, OptionError, Tensor, ValueError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { isPlainObject } from "../module/tree.ts";
import { betweenZeroAndOne } from "../number-checks.ts";
import {
  type DataLike,
  flattenNested,
  isEitherWay,
  mapNested,
  type Nested,
  readNested,
  type Signature,
  signatureOf,
} from "./nested.ts";
import { type ClassWeight, classWeights, multiply, readSampleWeight } from "./sample-weights.ts";
import { type ReadContext, Samples } from "./samples.ts";
import type { Inputs } from "./step.ts";

/** One batch: inputs, targets and, if samples count unequally, their weights; nested as the inputs and outputs of the model are. */
export interface Batch {
  readonly x: Inputs;
  readonly y: Nested<Tensor>;
  /** [n] each */
  readonly weight: Nested<Tensor> | undefined;
  /** How many samples it has. */
  readonly size: number;
}

/** A batch as users give it. */
export type BatchLike = readonly [x: DataLike, y: DataLike, sampleWeight?: DataLike];
/** Batches as they come. */
export type BatchStream = Iterable<BatchLike> | AsyncIterable<BatchLike>;
/** Batches for several epochs: a list, something that can be iterated over again, or a function that returns it. */
export type BatchSource = BatchStream | (() => BatchStream);

/** Batches for any number of passes through the data. */
export interface DataAdapter {
  /** How many batches a pass has; null where it is not known. */
  readonly steps: number | null;
  /** How many samples the smallest batch has; null where it is not known. */
  readonly smallestBatch: number | null;
  /** Whether it gives its batches once, so that a second pass has none: it is an iterator, such as a generator. */
  readonly isOneShot: boolean;
  /** Whether code of the user's runs between batches. */
  readonly runsUserCode: boolean;
  /** A generator of its own that shuffles; null where there is none. */
  readonly shuffling: Generator | null;
  /** How many batches an iterator that gives them once has given; 0 for all else. */
  readonly taken: number;
  /** Goes on behind the first so many batches of an iterator that gives them once. @throws DataError where it is further. */
  skip(taken: number): Promise<void>;
  /** What a training that is resumed must find again, by name. */
  describe(): Readonly<Record<string, string | readonly Tensor[]>>;
  /** Starts a pass through the data. */
  iterate(): Iterator<Batch> | AsyncIterator<Batch>;
}

/** Inputs and targets in memory, all of equal length. */
export interface Arrays {
  readonly x: Samples | readonly Samples[];
  readonly y: Nested<Samples>;
  readonly weight: Nested<Samples> | undefined;
  /** How many samples there are. */
  readonly count: number;
}

/**
 * Inputs and targets as tensors.
 *
 * @throws DataError for no samples, for lengths that differ, for another number or other names of inputs or targets, and
 *   for what cannot be read; ValueError for weights below 0.
 */
export function readArrays(context: ReadContext, x: DataLike, y: DataLike, sampleWeight?: DataLike): Arrays {
  const inputs = readInputs(context, x);
  const targets = readSamples(context, "y", y, outputsFor(context, inputs, y));
  const count = checkLengths(context, inputs, targets);
  return { x: inputs, y: targets, weight: readWeights(context, sampleWeight, targets, count), count };
}

/** The samples of a model's inputs. */
export function readInputs(context: ReadContext, x: DataLike): Samples | readonly Samples[] {
  return readSamples(context, "x", x, context.inputs) as Samples | readonly Samples[];
}

/** The outputs: counted where the targets could be those of one or of several. */
function outputsFor(context: ReadContext, inputs: Nested<Samples>, y: DataLike): Signature {
  const { outputs } = context;
  if (!isEitherWay(y, outputs)) return outputs;
  return signatureOf(outputs.names, context.countOutputs(flattenNested(inputs).map(({ tensor }) => tensor)));
}

function readSamples(context: ReadContext, what: string, given: DataLike, signature: Signature): Nested<Samples> {
  return readNested(
    context.where,
    what,
    given,
    signature,
    (data, key) => new Samples(context, title(what, key, signature), data),
  );
}

/** `x`, `x "title"` or `x[1]`. */
function title(what: string, key: string | number, { names }: Signature): string {
  if (key === "") return what;
  const name = typeof key === "number" ? names?.[key] : key;
  return name === undefined ? `${what}[${key}]` : `${what} "${name}"`;
}

/** How many samples all of them have. */
function checkLengths({ where, inputs, outputs }: ReadContext, x: Nested<Samples>, y: Nested<Samples>): number {
  const all: { samples: Samples; title: string }[] = [];
  mapNested(x, (samples, key) => all.push({ samples, title: title("x", key, inputs) }));
  mapNested(y, (samples, key) => all.push({ samples, title: title("y", key, outputs) }));
  const [first, ...others] = all;
  const other = others.find(({ samples }) => samples.count !== first.samples.count);
  if (other)
    throw new DataError({
      where,
      expected: other.title.startsWith("x") ? "as many samples of each input" : "as many targets as inputs",
      got: `${first.title} of shape ${first.samples.formattedShape} and ${other.title} of shape ${other.samples.formattedShape}: ${first.samples.count} and ${other.samples.count} samples`,
      hint: "Row i of one belongs to row i of the other: look where rows were dropped or added, or cut both with slice.",
    });
  if (first.samples.count === 0)
    throw new DataError({
      where,
      expected: "at least one sample",
      got: `${first.title} of shape ${first.samples.formattedShape}`,
      hint: "Look at what was read: a file without rows, or a filter that nothing passed?",
    });
  return first.samples.count;
}

/** The weights of samples: one array for all outputs, or one for each where y is nested and the weights are, too. */
function readWeights(
  context: ReadContext,
  given: DataLike | undefined,
  y: Nested<Samples>,
  count: number,
): Nested<Samples> | undefined {
  if (given === undefined) return undefined;
  const read = (data: DataLike) =>
    new Samples(context, "sampleWeight", readSampleWeight(context, data as never, count)!);
  const isList =
    Array.isArray(given) && given.length === flattenNested(y).length && given.some((part) => typeof part === "object");
  if (y instanceof Samples || !(isPlainObject(given) || isList)) return read(given);
  return readNested(context.where, "sampleWeight", given, context.outputs, read);
}

/** The same arrays with each sample's weight multiplied by that of its class. */
export function weightByClass(context: ReadContext, arrays: Arrays, weights: ClassWeight | undefined): Arrays {
  if (weights === undefined) return arrays;
  const { y, weight } = arrays;
  if (!(y instanceof Samples) || !(weight === undefined || weight instanceof Samples))
    throw new OptionError({
      where: context.where,
      expected: "classWeight for a model with one output",
      got: `it with ${flattenNested(y).length}`,
      hint: "Give each output a sampleWeight of its own: { price: […], kind: […] }.",
    });
  const perClass = classWeights(context, y.tensor, weights);
  return { ...arrays, weight: new Samples(context, "weights", multiply(weight?.tensor, perClass)) };
}

/** Everything but the last part of the arrays, and that part. As in Keras, before anything is shuffled. */
export function splitArrays(context: ReadContext, { x, y, weight, count }: Arrays, share: number): [Arrays, Arrays] {
  const { where } = context;
  if (!betweenZeroAndOne.holds(share))
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
  const range = (from: number, to: number): Arrays => {
    const part = (nested: Nested<Samples>) =>
      mapNested(nested, (samples) => new Samples(context, "part", samples.take(from, to)));
    return { x: part(x) as Arrays["x"], y: part(y), weight: weight && part(weight), count: to - from };
  };
  return [range(0, at), range(at, count)];
}

/**
 * Batches of arrays, in a new random order for each pass where a generator is given.
 *
 * @param dropLast leaves out a last batch that is smaller than the others.
 */
export function arrayAdapter(
  { x, y, weight, count }: Arrays,
  batchSize: number,
  generator: Generator | null,
  dropLast = false,
): DataAdapter {
  const used = dropLast ? count - (count % batchSize) : count;
  return {
    steps: Math.ceil(used / batchSize),
    smallestBatch: used % batchSize || Math.min(used, batchSize),
    isOneShot: false,
    runsUserCode: false,
    shuffling: generator === defaultGenerator() ? null : generator,
    taken: 0,
    skip: async () => {},
    describe() {
      const found: Record<string, string | readonly Tensor[]> = {
        samples: String(count),
        batchSize: String(batchSize),
        shuffle: String(generator !== null),
        dropLast: String(dropLast),
      };
      for (const [name, nested] of Object.entries({ x, y, sampleWeight: weight }))
        if (nested) found[name] = flattenNested<Samples>(nested).map((each) => each.tensor);
      return found;
    },
    *iterate() {
      const order = generator?.permutation(count);
      for (let start = 0; start < used; start += batchSize) {
        const end = Math.min(start + batchSize, count);
        const take = (samples: Samples) => samples.take(start, end, order);
        yield {
          x: mapNested(x, take) as Inputs,
          y: mapNested(y, take),
          weight: weight && mapNested(weight, take),
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

/** How many batches iterators that give them once have given. */
const takenOf = new WeakMap<BatchSource, number>();

function behind(where: string, expected: number, got: number): DataError {
  return new DataError({
    where,
    expected: `an iterator that stands before its batch ${expected + 1} or gives those before, to go on from a checkpoint`,
    got: `one that has given ${got}`,
    hint: "Make it anew, from its beginning, before the training is resumed.",
  });
}

/** Batches of a user, read and checked as they come. */
export function streamAdapter(context: ReadContext, source: BatchSource, weights?: ClassWeight): DataAdapter {
  const open = typeof source === "function" ? source : () => source;
  const isOneShot = "next" in source && typeof source.next === "function";
  const read = (item: IteratorResult<BatchLike>, number: number): IteratorResult<Batch> => {
    if (item.done) return { done: true, value: undefined };
    if (isOneShot) takenOf.set(source, (takenOf.get(source) ?? 0) + 1);
    return { done: false, value: readBatch(context, item.value, number, weights) };
  };
  return {
    shuffling: null,
    get taken() {
      return takenOf.get(source) ?? 0;
    },
    async skip(taken) {
      if (!isOneShot) return;
      if (this.taken > taken) throw behind(context.where, taken, this.taken);
      const batches = this.iterate();
      while (this.taken < taken) if ((await batches.next()).done) throw behind(context.where, taken, this.taken);
    },
    describe: () => ({ batches: Array.isArray(source) ? `a list of ${source.length}` : "made elsewhere" }),
    steps: Array.isArray(source) ? source.length : null,
    smallestBatch: Array.isArray(source) ? smallestOf(source) : null,
    isOneShot,
    runsUserCode: !Array.isArray(source),
    iterate() {
      const stream = open();
      let number = 0;
      if (isObject(stream) && !(stream instanceof Tensor) && Symbol.iterator in stream) {
        const iterator = stream[Symbol.iterator]();
        return {
          next: () => read(iterator.next(), ++number),
          // Whoever holds an iterator may go on with it.
          return: () => ended(isOneShot || iterator.return?.()),
        };
      }
      if (isObject(stream) && Symbol.asyncIterator in stream) {
        const iterator = stream[Symbol.asyncIterator]();
        return {
          next: async () => read(await iterator.next(), ++number),
          return: async () => ended(isOneShot || (await iterator.return?.())),
        };
      }
      throw new DataError({
        where: context.where,
        expected: "batches [x, y]: something to iterate over, or a function that returns that",
        got: describe(stream),
      });
    },
  };
}

/** How many samples the smallest of the batches has, as far as that can be told without reading them. */
function smallestOf(batches: readonly BatchLike[]): number | null {
  let smallest: number | null = null;
  for (const [, y] of batches) {
    const target = isPlainObject(y) ? Object.values(y)[0] : y;
    // A list of tensors may be one for each output.
    const isNested = Array.isArray(target) && target.some((part) => part instanceof Tensor || ArrayBuffer.isView(part));
    const count = target instanceof Tensor ? target.shape[0] : (target as ArrayLike<unknown> | undefined)?.length;
    if (typeof count !== "number" || isNested) return null;
    smallest = Math.min(smallest ?? count, count);
  }
  return smallest;
}

function isObject(x: unknown): x is object {
  return typeof x === "object" && x !== null;
}

function ended(_last: unknown): IteratorReturnResult<undefined> {
  return { done: true, value: undefined };
}

function readBatch(outer: ReadContext, item: BatchLike, number: number, weights: ClassWeight | undefined): Batch {
  const context = { ...outer, where: `${outer.where}, batch ${number}` };
  if (!Array.isArray(item) || item.length < 2 || item.length > 3)
    throw new DataError({
      where: context.where,
      expected: "a batch [x, y] or [x, y, sampleWeight]",
      got: describe(item),
    });
  const arrays = weightByClass(context, readArrays(context, item[0], item[1], item[2]), weights);
  const tensors = (nested: Nested<Samples>) => mapNested(nested, ({ tensor }) => tensor);
  return {
    x: tensors(arrays.x) as Inputs,
    y: tensors(arrays.y),
    weight: arrays.weight && tensors(arrays.weight),
    size: arrays.count,
  };
}
