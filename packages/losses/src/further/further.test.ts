/**
 * What the tables of all losses do not see: options, and what stands between samples.
 */
import { grad, OptionError, ShapeError, type Tensor, tensor, ValueError } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import * as losses from "../index.ts";
import { checkLoss, lossByName } from "../index.ts";

const double = (x: unknown[]) => tensor(x as number[], { dtype: "float64" });
const none = { reduction: "none" } as const;

describe("names", () => {
  it.each(
    Object.entries({
      smooth_l1: "smoothL1",
      SmoothL1Loss: "smoothL1",
      pinball: "quantile",
      l2: "l2Loss",
      SoftMarginLoss: "softMargin",
      HingeEmbeddingLoss: "hingeEmbedding",
      CosineEmbeddingLoss: "cosineEmbedding",
      MarginRankingLoss: "marginRanking",
      MultiMarginLoss: "multiMargin",
      MultiLabelMarginLoss: "multiLabelMargin",
      MultiLabelSoftMarginLoss: "multiLabelSoftMargin",
      perceptron_loss: "perceptron",
      ntxent: "ntXent",
      circle_loss: "circle",
      ranking_softmax_loss: "rankingSoftmax",
      poly_loss_cross_entropy: "polyCrossEntropy",
      asymmetric_loss: "asymmetric",
      multiclass_sparsemax_loss: "sparsemaxLoss",
      generalized_dice_loss: "generalizedDice",
      focal_tversky: "focalTversky",
      wasserstein_distance: "wasserstein",
    }),
  )("of others: %s is %s", (name, ours) => expect(lossByName(name).lossName).toBe(ours));
});

describe("quantile", () => {
  it("has the quantile of the targets as its best constant", () => {
    const targets = Array.from({ length: 101 }, (_, i) => i);
    const slope = (at: number) =>
      grad((x: Tensor) => losses.quantile(x.broadcastTo([101]), targets, { q: 0.8 }))(double([at])).item();
    expect(slope(79.5)).toBeLessThan(0);
    expect(slope(80.5)).toBeGreaterThan(0);
  });

  it("takes a target for all quantiles, or one for each", () => {
    const band = losses.quantile.with({ q: [0.1, 0.9], reduction: "none" });
    expectClose(band(double([[1, 2]]), [[3]]), { shape: [1, 2], data: [0.2, 0.9] });
    expectClose(band(double([[1, 2]]), [[3, 1]]), { shape: [1, 2], data: [0.2, 0.1] });
    expect(() => band([[1, 2]], [3])).toThrow(/targets \[.., 1\] or \[.., 2\]/);
    expect(() => band([[1, 2, 3]], [[3]])).toThrow(ShapeError);
    expect(() => losses.quantile([1], [[1]])).toThrow(/target \[1, 1\] and prediction \[1\]/);
    for (const q of [0, 1, Number.NaN, [], [0.5, 2], "0.5"])
      expect(() => losses.quantile([1], [1], { q: q as number })).toThrow(OptionError);
    expect(() => checkLoss(losses.quantile.with({ q: [0.1, 0.5, 0.9] }))).not.toThrow();
  });
});

describe("regression and margins", () => {
  it("smooth L1 is Huber's, divided, and the absolute error for 0", () => {
    const [p, t] = [double([0.2, -3, 5]), double([0, 0, 4.9])];
    expectClose(losses.smoothL1(p, t, { beta: 0.5 }), losses.huber(p, t, { delta: 0.5 }).div(0.5));
    expectClose(losses.smoothL1(p, t, { beta: 0 }), losses.mae(p, t));
    expect(grad((x: Tensor) => losses.smoothL1(x, [0, 0], none).sum())(tensor([3e38, -3e38])).toArray()).toEqual([
      1, -1,
    ]);
    expect(() => losses.smoothL1(p, t, { beta: -1 })).toThrow(OptionError);
  });

  it("take 0 for -1, and no other targets", () => {
    for (const loss of [losses.softMargin, losses.perceptron, losses.hingeEmbedding])
      expectClose(loss(double([0.5, -2]), [0, 1]), loss(double([0.5, -2]), [-1, 1]));
    expect(() => losses.softMargin([1], [0.5])).toThrow(/-1 or 1/);
    expect(() => losses.multiLabelMargin([[1, 2]], [[1, -1]])).toThrow(/0 or 1, got -1/);
  });

  it("count the margin, ties included, and leave infinite scores that are right alone", () => {
    expect(losses.marginRanking([1], [1], [1], { margin: 0.25 }).item()).toBe(0.25);
    expect(losses.multiMargin([[1, 1, 1]], [0]).item()).toBeCloseTo(2 / 3, 6);
    const masked = double([[Number.NEGATIVE_INFINITY, 2, Number.NEGATIVE_INFINITY]]);
    expect(losses.multiMargin(masked, [1]).item()).toBe(0);
    expect(losses.multiLabelMargin(masked, [[0, 1, 0]]).item()).toBe(0);
    expect(grad((x: Tensor) => losses.multiLabelMargin(x, [[0, 1, 0]]))(masked).toArray()).toEqual([[0, 0, 0]]);
    const margin = Number.NaN;
    for (const call of [
      () => losses.hingeEmbedding([1], [1], { margin }),
      () => losses.marginRanking([1], [1], [1], { margin }),
      () => losses.multiMargin([[1, 2]], [0], { margin }),
      () => losses.cosineEmbedding([[1]], [[1]], [1], { margin }),
    ])
      expect(call).toThrow(/finite margin/);
    expect(() => losses.multiMargin([[1, 2]], [0], { p: 3 })).toThrow(/p of 1 or 2/);
    expect(() => losses.multiMargin([[1, 2]], [0], { classWeight: [1] })).toThrow(/2 classes/);
  });

  it("do not look at classes of weight 0", () => {
    const x = double([[Number.POSITIVE_INFINITY, 1]]);
    expect(losses.multiLabelSoftMargin(x, [[0, 1]], { classWeight: [0, 1] }).item()).toBeCloseTo(
      Math.log1p(Math.exp(-1)) / 2,
      12,
    );
    expect(losses.multiMargin([[1, 2]], [0], { classWeight: [0, 1] }).item()).toBe(0);
  });

  it("go along another class axis", () => {
    const x = double([
      [0.1, 2, -1],
      [0.4, -0.5, 0.3],
    ]);
    const held = double([
      [1, 0, 1],
      [0, 1, 0],
    ]);
    for (const loss of [losses.multiLabelMargin, losses.multiLabelSoftMargin])
      expectClose(loss(x, held, { axis: 0, ...none }), loss(x.T, held.T, none));
    expectClose(losses.multiMargin(x, [0, 1, 0], { axis: 0, ...none }), losses.multiMargin(x.T, [0, 1, 0], none));
  });
});

describe("triplets with a distance of one's own", () => {
  const [a, p, n] = [[[0, 0]], [[3, 4]], [[1, 1]]].map(double);
  const manhattan = (x: Tensor, y: Tensor) => x.sub(y).abs().sum(-1);

  it("are those of the norm where the distance is the norm", () => {
    expectClose(losses.triplet(a, p, n, { distance: manhattan }), losses.triplet(a, p, n, { p: 1 }));
    const swapped = { distance: manhattan, swap: true };
    expectClose(losses.triplet(a, n, p, swapped), losses.triplet(a, n, p, { p: 1, swap: true }));
    expect(() => checkLoss(losses.triplet.with({ distance: manhattan, margin: 3 }))).not.toThrow();
  });

  it("want one number for each pair", () => {
    const call = () => losses.triplet(a, p, n, { distance: (x, y) => x.sub(y) });
    expect(call).toThrow(/one number for each pair, \[1\], got .* distances of shape \[1, 2\]/);
  });
});

describe("embeddings of a batch", () => {
  it("NT-Xent of one pair has nothing to tell it from", () => {
    expect(losses.ntXent([[1, 2]], [[3, -1]]).item()).toBe(0);
    expect(() => losses.ntXent([1, 2], [3, 4])).toThrow(/\[N, D\]/);
    expect(() => losses.ntXent([[1]], [[1]], { temperature: 0 })).toThrow(OptionError);
  });

  it("NT-Xent and circle loss see their batch though a sample has weight 0", () => {
    const x = double([
      [1, 0.2],
      [0.3, 1],
      [-1, 0.5],
    ]);
    const weights = { sampleWeight: [1, 0, 1], ...none };
    const plain = losses.circle(x, [0, 0, 1], none).toArray(1);
    expectClose(losses.circle(x, [0, 0, 1], weights), double([plain[0], 0, plain[2]]));
  });

  it("circle loss needs a partner and another: without them it is 0, and so is its gradient", () => {
    const f = (x: Tensor) => losses.circle(x, [3, 3, 3], { reduction: "sum" });
    const x = double([
      [1, 0],
      [0, 1],
      [1, 1],
    ]);
    expect(f(x).item()).toBe(0);
    expect(grad(f)(x).toArray()).toEqual(x.mul(0).toArray());
    expect(() => losses.circle(x, [1, 2])).toThrow(/the class of each sample, \[3\]/);
    expect(() => losses.circle(x, [1, 2, 1], { gamma: 0 })).toThrow(OptionError);
  });
});

describe("rankings", () => {
  it("leave out items that are masked, whatever they hold, and lists without any", () => {
    const mask = [
      [1, 1, 0],
      [0, 0, 0],
    ];
    const scores = double([
      [1, 2, Number.NaN],
      [1, 1, 1],
    ]);
    const relevance = [
      [2, 0, 5],
      [1, 2, 3],
    ];
    for (const loss of [losses.listNet, losses.rankingSoftmax]) {
      const alone = loss(double([[1, 2]]), [[2, 0]]).item();
      expectClose(loss(scores, relevance, { mask, ...none }), double([alone, 0]));
      const slopes = grad((x: Tensor) => loss(x, relevance, { mask, reduction: "sum" }))(scores);
      expect(slopes.toTypedArray().every(Number.isFinite)).toBe(true);
      expectClose(slopes.slice(":", 2), double([0, 0]));
      expect(() => checkLoss(loss.with({ mask: [1, 1, 0] }))).not.toThrow();
    }
    expect(() => losses.rankingSoftmax([[1]], [[-1]])).toThrow(ValueError);
  });
});

describe("regions", () => {
  it("generalised dice is 0 for the same regions, near 1 for none in common", () => {
    const y = double([
      [
        [1, 0],
        [0, 1],
      ],
      [
        [1, 0],
        [1, 0],
      ],
    ]);
    expectClose(losses.generalizedDice(y, y, none), { shape: [2], data: [0, 0] }, { tolerance: 1e-12 });
    expect(losses.generalizedDice(y.mul(-1).add(1), y).item()).toBeCloseTo(1, 6);
    expect(() => losses.generalizedDice([1, 0], [1, 0])).toThrow(/samples along the first axis/);
    expect(() => losses.generalizedDice(y, y, { axis: 0 })).toThrow(ShapeError);
  });

  it("focal Tversky for γ = 1 is Tversky, and has a finite slope where all is found", () => {
    const [p, y] = [double([0.9, 0.2, 0.7]), [1, 0, 1]];
    expectClose(losses.focalTversky(p, y, { gamma: 1 }), losses.tversky(p, y, { alpha: 0.3, beta: 0.7 }));
    const slopes = grad((x: Tensor) => losses.focalTversky(x, y, { smooth: 0 }))(double([1, 0, 1]));
    expect(slopes.toTypedArray().every(Number.isFinite)).toBe(true);
    expect(() => losses.focalTversky(p, y, { gamma: 0 })).toThrow(OptionError);
  });
});

describe("divergences", () => {
  const q = double([
    [0.5, 0.3, 0.2],
    [0.1, 0.1, 0.8],
  ]);
  const p = double([
    [0.2, 0.2, 0.6],
    [0, 0.5, 0.5],
  ]);

  it("are 0 where both are the same, and KL in their limits", () => {
    const { renyiDivergence, tsallisDivergence, alphaDivergence, fDivergence, klDivergence, wasserstein } = losses;
    for (const loss of [renyiDivergence, tsallisDivergence, alphaDivergence, fDivergence, wasserstein])
      expect(loss(q, q).item()).toBeCloseTo(0, 12);
    for (const alpha of [1, 1 - 1e-9, 1 + 1e-9])
      for (const loss of [renyiDivergence, tsallisDivergence, alphaDivergence])
        expectClose(loss(q, p, { alpha }), klDivergence(q, p), { tolerance: 1e-7 });
    for (const alpha of [0, 1e-9])
      expectClose(alphaDivergence(q.slice(0), p.slice(0), { alpha }), klDivergence(p.slice(0), q.slice(0)), {
        tolerance: 1e-7,
      });
    expectClose(fDivergence(q, p), klDivergence(q, p));
    expectClose(fDivergence(q, p, { f: "jensenShannon" }), losses.jensenShannon(q, p));
    expectClose(alphaDivergence(q, p, { alpha: 0.5 }), fDivergence(q, p, { f: "hellinger" }).mul(4));
  });

  it.each([0.05, 0.95, 4])("have right derivatives for α = %f, and finite ones at 0 and 1", (alpha) => {
    for (const loss of [losses.renyiDivergence, losses.tsallisDivergence, losses.alphaDivergence])
      expect(() => checkLoss(loss.with({ alpha }))).not.toThrow();
  });

  it.each([-2, 0])("α-divergence takes α = %f", (alpha) => {
    expect(() => checkLoss(losses.alphaDivergence.with({ alpha }))).not.toThrow();
    for (const loss of [losses.renyiDivergence, losses.tsallisDivergence])
      expect(() => loss(q, p, { alpha })).toThrow(/alpha above 0/);
  });

  it.each(["reverseKl", "jensenShannon", "hellinger", "pearson", "neyman", "totalVariation"] as const)(
    "f is %s",
    (f) => {
      expect(() => checkLoss(losses.fDivergence.with({ f }))).not.toThrow();
    },
  );

  it("refuse an f that is none, and targets that are no distribution", () => {
    expect(() => losses.fDivergence(q, p, { f: "chi" as never })).toThrow(/a name: kl, reverseKl/);
    expect(() => losses.fDivergence(q, p, { f: "toString" as never })).toThrow(OptionError);
    expect(() => losses.renyiDivergence(q, p.mul(2))).toThrow(/probabilities/);
    expect(() => losses.wasserstein(q, p.mul(0.5))).toThrow(/sum to 1/);
  });

  it("Wasserstein's is how far it is from one place to the other", () => {
    const { wasserstein } = losses;
    expect(wasserstein([[1, 0, 0]], [[0, 0, 1]], { positions: [0, 5, 6] }).item()).toBe(6);
    expectClose(wasserstein(q.T, p.T, { axis: 0, ...none }), wasserstein(q, p, none));
    expect(wasserstein([[3, 1, 2]], [[1, 2, 3]], { samples: true }).item()).toBe(0);
    for (const positions of [
      [0, 0, 1],
      [2, 1, 0],
      [0, 1, Number.NaN],
      [0, 1, Number.POSITIVE_INFINITY],
    ])
      expect(() => wasserstein(q, p, { positions })).toThrow(OptionError);
    expect(() => wasserstein(q, p, { positions: [0, 1] })).toThrow(/3 positions/);
    expect(() => wasserstein(q, p, { samples: true, positions: [0, 1, 2] })).toThrow(/no positions for samples/);
    for (const options of [{ samples: true }, { positions: [-1, 0, 4] }])
      expect(() => checkLoss(wasserstein.with(options))).not.toThrow();
  });
});
