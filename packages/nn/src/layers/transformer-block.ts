/**
 * What the blocks of transformers share: their options, the small network, and a residual connection around each part.
 */
import type { Tensor } from "@chainrule/core";
import type { ActivationLike } from "../activations.ts";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { Dense } from "./dense.ts";
import { Dropout } from "./dropout.ts";
import { Layer } from "./layer.ts";
import { checkSequences } from "./multi-head-attention.ts";
import { LayerNorm } from "./norm.ts";
import {
  activation,
  count,
  dropoutRate,
  epsilon,
  flag,
  type LayerOptions,
  mergeOptions,
  type OptionCheck,
  type OptionTable,
  type OwnOptions,
  optional,
  pickOptions,
} from "./options.ts";
import { LayerWithOptions } from "./with-options.ts";

/** The sizes of a block of a transformer, its activation and where it normalises. */
export interface TransformerLayerOptions extends LayerOptions {
  /** The number of features of the sequences. */
  embedDim: number;
  /** How many attentions stand side by side; they divide embedDim. */
  heads: number;
  /** How wide the network within a block is; 4 · embedDim by default. */
  feedForwardDim?: number;
  /** The share dropped in training: of attention weights, within the network, and after each part; 0.1 by default. */
  dropout?: number;
  /** Within the network, by name or as a function; "relu" by default, "gelu" in later models. */
  activation?: ActivationLike;
  /**
   * Whether each part normalises what goes into it (pre-norm, as GPT-2: steadier to train) or, the default, the sum that
   * comes out (post-norm, as in the paper).
   */
  normFirst?: boolean;
  /** Of the normalisations; 1e-5 by default. */
  eps?: number;
}

/** What {@link TransformerLayerOptions} may be. */
export const blockOptions: OptionTable<TransformerLayerOptions> = {
  embedDim: count,
  heads: count,
  feedForwardDim: optional(count),
  dropout: optional(dropoutRate),
  activation,
  normFirst: flag,
  eps: epsilon,
};

/** The network within a block, at each step by itself: activation(x W₁ + b₁) W₂ + b₂. */
export class FeedForward extends Layer {
  readonly inner: Dense;
  readonly dropout: Dropout;
  readonly outer: Dense;

  constructor(options: TransformerLayerOptions) {
    const { embedDim, feedForwardDim = 4 * embedDim, activation = "relu", dropout = 0.1, ...rest } = options;
    super();
    const shared = pickOptions(rest, []);
    this.inner = new Dense({ ...shared, units: feedForwardDim, inputDim: embedDim, activation });
    this.dropout = new Dropout(dropout, { generator: options.generator });
    this.outer = new Dense({ ...shared, units: embedDim, inputDim: feedForwardDim });
  }

  forward(x: Tensor): Tensor {
    return this.outer.call(this.dropout.call(this.inner.call(x)));
  }
}

/** Base class of both kinds of blocks. */
export abstract class TransformerBlock<
  CallOptions extends object,
  Full extends { readonly output: Tensor },
> extends LayerWithOptions<CallOptions, Full, "returnWeights"> {
  readonly embedDim: number;
  readonly normFirst: boolean;
  readonly feedForward: FeedForward;
  readonly feedForwardNorm: LayerNorm;
  readonly dropout: Dropout;
  readonly #options: TransformerLayerOptions;

  constructor(options: TransformerLayerOptions, own: OwnOptions, callOptions: readonly string[]) {
    super(options, mergeOptions(blockOptions, own), callOptions, "returnWeights");
    this.#options = options;
    this.embedDim = options.embedDim;
    this.normFirst = options.normFirst ?? false;
    this.dropout = new Dropout(options.dropout ?? 0.1, { generator: options.generator });
    this.feedForward = new FeedForward(options);
    this.feedForwardNorm = this.newNorm();
  }

  /** What the attentions of the block are made with. */
  protected get attentionOptions() {
    const { embedDim, heads, dropout = 0.1, ...rest } = this.#options;
    return { ...pickOptions(rest, []), embedDim, heads, dropout };
  }

  /** A normalisation with the block's options. */
  protected newNorm(): LayerNorm {
    return newNorm(this.#options);
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  /** A part of the block with its residual connection: x + f(norm(x)) or norm(x + f(x)). */
  protected residual(x: Tensor, norm: LayerNorm, f: (x: Tensor) => Tensor): Tensor {
    return this.normFirst ? x.add(this.dropout.call(f(norm.call(x)))) : norm.call(x.add(this.dropout.call(f(x))));
  }

  override checkInput(inputShape: BatchShape): void {
    checkSequences("input", inputShape, this.embedDim);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return inputShape;
  }
}

function newNorm({ embedDim, eps = 1e-5, ...rest }: TransformerLayerOptions): LayerNorm {
  return new LayerNorm({ ...pickOptions<LayerOptions>(rest, []), inputDim: embedDim, eps });
}

/** What blocks one after the other have besides. */
export interface StackOptions {
  /** How many blocks there are. */
  numLayers: number;
  /** Whether to normalise what comes out last; by default only with `normFirst`, where no block does. */
  finalNorm?: boolean;
}

const stackOptions: Readonly<Record<keyof StackOptions, OptionCheck>> = { numLayers: count, finalNorm: flag };

/** Base class of blocks one after the other. */
export abstract class TransformerStack<
  Block extends Layer,
  CallOptions extends object,
  Full extends { readonly output: Tensor },
> extends LayerWithOptions<CallOptions, Full, "returnWeights"> {
  readonly embedDim: number;
  readonly layers: readonly Block[];
  readonly norm: LayerNorm | null;

  constructor(
    options: TransformerLayerOptions & StackOptions,
    own: OwnOptions,
    callOptions: readonly string[],
    make: (options: TransformerLayerOptions) => Block,
  ) {
    super(options, mergeOptions(blockOptions, stackOptions, own), callOptions, "returnWeights");
    const { numLayers, finalNorm = options.normFirst ?? false } = options;
    this.embedDim = options.embedDim;
    this.layers = Array.from({ length: numLayers }, () => make(pickOptions(options, mergeOptions(blockOptions, own))));
    this.norm = finalNorm ? newNorm(options) : null;
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  /** Sends `x` through all blocks; `run` calls one of them. */
  protected runBlocks<Weights>(
    x: Tensor,
    run: (block: Block, x: Tensor) => { output: Tensor; weights: Weights },
  ): { output: Tensor; weights: Weights[] } {
    let output = x;
    const weights = this.layers.map((block) => {
      const result = run(block, output);
      output = result.output;
      return result.weights;
    });
    return { output: this.norm ? this.norm.call(output) : output, weights };
  }

  override checkInput(inputShape: BatchShape): void {
    checkSequences("input", inputShape, this.embedDim);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return inputShape;
  }
}
