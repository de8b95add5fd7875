/**
 * How many inputs feed one output of a layer and the reverse, read off the shape of its weights.
 */
import { OptionError, type Shape, sizeOf } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/**
 * Where the two feature axes of weights stand: last, `[...window, in, out]`, as Keras has dense and convolution
 * kernels, or first, `[out, in, ...window]`, as PyTorch has them.
 */
export type WeightLayout = "in-out" | "out-in";

/** How many numbers meet in a layer's outputs, and leave its inputs: what initialisers scale by. */
export interface Fans {
  /** Inputs that feed one output: input features times the size of the window. */
  readonly fanIn: number;
  /** Outputs that one input feeds: output features times the size of the window. */
  readonly fanOut: number;
}

/**
 * The fans of weights of a shape; a vector counts as both, and a scalar as one.
 *
 * @example
 * initializers.fansOf([784, 128]); // { fanIn: 784, fanOut: 128 }
 * initializers.fansOf([3, 3, 16, 32]); // a 3 x 3 convolution: { fanIn: 144, fanOut: 288 }
 * initializers.fansOf([32, 16, 3, 3], "out-in"); // the same in PyTorch's layout
 */
export function fansOf(shape: Shape, layout: WeightLayout = "in-out"): Fans {
  const size = sizeOf(shape);
  if (layout !== "in-out" && layout !== "out-in")
    throw new OptionError({ where: "fansOf", expected: 'layout "in-out" or "out-in"', got: describe(layout) });
  if (shape.length < 2) return { fanIn: size, fanOut: size };
  const [inputs, outputs] = layout === "in-out" ? shape.slice(-2) : [shape[1], shape[0]];
  const window = sizeOf(layout === "in-out" ? shape.slice(0, -2) : shape.slice(2));
  return { fanIn: inputs * window, fanOut: outputs * window };
}
