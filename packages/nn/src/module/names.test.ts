import { describe, expect, it } from "vitest";
import { snakeCase, uniqueName } from "./names.ts";

describe("snakeCase", () => {
  it.each([
    ["Dense", "dense"],
    ["LayerNorm", "layer_norm"],
    ["ReLU", "relu"],
    ["LeakyReLU", "leaky_relu"],
    ["GELU", "gelu"],
    ["MyCNNBlock", "my_cnn_block"],
    ["Conv2D", "conv2d"],
    ["Conv2DTranspose", "conv2d_transpose"],
    ["", ""],
  ])("makes of %s the name %s", (from, to) => {
    expect(snakeCase(from)).toBe(to);
  });
});

describe("uniqueName", () => {
  it("is the name itself where it is free, and has the first number that is free otherwise", () => {
    expect(uniqueName("dense", new Set(["relu"]))).toBe("dense");
    expect(uniqueName("dense", new Set(["dense"]))).toBe("dense_1");
    expect(uniqueName("dense", new Set(["dense", "dense_1", "dense_3"]))).toBe("dense_2");
  });
});
