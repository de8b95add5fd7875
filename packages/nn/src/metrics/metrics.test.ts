/**
 * The metrics against hand-computed numbers, scikit-learn's documentation, and their own definitions.
 */
import { ShapeError, tensor, ValueError } from "@chainrule/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  accuracy,
  averagePrecision,
  brier,
  confusionMatrix,
  cosineSimilarity,
  f1,
  fBeta,
  formatConfusionMatrix,
  logLoss,
  matthews,
  meanAbsoluteError,
  meanSquaredError,
  precision,
  r2,
  recall,
  rocAuc,
  topKAccuracy,
} from "./functions.ts";
import { AveragePrecision, F1, FBeta, Precision, RocAuc, TopKAccuracy } from "./index.ts";

describe("accuracy", () => {
  it("reads probabilities of class 1 at 0.5, which itself is class 0", () => {
    expect(accuracy([0.9, 0.2, 0.6, 0.5], [1, 0, 0, 0])).toBe(0.75);
    expect(accuracy([[0.9], [0.2]], [1, 0])).toBe(1);
    expect(accuracy([0.9, 0.2], [[1], [0]])).toBe(1);
  });

  it("reads rows of scores by the largest, the first of equals", () => {
    const scores = [
      [0.1, 0.7, 0.2],
      [5, 5, -1],
    ];
    expect(accuracy(scores, [1, 0])).toBe(1);
    expect(accuracy(scores, [[1], [1]])).toBe(0.5);
    expect(
      accuracy(scores, [
        [0, 1, 0],
        [0, 1, 0],
      ]),
    ).toBe(0.5);
  });

  it("reads whole numbers as labels", () => {
    expect(accuracy([0, 2, 1, 3], [0, 1, 2, 3])).toBe(0.5);
    expect(accuracy(tensor([[0, 2]], { dtype: "int32" }), tensor([[0, 2]], { dtype: "int32" }))).toBe(1);
  });

  it("reads numbers of which some are whole as probabilities", () => {
    expect(accuracy([1, 0.3, 0], [1, 0, 0])).toBe(1);
  });

  it("takes labels of any size that a whole number of 32 bits holds", () => {
    expect(accuracy([70, 2 ** 31 - 1], [70, 2 ** 31 - 1])).toBe(1);
    expect(() => accuracy([2 ** 31], [2 ** 31])).toThrow(/whole numbers from 0, got 2147483648/);
  });

  it("takes a threshold for logits and for several labels a sample", () => {
    expect(accuracy([-2.5, 0.3, 4], [0, 1, 1], { threshold: 0 })).toBe(1);
    const several = [
      [0.9, 0.8],
      [0.1, 0.7],
    ];
    expect(
      accuracy(
        several,
        [
          [1, 1],
          [1, 1],
        ],
        { threshold: 0.5 },
      ),
    ).toBe(0.75);
    expect(accuracy([-0.4, 0.9], [-1, 1], { threshold: 0 })).toBe(1);
    expect(accuracy([0.4, 0.9], [0.05, 0.95])).toBe(1);
  });

  it("counts each position of a sequence, and weights whole samples", () => {
    const scores = tensor([
      [
        [0.9, 0.1],
        [0.2, 0.8],
      ],
      [
        [0.9, 0.1],
        [0.9, 0.1],
      ],
    ]);
    const labels = [
      [0, 1],
      [1, 1],
    ];
    expect(accuracy(scores, labels)).toBe(0.5);
    expect(accuracy(scores, labels, { sampleWeight: [3, 1] })).toBe(0.75);
  });

  it("says what to do with logits", () => {
    expect(() => accuracy([-2.5, 0.3], [0, 1])).toThrow(
      /probabilities in \[0, 1\], got -2.5 at element 0.*\n.*threshold: 0/,
    );
  });

  it("refuses labels that are no classes", () => {
    expect(() => accuracy([[0.5, 0.5]], [2])).toThrow(/whole numbers from 0 to 1, got 2 at element 0/);
    expect(() => accuracy([[0.5, 0.5]], [0.5])).toThrow(ValueError);
    expect(() => accuracy([0.4], [2])).toThrow(/targets from 0 to 1, got 2/);
    expect(() => accuracy([[0.2, 0.8]], [[1, 1]])).toThrow(/rows that add up to 1, got a sum of 2 in row 0/);
  });

  it("refuses targets of another length or shape", () => {
    expect(() => accuracy([0.1, 0.2], [1])).toThrow(ShapeError);
    expect(() => accuracy([0, 1], [1])).toThrow(ShapeError);
    expect(() => accuracy([0.1, 0.2], [1], { threshold: 0 })).toThrow(ShapeError);
    expect(() => accuracy([[0.1, 0.9]], [0, 1])).toThrow(/labels \[1\] or rows \[1, 2\], got \[2\]/);
  });
});

describe("topKAccuracy", () => {
  const scores = [
    [0.5, 0.2, 0.2],
    [0.3, 0.4, 0.2],
    [0.2, 0.4, 0.3],
    [0.7, 0.2, 0.1],
  ];
  it("is 3 of 4 in the example of scikit-learn", () => {
    expect(topKAccuracy(scores, [0, 1, 2, 2], 2)).toBe(0.75);
  });

  it("is the accuracy for k = 1, ties included, and 1 for all classes", () => {
    expect(topKAccuracy([[1, 1, 1]], [0], 1)).toBe(1);
    expect(topKAccuracy([[1, 1, 1]], [1], 1)).toBe(0);
    expect(topKAccuracy(scores, [0, 1, 2, 2], 3)).toBe(1);
    expect(topKAccuracy(scores, [0, 1, 2, 2], 5)).toBe(1);
  });

  it("takes the five likeliest unless it is told otherwise, and two classes or more", () => {
    const row = [0.3, 0.2, 0.15, 0.12, 0.1, 0.08, 0.05];
    const labels = [4, 5];
    expect(topKAccuracy([row, row], labels)).toBe(0.5);
    const metric = new TopKAccuracy();
    metric.update(tensor([row, row]), tensor(labels));
    expect(metric.result()).toBe(0.5);
    expect(topKAccuracy([[0.2, 0.8]], [1], 1)).toBe(1);
  });

  it("refuses a k of 0 and predictions without a score for each class", () => {
    expect(() => new TopKAccuracy(0)).toThrow(ValueError);
    expect(() => topKAccuracy([0.2, 0.3], [0, 1], 1)).toThrow(ShapeError);
  });
});

describe("precision, recall and F", () => {
  const predicted = [0, 2, 1, 0, 0, 1];
  const actual = [0, 1, 2, 0, 1, 2];

  it("are those of the examples of scikit-learn", () => {
    expect(precision(predicted, actual, { average: "macro" })).toBeCloseTo(2 / 9, 12);
    expect(precision(predicted, actual, { average: "micro" })).toBeCloseTo(1 / 3, 12);
    expect(precision(predicted, actual, { average: "weighted" })).toBeCloseTo(2 / 9, 12);
    expect(recall(predicted, actual, { average: "macro" })).toBeCloseTo(1 / 3, 12);
    expect(f1(predicted, actual, { average: "macro" })).toBeCloseTo(4 / 15, 12);
    expect(f1(predicted, actual, { average: "micro" })).toBeCloseTo(1 / 3, 12);
    expect(f1(predicted, actual, { average: "weighted" })).toBeCloseTo(4 / 15, 12);
    expect(fBeta(predicted, actual, 0.5, { average: "macro" })).toBeCloseTo(5 / 21, 12);
  });

  it("are of class 1 where there are two, and means over the classes where there are more", () => {
    expect(precision([1, 1, 1, 0], [1, 1, 0, 0])).toBeCloseTo(2 / 3, 12);
    expect(recall([1, 0, 0, 0], [1, 1, 0, 0])).toBe(0.5);
    expect(f1([1, 1, 1, 0], [1, 1, 0, 0])).toBeCloseTo(0.8, 12);
    expect(fBeta([1, 1, 1, 0], [1, 1, 0, 0], 2)).toBeCloseTo(10 / 11, 12);
    expect(f1(predicted, actual)).toBe(f1(predicted, actual, { average: "macro" }));
  });

  it("are 0 for 0 / 0: no positives, none predicted, only class 0", () => {
    expect(precision([0, 0], [1, 0])).toBe(0);
    expect(recall([1, 0], [0, 0])).toBe(0);
    expect(f1([0, 0], [0, 0])).toBe(0);
    expect(f1([1, 1], [1, 1])).toBe(1);
  });

  it("leave classes out of a mean that neither occur nor are predicted", () => {
    const scores = [
      [0.9, 0.1, 0, 0],
      [0.1, 0.9, 0, 0],
    ];
    expect(f1(scores, [0, 1], { average: "macro" })).toBe(1);
    // Class 2 never occurs, but is predicted once: it has an F of 0.
    expect(f1([0, 1, 2], [0, 1, 1])).toBeCloseTo((1 + 2 / 3 + 0) / 3, 12);
  });

  it("count a class whose samples all weigh 0 in a mean over the classes, as scikit-learn 1.9.1 does", () => {
    const [right, found] = [
      [0, 1, 2, 1, 0],
      [0, 1, 2, 0, 0],
    ];
    const macro = { average: "macro", sampleWeight: [1, 1, 0, 1, 1] } as const;
    const scores = found.map((k) => [0, 1, 2, 3].map((j) => (j === k ? 0.7 : 0.1)));
    const oneHot = right.map((k) => [0, 1, 2, 3].map((j) => Number(j === k)));
    for (const [p, t] of [
      [found, right],
      [scores, right],
      [scores, oneHot],
    ] as [number[], number[]][]) {
      expect(precision(p, t, macro)).toBeCloseTo(0.5555555555555555, 14);
      expect(recall(p, t, macro)).toBeCloseTo(0.5, 14);
      expect(f1(p, t, macro)).toBeCloseTo(0.48888888888888893, 14);
      expect(f1(p, t, { ...macro, average: "weighted" })).toBeCloseTo(0.7333333333333334, 14);
    }
    expect(f1(found, right, { sampleWeight: macro.sampleWeight })).toBe(f1(found, right, macro));
    // In a batch of its own as well; but what a sample of weight 0 holds may be no class at all.
    const metric = new F1({ average: "macro" });
    metric.update(tensor([0, 1, 0, 0]), tensor([0, 1, 1, 0]));
    metric.update(tensor([2]), tensor([2]), tensor([0]));
    for (const [p, t] of [
      [7, -1],
      [-1, 5],
      [3, Number.NaN],
      [Number.POSITIVE_INFINITY, 4],
      [20_000, 4],
    ])
      metric.update(tensor([p]), tensor([t]), tensor([0]));
    expect(metric.result()).toBeCloseTo(0.48888888888888893, 14);
    metric.reset();
    metric.update(tensor([0, 1, 0, 0]), tensor([0, 1, 1, 0]));
    expect(metric.result()).toBeCloseTo(0.7333333333333334, 14);
  });

  it("refuse binary for more than two classes, and unknown averages and options", () => {
    expect(() => f1(predicted, actual, { average: "binary" })).toThrow(/two classes for "binary", got 3/);
    expect(() => new F1({ average: "makro" as "macro" })).toThrow(/Did you mean "macro"/);
    expect(() => new Precision({ treshold: 0.5 } as object)).toThrow(/Did you mean "threshold"/);
    expect(() => new FBeta(0)).toThrow(ValueError);
  });
});

describe("confusionMatrix", () => {
  it("has the right classes down and the predicted ones across", () => {
    expect(confusionMatrix([0, 0, 2, 2, 0, 2], [2, 0, 2, 2, 0, 1])).toEqual([
      [2, 0, 0],
      [0, 0, 1],
      [1, 0, 2],
    ]);
  });

  it("has a row for every class that the scores have, and as many more as asked for", () => {
    expect(confusionMatrix([[0.1, 0.9, 0]], [1])).toEqual([
      [0, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
    expect(confusionMatrix([1], [1], { classes: 3 })).toEqual([
      [0, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
    expect(confusionMatrix([0.1], [0])).toEqual([
      [1, 0],
      [0, 0],
    ]);
    expect(() => confusionMatrix([10_000], [1])).toThrow(/labels below 10000, got a label 10000/);
    expect(() => confusionMatrix([3], [1], { classes: 3 })).toThrow(/at least 4/);
  });

  it("divides by the row, the column or all", () => {
    const [p, t] = [
      [0, 1, 1, 1],
      [0, 0, 1, 1],
    ];
    expect(confusionMatrix(p, t, { normalize: "true" })).toEqual([
      [0.5, 0.5],
      [0, 1],
    ]);
    expect(confusionMatrix(p, t, { normalize: "pred" })).toEqual([
      [1, 1 / 3],
      [0, 2 / 3],
    ]);
    expect(confusionMatrix(p, t, { normalize: "all" })).toEqual([
      [0.25, 0.25],
      [0, 0.5],
    ]);
  });

  it("refuses to divide by what it does not know", () => {
    expect(() => confusionMatrix([1], [1], { normalize: "rows" as "true" })).toThrow(ValueError);
  });

  it("prints with labels", () => {
    const matrix = [
      [50, 2],
      [3, 45],
    ];
    expect(formatConfusionMatrix(matrix, { labels: ["cat", "dog"] })).toBe(
      ["true \\ predicted  cat  dog", "             cat   50    2", "             dog    3   45"].join("\n"),
    );
    expect(formatConfusionMatrix([[0.5, 0.5]].concat([[0, 1]]))).toBe(
      ["true \\ predicted     0     1", "               0  0.50  0.50", "               1  0.00  1.00"].join("\n"),
    );
    expect(() => formatConfusionMatrix(matrix, { labels: ["cat"] })).toThrow(/2 labels, one for each class, got 1/);
  });
});

describe("matthews", () => {
  it("is -1/3 in the example of scikit-learn", () => {
    expect(matthews([1, 0, 1, 1], [1, 1, 1, 0])).toBeCloseTo(-1 / 3, 12);
  });

  it("is 1 where all are right, also for several classes, and 0 where only one class is predicted or occurs", () => {
    expect(matthews([0, 1, 2, 2], [0, 1, 2, 2])).toBeCloseTo(1, 12);
    expect(matthews([1, 1, 1], [0, 1, 1])).toBe(0);
    expect(matthews([0, 1, 1], [1, 1, 1])).toBe(0);
  });
});

describe("rocAuc and averagePrecision", () => {
  it("are those of the examples of scikit-learn", () => {
    expect(rocAuc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBeCloseTo(5 / 6, 12);
  });

  it("count ties as half, in whatever order they come", () => {
    expect(rocAuc([0.5, 0.5, 0.5], [1, 0, 1])).toBe(0.5);
    expect(rocAuc([0.5, 0.5, 0.1], [0, 1, 0])).toBe(0.75);
    expect(rocAuc([0.5, 0.5, 0.1], [1, 0, 0])).toBe(0.75);
    expect(averagePrecision([0.5, 0.5, 0.1], [0, 1, 0])).toBe(0.5);
    expect(averagePrecision([0.5, 0.5, 0.1], [1, 0, 0])).toBe(0.5);
  });

  it("are the probability that a positive scores above a negative, for any scores with ties", () => {
    const samples = fc.array(
      fc.record({ score: fc.integer({ min: -4, max: 4 }), truth: fc.integer({ min: 0, max: 1 }) }),
      {
        minLength: 2,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(samples, (drawn) => {
        const ones = drawn.filter((s) => s.truth === 1);
        const zeros = drawn.filter((s) => s.truth === 0);
        fc.pre(ones.length > 0 && zeros.length > 0);
        let wins = 0;
        for (const one of ones)
          for (const zero of zeros) wins += one.score > zero.score ? 1 : one.score === zero.score ? 0.5 : 0;
        const area = rocAuc(
          drawn.map((s) => s.score),
          drawn.map((s) => s.truth),
        );
        expect(area).toBeCloseTo(wins / (ones.length * zeros.length), 12);
      }),
    );
  });

  it("are means over the classes for several, and those of column 1 for two", () => {
    const scores = [
      [0.8, 0.1, 0.1],
      [0.3, 0.4, 0.3],
      [0.2, 0.5, 0.3],
      [0.1, 0.2, 0.7],
    ];
    // Class 0: 1. Class 1: all of [0.5] above [0.1, 0.4, 0.2]. Class 2: 1.
    expect(rocAuc(scores, [0, 0, 1, 2])).toBeCloseTo(1, 12);
    const two = [
      [0.9, 0.1],
      [0.6, 0.4],
      [0.65, 0.35],
      [0.2, 0.8],
    ];
    expect(rocAuc(two, [0, 0, 1, 1])).toBe(0.75);
  });

  it("of two columns are those of class 1 alone", () => {
    const two = [0.1, 0.8, 0.7, 0.2].map((p) => [1 - p, p]);
    const one = two.map(([, p]) => p);
    expect(averagePrecision(two, [0, 0, 1, 1])).toBe(averagePrecision(one, [0, 0, 1, 1]));
    // The same the other way round is another number, so that it matters which column is taken.
    const other = averagePrecision(
      two.map(([p]) => p),
      [1, 1, 0, 0],
    );
    expect(Math.abs(averagePrecision(two, [0, 0, 1, 1]) - other)).toBeGreaterThan(0.01);
  });

  describe("of several labels a sample", () => {
    const scores = [
      [0.9, 0.2, 0.4],
      [0.1, 0.3, 0.7],
      [0.35, 0.8, 0.6],
      [0.4, 0.25, 0.9],
      [0.45, 0.1, 0.05],
    ];
    const labels = [
      [1, 0, 1],
      [0, 0, 1],
      [1, 1, 0],
      [0, 1, 1],
      [1, 0, 0],
    ];
    const column = (value: number) => labels.map(([first, , last]) => [first, value, last]);

    it("are those of scikit-learn 1.9.1", () => {
      expect(rocAuc(scores, labels)).toBeCloseTo(0.8333333333333334, 14);
      expect(averagePrecision(scores, labels)).toBeCloseTo(0.8888888888888887, 14);
      const options = { sampleWeight: [1, 2, 1, 0.5, 3] };
      expect(rocAuc(scores, labels, options)).toBeCloseTo(0.9258201058201058, 14);
      expect(averagePrecision(scores, labels, options)).toBeCloseTo(0.9092833092833094, 14);
      const [two, twoLabels] = [scores, labels].map((rows) => rows.map((row) => row.slice(0, 2)));
      expect(rocAuc(two, twoLabels)).toBeCloseTo(0.8333333333333333, 14);
      expect(averagePrecision(two, twoLabels)).toBeCloseTo(0.875, 14);
    });

    it("with a label that all samples have, or none: NaN or an error, as before, and the precision's mean", () => {
      expect(averagePrecision(scores, column(0))).toBeCloseTo(0.611111111111111, 14);
      expect(averagePrecision(scores, column(1))).toBeCloseTo(0.9444444444444443, 14);
      for (const value of [0, 1]) {
        expect(() => rocAuc(scores, column(value))).toThrow(/a class without one or the other: class 1/);
        const metric = new RocAuc();
        metric.update(tensor(scores), tensor(column(value)));
        expect(metric.result()).toBeNaN();
      }
    });

    it("are the same batch by batch, where a batch may have one label a sample", () => {
      for (const [make, compute] of [
        [() => new RocAuc(), rocAuc],
        [() => new AveragePrecision(), averagePrecision],
      ] as const) {
        const metric = make();
        for (const [from, to] of [
          [0, 1],
          [1, 2],
          [2, 5],
        ])
          metric.update(tensor(scores.slice(from, to)), tensor(labels.slice(from, to)));
        expect(metric.result()).toBeCloseTo(compute(scores, labels), 6);
      }
    });
  });

  it("pass over samples of weight 0, also at the top", () => {
    const options = { sampleWeight: [0, 1, 1] };
    expect(averagePrecision([0.9, 0.6, 0.3], [1, 0, 1], options)).toBe(0.5);
    expect(averagePrecision([0.9, 0.6, 0.3], [0, 1, 0], options)).toBe(1);
  });

  it("take -1 for class 0, and refuse other targets and another number of them", () => {
    expect(rocAuc([0.1, 0.4, 0.35, 0.8], [-1, -1, 1, 1])).toBe(0.75);
    for (const f of [rocAuc, averagePrecision, logLoss, brier]) {
      expect(() => f([0.1, 0.4], [0, 2])).toThrow(/targets 0 or 1, got 2 at element 1/);
      expect(() => f([0.1, 0.4], [0, 0.5])).toThrow(ValueError);
      expect(() => f([0.1, 0.4], [1])).toThrow(ShapeError);
    }
  });

  it("need both classes: an error for the area, 0 for the precision without positives", () => {
    expect(() => rocAuc([0.1, 0.2], [1, 1])).toThrow(/a class without one or the other/);
    expect(averagePrecision([0.1, 0.2], [0, 0])).toBe(0);
    expect(averagePrecision([0.1, 0.2], [1, 1])).toBe(1);
  });
});

describe("logLoss and brier", () => {
  it("are those of the examples of scikit-learn", () => {
    const rows = [
      [0.1, 0.9],
      [0.9, 0.1],
      [0.8, 0.2],
      [0.35, 0.65],
    ];
    expect(logLoss(rows, [1, 0, 0, 1])).toBeCloseTo(0.21616187468057912, 12);
    expect(brier([0.1, 0.9, 0.8, 0.3], [0, 1, 1, 0])).toBeCloseTo(0.0375, 12);
  });

  it("of several classes are -log of the right one's, and the sum of squares over all", () => {
    const rows = [
      [0.5, 0.3, 0.2],
      [0.1, 0.1, 0.8],
    ];
    expect(logLoss(rows, [0, 1])).toBeCloseTo(-(Math.log(0.5) + Math.log(0.1)) / 2, 12);
    expect(brier(rows, [0, 1])).toBeCloseTo((0.25 + 0.09 + 0.04 + (0.01 + 0.81 + 0.64)) / 2, 12);
  });

  it("are the same for probabilities of class 1 and for two columns", () => {
    const two = [
      [0.9, 0.1],
      [0.2, 0.8],
    ];
    expect(logLoss(two, [0, 0])).toBeCloseTo(logLoss([0.1, 0.8], [0, 0]), 12);
    expect(brier(two, [0, 0])).toBeCloseTo(brier([0.1, 0.8], [0, 0]), 12);
  });

  it("are finite where a sure prediction is wrong", () => {
    expect(logLoss([0], [1])).toBeCloseTo(52 * Math.LN2, 12);
    expect(logLoss(tensor([0]), [1])).toBeCloseTo(23 * Math.LN2, 12);
    expect(brier([0], [1])).toBe(1);
    expect(brier([[1, 0, 0]], [2])).toBe(2);
  });

  it("refuse what is no probability", () => {
    expect(() => logLoss([1.2], [1])).toThrow(/probabilities in \[0, 1\], got 1.2/);
    expect(() => logLoss([[0.5, 0.6, 0.2]], [1])).toThrow(/rows that add up to 1/);
    expect(() => brier([-0.1], [1])).toThrow(ValueError);
  });
});

describe("regression metrics", () => {
  it("are those of the examples of scikit-learn", () => {
    const [p, t] = [
      [2.5, 0, 2, 8],
      [3, -0.5, 2, 7],
    ];
    expect(meanSquaredError(p, t)).toBe(0.375);
    expect(meanAbsoluteError(p, t)).toBe(0.5);
    expect(r2(p, t)).toBeCloseTo(0.9486081370449679, 12);
    const several = [
      [0, 2],
      [-1, 2],
      [8, -5],
    ];
    const targets = [
      [0.5, 1],
      [-1, 1],
      [7, -6],
    ];
    expect(r2(several, targets)).toBeCloseTo((1 - 1.25 / (217 / 6) + 1 - 3 / (98 / 3)) / 2, 12);
  });

  it("never broadcast predictions against targets", () => {
    expect(meanSquaredError([[1], [2]], [1, 4])).toBe(2);
    expect(() => meanSquaredError([[1, 2]], [1, 4])).toThrow(ShapeError);
    expect(() => meanSquaredError([1, 2], [1])).toThrow(ShapeError);
    expect(() => r2([1, 2], [1])).toThrow(ShapeError);
    const [two, three] = [[[1, 2]], [[1, 2, 3]]];
    expect(() => meanSquaredError(two, three)).toThrow(ShapeError);
    expect(() => meanAbsoluteError(three, two)).toThrow(ShapeError);
  });

  it("R² of targets that are all alike is 1 if they are met, else 0", () => {
    expect(r2([3, 3], [3, 3])).toBe(1);
    expect(r2([3, 4], [3, 3])).toBe(0);
    expect(() => r2([3], [3])).toThrow(/at least two samples/);
  });

  it("R² keeps its digits far from 0", () => {
    const shift = 1e8;
    const at = (xs: number[]) => xs.map((x) => x + shift);
    expect(r2(at([2.5, 0, 2, 8]), at([3, -0.5, 2, 7]))).toBeCloseTo(0.9486081370449679, 7);
  });
});

describe("cosineSimilarity", () => {
  it("is right for vectors whose squares overflow, and 0 for vectors of zeros", () => {
    for (const size of [1e30, 1e200])
      expect(cosineSimilarity([[3 * size, 4 * size]], [[4 * size, 3]])).toBeCloseTo(0.6, 12);
    expect(cosineSimilarity([[0, 0]], [[1, 2]])).toBe(0);
    expect(cosineSimilarity([[1e-7, 0]], [[1, 0]])).toBeCloseTo(0.1, 12);
  });
});
