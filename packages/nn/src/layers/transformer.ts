/**
 * The whole transformer, as in the paper: an encoder that reads one sequence, and a decoder that writes another.
 */

import { OptionError, type Tensor, type TensorLike } from "@chainrule/core";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { checkSequences } from "./multi-head-attention.ts";
import { count, flag, mergeOptions, type OptionCheck, optional, pickOptions, requireOptions } from "./options.ts";
import { blockOptions, type TransformerLayerOptions } from "./transformer-block.ts";
import { type DecoderCall, TransformerDecoder } from "./transformer-decoder.ts";
import { TransformerEncoder } from "./transformer-encoder.ts";
import { LayerWithOptions } from "./with-options.ts";

interface Depths {
  /** How many blocks the encoder has; 6 by default. */
  numEncoderLayers?: number;
  /** How many blocks the decoder has; 6 by default. */
  numDecoderLayers?: number;
  /** Whether encoder and decoder normalise what comes out last; true by default, as in PyTorch. */
  finalNorm?: boolean;
}

/** The options of a {@link Transformer}: those of its blocks, and how many there are. */
export interface TransformerOptions extends TransformerLayerOptions, Depths {}

const depths: Readonly<Record<keyof Depths, OptionCheck>> = {
  numEncoderLayers: optional(count),
  numDecoderLayers: optional(count),
  finalNorm: flag,
};

/** What a transformer is called with besides the sequence that it reads. Masks are true where one may look. */
export interface TransformerCall {
  /** What has been written so far, [batch, T, embedDim]. Always needed. */
  target?: TensorLike;
  /** Which steps of what is read are there, [batch, S]. */
  mask?: TensorLike;
  /** Which steps of the target are there, [batch, T]. */
  targetMask?: TensorLike;
  /** Who may look at whom within what is read: [S, S], [batch, S, S] or [batch, heads, S, S]. */
  attentionMask?: TensorLike;
  /** The same within the target. */
  targetAttentionMask?: TensorLike;
  /** Whether each step of the target sees only itself and those before it; true by default. */
  causal?: boolean;
}

const callOptions = optionNames<TransformerCall>({
  target: true,
  mask: true,
  targetMask: true,
  attentionMask: true,
  targetAttentionMask: true,
  causal: true,
});

/**
 * y = decoder(target, encoder(x)) (Vaswani et al. 2017): {@link TransformerEncoder} and {@link TransformerDecoder} together.
 * Embeddings, positions and what makes words of the output stand around it.
 *
 * Weights: those of `encoder` and `decoder`. Shape: input [batch, S, embedDim], target [batch, T, embedDim]; output
 * [batch, T, embedDim].
 *
 * @throws OptionError for a call without target, and heads that do not divide embedDim; ShapeError for anything but
 *   sequences of embedDim features.
 *
 * @example
 * const transformer = new Transformer({ embedDim: 16, heads: 4, numEncoderLayers: 2, numDecoderLayers: 2 });
 * transformer.call(randn([2, 7, 16]), { target: randn([2, 5, 16]) }); // shape [2, 5, 16]
 */
export class Transformer extends LayerWithOptions<TransformerCall> {
  readonly embedDim: number;
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;

  constructor(options: TransformerOptions) {
    requireOptions("Transformer", options, mergeOptions(blockOptions, depths));
    super(options, mergeOptions(blockOptions, depths), callOptions);
    refuseSurplus("Transformer", arguments, 1);
    const { numEncoderLayers = 6, numDecoderLayers = 6, finalNorm = true } = options;
    const shared = pickOptions<TransformerLayerOptions>(options, blockOptions);
    this.embedDim = options.embedDim;
    this.encoder = new TransformerEncoder({ ...shared, numLayers: numEncoderLayers, finalNorm });
    this.decoder = new TransformerDecoder({ ...shared, numLayers: numDecoderLayers, finalNorm });
    this.freezeParts();
  }

  protected override get maskOptions() {
    return { mask: "", targetMask: "target" };
  }

  override checkInput(inputShape: BatchShape): void {
    checkSequences("input", inputShape, this.embedDim);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    // For a target as long as what is read: how long it is, the call says.
    return inputShape;
  }

  /** That of what is read ends here: what comes out has the target's steps. */
  override computeMask(): null {
    return null;
  }

  compute(x: Tensor, call: TransformerCall): { output: Tensor } {
    const { target, mask, targetMask, attentionMask, targetAttentionMask, causal } = call;
    if (target === undefined)
      throw new OptionError({
        where: "target",
        expected: "what has been written so far, as in call(x, { target })",
        got: "none",
        hint: "A model that writes nothing is a TransformerEncoder.",
      });
    const memory = this.encoder.call(x, { mask, attentionMask });
    const across: DecoderCall = {
      memory,
      memoryMask: mask,
      mask: targetMask,
      attentionMask: targetAttentionMask,
      causal,
    };
    return { output: this.decoder.call(target, across) };
  }
}
