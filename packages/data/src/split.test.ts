import { DataError, Generator, manualSeed, OptionError, type Tensor, tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { kFold, trainTestSplit } from "./split.ts";

const count = (n: number) => Array.from({ length: n }, (_, i) => i);
const sorted = (values: ArrayLike<number>) => Array.from(values).sort((a, b) => a - b);
const times = <T>(n: number, item: T) => new Array<T>(n).fill(item);

describe("trainTestSplit", () => {
  it("splits each array at the same rows", () => {
    const x = tensor(count(20), { shape: [10, 2] });
    const y = count(10);
    const names = count(10).map(String);
    const [xTrain, xTest, yTrain, yTest, namesTrain, namesTest] = trainTestSplit(x, y, names, { seed: 1 });
    const types: [Tensor, Tensor, number[], number[], string[], string[]] = [
      xTrain,
      xTest,
      yTrain,
      yTest,
      namesTrain,
      namesTest,
    ];
    expect(types).toHaveLength(6);
    expect(xTrain.toArray()).toEqual(yTrain.map((i) => [2 * i, 2 * i + 1]));
    expect(xTest.toArray()).toEqual(yTest.map((i) => [2 * i, 2 * i + 1]));
    expect(namesTest).toEqual(yTest.map(String));
    expect(sorted([...yTrain, ...yTest])).toEqual(y);
    expect(yTrain).toHaveLength(7);
  });

  // Sizes as scikit-learn's train_test_split has them: the test part is rounded up.
  it.each([
    [150, 0.2, 30],
    [569, 0.2, 114],
    [1797, 0.2, 360],
    [10, 0.25, 3],
    [10, 0.01, 1],
    [10, 9, 9],
  ])("of %i rows and testSize %d holds back %i", (n, testSize, expected) => {
    const [train, test] = trainTestSplit(count(n), { testSize, seed: 0 });
    expect(test).toHaveLength(expected);
    expect(train).toHaveLength(n - expected);
  });

  it("does not round up what floats add to a whole number", () => {
    expect(0.07 * 100).toBeGreaterThan(7);
    expect(trainTestSplit(count(100), { testSize: 0.07 })[1]).toHaveLength(7);
  });

  it("gives the same split for the same seed, and another for another", () => {
    const split = (seed: number) => trainTestSplit(count(50), { seed })[1];
    expect(split(3)).toEqual(split(3));
    expect(split(3)).not.toEqual(split(4));
    expect(trainTestSplit(count(50), { generator: new Generator(3) })[1]).toEqual(split(3));
  });

  it("follows manualSeed without a seed of its own", () => {
    manualSeed(5);
    const first = trainTestSplit(count(50))[1];
    manualSeed(5);
    expect(trainTestSplit(count(50))[1]).toEqual(first);
    expect(trainTestSplit(count(50))[1]).not.toEqual(first);
  });

  it("holds back the last rows without shuffling", () => {
    expect(trainTestSplit(count(5), { testSize: 2, shuffle: false })).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
  });

  it("gives both parts their share of each class when stratified", () => {
    const labels = [...times(60, "a"), ...times(30, "b"), ...times(10, "c")];
    const [train, test] = trainTestSplit(labels, { testSize: 0.3, stratify: labels, seed: 0 });
    const tally = (part: string[]) => ["a", "b", "c"].map((name) => part.filter((label) => label === name).length);
    expect(tally(test)).toEqual([18, 9, 3]);
    expect(tally(train)).toEqual([42, 21, 7]);
    expect(test.join("")).not.toBe([...test].sort().join(""));
  });

  it("rounds shares so that they add up: the largest remainders get the rest", () => {
    const y = tensor([...times(5, 0), ...times(4, 1), ...times(2, 2)], { dtype: "int32" });
    // 11 rows, 4 to hold back: shares 1.818, 1.454, 0.727, so 1 + 1 + 0 and one more for the first and the last.
    const [, test] = trainTestSplit(y, { testSize: 4, stratify: y, seed: 7 });
    expect(sorted(test.toTypedArray())).toEqual([0, 0, 1, 2]);
  });

  it.each([0, 1.5, -0.2, Number.NaN, 10, 1000])("refuses testSize %d for 10 rows", (testSize) => {
    expect(() => trainTestSplit(count(10), { testSize })).toThrow(ValueError);
  });

  it("refuses arrays of different length, none, and a single row", () => {
    expect(() => trainTestSplit(count(3), count(4))).toThrow("expected as many rows in each, got 3 and 4");
    expect(() => trainTestSplit({ testSize: 0.5 })).toThrow(DataError);
    expect(() => trainTestSplit([1])).toThrow(DataError);
  });

  it("refuses labels that do not fit, classes of one, and parts smaller than the classes", () => {
    expect(() => trainTestSplit(count(4), { stratify: [0, 1] })).toThrow("one label for each of the 4 rows");
    expect(() => trainTestSplit(count(4), { stratify: tensor([[1], [1], [0], [0]]) })).toThrow("argmax(-1)");
    expect(() => trainTestSplit(count(4), { stratify: [0, 0, 0, 1] })).toThrow("got 1 of class 1");
    const classes = [0, 0, 1, 1, 2, 2];
    expect(() => trainTestSplit(classes, { testSize: 2, stratify: classes })).toThrow("at least 3 rows in each part");
  });

  it("refuses options that contradict each other or do not exist", () => {
    expect(() => trainTestSplit(count(4), { stratify: [0, 0, 1, 1], shuffle: false })).toThrow(OptionError);
    expect(() => trainTestSplit(count(4), { seed: 0, generator: new Generator(0) })).toThrow("got both");
    expect(() => trainTestSplit(count(4), { test_size: 0.5 } as object)).toThrow('Did you mean "testSize"?');
    expect(() => trainTestSplit(count(4), { generator: 5 } as object)).toThrow(OptionError);
  });
});

describe("kFold", () => {
  it("cuts rows one after the other, the longer folds first", () => {
    const tests = kFold(10, { nSplits: 4 }).map(({ test }) => Array.from(test));
    expect(tests).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
      [8, 9],
    ]);
  });

  it.each([
    { nSplits: 3 },
    { nSplits: 3, shuffle: true, seed: 0 },
    { nSplits: 3, stratify: [0, 1, 0, 1, 0, 1, 0, 1], shuffle: true, seed: 0 },
  ])("tests each row once, and trains on all others: %o", (options) => {
    const folds = kFold(8, options);
    expect(sorted(folds.flatMap(({ test }) => Array.from(test)))).toEqual(count(8));
    for (const { train, test } of folds) expect(sorted([...train, ...test])).toEqual(count(8));
    expect(folds.map(({ test }) => test.length)).toEqual([3, 3, 2]);
  });

  it("shuffles by the seed", () => {
    const tests = (seed: number) => kFold(count(20), { shuffle: true, seed }).map(({ test }) => Array.from(test));
    expect(tests(1)).toEqual(tests(1));
    expect(tests(1)).not.toEqual(tests(2));
  });

  it("gives each fold its share of each class when stratified", () => {
    const labels = [...times(20, "a"), ...times(7, "b")];
    for (const { test } of kFold(labels, { nSplits: 5, stratify: labels, shuffle: true, seed: 0 })) {
      const rare = Array.from(test).filter((row) => labels[row] === "b").length;
      expect(test.length - rare).toBe(4);
      expect([1, 2]).toContain(rare);
    }
  });

  it.each([1, 0, 2.5, 11, Number.NaN])("refuses %d folds of 10 rows", (nSplits) => {
    expect(() => kFold(10, { nSplits })).toThrow(ValueError);
  });
});
