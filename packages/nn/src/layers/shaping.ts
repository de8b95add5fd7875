/**
 * Layers that move numbers into another shape, and layers that are a function.
 */

import { ModelError, OptionError, ShapeError, type Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { type BatchShape, checkBatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { Module } from "../module/module.ts";
import { Symbolic } from "../module/symbolic.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import { count, type LayerOptions, type OptionTable, unchecked, withPositional } from "./options.ts";
import { sizeOfBatchShape } from "./shape.ts";

/**
 * All axes but the batch's as one.
 *
 * Shape: [batch, a, b, ..], and [batch, a · b · ..] comes out.
 *
 * @example new Flatten({ inputShape: [28, 28] });
 */
export class Flatten extends Layer {
  override checkInput(inputShape: BatchShape): void {
    if (inputShape.length === 0)
      throw new ShapeError({ where: "input", expected: "an input with a batch axis", got: "a scalar" });
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return [inputShape[0], sizeOfBatchShape(inputShape.slice(1))];
  }

  forward(x: Tensor): Tensor {
    return x.reshape(this.outputShape(x.shape) as number[]);
  }
}

/** The shape that a {@link Reshape} gives each example. */
export interface ReshapeOptions extends LayerOptions {
  /** The shape of each example; one length may be -1, for what follows from the others. */
  targetShape: readonly number[];
}

const reshapeOptions: OptionTable<ReshapeOptions> = { targetShape: unchecked };

/**
 * Each example in another shape.
 *
 * Shape: [batch, ..], and [batch, ...targetShape] comes out.
 *
 * @throws ShapeError for a target that the input's numbers do not fill.
 * @example new Reshape([28, 28, 1]);
 */
export class Reshape extends Layer {
  readonly targetShape: readonly number[];

  constructor(targetShape: readonly number[] | ReshapeOptions, options?: LayerOptions) {
    const own = withPositional<ReshapeOptions, "targetShape">("Reshape", "targetShape", targetShape, options);
    super(own, reshapeOptions);
    refuseSurplus("Reshape", arguments, 2);
    if (!Array.isArray(own.targetShape) || own.targetShape.filter((n) => n === -1).length > 1)
      throw new OptionError({
        where: "Reshape",
        expected: "a target shape with at most one -1",
        got: Array.isArray(own.targetShape) ? formatBatchShape(own.targetShape) : describe(own.targetShape),
      });
    checkBatchShape(
      "Reshape, targetShape",
      own.targetShape.map((n) => (n === -1 ? null : n)),
    );
    this.targetShape = own.targetShape;
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    const size = sizeOfBatchShape(inputShape.slice(1));
    const rest = this.targetShape.filter((n) => n !== -1).reduce((product, n) => product * n, 1);
    const isOpen = this.targetShape.includes(-1);
    if (size !== null && (isOpen ? size % rest !== 0 : size !== rest))
      throw new ShapeError({
        where: "input",
        expected: `examples of ${isOpen ? `a multiple of ${rest}` : rest} numbers, for the shape ${formatBatchShape(this.targetShape)}`,
        got: `${size}, in an input of shape ${formatBatchShape(inputShape)}`,
      });
    return [inputShape[0], ...this.targetShape.map((n) => (n !== -1 ? n : size === null ? null : size / rest))];
  }

  override checkInput(inputShape: BatchShape): void {
    this.outputShape(inputShape);
  }

  forward(x: Tensor): Tensor {
    return x.reshape(this.outputShape(x.shape) as number[]);
  }
}

/**
 * y = x: stands where a layer is wanted and nothing is to be done.
 *
 * Shape: any, and the same comes out.
 *
 * @example new Identity().call([1, 2]); // [1, 2]
 */
export class Identity extends Layer {
  constructor(options: LayerOptions = {}) {
    super(options);
    refuseSurplus("Identity", arguments, 1);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    return inputShape;
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    return x;
  }
}

/** The order in which a {@link Permute} has the axes. */
export interface PermuteOptions extends LayerOptions {
  /** The axes in their new order, counted from 1, since axis 0, the batch's, stays where it is. */
  dims: readonly number[];
}

const permuteOptions: OptionTable<PermuteOptions> = { dims: unchecked };

/**
 * The axes of each example in another order: axis i of the output is axis `dims[i - 1]` of the input. The batch's axis
 * stays first, and the others are counted from 1, as in Keras.
 *
 * Shape: [batch, a, b, ..], and the same lengths in another order come out.
 *
 * @throws OptionError unless every axis from 1 is named once; ShapeError for inputs of another number of axes.
 * @example new Permute([2, 1]).call(randn([8, 10, 64])); // shape [8, 64, 10]
 */
export class Permute extends Layer {
  readonly dims: readonly number[];

  constructor(dims: readonly number[] | PermuteOptions, options?: LayerOptions) {
    const own = withPositional<PermuteOptions, "dims">("Permute", "dims", dims, options);
    super(own, permuteOptions);
    refuseSurplus("Permute", arguments, 2);
    const given: unknown = own.dims;
    if (!Array.isArray(given) || given.length === 0 || !given.every((_, i) => given.includes(i + 1)))
      throw new OptionError({
        where: "Permute",
        expected: "dims with every axis once, counted from 1, such as [2, 1]",
        got: Array.isArray(given) ? formatBatchShape(given) : describe(given),
        hint: Array.isArray(given) && given.includes(0) ? "Axis 0 is the batch's, and stays where it is." : undefined,
      });
    this.dims = own.dims;
  }

  override checkInput(inputShape: BatchShape): void {
    if (inputShape.length !== this.dims.length + 1)
      throw new ShapeError({
        where: "input",
        expected: `a batch axis and ${this.dims.length} more, for dims ${formatBatchShape(this.dims)}`,
        got: formatBatchShape(inputShape),
      });
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return [inputShape[0], ...this.dims.map((axis) => inputShape[axis])];
  }

  forward(x: Tensor): Tensor {
    return x.permute([0, ...this.dims]);
  }
}

/** How often a {@link RepeatVector} has each vector. */
export interface RepeatVectorOptions extends LayerOptions {
  /** The number of steps of the sequence that comes out. */
  n: number;
}

const repeatOptions: OptionTable<RepeatVectorOptions> = { n: count };

/**
 * A sequence that has each vector `n` times: what a decoder reads at every step.
 *
 * Shape: input [batch, features], output [batch, n, features].
 *
 * @throws OptionError for an n that is no whole number of at least 1; ShapeError for anything but vectors.
 * @example new RepeatVector(3).call([[1, 2]]); // [[[1, 2], [1, 2], [1, 2]]]
 */
export class RepeatVector extends Layer {
  readonly n: number;

  constructor(n: number | RepeatVectorOptions, options?: LayerOptions) {
    const own = withPositional<RepeatVectorOptions, "n">("RepeatVector", "n", n, options);
    super(own, repeatOptions);
    refuseSurplus("RepeatVector", arguments, 2);
    this.n = own.n;
  }

  override checkInput(inputShape: BatchShape): void {
    if (inputShape.length !== 2)
      throw new ShapeError({
        where: "input",
        expected: "vectors, [batch, features]",
        got: formatBatchShape(inputShape),
      });
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return [inputShape[0], this.n, inputShape[1]];
  }

  forward(x: Tensor): Tensor {
    return x.unsqueeze(1).broadcastTo([x.shape[0], this.n, x.shape[1]]);
  }
}

/** The function of a {@link Lambda}, and what every layer takes. */
export interface LambdaOptions extends LayerOptions {
  function: (x: Tensor) => Tensor;
}

const lambdaOptions: OptionTable<LambdaOptions> = { function: unchecked };

/**
 * A function as a layer. Weights that it closes over are not found: for those, write a class.
 *
 * Shape: what the function takes and makes, with the batch first.
 *
 * @example new Lambda((x) => x.square());
 */
export class Lambda extends Layer {
  readonly function: (x: Tensor) => Tensor;

  constructor(f: ((x: Tensor) => Tensor) | LambdaOptions, options?: LayerOptions) {
    const own = withPositional<LambdaOptions, "function">("Lambda", "function", f, options);
    super(own, lambdaOptions);
    refuseSurplus("Lambda", arguments, 2);
    if (typeof own.function !== "function" || isClass(own.function))
      throw new OptionError({ where: "Lambda", expected: "a function of a tensor", got: describe(own.function) });
    this.function = own.function;
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    return this.function(x);
  }
}

/**
 * What stands where a layer is wanted, as a module: modules are taken as they are, functions as {@link Lambda}.
 *
 * @throws ModelError for anything else.
 */
export function toModule(layer: Module | ((x: Tensor) => Tensor)): Module {
  if (layer instanceof Module) return layer;
  if (typeof layer !== "function" || isClass(layer))
    throw new ModelError({
      where: "layer",
      expected: "a layer, a module or a function of a tensor",
      got: describe(layer),
      hint:
        typeof layer === "function"
          ? `Make one with new ${layer.name}(…).`
          : typeof layer === "string"
            ? 'Write new Activation("relu") for an activation, new Dense(16) for a layer.'
            : (layer as unknown) instanceof Symbolic
              ? "Write inputDim; input() is for Functional."
              : undefined,
    });
  return new Lambda(layer, layer.name ? { name: layer.name } : undefined);
}

/** Whether it can only be called with `new`. */
function isClass(f: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(f));
}
