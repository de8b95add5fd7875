/**
 * Images changed at random in training, each in its own way, so that a model learns what does not matter: augmentation.
 */

import { OptionError, rand, ShapeError, type Tensor, where } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { RandomLayer, type RandomLayerOptions, randomOptions } from "../layers/dropout.ts";
import {
  count,
  type OptionCheck,
  type OptionTable,
  type OwnOptions,
  optional,
  withPositional,
} from "../layers/options.ts";
import { checkSpatial } from "../layers/sliding.ts";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { type FillMode, pixelsAt, places, type Reading, sampled } from "./sampling.ts";

/** From where to where a number is drawn; one number stands for [-number, number]. */
export type RandomRange = number | readonly [lower: number, upper: number];

function rangeOf(given: RandomRange): readonly [number, number] {
  return typeof given === "number" ? [-given, given] : given;
}

/** A range, all of it above `least`. */
function range(least: number): OptionCheck {
  return (where, name, value) => {
    const isRange = Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] <= value[1];
    const isNumber = typeof value === "number" && Number.isFinite(value) && value >= 0;
    if ((isNumber || isRange) && rangeOf(value as RandomRange)[0] > least) return;
    throw new OptionError({
      where,
      expected: `${name} as a number of at least 0, or [lower, upper]${least > Number.NEGATIVE_INFINITY ? `, above ${least}` : ""}`,
      got: describe(value),
    });
  };
}

const anyRange = range(Number.NEGATIVE_INFINITY);

/** What the random layers of images share. */
abstract class RandomImages extends RandomLayer {
  override checkInput(inputShape: BatchShape): void {
    checkSpatial(inputShape, 2, null);
  }

  /** A number for each image from a range, [batch, 1, 1]. */
  protected draw(x: Tensor, given: RandomRange): Tensor {
    const [low, high] = rangeOf(given);
    const dtype = x.dtype === "float64" ? "float64" : "float32";
    return rand([x.shape[0], 1, 1], { low, high, dtype, generator: this.generator });
  }
}

/** Which way a {@link RandomFlip} flips. */
export interface RandomFlipOptions extends RandomLayerOptions {
  /** "horizontal", "vertical", or both, the default; each with probability ½. */
  mode?: "horizontal" | "vertical" | "horizontal_and_vertical";
}

const flips: readonly unknown[] = ["horizontal", "vertical", "horizontal_and_vertical"];

const flipOptions: OptionTable<RandomFlipOptions> = {
  ...randomOptions,
  mode: optional((where, name, value) => {
    if (!flips.includes(value))
      throw new OptionError({ where, expected: `${name} ${flips.join(", ")}`, got: describe(value) });
  }),
};

/**
 * Flips images in training, each with probability ½ in each direction. In evaluation nothing changes.
 *
 * Shape: [batch, channels, height, width], and the same comes out.
 *
 * @throws OptionError for another mode; ShapeError for anything but images.
 * @example new RandomFlip({ mode: "horizontal", seed: 1 }).call(randn([8, 3, 16, 16])); // shape [8, 3, 16, 16]
 */
export class RandomFlip extends RandomImages {
  readonly mode: NonNullable<RandomFlipOptions["mode"]>;

  constructor(mode?: RandomFlipOptions["mode"] | RandomFlipOptions, options?: Omit<RandomFlipOptions, "mode">) {
    const own = withPositional<RandomFlipOptions, "mode">("RandomFlip", "mode", mode, options);
    super(own, flipOptions);
    refuseSurplus("RandomFlip", arguments, 2);
    this.mode = own.mode ?? "horizontal_and_vertical";
  }

  forward(x: Tensor): Tensor {
    if (!this.training) return x;
    const flipped = (y: Tensor, axis: number) => where(this.draw(y, 1).unsqueeze(1).less(0), y.flip(axis), y);
    const across = this.mode === "vertical" ? x : flipped(x, 3);
    return this.mode === "horizontal" ? across : flipped(across, 2);
  }
}

/** How images are read between pixels and beyond borders. */
export interface RandomTransformOptions extends RandomLayerOptions {
  /** What stands beyond the borders; "reflect" by default. */
  fillMode?: FillMode;
  /** The value beyond the borders of fillMode "constant"; 0 by default. */
  fillValue?: number;
  /** "bilinear" (the default) between pixels, or "nearest" for the nearest one. */
  interpolation?: "bilinear" | "nearest";
}

const oneOf = (...names: readonly string[]): OptionCheck =>
  optional((where, name, value) => {
    if (!names.includes(value as string))
      throw new OptionError({ where, expected: `${name} ${names.join(", ")}`, got: describe(value) });
  });

const transformOptions: OptionTable<RandomTransformOptions> = {
  ...randomOptions,
  fillMode: oneOf("reflect", "constant", "nearest", "wrap"),
  fillValue: optional((where, name, value) => {
    if (!Number.isFinite(value))
      throw new OptionError({ where, expected: `${name} as a number`, got: describe(value) });
  }),
  interpolation: oneOf("bilinear", "nearest"),
};

/** Those that read each image at other places. */
abstract class RandomTransform extends RandomImages {
  readonly #reading: Reading;

  constructor(options: RandomTransformOptions, own: OwnOptions) {
    super(options, own);
    const { fillMode = "reflect", fillValue = 0, interpolation = "bilinear" } = options;
    this.#reading = { fillMode, fillValue, interpolation };
  }

  /** Where pixels come from: their rows and columns in the input, [batch, height, width]. */
  protected abstract source(x: Tensor, row: Tensor, column: Tensor): readonly [rows: Tensor, columns: Tensor];

  forward(x: Tensor): Tensor {
    if (!this.training) return x;
    const [batch, , height, width] = x.shape;
    const at = this.source(x, places(height, x).reshape(1, height, 1), places(width, x).reshape(1, 1, width));
    const [rows, columns] = at.map((place) => place.broadcastTo([batch, height, width]));
    return sampled(x, rows, columns, this.#reading);
  }
}

/** How far a {@link RandomRotation} turns. */
export interface RandomRotationOptions extends RandomTransformOptions {
  /** In full turns, anticlockwise: 0.1 stands for -36° to 36°, [0, 0.25] for a quarter turn at most. */
  factor: RandomRange;
}

const rotationOptions: OptionTable<RandomRotationOptions> = { ...transformOptions, factor: anyRange };

/**
 * Turns each image about its centre by an angle of its own, 2π · uniform(factor), in training. In evaluation nothing changes.
 *
 * Shape: [batch, channels, height, width], and the same comes out.
 *
 * @throws OptionError for options that cannot be; ShapeError for anything but images.
 * @example new RandomRotation(0.1, { fillMode: "constant" });
 */
export class RandomRotation extends RandomTransform {
  readonly factor: RandomRange;

  constructor(factor: RandomRange | RandomRotationOptions, options?: Omit<RandomRotationOptions, "factor">) {
    const own = withPositional<RandomRotationOptions, "factor">("RandomRotation", "factor", factor as never, options);
    super(own, rotationOptions);
    refuseSurplus("RandomRotation", arguments, 2);
    this.factor = own.factor;
  }

  protected source(x: Tensor, row: Tensor, column: Tensor): readonly [Tensor, Tensor] {
    const angle = this.draw(x, this.factor).mul(2 * Math.PI);
    const [sin, cos] = [angle.sin(), angle.cos()];
    const [middle, centre] = [(x.shape[2] - 1) / 2, (x.shape[3] - 1) / 2];
    const [down, right] = [row.sub(middle), column.sub(centre)];
    return [right.mul(sin).add(down.mul(cos)).add(middle), right.mul(cos).sub(down.mul(sin)).add(centre)];
  }
}

/** How far a {@link RandomTranslation} moves. */
export interface RandomTranslationOptions extends RandomTransformOptions {
  /** Down, as a share of the height: 0.2 stands for up to a fifth up or down. */
  heightFactor: RandomRange;
  /** To the right, as a share of the width. */
  widthFactor: RandomRange;
}

const translationOptions: OptionTable<RandomTranslationOptions> = {
  ...transformOptions,
  heightFactor: anyRange,
  widthFactor: anyRange,
};

/**
 * Moves each image down and to the right by shares of its own, uniform(heightFactor) and uniform(widthFactor), in training.
 * In evaluation nothing changes.
 *
 * Shape: [batch, channels, height, width], and the same comes out.
 *
 * @throws OptionError for options that cannot be; ShapeError for anything but images.
 * @example new RandomTranslation({ heightFactor: 0.1, widthFactor: [0, 0.2] });
 */
export class RandomTranslation extends RandomTransform {
  readonly heightFactor: RandomRange;
  readonly widthFactor: RandomRange;

  constructor(options: RandomTranslationOptions) {
    super(options, translationOptions);
    refuseSurplus("RandomTranslation", arguments, 1);
    this.heightFactor = options.heightFactor;
    this.widthFactor = options.widthFactor;
  }

  protected source(x: Tensor, row: Tensor, column: Tensor): readonly [Tensor, Tensor] {
    const down = this.draw(x, this.heightFactor).mul(x.shape[2]);
    const right = this.draw(x, this.widthFactor).mul(x.shape[3]);
    return [row.sub(down), column.sub(right)];
  }
}

/** How much a {@link RandomZoom} zooms. */
export interface RandomZoomOptions extends RandomTransformOptions {
  /** Above 0 images become smaller, as seen from further away, below 0 larger: [-0.2, 0] shows at least four fifths. */
  heightFactor: RandomRange;
  /** The same for the width; by default as the height, so that nothing is distorted. */
  widthFactor?: RandomRange;
}

const zoomOptions: OptionTable<RandomZoomOptions> = {
  ...transformOptions,
  heightFactor: range(-1),
  widthFactor: optional(range(-1)),
};

/**
 * Zooms each image about its centre in training: what is seen is 1 + uniform(heightFactor) times as high and 1 +
 * uniform(widthFactor) times as wide. In evaluation nothing changes.
 *
 * Shape: [batch, channels, height, width], and the same comes out.
 *
 * @throws OptionError for options that cannot be; ShapeError for anything but images.
 * @example new RandomZoom({ heightFactor: 0.2 });
 */
export class RandomZoom extends RandomTransform {
  readonly heightFactor: RandomRange;
  readonly widthFactor: RandomRange | null;

  constructor(heightFactor: RandomRange | RandomZoomOptions, options?: Omit<RandomZoomOptions, "heightFactor">) {
    const where = "RandomZoom";
    const own = withPositional<RandomZoomOptions, "heightFactor">(
      where,
      "heightFactor",
      heightFactor as never,
      options,
    );
    super(own, zoomOptions);
    refuseSurplus(where, arguments, 2);
    this.heightFactor = own.heightFactor;
    this.widthFactor = own.widthFactor ?? null;
  }

  protected source(x: Tensor, row: Tensor, column: Tensor): readonly [Tensor, Tensor] {
    const high = this.draw(x, this.heightFactor).add(1);
    const wide = this.widthFactor === null ? high : this.draw(x, this.widthFactor).add(1);
    const [middle, centre] = [(x.shape[2] - 1) / 2, (x.shape[3] - 1) / 2];
    return [row.sub(middle).mul(high).add(middle), column.sub(centre).mul(wide).add(centre)];
  }
}

/** The size of what a {@link RandomCrop} takes. */
export interface RandomCropOptions extends RandomLayerOptions {
  height: number;
  width: number;
}

const cropOptions: OptionTable<RandomCropOptions> = { ...randomOptions, height: count, width: count };

/**
 * A piece of each image of the given size: in training from a place of its own at random, in evaluation from the middle.
 *
 * Shape: input [batch, channels, any, any], output [batch, channels, height, width].
 *
 * @throws OptionError for sizes below 1; ShapeError for images that are smaller.
 * @example new RandomCrop({ height: 24, width: 24 }).call(randn([8, 1, 28, 28])); // shape [8, 1, 24, 24]
 */
export class RandomCrop extends RandomImages {
  readonly height: number;
  readonly width: number;

  constructor(options: RandomCropOptions) {
    super(options, cropOptions);
    refuseSurplus("RandomCrop", arguments, 1);
    this.height = options.height;
    this.width = options.width;
  }

  override checkInput(inputShape: BatchShape): void {
    super.checkInput(inputShape);
    if ((inputShape[2] ?? this.height) < this.height || (inputShape[3] ?? this.width) < this.width)
      throw new ShapeError({
        where: "input",
        expected: `images of at least ${this.height} by ${this.width}`,
        got: formatBatchShape(inputShape),
        hint: "Put a Resizing or a ZeroPadding2d before this layer.",
      });
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return [inputShape[0], inputShape[1], this.height, this.width];
  }

  forward(x: Tensor): Tensor {
    const { height, width } = this;
    const room = [x.shape[2] - height, x.shape[3] - width];
    if (!this.training) {
      const [top, left] = room.map((n) => Math.floor(n / 2));
      return x.slice(":", ":", [top, top + height], [left, left + width]);
    }
    // At most n, also where rounding makes a draw just below 1 a whole one.
    const [top, left] = room.map((n) =>
      this.draw(x, [0, 1])
        .mul(n + 1)
        .floor()
        .minimum(n),
    );
    const shape = [x.shape[0], height, width];
    const rows = places(height, x).reshape(1, height, 1).add(top).broadcastTo(shape);
    const columns = places(width, x).reshape(1, 1, width).add(left).broadcastTo(shape);
    return pixelsAt(x, rows, columns);
  }
}
