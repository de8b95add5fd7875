/**
 * Multi-head attention: several attentions side by side, each over projections of its own.
 */

import {
  asTensor,
  concat,
  OptionError,
  type Parameter,
  ShapeError,
  split,
  type Tensor,
  type TensorLike,
} from "@chainrule/core";
import { formatShape } from "@chainrule/core/internal";
import { toInitializer } from "../initializers/by-name.ts";
import type { Initializer } from "../initializers/initializer.ts";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { optionNames } from "../option-names.ts";
import { type Regularizer, toRegularizer } from "../regularizers.ts";
import { refuseSurplus } from "../surplus.ts";
import { attentionWeights } from "./attention.ts";
import { Dropout } from "./dropout.ts";
import { asMask, finiteWhereMasked, withoutMasked } from "./masks.ts";
import {
  count,
  dropoutRate,
  type KernelOptions,
  kernelOptions,
  type LayerOptions,
  type OptionTable,
  optional,
} from "./options.ts";
import { penaltiesOf } from "./penalties.ts";
import { LayerWithOptions } from "./with-options.ts";

/** The sizes of a {@link MultiHeadAttention}, and its weights. */
export interface MultiHeadAttentionOptions extends LayerOptions, KernelOptions {
  /** The number of features of queries and of the output. */
  embedDim: number;
  /** How many attentions stand side by side; each has embedDim / heads features. */
  heads: number;
  /** The number of features of keys; embedDim by default. */
  kdim?: number;
  /** The number of features of values; embedDim by default. */
  vdim?: number;
  /** The share of attention weights that are dropped in training; 0 by default. */
  dropout?: number;
}

const ownOptions: OptionTable<MultiHeadAttentionOptions> = {
  embedDim: count,
  heads: count,
  kdim: optional(count),
  vdim: optional(count),
  dropout: optional(dropoutRate),
  ...kernelOptions,
};

/** What attention may be called with besides the queries. Masks are true where one may look. */
export interface AttentionCall {
  /** What queries are compared with, [batch, S, kdim]; by default the queries themselves: self-attention. */
  key?: TensorLike;
  /** What the output is made of, [batch, S, vdim]; by default the keys. */
  value?: TensorLike;
  /** Which keys are there, [batch, S]. */
  keyMask?: TensorLike;
  /** Which keys each query may look at: [L, S], [batch, L, S] or [batch, heads, L, S]. */
  attentionMask?: TensorLike;
  /** Numbers added to the scores, in the same shapes. */
  bias?: TensorLike;
  /** Whether query i sees only the keys 0 to i. */
  causal?: boolean;
}

const callOptions = optionNames<AttentionCall>({
  key: true,
  value: true,
  keyMask: true,
  attentionMask: true,
  bias: true,
  causal: true,
});

/** What {@link MultiHeadAttention} gives where its weights are asked for. */
export interface AttentionResult {
  /** [batch, L, embedDim]. */
  readonly output: Tensor;
  /** How much each query looked at each key, [batch, heads, L, S]. */
  readonly weights: Tensor;
}

/**
 * concat(head₁, …, headₕ) Wₒ + bₒ with headᵢ = softmax(Qᵢ Kᵢᵀ / √(E / h)) Vᵢ, and Q, K, V = query W_q + b_q,
 * key W_k + b_k, value W_v + b_v cut into h pieces (Vaswani et al. 2017).
 *
 * A query that may see nothing takes in zeros, so that its output is bₒ.
 *
 * Weights: `inKernel` [E, 3 E] with W_q, W_k, W_v side by side, `inBias` [3 E], `outKernel` Wₒ [E, E], `outBias` [E]. The
 * kernels are the transposes of PyTorch's `in_proj_weight` and `out_proj.weight`, as everywhere here ([in, out]). With
 * `kdim` or `vdim` the three stand alone: `queryKernel` [E, E], `keyKernel` [kdim, E], `valueKernel` [vdim, E].
 *
 * Shape: input (queries) [batch, L, E], key [batch, S, kdim], value [batch, S, vdim]; output [batch, L, E], weights
 * [batch, heads, L, S].
 *
 * @throws OptionError for heads that do not divide embedDim; ShapeError for anything but sequences of those features,
 *   and for masks that do not fit; DTypeError for masks of numbers.
 *
 * @example
 * const attention = new MultiHeadAttention({ embedDim: 16, heads: 4 });
 * const x = randn([2, 5, 16]);
 * attention.call(x, { causal: true }); // shape [2, 5, 16]
 * const memory = randn([2, 7, 16]);
 * const { weights } = attention.call(x, { key: memory, returnWeights: true });
 * weights; // shape [2, 4, 5, 7]
 */
export class MultiHeadAttention extends LayerWithOptions<AttentionCall, AttentionResult, "returnWeights"> {
  readonly embedDim: number;
  readonly heads: number;
  readonly kdim: number;
  readonly vdim: number;
  /** The three projections side by side, [E, 3 E]; null where keys or values have features of their own. */
  inKernel: Parameter | null = null;
  queryKernel: Parameter | null = null;
  keyKernel: Parameter | null = null;
  valueKernel: Parameter | null = null;
  inBias: Parameter | null = null;
  outKernel!: Parameter;
  outBias: Parameter | null = null;
  readonly dropout: Dropout;
  readonly #options: MultiHeadAttentionOptions;
  readonly #kernelRegularizer: Regularizer | null;
  readonly #biasRegularizer: Regularizer | null;

  constructor(options: MultiHeadAttentionOptions) {
    super(options, ownOptions, callOptions, "returnWeights");
    refuseSurplus("MultiHeadAttention", arguments, 1);
    const name = "MultiHeadAttention";
    const { embedDim, heads, kdim = embedDim, vdim = embedDim } = options;
    if (embedDim % heads !== 0)
      throw new OptionError({
        where: name,
        expected: "heads that divide embedDim",
        got: `${heads} heads for embedDim ${embedDim}`,
      });
    this.embedDim = embedDim;
    this.heads = heads;
    this.kdim = kdim;
    this.vdim = vdim;
    this.dropout = new Dropout(options.dropout ?? 0, { generator: options.generator });
    this.#options = options;
    this.#kernelRegularizer = toRegularizer(options.kernelRegularizer);
    this.#biasRegularizer = toRegularizer(options.biasRegularizer);
    this.ensureBuilt(this.inputShape ?? [null, null, embedDim]);
  }

  override build(): void {
    const { useBias = true, biasInitializer = "zeros" } = this.#options;
    const kernelInitializer = toInitializer(this.#options.kernelInitializer ?? "glorot_uniform", "kernelInitializer");
    const { embedDim: E, kdim, vdim } = this;
    const { kernelConstraint, biasConstraint } = this.#options;
    const kernel = (rows: number, columns: number, initializer: Initializer) =>
      this.addWeight([rows, columns], initializer, undefined, kernelConstraint);
    if (kdim === E && vdim === E) {
      this.inKernel = kernel(E, 3 * E, concatThreeOf(kernelInitializer));
    } else {
      this.queryKernel = kernel(E, E, kernelInitializer);
      this.keyKernel = kernel(kdim, E, kernelInitializer);
      this.valueKernel = kernel(vdim, E, kernelInitializer);
    }
    this.outKernel = kernel(E, E, kernelInitializer);
    if (!useBias) return;
    this.inBias = this.addWeight([3 * E], biasInitializer, undefined, biasConstraint);
    this.outBias = this.addWeight([E], biasInitializer, undefined, biasConstraint);
  }

  override checkInput(inputShape: BatchShape): void {
    checkSequences("input", inputShape, this.embedDim);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return inputShape;
  }

  protected override get maskOptions() {
    return { keyMask: "key" };
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  compute(query: Tensor, { key = query, value = key, causal, bias, ...masks }: AttentionCall): AttentionResult {
    const given = [query, asTensor(key, "key"), asTensor(value, "value")] as const;
    this.#checkKeys(...given);
    const [q, k, v] = this.#withoutMasked(given, masks.keyMask);
    const [queries, keys, values] = this.#project(q, k, v).map((x) => this.#splitHeads(x));
    const mask = this.#mask(masks, k);
    const weights = attentionWeights(queries, keys, {
      ...(mask && { mask }),
      ...(bias !== undefined && { bias: perHead(asTensor(bias, "bias")) }),
      causal,
    });
    const taken = this.dropout.call(weights).matmul(values);
    const joined = taken.permute(0, 2, 1, 3).reshape(query.shape[0], query.shape[1], this.embedDim);
    return { output: addBias(joined.matmul(this.outKernel), this.outBias), weights };
  }

  /** What stands where no key is may be NaN: as a key, as a value and, in self-attention, as a query. */
  #withoutMasked(
    [query, key, value]: readonly [query: Tensor, key: Tensor, value: Tensor],
    keyMask: TensorLike | undefined,
  ): readonly [query: Tensor, key: Tensor, value: Tensor] {
    if (keyMask === undefined) return [query, key, value];
    const mask = asMask("keyMask", keyMask, key.shape.slice(0, 2));
    if (key !== query || value !== query) return [query, withoutMasked(key, mask), withoutMasked(value, mask)];
    const x = finiteWhereMasked(query, mask);
    return [x, x, x];
  }

  /** Q, K and V, each [batch, length, E]; of self-attention in a single product. */
  #project(query: Tensor, key: Tensor, value: Tensor): Tensor[] {
    if (this.inKernel && key === query && value === query)
      return split(addBias(query.matmul(this.inKernel), this.inBias), 3, -1);
    const kernels = this.inKernel
      ? split(this.inKernel, 3, 1)
      : [this.queryKernel!, this.keyKernel!, this.valueKernel!];
    const biases = this.inBias && split(this.inBias, 3);
    return [query, key, value].map((x, i) => addBias(x.matmul(kernels[i]), biases?.[i]));
  }

  /** [batch, length, E] as [batch, heads, length, E / heads]. */
  #splitHeads(x: Tensor): Tensor {
    return x.reshape(x.shape[0], x.shape[1], this.heads, this.embedDim / this.heads).permute(0, 2, 1, 3);
  }

  /** Both masks together, as they fit the scores [batch, heads, L, S]. */
  #mask({ keyMask, attentionMask }: AttentionCall, { shape: [batch, length] }: Tensor): Tensor | null {
    const ofKeys =
      keyMask === undefined ? null : asMask("keyMask", keyMask, [batch, length]).reshape(batch, 1, 1, length);
    const ofPairs = attentionMask === undefined ? null : perHead(asMask("attentionMask", attentionMask));
    return ofKeys && ofPairs ? ofKeys.logicalAnd(ofPairs) : (ofKeys ?? ofPairs);
  }

  #checkKeys(query: Tensor, key: Tensor, value: Tensor): void {
    checkSequences("key", key.shape, this.kdim);
    checkSequences("value", value.shape, this.vdim);
    if (key.shape[0] !== query.shape[0] || value.shape[0] !== query.shape[0] || key.shape[1] !== value.shape[1])
      throw new ShapeError({
        where: "key and value",
        expected: `one value for each key, of the ${query.shape[0]} examples in the batch`,
        got: `keys ${formatShape(key.shape)} and values ${formatShape(value.shape)}`,
      });
  }

  protected override ownPenalties(): Tensor[] {
    const kernels = [this.inKernel, this.queryKernel, this.keyKernel, this.valueKernel, this.outKernel];
    return penaltiesOf(
      ...kernels.map((kernel) => [this.#kernelRegularizer, kernel] as const),
      [this.#biasRegularizer, this.inBias],
      [this.#biasRegularizer, this.outBias],
    );
  }
}

function addBias(x: Tensor, bias: Tensor | null | undefined): Tensor {
  return bias ? x.add(bias) : x;
}

/** Each third made by itself, so that its scale is that of one projection and not of three. */
function concatThreeOf(initializer: Initializer): Initializer {
  return ([rows, columns], options) =>
    concat(
      [0, 1, 2].map(() => initializer([rows, columns / 3], options)),
      1,
    );
}

/** [batch, L, S] as [batch, 1, L, S]: the same for all heads. */
function perHead(x: Tensor): Tensor {
  return x.rank === 3 ? x.unsqueeze(1) : x;
}

/** Throws unless the shape is [batch, length, features]; null for any number of features. */
export function checkSequences(where: string, shape: BatchShape, features: number | null): void {
  if (shape.length !== 3)
    throw new ShapeError({
      where,
      expected: `sequences of vectors, [batch, length, ${features ?? "features"}]`,
      got: formatBatchShape(shape),
      hint: shape.length === 2 ? "For a single sequence, add the batch axis with unsqueeze(0)." : undefined,
    });
  if (features !== null && shape[2] !== null && shape[2] !== features)
    throw new ShapeError({
      where,
      expected: `${features} features, along the last axis`,
      got: formatBatchShape(shape),
    });
}
