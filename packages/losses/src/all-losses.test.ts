/**
 * What holds for every loss of the public index: each has a value worked out by hand, and passes `checkLoss`.
 */
import { ChainRuleError, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import * as index from "./index.ts";
import { checkLoss, type Loss, lossByName, lossNames } from "./index.ts";

/** The losses that the index exports, by their exported names. */
const exported = Object.entries(index as Record<string, unknown>).filter(
  (entry): entry is [string, Loss] => typeof entry[1] === "function" && "lossName" in entry[1],
);

/** Taken at once: other tests define losses of their own. */
const registered = lossNames();

const { log, exp, cosh, sqrt, LN2 } = Math;

/** Of scores 1 and 0 the tempered softmax for t₂ = 2: 1/(1 + λ - 1) + 1/(1 + λ) = 1 gives p = 1/λ with λ² - λ - 1 = 0. */
const goldenP = 2 / (1 + sqrt(5));

/** Arguments of a call and what it returns, from each loss's formula. Another loss needs a row here. */
const byHand: Readonly<Record<string, readonly [args: readonly unknown[], value: number]>> = {
  binaryCrossEntropy: [
    [
      [0.5, 0.9],
      [0, 1],
    ],
    (LN2 - log(0.9)) / 2,
  ],
  binaryCrossEntropyWithLogits: [
    [
      [0, 2],
      [0, 1],
    ],
    (LN2 + log(1 + exp(-2))) / 2,
  ],
  binaryFocal: [[[0.9], [1]], 0.1 ** 2 * -log(0.9)],
  categoricalCrossEntropy: [[[[0.25, 0.75]], [[0, 1]]], -log(0.75)],
  categoricalFocal: [[[[0.1, 0.9]], [1]], 0.25 * 0.1 ** 2 * -log(0.9)],
  categoricalHinge: [[[[0.5, 2, 0.1]], [0]], 1 + 2 - 0.5],
  contrastive: [
    [
      [
        [0, 0],
        [0, 0],
      ],
      [
        [0, 2],
        [0, 0.5],
      ],
      [1, 0],
    ],
    (2 ** 2 / 2 + 0.5 ** 2 / 2) / 2,
  ],
  cosineSimilarity: [
    [
      [
        [1, 0],
        [1, 1],
      ],
      [
        [0, 1],
        [2, 2],
      ],
    ],
    (0 - 1) / 2,
  ],
  crossEntropy: [[[[2, 1, 0]], [0]], log(1 + exp(-1) + exp(-2))],
  ctc: [
    [
      [
        [
          [0, 0],
          [0, 0],
        ],
      ],
      [[1]],
    ],
    -log(3 / 4),
  ],
  dice: [[[1, 1, 0, 0], [1, 0, 1, 0], { smooth: 0 }], 1 - (2 * 1) / (2 + 2)],
  gaussianKl: [[[[1, 0]], [[1, 4]]], (1 + (4 - 1 - log(4))) / 2],
  gaussianNll: [[[1], [3], [4]], (log(4) + 1) / 2],
  generalizedCrossEntropy: [[[[0.25, 0.75]], [1]], (1 - sqrt(0.75)) / 0.5],
  hinge: [
    [
      [0.5, -2],
      [1, -1],
    ],
    (0.5 + 0) / 2,
  ],
  huber: [
    [
      [0.5, 3],
      [0, 0],
    ],
    (0.5 ** 2 / 2 + (3 - 0.5)) / 2,
  ],
  infoNCE: [
    [
      [
        [1, 0],
        [0, 1],
      ],
      [
        [2, 0],
        [0, 3],
      ],
      { temperature: 1 },
    ],
    log(1 + exp(-1)),
  ],
  jensenShannon: [[[[1, 0]], [[0, 1]]], LN2],
  klDivergence: [[[[0.5, 0.5]], [[0.6, 0.4]]], 0.6 * log(0.6 / 0.5) + 0.4 * log(0.4 / 0.5)],
  logCosh: [[[1.5], [0.5]], log(cosh(1))],
  mae: [
    [
      [1, 2],
      [1, 4],
    ],
    (0 + 2) / 2,
  ],
  mape: [
    [
      [90, 220],
      [100, 200],
    ],
    10,
  ],
  mse: [
    [
      [1, 2],
      [1, 4],
    ],
    (0 + 4) / 2,
  ],
  msle: [[[1], [3]], (log(2) - log(4)) ** 2],
  nll: [[[[log(0.25), log(0.75)]], [1]], -log(0.75)],
  poisson: [[[2], [1]], 2 - log(2 + 1e-7)],
  poissonNll: [[[LN2], [3]], 2 - 3 * LN2],
  sparseCategoricalCrossEntropy: [[[[0.25, 0.75]], [1]], -log(0.75)],
  squaredHinge: [
    [
      [0.5, -2],
      [1, -1],
    ],
    0.5 ** 2 / 2,
  ],
  triplet: [[[[0, 0]], [[3, 4]], [[6, 8]], { margin: 6 }], 5 - 10 + 6],
  alphaDivergence: [[[[0.5, 0.5]], [[0.9, 0.1]], { alpha: 2 }], 0.32],
  asymmetric: [
    [
      [0.9, 0.04],
      [1, 0],
    ],
    (0.1 * -log(0.9)) / 2,
  ],
  biTempered: [[[[1, 0]], [0], { t1: 0, t2: 2 }], 1 - goldenP - (1 - goldenP ** 2 - (1 - goldenP) ** 2) / 2],
  circle: [
    [
      [
        [1, 0],
        [1, 0],
        [0, 1],
      ],
      [0, 0, 1],
      { gamma: 1 },
    ],
    log(1 + exp(-0.32)),
  ],
  entmaxLoss: [[[[1, 1]], [0], { alpha: 1.5 }], (1 - 2 * 0.5 ** 1.5) / 0.75],
  fDivergence: [[[[0.5, 0.5]], [[0.9, 0.1]], { f: "totalVariation" }], 0.4],
  fenchelYoung: [[[[2, 1, 0]], [0]], log(1 + exp(-1) + exp(-2))],
  focalTversky: [[[1, 1, 0, 0], [1, 0, 1, 0], { gamma: 2, smooth: 0 }], sqrt(1 - 1 / 2)],
  generalizedDice: [
    [
      [
        [
          [1, 0],
          [1, 0],
          [1, 0],
        ],
      ],
      [
        [
          [1, 0],
          [1, 0],
          [0, 1],
        ],
      ],
      { smooth: 0 },
    ],
    1 - (2 * 0.25 * 2) / (0.25 * 5 + 1),
  ],
  listNet: [[[[1, 0]], [[0, 0]]], log(1 + exp(-1)) + 0.5],
  ntXent: [
    [
      [
        [1, 0],
        [0, 1],
      ],
      [
        [2, 0],
        [0, 3],
      ],
      { temperature: 1 },
    ],
    log(exp(1) + 2) - 1,
  ],
  polyCrossEntropy: [[[[0, 0]], [0], { epsilon: 1 }], LN2 + 1 / 2],
  rankingSoftmax: [[[[2, 1, 0]], [[1, 0, 2]]], 3 * log(1 + exp(-1) + exp(-2)) + 4],
  renyiDivergence: [[[[0.5, 0.5]], [[1, 0]]], LN2],
  sparsemaxLoss: [[[[1, 0.5, -2]], [0]], 0.0625],
  symmetricCrossEntropy: [[[[0.25, 0.75]], [1]], 0.1 * -log(0.75) + 0.25 * -log(1e-4)],
  tsallisDivergence: [[[[0.5, 0.5]], [[1, 0]], { alpha: 2 }], 1],
  wasserstein: [[[[1, 0, 0]], [[0, 0, 1]]], 2],
  cosineEmbedding: [
    [
      [
        [1, 0],
        [1, 0],
      ],
      [
        [0, 1],
        [1, 1],
      ],
      [1, -1],
    ],
    (1 + Math.SQRT1_2) / 2,
  ],
  hingeEmbedding: [
    [
      [0.3, 0.4],
      [1, -1],
    ],
    (0.3 + 0.6) / 2,
  ],
  l2Loss: [
    [
      [1, 2],
      [1, 4],
    ],
    1,
  ],
  marginRanking: [[[2, 0], [1, 1], [1, 1], { margin: 0.5 }], (0 + 1.5) / 2],
  multiLabelMargin: [[[[0.1, 0.2, 0.4, 0.8]], [[1, 0, 0, 1]]], (1.1 + 1.3 + 0.4 + 0.6) / 4],
  multiLabelSoftMargin: [[[[0, 2]], [[1, 0]]], (LN2 + log(1 + exp(2))) / 2],
  multiMargin: [[[[0.1, 0.2, 0.8]], [2]], (0.3 + 0.4) / 3],
  perceptron: [
    [
      [0.5, -2],
      [1, 1],
    ],
    1,
  ],
  quantile: [[[1, 2], [3, 1], { q: 0.9 }], (0.9 * 2 + 0.1 * 1) / 2],
  smoothL1: [[[0.5, 3], [0, 0], { beta: 0.5 }], (0.25 + 2.75) / 2],
  softMargin: [
    [
      [0, 2],
      [1, -1],
    ],
    (LN2 + log(1 + exp(2))) / 2,
  ],
  tversky: [[[1, 1, 0, 0], [1, 0, 1, 0], { alpha: 1, beta: 1, smooth: 0 }], 1 - 1 / 3],
};

describe("the losses of the index", () => {
  it("are those that a name finds, under that name", () => {
    expect(exported.map(([name]) => name).sort(), "index.ts exports each loss, under its name").toEqual(
      [...registered].sort(),
    );
    for (const [name, loss] of exported) expect(lossByName(name)).toBe(loss);
  });

  it("have a value by hand, each of them", () => {
    expect(Object.keys(byHand).sort(), "byHand wants a row for each exported loss").toEqual(
      exported.map(([name]) => name).sort(),
    );
  });
});

describe.each(exported)("%s", (name, loss) => {
  it.runIf(byHand[name])("has the value that its formula gives", () => {
    const [args, value] = byHand[name];
    const inputs = args.map((x, i) => (i === 0 ? tensor(x as number[], { dtype: "float64" }) : x));
    expect((loss as (...args: unknown[]) => ReturnType<Loss>)(...inputs).item()).toBeCloseTo(value, 12);
  });

  it("has right first and second gradients, is finite at the ends, reduces and weighs, in both dtypes", () => {
    for (const seed of [0, 1]) expect(checkLoss(loss, undefined, { seed }).properties).toHaveLength(7);
  });

  it("refuses an option that it does not know, in the call and in with()", () => {
    expect(() => loss.with({ nonsense: 1 } as object), "the setting `options` of defineLoss names its options").toThrow(
      /options it knows, got "nonsense"/,
    );
    const nothing = Object.keys(loss.inputs).map(() => 1) as unknown as [number, number];
    expect(() => loss(...nothing, { nonsense: 1 } as object)).toThrow(/options it knows, got "nonsense"/);
  });

  it("tells what is wrong with inputs of shapes that do not belong together", () => {
    const [first, ...others] = Object.keys(loss.inputs);
    const inputs = [tensor(new Float32Array(10).fill(0.5), { shape: [5, 2] }), ...others.map(() => [1, 0])];
    expect(first).toBeTypeOf("string");
    expect(() => loss(...(inputs as unknown as [number, number]))).toThrow(ChainRuleError);
  });
});
