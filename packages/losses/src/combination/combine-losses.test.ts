import { jit } from "@chainrule/compiler";
import { concat, Generator, grad, ShapeError, type Tensor, tensor, ValueError, where } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import {
  binaryCrossEntropyWithLogits,
  checkLoss,
  combineLosses,
  crossEntropy,
  defineLoss,
  dice,
  huber,
  isBuiltInLoss,
  type Loss,
  mae,
  mse,
  nll,
} from "../index.ts";

const generator = new Generator(3);
const logits = tensor(
  Float32Array.from({ length: 15 }, () => generator.normal()),
  { shape: [5, 3] },
);
const labels = tensor([0, 2, 1, 1, 0], { dtype: "int32" });
const oneHot = labels
  .unsqueeze(1)
  .equal(tensor([0, 1, 2], { dtype: "int32" }))
  .cast("float32");
const bits = (x: Tensor) => [...new Uint32Array(Float32Array.from(x.storage).buffer)];

describe("combineLosses", () => {
  it("is the weighted sum to the last bit, with dice of the probabilities that crossEntropy has", () => {
    const loss = combineLosses({ crossEntropy: 1, dice: 0.5 });
    const expected = crossEntropy(logits, labels).add(dice(logits.softmax(-1), oneHot).mul(0.5));
    expect(bits(loss(logits, labels))).toEqual(bits(expected));
    expect(loss(logits, oneHot).item()).toBeCloseTo(expected.item(), 6);
    const by = (f: (x: Tensor) => Tensor) => bits(grad(f)(logits) as Tensor);
    expect(by((x) => loss(x, labels))).toEqual(
      by((x) => crossEntropy(x, labels).add(dice(x.softmax(-1), oneHot).mul(0.5))),
    );
  });

  it("is the same compiled", () => {
    const loss = combineLosses({ crossEntropy: 1, dice: 0.5, mse: [(p: Tensor) => p.square(), 0.1] });
    const compiled = jit((x: Tensor, y: Tensor) => loss(x, y));
    for (let i = 0; i < 3; i++) expect(compiled(logits, labels).item()).toBeCloseTo(loss(logits, labels).item(), 6);
  });

  it("takes losses by name, with options fixed, of one's own, and plain functions", () => {
    const own = defineLoss("combined test", (p, t, { power = 2 } = {}) => p.sub(t).abs().pow(power));
    const loss = combineLosses({
      mean_squared_error: 1,
      fit: ["mae", 2],
      outliers: [huber.with({ delta: 0.1 }), -3],
      own: [own.with({ power: 3 }), 0.25],
      sum: [(p: Tensor, t: Tensor) => p.sub(t).sum(), 0.5],
    });
    const [p, t] = [
      [1, 2],
      [2, 4],
    ];
    const { loss: sum, parts } = loss.evaluateParts(p, t);
    const values = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.item()]));
    expect(values.mean_squared_error).toBe(2.5);
    expect(values.fit).toBe(1.5);
    expect(values.outliers).toBeCloseTo((0.1 * (1 - 0.05) + 0.1 * (2 - 0.05)) / 2, 6);
    expect(values.own).toBe((1 + 8) / 2);
    expect(values.sum).toBe(-3);
    expect(sum.item()).toBeCloseTo(2.5 + 2 * 1.5 - 3 * values.outliers + 0.25 * 4.5 - 1.5, 6);
    expect(loss.lossName).toBe("mean_squared_error + 2 fit + -3 outliers + 0.25 own + 0.5 sum");
    expect(Object.keys(loss.parts)).toEqual(["mean_squared_error", "fit", "outliers", "own", "sum"]);
  });

  it("shows a part of weight 0 and learns nothing from it, though it be infinite", () => {
    const loss = combineLosses({ mse: 1, bad: [(p: Tensor) => p.mul(0).log(), 0] });
    const { loss: sum, parts } = loss.evaluateParts([1], [3]);
    expect([sum.item(), parts.bad.item()]).toEqual([4, Number.NEGATIVE_INFINITY]);
    expect((grad((x: Tensor) => loss(x, [3]))([1]) as Tensor).item()).toBe(-4);
    expect(combineLosses({ mse: 0 })([1], [3]).item()).toBe(0);
  });

  it.each([
    ["cross-entropy and dice", { crossEntropy: 1, dice: 0.5 }],
    [
      "cross-entropy and something per sample",
      { crossEntropy: 1, categoricalHinge: ["categoricalHinge" as string, 0.3] },
    ],
    ["means over classes and over samples", { crossEntropy: 0.7, mse: [(p: Tensor) => p.square(), 0.2] }],
    ["logits of independent labels and tversky", { binaryCrossEntropyWithLogits: 1, tversky: 2, binaryFocal: 1 }],
    ["regressions", { mse: 1, mae: 0.5, huber: [huber.with({ delta: 0.3 }), 2] }],
    ["log-probabilities", { nll: 1, dice: 1, categoricalCrossEntropy: 0.1 }],
    ["one", { logCosh: 3 }],
  ] as const)("passes checkLoss: %s", (_name, parts) => {
    for (const seed of [0, 1]) expect(checkLoss(combineLosses(parts), undefined, { seed }).properties).toHaveLength(7);
  });

  it("weighs samples in every part, and leaves out those of weight 0 whatever they hold", () => {
    const loss = combineLosses({ crossEntropy: 1, square: [(p: Tensor) => p.square(), 0.5] });
    const sampleWeight = [1, 0, 2, 0.5, 1];
    const expected = crossEntropy(logits, labels, { sampleWeight })
      .add(logits.square().mul(tensor(sampleWeight).unsqueeze(1)).mean().mul(0.5))
      .item();
    expect(loss(logits, labels, { sampleWeight }).item()).toBeCloseTo(expected, 6);
    const mean = combineLosses({ crossEntropy: 1, binaryFocal: ["mae" as string, 0.5] });
    const hole = where(tensor([0, 1, 0, 0, 0]).unsqueeze(1).equal(1), Number.NaN, logits);
    expect(combineLosses({ crossEntropy: 1, logCosh: 2 })(hole, oneHot, { sampleWeight }).item()).not.toBeNaN();
    expect(loss(hole, labels, { sampleWeight }).item()).toBeCloseTo(expected, 6);
    expect(mean(logits, oneHot, { sampleWeight }).item()).toBeCloseTo(
      crossEntropy(logits, oneHot, { sampleWeight })
        .add(mae(logits, oneHot, { sampleWeight }).mul(0.5))
        .item(),
      6,
    );
  });

  it("refuses sample weights where a part is one number for the batch, and takes them where it has an axis", () => {
    const whole = combineLosses({ crossEntropy: 1, dice: 0.5 });
    expect(whole.whole).toBe(true);
    expect(() => whole(logits, labels, { sampleWeight: [1, 1, 1, 1, 1] })).toThrow(ShapeError);
    expect(() => whole(logits, labels, { sampleWeight: [1, 1, 1, 1, 1] })).toThrow(/part "dice".*name an axis/s);
    const each = combineLosses({ crossEntropy: 1, dice: [dice.with({ axis: 1 }), 0.5] });
    const none = each(logits, labels, { reduction: "none" });
    expect(none.shape).toEqual([5]);
    expect(each(logits, labels, { sampleWeight: [1, 0, 0, 0, 0], reduction: "sum" }).item()).toBeCloseTo(
      none.slice(0).item(),
      6,
    );
  });

  it("reduces to the mean, the sum and nothing, and keeps a reduction that a part has fixed", () => {
    const loss = combineLosses({ crossEntropy: 1, mean: [mse, 2] });
    const each = loss(logits, oneHot, { reduction: "none" });
    const expected = crossEntropy(logits, oneHot, { reduction: "none" }).add(
      mse(logits, oneHot, { reduction: "none" }).mean(1).mul(2),
    );
    expect(bits(each)).toEqual(bits(expected));
    expect(loss(logits, oneHot, { reduction: "sum" }).item()).toBeCloseTo(each.sum().item(), 5);
    expect(loss.with({ reduction: "sum" })(logits, oneHot).item()).toBeCloseTo(each.sum().item(), 5);
    expect(combineLosses({ sum: [mse.with({ reduction: "sum" }), 1] })([1, 2], [3, 4]).item()).toBe(8);
    expect(() =>
      combineLosses({ ce: [crossEntropy.with({ axis: 0 }), 1], a: [(p: Tensor) => p, 1] })(logits, [0, 4, 1], {
        reduction: "none",
      }),
    ).toThrow(/one loss for each sample/);
  });

  it("takes probabilities from sigmoid where no part has classes, and of a class axis that is not the last", () => {
    const targets = oneHot;
    expect(bits(combineLosses({ binaryCrossEntropyWithLogits: 1, dice: 1 })(logits, targets))).toEqual(
      bits(binaryCrossEntropyWithLogits(logits, targets).add(dice(logits.sigmoid(), targets))),
    );
    const images = concat([logits.reshape([1, 3, 5]), logits.neg().reshape([1, 3, 5])]);
    const masks = tensor([Array.from(labels.storage), [2, 2, 1, 0, 0]], { dtype: "int32" });
    const found = combineLosses({ ce: [crossEntropy.with({ axis: 1 }), 1], dice: 1 })(images, masks);
    const hot = masks
      .unsqueeze(1)
      .equal(tensor([[0], [1], [2]], { dtype: "int32" }))
      .cast("float32");
    expect(found.item()).toBeCloseTo(
      crossEntropy(images, masks, { axis: 1 })
        .add(dice(images.softmax(1), hot))
        .item(),
      6,
    );
    const logP = logits.logSoftmax(-1);
    expect(combineLosses({ nll: 1, dice: 1 })(logP, labels).item()).toBeCloseTo(
      nll(logP, labels).add(dice(logP.exp(), oneHot)).item(),
      6,
    );
  });

  it("leaves labels that are to be ignored out of dice, and refuses them beside losses of each element", () => {
    const ignoring = crossEntropy.with({ ignoreIndex: -1 });
    const loss = combineLosses({ ce: [ignoring, 1], dice: 1 });
    const kept = tensor([0, 2, -1, 1, 0], { dtype: "int32" });
    const rest = (x: Tensor) => concat([x.slice([0, 2]), x.slice([3, 5])]);
    expect(loss(logits, kept).item()).toBeCloseTo(
      combineLosses({ crossEntropy: 1, dice: 1 })(rest(logits), rest(labels)).item(),
      6,
    );
    expect(() => combineLosses({ ce: [ignoring, 1], binaryCrossEntropy: 1 })).toThrow(/ignoreIndex/);
  });

  it("computes in float64 where predictions are", () => {
    const double = logits.cast("float64");
    const found = combineLosses({ crossEntropy: 0.1, dice: 0.5 })(double, labels);
    expect(found.dtype).toBe("float64");
    expect(found.item()).toBe(
      crossEntropy(double, labels)
        .mul(0.1)
        .add(dice(double.softmax(-1), oneHot.cast("float64")).mul(0.5))
        .item(),
    );
  });

  it("with a part for the whole batch is one number by each reduction, by the parts' own means", () => {
    const weighted = crossEntropy.with({ classWeight: [1, 2, 3] });
    const loss = combineLosses({ ce: [weighted, 1], dice: 0.5 });
    const mean = loss(logits, labels);
    for (const reduction of ["none", "sum"] as const) {
      expect(loss(logits, labels, { reduction }).shape).toEqual([]);
      expect(loss(logits, labels, { reduction }).item()).toBe(mean.item());
    }
    expect(mean.item()).toBeCloseTo(
      weighted(logits, labels)
        .add(dice(logits.softmax(-1), oneHot).mul(0.5))
        .item(),
      6,
    );
  });

  it("takes the last axis for that of classes where there are more, and lets errors of other kinds through", () => {
    const deep = concat([logits.unsqueeze(0), logits.neg().unsqueeze(0)]);
    const classes = concat([labels.unsqueeze(0), labels.unsqueeze(0)]);
    const hot = concat([oneHot.unsqueeze(0), oneHot.unsqueeze(0)]);
    expect(combineLosses({ crossEntropy: 1, dice: 1 })(deep, classes).item()).toBeCloseTo(
      crossEntropy(deep, classes)
        .add(dice(deep.softmax(-1), hot))
        .item(),
      6,
    );
    const failing = () => {
      throw new RangeError("not ours");
    };
    expect(() => combineLosses({ mse: 1, f: [failing, 1] })([1], [2])).toThrow(new RangeError("not ours"));
  });

  it("says what is wrong", () => {
    const combine = combineLosses as (parts: unknown) => Loss;
    expect(() => combine({ crossEntropi: 1 })).toThrow(
      /"crossEntropi".*the name of a loss.*\n.*Did you mean "crossEntropy"/,
    );
    expect(() => combine({ mse: Number.NaN })).toThrow(/"mse": expected a finite number.*NaN/);
    expect(() => combine({ mse: Number.POSITIVE_INFINITY })).toThrow(/a finite number/);
    expect(() => combine({ mse: ["mse", "1"] })).toThrow(/a finite number as its weight, got "1"/);
    expect(() => combine({ mse })).toThrow(/Write mse: \[mse, 1\]/);
    for (const wrong of [[3, 1], ["mse", 1, 2], ["mse"], {}, null])
      expect(() => combine({ mse: wrong })).toThrow(/a weight, or \[loss, weight\]|a finite number as its weight/);
    expect(() => combine({ loss: ["mse", 1] })).toThrow(/The sum has that name/);
    for (const nothing of [{}, [], null, undefined, 3, "mse", mse])
      expect(() => combine(nothing)).toThrow(/losses by name/);
    expect(() => combine({ triplet: 1 })).toThrow(/takes anchor, positive, negative/);
    expect(() => combine({ mse: 1 })([1], undefined as never)).toThrow(ValueError);
    expect(() => combine({ mse: 1 })([1], [1], { reduction: "avg" as "mean" })).toThrow(/reduction/);
    expect(() => combine({ mse: 1 })([1], [1], { delta: 1 } as object)).toThrow(/options it knows, got "delta"/);
    expect(() => combine({ mse: 1, f: [() => 3, 1] })([1], [2])).toThrow(/part "f".*returns a tensor/);
    expect(() => combine({ mse: 1, mae: 1 })([1, 2], [1])).toThrow(/part "mse".*same shape/);
    expect(() => combineLosses({ crossEntropy: 1, dice: 1 })(logits, [0, 1, 2, 3, 0])).toThrow(/from 0 to 2/);
  });

  it("is the library's where all its parts are", () => {
    expect(isBuiltInLoss(combineLosses({ mse: 1, mae: [mae.with({ reduction: "sum" }), 1] }))).toBe(true);
    expect(isBuiltInLoss(combineLosses({ mse: 1, f: [(p: Tensor) => p, 1] }))).toBe(false);
  });
});
