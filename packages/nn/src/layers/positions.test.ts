import { Generator, randn, ShapeError, setDefaultDType, zeros } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { describe, expect, it } from "vitest";
import { checkCopy, checkModule } from "../../test/check-layer.ts";
import { PositionalEncoding, PositionEmbedding, sinusoidalPositions } from "../index.ts";

const dtype = "float64";
const noise = (...shape: number[]) => randn(shape, { dtype, generator: new Generator(shape.join()) });

describe("sinusoidalPositions", () => {
  it("are the paper's", () => {
    const table = sinusoidalPositions(3, 5, { dtype }).toArray(2);
    const by = [1, 10000 ** (2 / 5), 10000 ** (4 / 5)];
    table.forEach((row, t) => {
      const wanted = [
        Math.sin(t / by[0]),
        Math.cos(t / by[0]),
        Math.sin(t / by[1]),
        Math.cos(t / by[1]),
        Math.sin(t / by[2]),
      ];
      for (const [i, value] of wanted.entries()) expect(row[i]).toBeCloseTo(value, 14);
    });
  });

  it("have the default dtype, and refuse empty tables", () => {
    setDefaultDType("float64");
    expect(sinusoidalPositions(1, 1).dtype).toBe("float64");
    setDefaultDType("float32");
    expect(sinusoidalPositions(1, 1).dtype).toBe("float32");
    expect(() => sinusoidalPositions(0, 4)).toThrow(/length as a whole number of at least 1/);
    expect(() => sinusoidalPositions(4, 2.5)).toThrow(/dim as a whole number/);
  });

  it("let a step be reached by a rotation that does not depend on where it starts", () => {
    const table = sinusoidalPositions(40, 8, { dtype });
    const near = (t: number) =>
      table
        .slice(t)
        .dot(table.slice(t + 3))
        .item();
    expect(near(2)).toBeCloseTo(near(30), 12);
  });
});

describe("PositionalEncoding", () => {
  it("adds positions to each sequence, of any length", () => {
    const layer = new PositionalEncoding();
    for (const x of [noise(2, 5, 4), noise(2, 5, 4), noise(1, 9, 4), noise(1, 9, 6), zeros([1, 9, 6])])
      expectClose(layer.call(x), x.add(sinusoidalPositions(x.shape[1], x.shape[2], { dtype: x.dtype as "float64" })));
    expect(layer.call(zeros([1, 2, 4])).dtype).toBe("float32");
    expect(layer.parameters()).toEqual([]);
    expect(layer.outputShape([null, null, 4])).toEqual([null, null, 4]);
  });

  it("passes gradients on, and drops in training", () => {
    const layer = new PositionalEncoding({ dropout: 0.5, generator: new Generator(1) });
    const x = zeros([4, 3, 4]).add(1);
    expect(layer.call(x).equal(0).any().item()).toBe(1);
    checkModule(layer.eval(), (input) => layer.call(input), [noise(2, 3, 4)]);
  });

  it("wants sequences of vectors", () => {
    expect(() => new PositionalEncoding().call(zeros([2, 5]))).toThrow(
      /^layer "positional_encoding" \(PositionalEncoding\): input: expected sequences of vectors/,
    );
  });
});

describe("PositionEmbedding", () => {
  const make = () => new PositionEmbedding({ maxLength: 6, inputShape: [null, 4], dtype, generator: new Generator(2) });

  it("adds the vector of each place", () => {
    const layer = make();
    const x = noise(2, 5, 4);
    expect(layer.embeddings.shape).toEqual([6, 4]);
    expectClose(layer.call(x).slice(1).slice(3), x.slice(1).slice(3).add(layer.embeddings.slice(3)));
  });

  it("has right gradients, and can be copied by its state dict", () => {
    const layer = make();
    checkModule(layer, (input) => layer.call(input), [noise(2, 5, 4)]);
    checkCopy(() => new PositionEmbedding({ maxLength: 7 }), randn([2, 5, 3]));
  });

  it("refuses sequences that are longer, and others than sequences", () => {
    const layer = make();
    expect(() => layer.call(zeros([1, 7, 4]))).toThrow(
      /expected sequences of at most 6 steps, got 7 in \[1, 7, 4\].\n {2}Raise maxLength/,
    );
    expect(() => layer.call(zeros([1, 5, 3]))).toThrow(/expected 4 features/);
    expect(() => layer.call(zeros([5, 4]))).toThrow(ShapeError);
    expect(() => new PositionEmbedding({ maxLength: 0 })).toThrow(/maxLength as a whole number/);
  });
});
