/**
 * Positions: what is added to a sequence of vectors so that attention, which sees a set, knows the order.
 */

import { getDefaultDType, type Parameter, ShapeError, type Tensor, tensor } from "@chainrule/core";
import { checkOptions } from "@chainrule/core/internal";
import { asEmbeddingTable } from "../embedding-tables.ts";
import type { InitializerLike } from "../initializers/by-name.ts";
import { randomNormal } from "../initializers/initializer.ts";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { Dropout } from "./dropout.ts";
import { Layer } from "./layer.ts";
import { checkSequences } from "./multi-head-attention.ts";
import { count, dropoutRate, initializer, type LayerOptions, type OptionTable, optional } from "./options.ts";
import { knownLength } from "./shape.ts";

/**
 * The sinusoidal positions of Vaswani et al. 2017: P[t, 2i] = sin(t / 10000^(2i / dim)), P[t, 2i + 1] = cos(the same).
 *
 * Shape: result [length, dim].
 *
 * @throws OptionError for a length or dim that is no whole number of at least 1.
 * @example sinusoidalPositions(2, 4); // [[0, 1, 0, 1], [0.8415, 0.5403, 0.0100, 0.99995]]
 */
export function sinusoidalPositions(length: number, dim: number, options: SinusoidalOptions = {}): Tensor {
  refuseSurplus("sinusoidalPositions", arguments, 3);
  checkOptions("sinusoidalPositions", options, optionNames<SinusoidalOptions>({ dtype: true }));
  const { dtype = getDefaultDType() } = options;
  count("sinusoidalPositions", "length", length);
  count("sinusoidalPositions", "dim", dim);
  const values = Float64Array.from({ length: length * dim }, (_, at) => {
    const [t, column] = [Math.floor(at / dim), at % dim];
    const angle = t / 10000 ** ((column - (column % 2)) / dim);
    return column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return tensor(values, { shape: [length, dim], dtype });
}

/** What {@link sinusoidalPositions} takes. */
export interface SinusoidalOptions {
  /** By default the default float dtype. */
  dtype?: "float32" | "float64";
}

/** How much a {@link PositionalEncoding} drops. */
export interface PositionalEncodingOptions extends LayerOptions {
  /** The share of numbers that are dropped after adding, in training; 0 by default. */
  dropout?: number;
}

const encodingOptions: OptionTable<PositionalEncodingOptions> = { dropout: optional(dropoutRate) };

/**
 * Adds sinusoidal positions: y[n, t] = x[n, t] + P[t]. Nothing is learned, and sequences may have any length.
 *
 * Shape: [batch, time, features], and the same comes out.
 *
 * @throws ShapeError for anything but sequences of vectors.
 * @example new PositionalEncoding().call(randn([2, 5, 16])); // shape [2, 5, 16]
 */
export class PositionalEncoding extends Layer {
  readonly dropout: Dropout;
  /** The table of the last call. */
  #table: Tensor | null = null;

  constructor(options: PositionalEncodingOptions = {}) {
    super(options, encodingOptions);
    refuseSurplus("PositionalEncoding", arguments, 1);
    this.dropout = new Dropout(options.dropout ?? 0, { generator: options.generator });
  }

  override checkInput(inputShape: BatchShape): void {
    checkSequences("input", inputShape, inputShape.at(-1) ?? null);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return inputShape;
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    return this.dropout.call(x.add(this.#positions(x)));
  }

  #positions({ shape: [, time, features], dtype }: Tensor): Tensor {
    const table = this.#table;
    const fits = table?.shape[0] === time && table.shape[1] === features && table.dtype === dtype;
    if (table && fits) return table;
    this.#table = sinusoidalPositions(time, features, { dtype: dtype === "float64" ? dtype : "float32" });
    return this.#table;
  }
}

/** The length of a {@link PositionEmbedding}, and how it starts. */
export interface PositionEmbeddingOptions extends LayerOptions {
  /** The longest sequence there will be. */
  maxLength: number;
  /** Normal numbers of standard deviation 0.02 by default, as in GPT-2. */
  embeddingsInitializer?: InitializerLike;
}

const embeddingOptions: OptionTable<PositionEmbeddingOptions> = {
  maxLength: count,
  embeddingsInitializer: initializer,
};

/**
 * Adds learned positions: y[n, t] = x[n, t] + P[t], a vector for each place.
 *
 * Weights: `embeddings` P [maxLength, features]. Shape: [batch, time, features] with time up to maxLength, and the same
 * comes out.
 *
 * @throws ShapeError for sequences that are longer.
 * @example new PositionEmbedding({ maxLength: 128 }).call(randn([2, 5, 16])); // shape [2, 5, 16]
 */
export class PositionEmbedding extends Layer {
  readonly maxLength: number;
  /** The vectors, [maxLength, features]; there once the layer is built. */
  embeddings!: Parameter;
  readonly #initializer: InitializerLike;

  constructor(options: PositionEmbeddingOptions) {
    super(options, embeddingOptions);
    refuseSurplus("PositionEmbedding", arguments, 1);
    this.maxLength = options.maxLength;
    this.#initializer = options.embeddingsInitializer ?? randomNormal({ std: 0.02 });
    this.buildIfKnown();
  }

  override build(inputShape: BatchShape): void {
    this.embeddings = this.addWeight([this.maxLength, knownLength(inputShape, 2)], this.#initializer);
    asEmbeddingTable(this.embeddings);
  }

  override checkInput(inputShape: BatchShape): void {
    checkSequences("input", inputShape, this.built ? this.embeddings.shape[1] : (this.inputShape?.at(-1) ?? null));
    const time = inputShape[1];
    if (time !== null && time > this.maxLength)
      throw new ShapeError({
        where: "input",
        expected: `sequences of at most ${this.maxLength} steps`,
        got: `${time} in ${formatBatchShape(inputShape)}`,
        hint: "Raise maxLength, or cut the sequences.",
      });
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return inputShape;
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    return x.add(this.embeddings.slice([0, x.shape[1]]));
  }
}
