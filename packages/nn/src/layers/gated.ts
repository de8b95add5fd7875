/**
 * Gated linear units: one half of the features decides how much of the other half gets through.
 */

import { gelu, OptionError, ShapeError, sigmoid, silu, split, type Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import { type LayerOptions, type OptionTable, unchecked } from "./options.ts";
import { checkAxis } from "./shape.ts";

/** Along which axis a {@link GLU} or its kin halves its input. */
export interface GatedOptions extends LayerOptions {
  /** The axis of the features; the last by default, 1 for channels. */
  axis?: number;
}

const gatedOptions: OptionTable<GatedOptions> = { axis: unchecked };

/** What they share: x = [a, b] along the axis, and y = a ⊗ gate(b). */
abstract class Gated extends Layer {
  readonly axis: number;

  constructor(options: GatedOptions = {}) {
    super(options, gatedOptions);
    refuseSurplus(new.target.name, arguments, 1);
    this.axis = options.axis ?? -1;
    if (!Number.isInteger(this.axis) || this.axis === 0)
      throw new OptionError({
        where: new.target.name,
        expected: "an axis other than the batch's, 0",
        got: describe(options.axis),
      });
  }

  override checkInput(inputShape: BatchShape): void {
    checkAxis(inputShape, this.axis, null);
    const length = inputShape.at(this.axis) ?? null;
    if (length !== null && length % 2 !== 0)
      throw new ShapeError({
        where: "input",
        expected: `an even length along axis ${this.axis}, to be halved`,
        got: `${length} in ${formatBatchShape(inputShape)}`,
      });
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    const length = inputShape.at(this.axis) ?? null;
    return inputShape.with(this.axis, length === null ? null : length / 2);
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  protected abstract gate(x: Tensor): Tensor;

  forward(x: Tensor): Tensor {
    const [a, b] = split(x, 2, this.axis);
    return a.mul(this.gate(b));
  }
}

/**
 * The gated linear unit (Dauphin et al. 2017): x = [a, b] halved along an axis, and y = a ⊗ sigmoid(b).
 *
 * Shape: [batch, .., 2 n] (or 2 n along another axis), and [batch, .., n] comes out.
 *
 * @throws OptionError for the batch's axis; ShapeError for an odd number of features.
 * @example new Sequential([new Dense({ units: 32, inputDim: 8 }), new GLU()]).outputShape([null, 8]); // [null, 16]
 */
export class GLU extends Gated {
  protected gate(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/**
 * {@link GLU} with a GELU for a gate (Shazeer 2020): x = [a, b] halved along an axis, and y = a ⊗ gelu(b).
 *
 * Shape: [batch, .., 2 n] (or 2 n along another axis), and [batch, .., n] comes out.
 *
 * @throws OptionError for the batch's axis; ShapeError for an odd number of features.
 * @example new GEGLU().call([[2, 3, 0, 0]]); // [[0, 0]]
 */
export class GEGLU extends Gated {
  protected gate(x: Tensor): Tensor {
    return gelu(x);
  }
}

/**
 * {@link GLU} with a SiLU for a gate (Shazeer 2020), as recent language models have it: x = [a, b] halved along an axis,
 * and y = a ⊗ silu(b).
 *
 * Shape: [batch, .., 2 n] (or 2 n along another axis), and [batch, .., n] comes out.
 *
 * @throws OptionError for the batch's axis; ShapeError for an odd number of features.
 * @example new SwiGLU({ axis: 1 }).call(randn([2, 8, 5, 5])); // shape [2, 4, 5, 5]
 */
export class SwiGLU extends Gated {
  protected gate(x: Tensor): Tensor {
    return silu(x);
  }
}
