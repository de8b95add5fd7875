/**
 * Every loss of the library has a slice that says something of it, and the derivative below is the slope of the curve.
 */
import { DataError, OptionError, type Tensor } from "@chainrule/core";
import * as losses from "@chainrule/losses";
import { defineLoss, type Loss } from "@chainrule/losses";
import { describe, expect, it } from "vitest";
import { followLoss } from "./curves.ts";
import { plotLoss } from "./plot-loss.ts";
import { type LossLike, sliceOf } from "./slices.ts";

const all = Object.entries(losses as Record<string, unknown>).filter(
  (entry): entry is [string, Loss] => typeof entry[1] === "function" && "lossName" in entry[1],
);
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
const lines = (svg: string) =>
  [...svg.matchAll(/<polyline class="line (l\d)"(?: stroke-dasharray="[\d ]+")? points="([^"]*)"/g)].map(
    ([, color, points]) => ({ color, points: points.split(" ").map((point) => point.split(",").map(Number)) }),
  );
const labelOf = (loss: unknown, choice = {}) => sliceOf("plotLoss", loss as LossLike, choice).label;

describe.each(all)("%s", (name, loss) => {
  it("is drawn, with the slope of its curve", () => {
    const svg = plotLoss(loss);
    expect(texts(svg)[0]).toBe(name);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    const slice = sliceOf("plotLoss", loss as LossLike, {});
    expect(svg).toContain(`<desc>Loss and derivative by ${slice.label}.`);
    const [low, high] = slice.range;
    const size = (high - low) * 1e-4;
    // Away from kinks a small difference has the slope of the derivative.
    for (const share of [0.23, 0.54, 0.81]) {
      const at = low + (high - low) * share;
      const narrow = { ...slice, range: [at - size, at + size] } as const;
      const { points, derivatives } = followLoss("test", loss as LossLike, narrow, "", 2);
      const slope = (points[2][1] - points[0][1]) / (2 * size);
      const middle = derivatives.find(([x, y]) => Math.abs(x - at) < size / 4 && !Number.isNaN(y))![1];
      expect(middle).toBeCloseTo(slope, 2);
    }
  });
});

describe("plotLoss", () => {
  it("draws a curve and a derivative for each value of an option, in one colour", () => {
    const svg = plotLoss(losses.binaryFocal, { gamma: [0, 1, 2] });
    expect(lines(svg).map(({ color }) => color)).toEqual(
      // The legend's lines are no polylines.
      ["l0", "l1", "l2", "l0", "l1", "l2"],
    );
    for (const name of ["gamma 0", "gamma 1", "gamma 2"]) expect(texts(svg)).toContain(name);
    const [plain, , focused] = lines(svg);
    const middle = Math.floor(plain.points.length / 2);
    expect(focused.points[middle][1]).toBeGreaterThan(plain.points[middle][1]);
  });

  it("draws every combination of several options, and writes fixed ones into the title", () => {
    const svg = plotLoss(losses.binaryFocal, { gamma: [0, 2], alpha: [0.25, 0.5], fromLogits: true });
    expect(texts(svg)).toContain("binaryFocal, fromLogits true");
    expect(texts(svg)).toContain("gamma 2, alpha 0.25");
    expect(texts(svg)).toContain("prediction, a logit (target 1)");
    expect(lines(svg)).toHaveLength(8);
  });

  it.each([
    ["binaryCrossEntropy", "prediction, a probability (target 1)"],
    ["crossEntropy", "logit of the right class (two others at 0)"],
    ["categoricalCrossEntropy", "probability of the right class (two others share the rest)"],
    ["nll", "log-probability of the right class (two others share the rest)"],
    ["mse", "prediction (target 0)"],
    ["mape", "prediction (target 1)"],
    ["hinge", "prediction (target 1)"],
    ["poissonNll", "prediction, a logarithm (target 2)"],
    ["gaussianNll", "mean (target 0, variance 2)"],
    ["klDivergence", "first of two probabilities (target 0.7 and 0.3)"],
    ["jensenShannon", "first of two probabilities (target 0.7 and 0.3)"],
    ["dice", "probability of what is right, in each of 4 elements (2 of them are 1)"],
    ["triplet", "distance of the negative (that of the positive is 1)"],
    ["contrastive", "distance of first and second (similar 1)"],
    ["cosineSimilarity", "angle between prediction and target, in radians"],
    ["infoNCE", "angle between the first query and its key, in radians (2 pairs)"],
    ["circle", "angle between two samples of one class, in radians (one of another class stands across)"],
    ["generalizedDice", "probability of the right one of two classes, in each of 2 samples"],
    ["rankingSoftmax", "score of the first of two (the other at 0; their targets are 1 and 0)"],
    ["multiLabelMargin", "logit of the first of two (the other at 0; their targets are 1 and 0)"],
    ["ctc", "logit of the label in each of 3 frames (blank and another at 0)"],
  ])("takes for %s the slice by %s", (name, label) => {
    expect(labelOf((losses as Record<string, unknown>)[name])).toBe(label);
  });

  it("takes another input along the axis, and others where they are to stand", () => {
    const svg = plotLoss(losses.gaussianNll, {}, { along: "variance", at: { mean: 1 }, xRange: [0.5, 4] });
    expect(texts(svg)).toContain("variance (mean 1, target 0)");
    // The likelihood is greatest where the variance is the squared error.
    expect(svg).toMatch(/least, 0.5, at 1\.\d*\.<\/desc>|least, 0.5, at 1\.<\/desc>/);
    const rangeOf = (loss: unknown) => sliceOf("plotLoss", loss as LossLike, {}).range;
    expect([losses.gaussianNll, losses.gaussianKl, losses.msle].map(rangeOf)).toEqual([
      [-3, 3],
      [-3, 3],
      [0, 6],
    ]);
    expect(labelOf(losses.binaryCrossEntropy, { at: { target: 0 } })).toBe("prediction, a probability (target 0)");
  });

  it("takes losses of one's own: of defineLoss, plain functions, and those that say their inputs at each x", () => {
    const tukey = defineLoss("tukeyDrawn", (p: Tensor, t: Tensor, { c = 2 } = {}) =>
      p
        .sub(t)
        .div(c)
        .square()
        .neg()
        .add(1)
        .relu()
        .pow(3)
        .neg()
        .add(1)
        .mul(c ** 2 / 6),
    );
    expect(texts(plotLoss(tukey, { c: [1, 2] }))).toEqual(expect.arrayContaining(["tukeyDrawn", "c 1", "c 2"]));
    const plain = (p: Tensor, t: Tensor) => p.sub(t).abs();
    expect(texts(plotLoss(plain))).toContain("prediction (target 0)");
    const between = (low: Tensor, x: Tensor, high: Tensor) => low.sub(x).relu().add(x.sub(high).relu());
    const svg = plotLoss(between as never, {}, { inputs: (x) => [-1, x, 1] as never, xLabel: "x", title: "Outside" });
    expect(texts(svg)).toEqual(expect.arrayContaining(["Outside", "x"]));
    const listNet = defineLoss("listNetDrawn", (p: Tensor, t: Tensor) =>
      t.softmax(-1).mul(p.logSoftmax(-1)).sum(-1).neg(),
    );
    expect(labelOf(listNet)).toBe("distance of prediction and target");
  });

  it("leaves a gap in the derivative where it jumps, with a dot where it has a value between", () => {
    const svg = plotLoss(losses.mae);
    expect(lines(svg)).toHaveLength(3);
    expect(svg.match(/<circle /g)).toHaveLength(1);
    expect(lines(plotLoss(losses.binaryCrossEntropy))).toHaveLength(2);
  });

  it("ends before a curve runs off, so that the rest of it can be seen", () => {
    // The derivative of -log p at 1/200 is -200.
    const marks = texts(plotLoss(losses.binaryCrossEntropy)).map(Number).filter(Number.isFinite);
    expect(Math.min(...marks)).toBeGreaterThanOrEqual(-40);
  });

  it("has a derivative of 0 where nothing depends on x", () => {
    const svg = plotLoss((p: Tensor) => p.detach().mul(0).add(2));
    expect(lines(svg).map(({ points }) => new Set(points.map(([, y]) => y)).size)).toEqual([1, 1]);
  });

  it("refuses names, options that the loss does not know, too many curves, and inputs that are none", () => {
    expect(() => plotLoss("focal" as never)).toThrow(/lossByName\("focal"\)/);
    expect(() => plotLoss(3 as never)).toThrow(/a loss: a function of predictions/);
    expect(() => plotLoss(losses.binaryFocal, { gama: [1] })).toThrow(/Did you mean "gamma"/);
    expect(() => plotLoss((p: Tensor, t: Tensor) => p.sub(t), { scale: 2 })).toThrow(/options that the function reads/);
    const scaled = (p: Tensor, t: Tensor, { scale = 1 } = {}) => p.sub(t).mul(scale);
    expect(texts(plotLoss(scaled, { scale: [1, 2] }))).toEqual(expect.arrayContaining(["scaled", "scale 2"]));
    expect(() => plotLoss(losses.huber, { delta: Array.from({ length: 19 }, (_, i) => i + 1) })).toThrow(
      /at most 18 curves, got 19/,
    );
    expect(() => plotLoss(losses.huber, { delta: [] })).toThrow(/values of delta to compare, got none/);
    expect(() => plotLoss(losses.huber, 3 as never)).toThrow(OptionError);
    expect(() => plotLoss(losses.mse, {}, { along: "targt" })).toThrow(/Did you mean "target"/);
    expect(() => plotLoss(losses.mse, {}, { at: { target: "x" } as never })).toThrow(OptionError);
    expect(() => plotLoss(losses.triplet, {}, { along: "anchor" })).not.toThrow();
    expect(() => plotLoss(losses.crossEntropy, {}, { along: "target" })).toThrow(/Pass the inputs at each x/);
    expect(() => plotLoss(losses.mse, {}, { inputs: (() => 3) as never })).toThrow(/inputs\(x\) to return a list/);
    expect(() => plotLoss((p: Tensor) => p.mul(Number.NaN), {}, { inputs: (x) => [x] })).toThrow(DataError);
    expect(() => plotLoss((() => 3) as never)).toThrow(/a loss that returns a tensor/);
  });
});
