/**
 * What holds for every function of the public index, by what it does: generators, scalers, encoders, splitters, files.
 */
import { DataError, ModelError, OptionError, type Tensor, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import * as index from "./index.ts";
import {
  batches,
  encodeIdx,
  encodeLabels,
  type GeneratedData,
  kFold,
  MinMaxScaler,
  makeBlobs,
  makeCircles,
  makeClassification,
  makeMoons,
  makeRegression,
  makeSpirals,
  makeXor,
  padSequences,
  parseCsv,
  parseIdx,
  readCsv,
  readIdx,
  StandardScaler,
  splitCharacters,
  splitWords,
  takeRows,
  toCategorical,
  trainTestSplit,
  Vocabulary,
} from "./index.ts";

type Options = { nSamples?: number; seed?: number; shuffle?: boolean; dtype?: "float32" | "float64" };

/** Generators, and how many classes each draws by default; none for regression. */
const generators: Readonly<Record<string, readonly [make: (options: Options) => GeneratedData, classes?: number]>> = {
  makeBlobs: [makeBlobs, 3],
  makeCircles: [makeCircles, 2],
  makeClassification: [makeClassification, 2],
  makeMoons: [makeMoons, 2],
  makeRegression: [makeRegression],
  makeSpirals: [makeSpirals, 2],
  makeXor: [makeXor, 2],
};

const scalers: Readonly<Record<string, () => StandardScaler | MinMaxScaler>> = {
  MinMaxScaler: () => new MinMaxScaler({ featureRange: [-1, 3] }),
  StandardScaler: () => new StandardScaler(),
};

/** Encoders: a way there and back again for what they were given. */
const encoders: Readonly<Record<string, readonly [there: () => unknown, expected: unknown]>> = {
  encodeLabels: [
    () => {
      const { labels, classes } = encodeLabels(["b", "a", "b"]);
      return [labels.toArray(), classes, Array.from(labels.toTypedArray(), (label) => classes[label])];
    },
    [
      [1, 0, 1],
      ["a", "b"],
      ["b", "a", "b"],
    ],
  ],
  toCategorical: [() => toCategorical([2, 0, 1]).argmax(-1).toArray(), [2, 0, 1]],
  Vocabulary: [
    () => {
      const vocabulary = new Vocabulary(["the cat", "the dog"]);
      return [vocabulary.encode("the dog"), vocabulary.decode(vocabulary.encode("the dog"))];
    },
    [
      [2, 4],
      ["the", "dog"],
    ],
  ],
  padSequences: [
    () => padSequences([[7], [5, 6]]).toArray(),
    [
      [7, 0],
      [5, 6],
    ],
  ],
  splitCharacters: [() => splitCharacters("año").join("|"), "a|ñ|o"],
  splitWords: [() => splitWords("It's here, now.").join("|"), "it's|here|,|now|."],
};

const rows = Array.from({ length: 10 }, (_, i) => i);

/** Splitters: the rows that come out of 0 to 9, each once. */
const splitters: Readonly<Record<string, () => number[]>> = {
  batches: () => [...batches(rows, { batchSize: 3, seed: 1 })].flatMap(([part]) => part),
  kFold: () => kFold(rows, { nSplits: 3, shuffle: true, seed: 1 }).flatMap(({ test }) => Array.from(test)),
  takeRows: () => takeRows(rows, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
  trainTestSplit: () => trainTestSplit(rows, { seed: 1 }).flat(),
};

/** Parsers and readers, each with something that is not in its format: errors say what was expected. */
const readers: Readonly<Record<string, () => unknown>> = {
  parseCsv: () => parseCsv(""),
  parseIdx: () => parseIdx(new Uint8Array([1, 2, 3, 4])),
  readBytes: () => index.readBytes("no-such-file"),
  readCsv: () => readCsv("no-such-file.csv"),
  readIdx: () => readIdx("no-such-file"),
  loadMnist: () => index.loadMnist("no-such-folder"),
};

/** What mixes batches: mixing.test.ts says how. */
const mixers = ["cutmix", "mixup"];

/** Writers: idx.test.ts reads back what they wrote. */
const writers = ["encodeIdx", "writeIdx"];

it("leaves out no function of the index", () => {
  const tested = [generators, scalers, encoders, splitters, readers].flatMap(Object.keys);
  expect([...tested, ...writers, ...mixers].sort(), "one of the tables above wants each export").toEqual(
    Object.keys(index).sort(),
  );
});

const numbers = (x: Tensor) => Array.from(x.toTypedArray());
/** Rows [x, y] in one order, whatever order they came in. */
const sorted = ({ x, y }: GeneratedData) =>
  x
    .toArray(2)
    .map((row, i) => [...row, y.at(i)].join())
    .sort();

describe.each(Object.entries(generators))("%s", (_, [make, classes]) => {
  it("draws the same for the same seed, and something else for another", () => {
    const [a, b, c] = [1, 1, 2].map((seed) => make({ nSamples: 20, seed }));
    expect([numbers(a.x), numbers(a.y)]).toEqual([numbers(b.x), numbers(b.y)]);
    expect([numbers(a.x), numbers(a.y)]).not.toEqual([numbers(c.x), numbers(c.y)]);
  });

  it("draws as many samples as asked for, 100 by default, in the dtype asked for", () => {
    expect(make({ seed: 0 }).x.shape).toEqual([100, 2]);
    const { x, y } = make({ nSamples: 31, seed: 0, dtype: "float64" });
    expect([x.shape, y.shape, x.dtype]).toEqual([[31, 2], [31], "float64"]);
    expect(make({ seed: 0 }).x.dtype).toBe("float32");
    expect(numbers(x).every(Number.isFinite)).toBe(true);
  });

  it("labels classes from 0 in int32, each about as often as the others", () => {
    const { y } = make({ nSamples: 60, seed: 0 });
    expect(y.dtype).toBe(classes ? "int32" : "float32");
    for (let label = 0; label < (classes ?? 0); label++)
      expect(numbers(y).filter((other) => other === label).length).toBeGreaterThan(40 / classes!);
  });

  it("puts the same samples class by class with shuffle: false", () => {
    if (!classes || make === makeClassification) return;
    const plain = make({ nSamples: 30, seed: 3, shuffle: false });
    expect(numbers(plain.y)).toEqual(numbers(plain.y).sort((a, b) => a - b));
    expect(sorted(make({ nSamples: 30, seed: 3 }))).toEqual(sorted(plain));
    expect(numbers(make({ nSamples: 30, seed: 3 }).y)).not.toEqual(numbers(plain.y));
  });

  it("refuses no samples, and options that it does not know", () => {
    expect(() => make({ nSamples: 0 })).toThrow(/nSamples to be a whole number of at least/);
    expect(() => make({ nSample: 3 } as Options)).toThrow(/Did you mean "nSamples"/);
    expect(() => make({ seed: 1, generator: {} } as Options)).toThrow(OptionError);
  });
});

describe.each(Object.entries(scalers))("%s", (_, create) => {
  const train = tensor([
    [1, 5, -3],
    [2, 5, 4],
    [4, 5, 0],
  ]);
  const test = tensor([[10, 6, -8]]);

  it("comes back with inverseTransform, of rows that it was not fitted on, too", () => {
    const scaler = create().fit(train);
    for (const x of [train, test])
      scaler
        .inverseTransform(scaler.transform(x))
        .toTypedArray()
        .forEach((value, i) => {
          expect(value).toBeCloseTo(x.toTypedArray()[i], 5);
        });
  });

  it("measures the rows that it is fitted on and no others", () => {
    const scaler = create().fit(train);
    const before = numbers(scaler.transform(train));
    scaler.transform(test);
    expect(numbers(scaler.transform(train))).toEqual(before);
    expect(numbers(create().fitTransform(train))).toEqual(before);
    expect(numbers(scaler.offset).length).toBe(3);
    expect(numbers(scaler.scale)[1] > 0).toBe(true);
  });

  it("moves a constant column to one number, finite", () => {
    const column = numbers(create().fitTransform(train).slice(":", 1));
    expect(new Set(column).size).toBe(1);
    expect(Number.isFinite(column[0])).toBe(true);
  });

  it("keeps a float dtype, and wants to be fitted first, on finite numbers in rows", () => {
    expect(create().fitTransform(train.cast("float64")).dtype).toBe("float64");
    expect(create().fitTransform(train.cast("int32")).dtype).toBe("float32");
    expect(() => create().transform(train)).toThrow(ModelError);
    expect(() => create().fit([[Number.NaN]])).toThrow(DataError);
    expect(() => create().fit([1, 2])).toThrow(/a table of shape \[n, d\]/);
    expect(() =>
      create()
        .fit(train)
        .transform([[1, 2]]),
    ).toThrow(/3 columns, as it was fitted on/);
  });
});

describe.each(Object.entries(encoders))("%s", (_, [encode, expected]) => {
  it("encodes so that it can be read back", () => {
    expect(encode()).toEqual(expected);
  });
});

describe.each(Object.entries(splitters))("%s", (_, split) => {
  it("gives each row once, in the same order for the same seed", () => {
    expect(split()).toEqual(split());
    expect(split()).not.toEqual(rows);
    expect(split().sort((a, b) => a - b)).toEqual(rows);
  });
});

describe.each(Object.entries(readers))("%s", (_, read) => {
  it("says what it expected", async () => {
    await expect((async () => read())()).rejects.toThrow(DataError);
    await expect((async () => read())()).rejects.toThrow(/expected .*, got /);
  });
});

it("writers write what readers read", () => {
  const x = tensor([[1, 2, 3]], { dtype: "int32" });
  expect(parseIdx(encodeIdx(x)).toArray()).toEqual(x.toArray());
});
