/**
 * Layers that move numbers into another shape, and layers that are a function.
 */

import { ModelError, OptionError, ShapeError, type Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { type BatchShape, checkBatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { Module } from "../module/module.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import { type LayerOptions, type OptionTable, unchecked, withPositional } from "./options.ts";
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

/** The function of a {@link Lambda}, and what every layer takes. */
export interface LambdaOptions extends LayerOptions {
  function: (x: Tensor) => Tensor;
}

const lambdaOptions: OptionTable<LambdaOptions> = { function: unchecked };

/**
 * A function as a layer. Weights that it closes over are not found: for those, write a class.
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
      hint: typeof layer === "function" ? `Make one with new ${layer.name}(…).` : undefined,
    });
  return new Lambda(layer, layer.name ? { name: layer.name } : undefined);
}

/** Whether it can only be called with `new`. */
function isClass(f: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(f));
}
