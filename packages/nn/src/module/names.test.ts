import { describe, expect, it } from "vitest";
import { snakeCase } from "./names.ts";

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
