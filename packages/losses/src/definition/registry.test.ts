import { OptionError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import * as losses from "../index.ts";
import { defineLoss, type Loss, lossByName } from "../index.ts";

/** Keras's identifiers, and what they are here. */
const kerasStrings: [string, unknown][] = [
  ["binary_crossentropy", losses.binaryCrossEntropy],
  ["binary_focal_crossentropy", losses.binaryFocal],
  ["categorical_crossentropy", losses.categoricalCrossEntropy],
  ["categorical_focal_crossentropy", losses.categoricalFocal],
  ["categorical_generalized_cross_entropy", losses.generalizedCrossEntropy],
  ["sparse_categorical_crossentropy", losses.sparseCategoricalCrossEntropy],
  ["kl_divergence", losses.klDivergence],
  ["poisson", losses.poisson],
  ["mean_squared_error", losses.mse],
  ["mean_absolute_error", losses.mae],
  ["mean_absolute_percentage_error", losses.mape],
  ["mean_squared_logarithmic_error", losses.msle],
  ["mse", losses.mse],
  ["mae", losses.mae],
  ["mape", losses.mape],
  ["msle", losses.msle],
  ["huber", losses.huber],
  ["log_cosh", losses.logCosh],
  ["logcosh", losses.logCosh],
  ["hinge", losses.hinge],
  ["squared_hinge", losses.squaredHinge],
  ["categorical_hinge", losses.categoricalHinge],
  ["cosine_similarity", losses.cosineSimilarity],
  ["dice", losses.dice],
  ["tversky", losses.tversky],
  ["ctc", losses.ctc],
];

describe("lossByName", () => {
  it.each(kerasStrings)("knows Keras's %s", (name, loss) => {
    expect(lossByName(name)).toBe(loss);
  });

  it("takes our names, Keras's class names, and any case", () => {
    expect(lossByName("binaryCrossEntropyWithLogits")).toBe(losses.binaryCrossEntropyWithLogits);
    expect(lossByName("BinaryCrossentropy")).toBe(losses.binaryCrossEntropy);
    expect(lossByName("cross_entropy")).toBe(losses.crossEntropy);
    expect(lossByName("info-nce")).toBe(losses.infoNCE);
  });

  it("refuses Keras's short name, which there takes probabilities and here would take logits", () => {
    expect(() => lossByName("crossentropy")).toThrow(/"sparse_categorical_crossentropy".*"crossEntropy"/);
    expect(() => lossByName("ce")).toThrow(OptionError);
  });

  it("suggests the nearest name, in the spelling that was tried", () => {
    expect(() => lossByName("binary_crossentropi")).toThrow(OptionError);
    expect(() => lossByName("binary_crossentropi")).toThrow(/Did you mean "binary_crossentropy"\?/);
    expect(() => lossByName("categorical_crossentropi")).toThrow(/Did you mean "categorical_crossentropy"\?/);
    defineLoss("xNorm", (p, t) => p.sub(t).abs());
    defineLoss("Wobble", (p, t) => p.sub(t).abs());
    expect(() => lossByName("x_nor")).toThrow(/Did you mean "x_norm"\?/);
    expect(() => lossByName("wobbl")).toThrow(/Did you mean "wobble"\?/);
    expect(() => lossByName("cros_entropy")).toThrow(/Did you mean "cross_entropy"\?/);
    expect(() => lossByName("mean_sqared_error")).toThrow(/Did you mean "mean_squared_error"\?/);
    expect(() => lossByName("crosEntropy")).toThrow(/Did you mean "crossEntropy"\?/);
    expect(() => lossByName("sorcery")).not.toThrow(/Did you mean/);
    expect(() => lossByName("sorcery")).toThrow(/Known: .*huber/);
    expect(() => lossByName(3 as unknown as string)).toThrow(/got the number 3/);
    expect(() => lossByName("")).toThrow(OptionError);
  });

  it("finds what defineLoss has made, anew where it is made anew", () => {
    const first = defineLoss("myLoss", (p, t) => p.sub(t).abs());
    expect(lossByName("my_loss")).toBe(first);
    const second: Loss = defineLoss("myLoss", (p, t) => p.sub(t).square(), { aliases: ["mine"] });
    expect(lossByName("myLoss")).toBe(second);
    expect(lossByName("mine")).toBe(second);
    expect(losses.lossNames()).toContain("myLoss");
  });

  it("keeps the library's names for the library", () => {
    expect(() => defineLoss("Mean_Squared_Error", (p, t) => p.sub(t))).toThrow(
      /no loss of the library has.*\n.*finds mse/,
    );
    expect(() => defineLoss("other", (p, t) => p.sub(t), { aliases: ["mse"] })).toThrow(OptionError);
    expect(() => lossByName("other")).toThrow(OptionError);
    expect(() => defineLoss("", (p, t) => p.sub(t))).toThrow(/a name for the loss/);
  });
});
