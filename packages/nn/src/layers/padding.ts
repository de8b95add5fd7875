/**
 * Layers that put something around signals and images, or cut something off.
 */

import { arange, concat, OptionError, type Padding, pad, ShapeError, type Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import { type LayerOptions, type OptionTable, unchecked, withPositional } from "./options.ts";
import { checkSpatial, sidesOf } from "./sliding.ts";

/** As many at both ends, or how many before and after. */
type Sides1d = number | readonly [before: number, after: number];
/** As many on all sides, for each axis, or `[[top, bottom], [left, right]]`. */
type Sides2d = Exclude<Padding, string>;

type Amounts = readonly (readonly [before: number, after: number])[];

/** Base of those that change the lengths behind the channels by a fixed amount. */
abstract class Bordering extends Layer {
  protected readonly sides: Amounts;

  constructor(options: LayerOptions, axes: number, option: "padding" | "cropping", given: unknown) {
    super(options, option === "padding" ? paddingOptions : croppingOptions);
    const where = new.target.name;
    if (typeof given === "string")
      throw new OptionError({ where, expected: `${option} as numbers, how many on each side`, got: describe(given) });
    this.sides = sidesOf(where, given, axes, option) as Amounts;
  }

  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, this.sides.length, null);
  }

  /** The length of an axis behind the channels in the output. */
  protected abstract lengthOf(length: number, axis: number): number;

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    const lengths = inputShape.slice(2).map((length, axis) => (length === null ? null : this.lengthOf(length, axis)));
    return [inputShape[0], inputShape[1], ...lengths];
  }
}

/** How much a {@link ZeroPadding1d} or a {@link ReflectionPad1d} adds. */
export interface Padding1dOptions extends LayerOptions {
  /** As many at both ends, or `[before, after]`. */
  padding: Sides1d;
}

/** How much a {@link ZeroPadding2d} or a {@link ReflectionPad2d} adds. */
export interface Padding2dOptions extends LayerOptions {
  /** As many on all sides, `[rows, columns]`, or `[[top, bottom], [left, right]]`. */
  padding: Sides2d;
}

const paddingOptions: OptionTable<Padding1dOptions> = { padding: unchecked };

abstract class ZeroPadding extends Bordering {
  protected lengthOf(length: number, axis: number): number {
    return length + this.sides[axis][0] + this.sides[axis][1];
  }

  forward(x: Tensor): Tensor {
    return pad(x, [[0, 0], [0, 0], ...this.sides]);
  }
}

/**
 * Zeros before and after signals.
 *
 * Shape: input [batch, channels, length], output [batch, channels, before + length + after].
 *
 * @throws OptionError for a padding that is no whole number of at least 0; ShapeError for anything but signals.
 * @example new ZeroPadding1d([1, 0]).call([[[1, 2]]]); // [[[0, 1, 2]]]
 */
export class ZeroPadding1d extends ZeroPadding {
  constructor(padding: Sides1d | Padding1dOptions = 1, options?: LayerOptions) {
    const own = withPositional<Padding1dOptions, "padding">("ZeroPadding1d", "padding", padding, options);
    super(own, 1, "padding", own.padding);
    refuseSurplus("ZeroPadding1d", arguments, 2);
  }
}

/**
 * Zeros around images. PyTorch's `ZeroPad2d`.
 *
 * Shape: input [batch, channels, height, width], output [batch, channels, top + height + bottom, left + width + right].
 *
 * @throws OptionError for a padding that is no whole number of at least 0; ShapeError for anything but images.
 * @example new ZeroPadding2d([[1, 0], [0, 2]]).call(randn([2, 3, 8, 8])); // shape [2, 3, 9, 10]
 */
export class ZeroPadding2d extends ZeroPadding {
  constructor(padding: Sides2d | Padding2dOptions = 1, options?: LayerOptions) {
    const own = withPositional<Padding2dOptions, "padding">("ZeroPadding2d", "padding", padding as Sides2d, options);
    super(own, 2, "padding", own.padding);
    refuseSurplus("ZeroPadding2d", arguments, 2);
  }
}

abstract class ReflectionPad extends Bordering {
  protected lengthOf(length: number, axis: number): number {
    const [before, after] = this.sides[axis];
    if (Math.max(before, after) >= length)
      throw new ShapeError({
        where: "input",
        expected: `lengths above the padding ${formatBatchShape(this.sides.flat())}, which is made of what is there`,
        got: `${length}`,
      });
    return length + before + after;
  }

  override checkInput(inputShape: BatchShape): void {
    super.checkInput(inputShape);
    inputShape.slice(2).forEach((length, axis) => {
      if (length !== null) this.lengthOf(length, axis);
    });
  }

  forward(x: Tensor): Tensor {
    return this.sides.reduce((y, sides, axis) => reflected(y, axis + 2, sides), x);
  }
}

/** The numbers of an axis mirrored at its ends, which themselves stand there once. */
function reflected(x: Tensor, axis: number, [before, after]: readonly [number, number]): Tensor {
  const length = x.shape[axis];
  const at = (from: number, to: number, step: number) => x.gather(arange(from, to, step, { dtype: "int32" }), axis);
  const parts = [x];
  if (before > 0) parts.unshift(at(before, 0, -1));
  if (after > 0) parts.push(at(length - 2, length - 2 - after, -1));
  return concat(parts, axis);
}

/**
 * Signals mirrored at their ends: of a, b, c with padding 2 it makes c, b, a, b, c, b, a.
 *
 * Shape: input [batch, channels, length], output [batch, channels, before + length + after].
 *
 * @throws OptionError for a padding that is no whole number of at least 0; ShapeError for signals that are not longer than
 *   the padding.
 * @example new ReflectionPad1d(2).call([[[1, 2, 3]]]); // [[[3, 2, 1, 2, 3, 2, 1]]]
 */
export class ReflectionPad1d extends ReflectionPad {
  constructor(padding: Sides1d | Padding1dOptions, options?: LayerOptions) {
    const own = withPositional<Padding1dOptions, "padding">("ReflectionPad1d", "padding", padding, options);
    super(own, 1, "padding", own.padding);
    refuseSurplus("ReflectionPad1d", arguments, 2);
  }
}

/**
 * Images mirrored at their borders.
 *
 * Shape: input [batch, channels, height, width], output [batch, channels, top + height + bottom, left + width + right].
 *
 * @throws OptionError for a padding that is no whole number of at least 0; ShapeError for images that are not larger than
 *   the padding.
 * @example new ReflectionPad2d(1).call([[[[1, 2], [3, 4]]]]); // shape [1, 1, 4, 4]
 */
export class ReflectionPad2d extends ReflectionPad {
  constructor(padding: Sides2d | Padding2dOptions, options?: LayerOptions) {
    const own = withPositional<Padding2dOptions, "padding">("ReflectionPad2d", "padding", padding as Sides2d, options);
    super(own, 2, "padding", own.padding);
    refuseSurplus("ReflectionPad2d", arguments, 2);
  }
}

/** How much a {@link Cropping1d} cuts off. */
export interface Cropping1dOptions extends LayerOptions {
  /** As many at both ends, or `[before, after]`. */
  cropping: Sides1d;
}

/** How much a {@link Cropping2d} cuts off. */
export interface Cropping2dOptions extends LayerOptions {
  /** As many on all sides, `[rows, columns]`, or `[[top, bottom], [left, right]]`. */
  cropping: Sides2d;
}

const croppingOptions: OptionTable<Cropping1dOptions> = { cropping: unchecked };

abstract class Cropping extends Bordering {
  protected lengthOf(length: number, axis: number): number {
    const [before, after] = this.sides[axis];
    if (length - before - after > 0) return length - before - after;
    throw new ShapeError({
      where: "input",
      expected: `lengths of which something is left when ${before} and ${after} are cut off`,
      got: `${length}`,
    });
  }

  override checkInput(inputShape: BatchShape): void {
    super.checkInput(inputShape);
    inputShape.slice(2).forEach((length, axis) => {
      if (length !== null) this.lengthOf(length, axis);
    });
  }

  forward(x: Tensor): Tensor {
    const kept = this.sides.map(([before, after], axis) => [before, x.shape[axis + 2] - after] as const);
    return x.slice(":", ":", ...kept);
  }
}

/**
 * Signals without their ends.
 *
 * Shape: input [batch, channels, length], output [batch, channels, length - before - after].
 *
 * @throws OptionError for a cropping that is no whole number of at least 0; ShapeError for signals of which nothing is left.
 * @example new Cropping1d([1, 2]).call([[[1, 2, 3, 4, 5]]]); // [[[2, 3]]]
 */
export class Cropping1d extends Cropping {
  constructor(cropping: Sides1d | Cropping1dOptions = 1, options?: LayerOptions) {
    const own = withPositional<Cropping1dOptions, "cropping">("Cropping1d", "cropping", cropping, options);
    super(own, 1, "cropping", own.cropping);
    refuseSurplus("Cropping1d", arguments, 2);
  }
}

/**
 * Images without their borders.
 *
 * Shape: input [batch, channels, height, width], output [batch, channels, height - top - bottom, width - left - right].
 *
 * @throws OptionError for a cropping that is no whole number of at least 0; ShapeError for images of which nothing is left.
 * @example new Cropping2d([[1, 2], [3, 4]]).call(randn([2, 3, 28, 28])); // shape [2, 3, 25, 21]
 */
export class Cropping2d extends Cropping {
  constructor(cropping: Sides2d | Cropping2dOptions = 1, options?: LayerOptions) {
    const own = withPositional<Cropping2dOptions, "cropping">("Cropping2d", "cropping", cropping as Sides2d, options);
    super(own, 2, "cropping", own.cropping);
    refuseSurplus("Cropping2d", arguments, 2);
  }
}
