import { checkGradients, OptionError, tensor, ValueError } from "@chainrule/core";
import { describe, expect, it } from "vitest";
import { l2 } from "../regularizers.ts";
import { Embedding } from "./index.ts";

const table = [
  [0, 1],
  [2, 3],
  [4, 5],
];

function withTable(options: object = {}) {
  const layer = new Embedding({ inputDim: 3, outputDim: 2, ...options });
  layer.embeddings.assign(table);
  return layer;
}

describe("Embedding", () => {
  it("looks vectors up", () => {
    expect(
      withTable()
        .call(tensor([[2, 0]], { dtype: "int32" }))
        .toArray(),
    ).toEqual([
      [
        [4, 5],
        [0, 1],
      ],
    ]);
  });

  it("takes whole numbers that came as floats, as fit passes them", () => {
    expect(
      withTable()
        .call([[1]])
        .toArray(),
    ).toEqual([[[2, 3]]]);
  });

  it("adds up the gradients of an index that comes several times", () => {
    const layer = withTable();
    layer
      .call([[1, 1, 2]])
      .sum()
      .backward();
    expect(layer.embeddings.grad?.toArray()).toEqual([
      [0, 0],
      [2, 2],
      [1, 1],
    ]);
  });

  it("starts the padding's vector at zero and does not train it", () => {
    const layer = new Embedding({ inputDim: 3, outputDim: 2, paddingIdx: 1 });
    expect(layer.embeddings.slice(1).toArray()).toEqual([0, 0]);
    layer
      .call([[1, 2]])
      .sum()
      .backward();
    expect(layer.embeddings.grad?.toArray()).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
  });

  it("has right gradients", () => {
    const layer = new Embedding({ inputDim: 3, outputDim: 2, dtype: "float64" });
    checkGradients(
      (embeddings) =>
        Object.assign(layer, { embeddings }).call([
          [0, 2],
          [2, 1],
        ]),
      [table],
      { second: true },
    );
  });

  it("draws from ±0.05 and adds its regulariser", () => {
    const layer = new Embedding({ inputDim: 100, outputDim: 10, embeddingsRegularizer: l2(1) });
    expect(layer.embeddings.abs().max().item()).toBeLessThanOrEqual(0.05);
    expect(layer.penalty()?.item()).toBeCloseTo(layer.embeddings.square().sum().item(), 6);
  });

  it("says what shape comes out", () => {
    expect(withTable().outputShape([null, 7])).toEqual([null, 7, 2]);
  });

  it("refuses indices that are not there, below 0 or fractional, naming the layer", () => {
    expect(() => withTable().call([[3]])).toThrow(/layer "embedding" \(Embedding\)/);
    expect(() => withTable().call([[-1]])).toThrow(/indices from 0 to 2, got -1/);
    expect(() => withTable().call([[0.5]])).toThrow(ValueError);
  });

  it("refuses sizes that are no counts, and a padding that is no index", () => {
    expect(() => new Embedding({ inputDim: 0, outputDim: 2 })).toThrow(OptionError);
    expect(() => new Embedding({ inputDim: 3, outputDim: 2, paddingIdx: 3 })).toThrow(ValueError);
    expect(() => new Embedding({ inputDim: 3, outputDim: 2, maskValue: 0 } as never)).toThrow(OptionError);
  });
});
