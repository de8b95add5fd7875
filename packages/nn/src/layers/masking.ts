/**
 * The layer with which masks begin: steps of sequences that say nothing.
 */

import { OptionError, ShapeError, type Tensor, where } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { isFiniteNumber } from "../number-checks.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import { attach } from "./mask-passing.ts";
import { type LayerOptions, type OptionTable, optional } from "./options.ts";

/** What a {@link Masking} takes for nothing. */
export interface MaskingOptions extends LayerOptions {
  /** A step whose features all have this value is not there; 0 by default. */
  maskValue?: number;
}

const maskingOptions: OptionTable<MaskingOptions> = {
  maskValue: optional((where, name, value) => {
    if (!isFiniteNumber(value)) throw new OptionError({ where, expected: `${name} as a number`, got: describe(value) });
  }),
};

/**
 * Masks the steps whose features all have one value: maskᵢₜ = any(xᵢₜ ≠ maskValue), and y = x where the mask is true,
 * else 0.
 *
 * The mask goes on with the output by itself. Layers that work step by step (dense layers, activations, dropout,
 * normalisation of features, attention) pass it on; recurrent layers, attention, transformers and global pooling of
 * sequences take it where their call has no `mask`; `fit` leaves masked steps out of loss and metrics. A layer that can do
 * neither says once that the mask ends there. What is computed outside of layers has no mask, see {@link maskOf}.
 *
 * Shape: input [batch, time, .., features], and the same comes out, with a mask [batch, time, ..].
 *
 * @throws ShapeError for inputs without steps.
 *
 * @example
 * const model = new Sequential([new Masking({ inputShape: [null, 3] }), new LSTM({ units: 8 }), new Dense(1)]);
 * model.call(pad(randn([2, 3, 3]), [[0, 0], [0, 2], [0, 0]])); // shape [2, 1]: the last two steps are skipped
 */
export class Masking extends Layer {
  readonly maskValue: number;

  constructor(options: MaskingOptions = {}) {
    super(options, maskingOptions);
    refuseSurplus("Masking", arguments, 1);
    this.maskValue = options.maskValue ?? 0;
  }

  override checkInput(inputShape: BatchShape): void {
    if (inputShape.length < 3)
      throw new ShapeError({
        where: "input",
        expected: "sequences, [batch, time, features]",
        got: formatBatchShape(inputShape),
        hint:
          inputShape.length === 2
            ? "Of one number per step make [batch, time, 1] with unsqueeze(-1); tokens are masked by an Embedding with { maskZero: true }."
            : undefined,
      });
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return inputShape;
  }

  forward(x: Tensor): Tensor {
    const mask = x.notEqual(this.maskValue).any(-1);
    return attach(where(mask.unsqueeze(-1), x, 0), mask);
  }
}
