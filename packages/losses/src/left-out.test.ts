/**
 * What does not count sends back 0, whatever it holds, of every loss of the index, eagerly and compiled.
 */
import { jit } from "@chainrule/compiler";
import { grad, isFloat, type Tensor, tensor, valueAndGrad } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { sampleInputs } from "./check/sample-inputs.ts";
import * as losses from "./index.ts";
import { ctc, defineLoss, type Loss, lossByName, lossNames } from "./index.ts";

type Call = (...args: unknown[]) => Tensor;

/** Taken at once: other tests define losses of their own. */
const names = lossNames().filter((name) => name in losses);
/** The others of a batch are compared with a sample of weight 0 all the same. */
const betweenSamples = ["circle", "ntXent"];
const wild = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38];

/** The input with one number throughout its second sample. */
function withSample(x: Tensor, value: number): Tensor {
  const numbers = x.toTypedArray();
  const perSample = x.size / x.shape[0];
  return tensor(numbers.fill(value, perSample, 2 * perSample), { shape: x.shape });
}

function expectSame(found: Tensor, expected: Tensor, what: string): void {
  const wanted = expected.toTypedArray();
  found.toTypedArray().forEach((x, i) => {
    if (!(Math.abs(x - wanted[i]) <= 1e-4 * (1 + Math.abs(wanted[i])))) expect.fail(`${what}: ${x}, not ${wanted[i]}`);
  });
}

/** Value, gradient, and gradient of a weighted gradient. */
function derivatives(f: (x: Tensor) => Tensor) {
  const slope = (x: Tensor) => grad(f)(x).mul(x.detach().isFinite().cast(x.dtype).add(0.5)).sum();
  return (x: Tensor): Tensor[] => [...(valueAndGrad(f)(x) as [Tensor, Tensor]), grad(slope)(x)];
}

/** Checks that a function of the first input does not look at the second sample, whatever that holds. */
function expectBlind(make: () => (x: Tensor) => Tensor, x: Tensor): void {
  const expected = derivatives(make())(x);
  for (const value of wild) {
    const held = withSample(x, value);
    const engines: [string, (x: Tensor) => Tensor[]][] = [["eager", derivatives(make())]];
    if (Number.isNaN(value)) engines.push(["compiled", jit(derivatives(make()))]);
    for (const [engine, f] of engines) {
      const found = f(held);
      ["value", "gradient", "second gradient"].forEach((what, i) => {
        expectSame(found[i], expected[i], `${engine} ${what}, a sample of ${value}`);
      });
    }
  }
}

describe.each(names)("%s", (name) => {
  const loss = lossByName(name) as Loss;
  const sample = sampleInputs(loss, 3);
  const call = (sample.loss ?? loss) as unknown as Call;
  const inputs = Object.values(sample.inputs).map((given) => {
    const x = tensor(given);
    return isFloat(x.dtype) ? x.cast("float32") : x;
  });
  const weights = [1, 0, 2, 0.5].slice(0, inputs[0].shape[0]);

  it.runIf(!loss.whole && !betweenSamples.includes(name))("does not look at a sample of weight 0", () => {
    expectBlind(() => (x) => call(x, ...inputs.slice(1), { sampleWeight: weights, reduction: "sum" }), inputs[0]);
  });

  const looks = loss.whole || ["ctc", "infoNCE", ...betweenSamples].includes(name);
  it.runIf(!looks)("nor at its target, NaN as it may be", () => {
    const [first, ...others] = inputs;
    const broken = others.map((x) => withSample(x.cast("float64"), Number.NaN));
    const options = { sampleWeight: weights };
    expectSame(call(first, ...broken, options), call(first, ...others, options), "the mean");
  });
});

describe("labels that do not count", () => {
  const logits = tensor(
    [
      [1, 2, 0.5],
      [0.3, -1, 2],
      [0, 1, 4],
      [1, 1, 2],
    ].map((row) => row.map((x) => x - 5)),
  );
  const withIgnored = { crossEntropy: logits, nll: logits, sparseCategoricalCrossEntropy: logits.softmax(-1) };

  it.each(Object.entries(withIgnored))("%s: ignored ones send back nothing of their sample", (name, x) => {
    const loss = lossByName(name) as unknown as Call;
    expectBlind(() => (p) => loss(p, [0, -1, 2, 1], { ignoreIndex: -1, reduction: "sum" }), x);
  });

  it.each(["crossEntropy", "nll"])("%s: nor do classes of weight 0", (name) => {
    const loss = lossByName(name) as unknown as Call;
    for (const classWeight of [[1, 0, 2], tensor([1, 0, 2])])
      expectBlind(() => (p) => loss(p, [0, 1, 2, 0], { classWeight, ignoreIndex: -1 }), logits);
  });

  it("along another class axis, weights of each place count as they lie", () => {
    // As many classes as places: the weights of places must not be taken for those of classes.
    const x = tensor([
      [
        [1, 2, 0.5],
        [0.3, -1, 2],
        [0, 1, 4],
      ],
      [
        [1, 1, 2],
        [3, 1, 2],
        [0, 0, 1],
      ],
    ]);
    const sampleWeight = [
      [1, 0, 1],
      [0, 0, 1],
    ];
    const options = { axis: 1, sampleWeight, reduction: "sum" } as const;
    const held = tensor([
      [
        [1, Number.NaN, 0.5],
        [0.3, Number.NaN, 2],
        [0, Number.NaN, 4],
      ],
      [
        [1, 1, 2],
        [3, 1, 2],
        [0, 0, 1],
      ],
    ]);
    const labels = [
      [0, 1, 2],
      [2, 0, 1],
    ];
    const f = (p: Tensor) => losses.crossEntropy(p, labels, options);
    expectSame(f(held), f(x), "the sum");
    expectSame(grad(f)(held), grad(f)(x), "its gradient");
  });

  it("steps after the end of a sequence neither", () => {
    const x = tensor([
      [
        [1, 2, 0.5],
        [0.3, -1, 2],
        [0, 1, 4],
      ],
      [
        [1, 1, 2],
        [3, 1, 2],
        [0, 0, 1],
      ],
    ]);
    const held = tensor([
      [
        [1, 2, 0.5],
        [0.3, -1, 2],
        [Number.NaN, 1, 4],
      ],
      [
        [1, 1, 2],
        [3, 1, 2],
        [0, 0, 1],
      ],
    ]);
    const f = (p: Tensor) => ctc(p, [[1], [2]], { inputLengths: [2, 3] });
    expectSame(f(held), f(x), "the mean");
    expectSame(grad(f)(held), grad(f)(x), "its gradient");
  });
});

it("losses of one's own leave samples of weight 0 out, too", () => {
  const relative = defineLoss("relative", (prediction, target) => prediction.div(target).log().square());
  const f = (x: Tensor) => relative(x, [1, 0, 2], { sampleWeight: [1, 0, 1] });
  const [value, slopes] = valueAndGrad(f)([2, Number.NaN, 2]) as [Tensor, Tensor];
  expect(value.item()).toBeCloseTo(Math.LN2 ** 2 / 3, 6);
  expect(slopes.toArray()).toEqual([expect.closeTo((2 * Math.LN2) / 2 / 3, 6), 0, 0]);
});

describe("infinite logits", () => {
  const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf } = Number;
  const none = { reduction: "none" } as const;
  const signs = [minusInf, inf, minusInf, inf];
  const truths = [0, 1, 1, 0];
  const masked = [
    [0, minusInf, 0],
    [minusInf, 1, minusInf],
  ];
  const [ofMasked, slopesOfMasked] = [
    [Math.LN2, 0],
    [
      [-0.5, 0, 0.5],
      [0, 0, 0],
    ],
  ];
  const oneHot = [
    [1, 0, 0],
    [0, 1, 0],
  ];
  const quarter = [0.25 * Math.LN2, 0];
  // Of (1 - p)² log p at 1/2, by log p: -p (1 - p)² ... 2 (1 - p) p log p - (1 - p)².
  const focalSlope = -(0.25 + 0.5 * Math.LN2) / 2;
  const focalSlopes = [
    [focalSlope, 0, -focalSlope],
    [0, 0, 0],
  ];
  const halfPower = (1 - Math.SQRT1_2) / 0.5;
  const halfSlope = -Math.SQRT1_2 / 2;
  const halfSlopes = [
    [halfSlope, 0, -halfSlope],
    [0, 0, 0],
  ];

  type Case = [string, logits: unknown[], f: (x: Tensor) => Tensor, values: unknown[], slopes: unknown[]];
  const cases: Case[] = [
    [
      "binaryCrossEntropyWithLogits",
      signs,
      (x) => losses.binaryCrossEntropyWithLogits(x, truths, none),
      [0, 0, inf, inf],
      [0, 0, -1, 1],
    ],
    [
      "binaryCrossEntropyWithLogits, of which no one counts",
      signs,
      (x) => losses.binaryCrossEntropyWithLogits(x, truths, { posWeight: 0, ...none }),
      [0, 0, 0, inf],
      [0, 0, 0, 1],
    ],
    [
      "binaryCrossEntropyWithLogits of half truths",
      [minusInf, inf],
      (x) => losses.binaryCrossEntropyWithLogits(x, [0.5, 0.5], none),
      [inf, inf],
      [-0.5, 0.5],
    ],
    [
      "binaryCrossEntropy from logits",
      signs,
      (x) => losses.binaryCrossEntropy(x, truths, { fromLogits: true, ...none }),
      [0, 0, inf, inf],
      [0, 0, -1, 1],
    ],
    [
      "binaryFocal from logits",
      signs,
      (x) => losses.binaryFocal(x, truths, { fromLogits: true, ...none }),
      [0, 0, inf, inf],
      [0, 0, -1, 1],
    ],
    ["crossEntropy of labels", masked, (x) => losses.crossEntropy(x, [0, 1], none), ofMasked, slopesOfMasked],
    ["crossEntropy of rows", masked, (x) => losses.crossEntropy(x, oneHot, none), ofMasked, slopesOfMasked],
    [
      "crossEntropy with a class that does not count",
      masked,
      (x) => losses.crossEntropy(x, oneHot, { classWeight: [1, 0, 1], ...none }),
      [Math.LN2, 0],
      slopesOfMasked,
    ],
    [
      "categoricalCrossEntropy from logits",
      masked,
      (x) => losses.categoricalCrossEntropy(x, oneHot, { fromLogits: true, ...none }),
      ofMasked,
      slopesOfMasked,
    ],
    [
      "sparseCategoricalCrossEntropy from logits",
      masked,
      (x) => losses.sparseCategoricalCrossEntropy(x, [0, 1], { fromLogits: true, ...none }),
      ofMasked,
      slopesOfMasked,
    ],
    [
      "categoricalFocal of labels",
      masked,
      (x) => losses.categoricalFocal(x, [0, 1], { fromLogits: true, alpha: 1, ...none }),
      quarter,
      focalSlopes,
    ],
    [
      "categoricalFocal of rows",
      masked,
      (x) => losses.categoricalFocal(x, oneHot, { fromLogits: true, alpha: [1, 1, 1], ...none }),
      quarter,
      focalSlopes,
    ],
    [
      "generalizedCrossEntropy of labels",
      masked,
      (x) => losses.generalizedCrossEntropy(x, [0, 1], { fromLogits: true, ...none }),
      [halfPower, 0],
      halfSlopes,
    ],
    [
      "generalizedCrossEntropy of rows",
      masked,
      (x) => losses.generalizedCrossEntropy(x, oneHot, { fromLogits: true, ...none }),
      [halfPower, 0],
      halfSlopes,
    ],
    ["nll of log-probabilities", masked, (x) => losses.nll(x.logSoftmax(-1), [0, 1], none), ofMasked, slopesOfMasked],
    [
      "klDivergence of log-probabilities",
      masked,
      (x) => losses.klDivergence(x.logSoftmax(-1), oneHot, { logInput: true, ...none }),
      ofMasked,
      slopesOfMasked,
    ],
    ["hinge", signs.slice(0, 2), (x) => losses.hinge(x, [-1, 1], none), [0, 0], [0, 0]],
    ["squaredHinge", signs.slice(0, 2), (x) => losses.squaredHinge(x, [-1, 1], none), [0, 0], [0, 0]],
    [
      "categoricalHinge of labels",
      masked,
      (x) => losses.categoricalHinge(x, [0, 1], none),
      [1, 0],
      // The largest is as large as the 0 in place of the right class: both share the slope.
      [
        [-1, 0, 0.5],
        [0, 0, 0],
      ],
    ],
    [
      "categoricalHinge of rows",
      masked,
      (x) => losses.categoricalHinge(x, oneHot, none),
      [1, 0],
      // The largest is as large as the 0 in place of the right class: both share the slope.
      [
        [-1, 0, 0.5],
        [0, 0, 0],
      ],
    ],
    ["poissonNll of no events at rate 0", [minusInf], (x) => losses.poissonNll(x, [0], none), [0], [0]],
    [
      "huber and huge errors",
      [3e38, -3e38],
      (x) => losses.huber(x, [0, 0], { reduction: "none", delta: 1 }).div(1e38),
      [3, 3],
      [1e-38, -1e-38],
    ],
  ];

  it.each(cases)("%s: what is right costs nothing and sends back 0", (_name, logits, f, values, slopes) => {
    const near = (expected: unknown, found: Tensor, what: string) => {
      const wanted = tensor(expected as number[], { dtype: "float64" });
      expect(found.shape, what).toEqual(wanted.shape);
      found.toTypedArray().forEach((x, i) => {
        const y = wanted.storage[i];
        if (!(x === y || Math.abs(x - y) <= 2e-6 * Math.abs(y) + (y === 0 ? 1e-30 : 0)))
          expect.fail(`${what}: ${x} at ${i}, not ${y}`);
      });
    };
    for (const dtype of ["float32", "float64"] as const)
      for (const engine of ["eager", "compiled"]) {
        const both = (x: Tensor): Tensor[] => [f(x), grad((y) => f(y).sum())(x)];
        const [value, slope] = (engine === "eager" ? both : jit(both))(tensor(logits as number[], { dtype }));
        near(values, value, `${engine} value in ${dtype}`);
        near(slopes, slope, `${engine} slope in ${dtype}`);
      }
  });
});
