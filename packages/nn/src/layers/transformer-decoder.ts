/**
 * The transformer's decoder: blocks that look back at what has been written, and across at what the encoder read.
 */

import { OptionError, type Tensor, type TensorLike } from "@chainrule/core";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { asMask, finiteWhereMasked } from "./masks.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import type { LayerNorm } from "./norm.ts";
import { count, type OptionCheck, optional } from "./options.ts";
import {
  type StackOptions,
  TransformerBlock,
  type TransformerLayerOptions,
  TransformerStack,
} from "./transformer-block.ts";

/** What a decoder is called with besides the sequence. Masks are true where one may look. */
export interface DecoderCall {
  /** What the encoder made of its sequence, [batch, S, memoryDim]. Always needed. */
  memory?: TensorLike;
  /** Which steps of the memory are there, [batch, S]. */
  memoryMask?: TensorLike;
  /** Which steps of the sequence itself are there, [batch, time]. */
  mask?: TensorLike;
  /** Who may look at whom within the sequence: [time, time], [batch, time, time] or [batch, heads, time, time]. */
  attentionMask?: TensorLike;
  /** Whether each step sees only itself and those before it; true by default. */
  causal?: boolean;
}

/** What a {@link TransformerDecoderLayer} gives where its weights are asked for. */
export interface DecoderLayerResult {
  readonly output: Tensor;
  /** How much each step looked at each of the memory's, [batch, heads, time, S]. */
  readonly weights: Tensor;
}

/** What a {@link TransformerDecoder} gives where its weights are asked for. */
export interface DecoderResult {
  readonly output: Tensor;
  /** How much each step looked at each of the memory's in each block, [batch, heads, time, S] each. */
  readonly weights: readonly Tensor[];
}

interface MemoryOptions {
  /** The number of features of the memory; embedDim by default. */
  memoryDim?: number;
}

/** The options of a {@link TransformerDecoderLayer}: those of every block, and of the memory that it reads. */
export interface TransformerDecoderLayerOptions extends TransformerLayerOptions, MemoryOptions {}

const memoryOptions: Readonly<Record<keyof MemoryOptions, OptionCheck>> = { memoryDim: optional(count) };
const callOptions = optionNames<DecoderCall>({
  memory: true,
  memoryMask: true,
  mask: true,
  attentionMask: true,
  causal: true,
});

/**
 * A block of the decoder (Vaswani et al. 2017): x ← norm(x + attention(x)), x ← norm(x + attention(x, memory)), then
 * x ← norm(x + network(x)); with `normFirst` the normalisations stand before, as in {@link TransformerEncoderLayer}.
 *
 * Weights: those of `selfAttention`, `selfAttentionNorm`, `crossAttention`, `crossAttentionNorm`, `feedForward.inner`,
 * `feedForward.outer`, `feedForwardNorm`.
 *
 * Shape: input [batch, time, embedDim], memory [batch, S, memoryDim]; output [batch, time, embedDim], weights
 * [batch, heads, time, S].
 *
 * @throws OptionError for a call without memory; ShapeError for anything but sequences of those features.
 *
 * @example
 * const layer = new TransformerDecoderLayer({ embedDim: 16, heads: 4 });
 * layer.call(randn([2, 5, 16]), { memory: randn([2, 7, 16]) }); // shape [2, 5, 16]
 */
export class TransformerDecoderLayer extends TransformerBlock<DecoderCall, DecoderLayerResult> {
  readonly selfAttention: MultiHeadAttention;
  readonly selfAttentionNorm: LayerNorm;
  readonly crossAttention: MultiHeadAttention;
  readonly crossAttentionNorm: LayerNorm;

  constructor(options: TransformerDecoderLayerOptions) {
    super(options, memoryOptions, callOptions);
    refuseSurplus("TransformerDecoderLayer", arguments, 1);
    const { memoryDim = options.embedDim } = options;
    this.selfAttention = new MultiHeadAttention(this.attentionOptions);
    this.selfAttentionNorm = this.newNorm();
    this.crossAttention = new MultiHeadAttention({ ...this.attentionOptions, kdim: memoryDim, vdim: memoryDim });
    this.crossAttentionNorm = this.newNorm();
    this.freezeParts();
  }

  protected override get maskOptions() {
    return { mask: "", memoryMask: "memory" };
  }

  compute(given: Tensor, call: DecoderCall): DecoderLayerResult {
    const { memory, memoryMask, mask, attentionMask, causal = true } = call;
    if (memory === undefined)
      throw new OptionError({
        where: "memory",
        expected: "what the encoder read, as in call(x, { memory })",
        got: "none",
        hint: "A model without an encoder is a TransformerEncoder called with { causal: true }.",
      });
    const x = mask === undefined ? given : finiteWhereMasked(given, asMask("mask", mask, given.shape.slice(0, 2)));
    const back = { keyMask: mask, attentionMask, causal };
    const across = { key: memory, value: memory, keyMask: memoryMask, returnWeights: true } as const;
    let weights!: Tensor;
    const written = this.residual(x, this.selfAttentionNorm, (inner) => this.selfAttention.call(inner, back));
    const read = this.residual(written, this.crossAttentionNorm, (inner) => {
      const result = this.crossAttention.call(inner, across);
      weights = result.weights;
      return result.output;
    });
    const output = this.residual(read, this.feedForwardNorm, (inner) => this.feedForward.call(inner));
    return { output, weights };
  }
}

/** The options of a {@link TransformerDecoder}: those of its blocks, and how many there are. */
export interface TransformerDecoderOptions extends TransformerLayerOptions, MemoryOptions, StackOptions {}

/**
 * Blocks of {@link TransformerDecoderLayer} one after the other, with `normFirst` normalised at the end.
 *
 * Shape: input [batch, time, embedDim], memory [batch, S, memoryDim]; output [batch, time, embedDim].
 *
 * @throws OptionError for a call without memory; ShapeError for anything but sequences of those features.
 *
 * @example
 * const options = { numLayers: 2, embedDim: 16, heads: 4 };
 * const [encoder, decoder] = [new TransformerEncoder(options), new TransformerDecoder(options)];
 * const [source, target] = [randn([2, 7, 16]), randn([2, 5, 16])];
 * const memory = encoder.call(source); // shape [2, 7, 16]
 * decoder.call(target, { memory }); // shape [2, 5, 16]
 * decoder.call(target, { memory, returnWeights: true }).weights; // one [2, 4, 5, 7] for each block
 */
export class TransformerDecoder extends TransformerStack<TransformerDecoderLayer, DecoderCall, DecoderResult> {
  constructor(options: TransformerDecoderOptions) {
    super(options, memoryOptions, callOptions, (own) => new TransformerDecoderLayer(own));
    refuseSurplus("TransformerDecoder", arguments, 1);
  }

  protected override get maskOptions() {
    return { mask: "", memoryMask: "memory" };
  }

  compute(x: Tensor, call: DecoderCall): DecoderResult {
    return this.runBlocks(x, (block, inner) => block.call(inner, { ...call, returnWeights: true }));
  }
}
