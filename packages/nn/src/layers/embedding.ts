/**
 * The embedding: a table of vectors, looked up by whole numbers.
 */

import { asTensor, type Parameter, type Tensor, type TensorLike, ValueError, where } from "@chainrule/core";
import { describe, guard } from "@chainrule/core/internal";
import type { ConstraintLike } from "../constrained.ts";
import { asEmbeddingTable } from "../embedding-tables.ts";
import { type InitializerLike, toInitializer } from "../initializers/by-name.ts";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import type { Symbolic } from "../module/symbolic.ts";
import { type Regularizer, type RegularizerLike, toRegularizer } from "../regularizers.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import { attach } from "./mask-passing.ts";
import {
  constraint,
  count,
  flag,
  initializer,
  type LayerOptions,
  type OptionTable,
  regularizer,
  requireOptions,
  unchecked,
} from "./options.ts";

/** The size of an {@link Embedding}'s table, and how it starts. */
export interface EmbeddingOptions extends Omit<LayerOptions, "inputDim"> {
  /** How many different indices there are: the size of the vocabulary. */
  inputDim: number;
  /** The length of each vector. */
  outputDim: number;
  /** An index that stands for no word: its vector starts at 0 and is not trained. */
  paddingIdx?: number;
  /** Whether index 0 stands for no step: it is masked, for the layers that come after, see {@link Masking}. */
  maskZero?: boolean;
  /** "random_uniform" (±0.05) by default, as in Keras; PyTorch's is `randomNormal({ std: 1 })`. */
  embeddingsInitializer?: InitializerLike;
  embeddingsRegularizer?: RegularizerLike;
  /** What the vectors are held to after each step of an optimizer, such as `maxNorm({ axis: 1 })` for each. */
  embeddingsConstraint?: ConstraintLike;
}

const embeddingOptions: OptionTable<EmbeddingOptions> = {
  outputDim: count,
  paddingIdx: unchecked,
  maskZero: flag,
  embeddingsInitializer: initializer,
  embeddingsRegularizer: regularizer,
  embeddingsConstraint: constraint,
};

/**
 * The vectors of a table at the given indices.
 *
 * Weights: `embeddings` [inputDim, outputDim]. Shape: [batch, ..] of whole numbers, and [batch, .., outputDim] comes out.
 *
 * @throws ValueError for indices that are fractional, below 0, or not below inputDim.
 *
 * @example
 * const layer = new Embedding({ inputDim: 1000, outputDim: 16 });
 * layer.call([[4, 20], [7, 0]]); // shape [2, 2, 16]
 */
export class Embedding extends Layer {
  readonly inputDim: number;
  readonly outputDim: number;
  readonly paddingIdx: number | null;
  readonly maskZero: boolean;
  /** The vectors, [inputDim, outputDim]. */
  embeddings!: Parameter;
  readonly #initializer: InitializerLike;
  readonly #regularizer: Regularizer | null;
  readonly #constraint: ConstraintLike | undefined;

  constructor(given: EmbeddingOptions) {
    requireOptions("Embedding", given, ["inputDim", "outputDim", ...Object.keys(embeddingOptions)]);
    const { inputDim, ...options } = given;
    super(options, embeddingOptions);
    refuseSurplus("Embedding", arguments, 1);
    const { outputDim, paddingIdx = null, embeddingsInitializer = "random_uniform" } = options;
    count("Embedding", "inputDim", inputDim);
    if (paddingIdx !== null && !(Number.isInteger(paddingIdx) && paddingIdx >= 0 && paddingIdx < inputDim))
      throw new ValueError({
        where: "Embedding, paddingIdx",
        expected: `a whole number from 0 to ${inputDim - 1}`,
        got: describe(paddingIdx),
      });
    this.inputDim = inputDim;
    this.outputDim = outputDim;
    this.paddingIdx = paddingIdx;
    this.maskZero = options.maskZero ?? false;
    this.#initializer = embeddingsInitializer;
    this.#regularizer = toRegularizer(options.embeddingsRegularizer);
    this.#constraint = options.embeddingsConstraint;
    this.buildForAnyShape();
  }

  protected override constructorArguments(): readonly unknown[] {
    const [options] = super.constructorArguments();
    return [{ ...(options as object), inputDim: this.inputDim }];
  }

  override build(): void {
    this.embeddings = this.addWeight(
      [this.inputDim, this.outputDim],
      (shape, options) => {
        const table = toInitializer(this.#initializer)(shape, options);
        return this.paddingIdx === null ? table : withZeroRow(table, this.paddingIdx);
      },
      undefined,
      this.#constraint,
    );
    asEmbeddingTable(this.embeddings);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    return [...inputShape, this.outputDim];
  }

  /** Indices in arrays are read with all their digits. */
  override call(...inputs: TensorLike[]): Tensor;
  override call(...inputs: (TensorLike | Symbolic)[]): Symbolic;
  override call(...inputs: (TensorLike | Symbolic)[]): Tensor | Symbolic {
    return super.call(...(inputs.map((x) => (Array.isArray(x) ? asTensor(x, "input", "float64") : x)) as TensorLike[]));
  }

  forward(x: Tensor): Tensor {
    const vectors = this.#lookUp(x);
    return this.maskZero ? attach(vectors, x.notEqual(0)) : vectors;
  }

  #lookUp(x: Tensor): Tensor {
    checkNotNegative(x, this.inputDim);
    if (this.inputDim > exactInFloat32) checkExact(x);
    const vectors = this.embeddings.gather(x);
    if (this.paddingIdx === null) return vectors;
    return where(x.equal(this.paddingIdx).unsqueeze(-1), vectors.detach(), vectors);
  }

  protected override ownPenalties(): Tensor[] {
    return this.#regularizer ? [this.#regularizer(this.embeddings)] : [];
  }
}

function withZeroRow(table: Tensor, row: number): Tensor {
  const rows = Array.from({ length: table.shape[0] }, (_, i) => [i === row]);
  return where(rows, 0, table);
}

/** Up to here every whole number is a float32. */
const exactInFloat32 = 2 ** 24;

/** Larger indices that have been floats of 32 bits may have been others before. */
function checkExact(indices: Tensor): void {
  if (indices.dtype !== "float32") return;
  const check = () => {
    const index = indices.storage.find((index) => index >= exactInFloat32);
    if (index === undefined) return;
    throw new ValueError({
      where: "Embedding",
      expected: `indices as whole numbers (int32) where they reach ${exactInFloat32}, which float32 rounds`,
      got: `${index} in float32`,
      hint: 'Make them int32 from the start: Int32Array.of(…), or tensor(indices, { dtype: "int32" }).',
    });
  };
  guard([indices], check, () => indices.greaterEqual(exactInFloat32));
}

/** Indices from the end, which gather would take, are mistakes here. */
function checkNotNegative(indices: Tensor, count: number): void {
  const check = () => {
    for (const index of indices.storage)
      if (index < 0)
        throw new ValueError({
          where: "Embedding",
          expected: `indices from 0 to ${count - 1}`,
          got: `${index}`,
        });
  };
  guard([indices], check, () => indices.less(0));
}
