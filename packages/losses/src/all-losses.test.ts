/**
 * What holds for every loss.
 */
import { ChainRuleError, tensor } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { checkLoss, lossByName, lossNames } from "./index.ts";

const names = lossNames();

describe.each(names)("%s", (name) => {
  const loss = lossByName(name);

  it("has right first and second gradients, is finite at the ends, reduces and weighs, in both dtypes", () => {
    for (const seed of [0, 1]) expect(checkLoss(loss, undefined, { seed }).properties).toHaveLength(7);
  });

  it("refuses an option that it does not know, in the call and in with()", () => {
    expect(() => loss.with({ nonsense: 1 } as object)).toThrow(/options it knows, got "nonsense"/);
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

it("covers the losses that there are", () => {
  expect(names.sort()).toEqual(
    [
      "binaryCrossEntropy",
      "binaryCrossEntropyWithLogits",
      "binaryFocal",
      "categoricalCrossEntropy",
      "categoricalFocal",
      "categoricalHinge",
      "contrastive",
      "cosineSimilarity",
      "crossEntropy",
      "ctc",
      "dice",
      "gaussianKl",
      "gaussianNll",
      "generalizedCrossEntropy",
      "hinge",
      "huber",
      "infoNCE",
      "jensenShannon",
      "klDivergence",
      "logCosh",
      "mae",
      "mape",
      "mse",
      "msle",
      "nll",
      "poisson",
      "poissonNll",
      "sparseCategoricalCrossEntropy",
      "squaredHinge",
      "triplet",
      "tversky",
    ].sort(),
  );
});
