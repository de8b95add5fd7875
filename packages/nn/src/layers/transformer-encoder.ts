/**
 * The transformer's encoder: blocks of self-attention and a small network. With `causal: true` it is the whole of a
 * language model such as GPT, which has no other sequence to look at.
 */

import type { Tensor, TensorLike } from "@chainrule/core";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { asMask, finiteWhereMasked } from "./masks.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import type { LayerNorm } from "./norm.ts";
import {
  type StackOptions,
  TransformerBlock,
  type TransformerLayerOptions,
  TransformerStack,
} from "./transformer-block.ts";

export type { StackOptions, TransformerLayerOptions };

/** What an encoder may be called with besides the sequence. Masks are true where one may look. */
export interface EncoderCall {
  /** Which steps are there, [batch, time]. Nobody looks at the others, and what comes out of them means nothing. */
  mask?: TensorLike;
  /** Who may look at whom: [time, time], [batch, time, time] or [batch, heads, time, time]. */
  attentionMask?: TensorLike;
  /** Whether each step sees only itself and those before it. */
  causal?: boolean;
}

/** What a {@link TransformerEncoderLayer} gives where its weights are asked for. */
export interface EncoderLayerResult {
  readonly output: Tensor;
  /** Who looked how much at whom, [batch, heads, time, time]. */
  readonly weights: Tensor;
}

/** What a {@link TransformerEncoder} gives where its weights are asked for. */
export interface EncoderResult {
  readonly output: Tensor;
  /** Who looked how much at whom in each block, [batch, heads, time, time] each. */
  readonly weights: readonly Tensor[];
}

const callOptions = optionNames<EncoderCall>({ mask: true, attentionMask: true, causal: true });

/**
 * A block of the encoder (Vaswani et al. 2017): x ← norm(x + attention(x)), then x ← norm(x + network(x)); with
 * `normFirst` x ← x + attention(norm(x)), then x ← x + network(norm(x)).
 *
 * Weights: those of `attention`, `attentionNorm`, `feedForward.inner`, `feedForward.outer`, `feedForwardNorm`.
 *
 * Shape: input [batch, time, embedDim], mask [batch, time]; the same comes out, and weights [batch, heads, time, time].
 *
 * @throws OptionError for heads that do not divide embedDim; ShapeError for anything but sequences of embedDim features.
 *
 * @example
 * const layer = new TransformerEncoderLayer({ embedDim: 16, heads: 4 });
 * layer.call(randn([2, 5, 16])); // shape [2, 5, 16]
 */
export class TransformerEncoderLayer extends TransformerBlock<EncoderCall, EncoderLayerResult> {
  readonly attention: MultiHeadAttention;
  readonly attentionNorm: LayerNorm;

  constructor(options: TransformerLayerOptions) {
    super(options, [], callOptions);
    refuseSurplus("TransformerEncoderLayer", arguments, 1);
    this.attention = new MultiHeadAttention(this.attentionOptions);
    this.attentionNorm = this.newNorm();
    this.freezeParts();
  }

  protected override get maskOptions() {
    return { mask: "" };
  }

  compute(given: Tensor, { mask, attentionMask, causal }: EncoderCall): EncoderLayerResult {
    const x = mask === undefined ? given : finiteWhereMasked(given, asMask("mask", mask, given.shape.slice(0, 2)));
    const look = { keyMask: mask, attentionMask, causal, returnWeights: true } as const;
    let weights!: Tensor;
    const attended = this.residual(x, this.attentionNorm, (inner) => {
      const result = this.attention.call(inner, look);
      weights = result.weights;
      return result.output;
    });
    const output = this.residual(attended, this.feedForwardNorm, (inner) => this.feedForward.call(inner));
    return { output, weights };
  }
}

/** The options of a {@link TransformerEncoder}: those of its blocks, and how many there are. */
export interface TransformerEncoderOptions extends TransformerLayerOptions, StackOptions {}

/**
 * Blocks of {@link TransformerEncoderLayer} one after the other, with `normFirst` normalised at the end.
 *
 * Shape: input [batch, time, embedDim], mask [batch, time]; the same comes out.
 *
 * @throws OptionError for heads that do not divide embedDim; ShapeError for anything but sequences of embedDim features.
 *
 * @example
 * const encoder = new TransformerEncoder({ numLayers: 2, embedDim: 16, heads: 4, normFirst: true });
 * const tokens = tensor([[4, 7, 2], [5, 0, 0]], { dtype: "int32" });
 * const words = new Embedding({ inputDim: 10, outputDim: 16 }).call(tokens);
 * const x = new PositionalEncoding().call(words); // shape [2, 3, 16]
 * encoder.call(x, { mask: paddingMask(tokens) }); // shape [2, 3, 16]
 * encoder.call(x, { causal: true }); // for a language model
 */
export class TransformerEncoder extends TransformerStack<TransformerEncoderLayer, EncoderCall, EncoderResult> {
  constructor(options: TransformerEncoderOptions) {
    super(options, [], callOptions, (own) => new TransformerEncoderLayer(own));
    refuseSurplus("TransformerEncoder", arguments, 1);
  }

  protected override get maskOptions() {
    return { mask: "" };
  }

  compute(x: Tensor, call: EncoderCall): EncoderResult {
    return this.runBlocks(x, (block, inner) => block.call(inner, { ...call, returnWeights: true }));
  }
}
