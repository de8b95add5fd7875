/**
 * A layer for single examples, applied to every step of sequences.
 */

import { ShapeError, type Tensor } from "@chainrule/core";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { inferOutputShape } from "../module/infer-output-spec.ts";
import type { Module } from "../module/module.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import type { LayerOptions } from "./options.ts";
import { toModule } from "./shaping.ts";

/**
 * The same layer at every step: y[n, t] = layer(x[n, t]). All steps of all examples are one batch for the layer, so that
 * a `BatchNorm` in it normalises over both.
 *
 * Shape: input [batch, time, ..], output [batch, time, ..] with what the layer makes of [batch, ..].
 *
 * @param layer a layer, a module of one input, or a function of a tensor.
 * @throws ShapeError for inputs without a time axis, and for a layer that changes the number of examples.
 *
 * @example
 * const frames = new TimeDistributed(new Conv2d({ filters: 4, kernelSize: 3 }));
 * frames.call(randn([2, 5, 1, 8, 8])); // shape [2, 5, 4, 6, 6]
 */
export class TimeDistributed extends Layer {
  readonly layer: Module;

  constructor(layer: Module | ((x: Tensor) => Tensor), options: LayerOptions = {}) {
    super(options);
    refuseSurplus("TimeDistributed", arguments, 2);
    this.layer = toModule(layer);
    this.buildIfKnown();
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.layer, ...super.constructorArguments()];
  }

  override build(inputShape: BatchShape): void {
    if (this.layer instanceof Layer) this.layer.ensureBuilt(stepsOf(inputShape));
  }

  override checkInput(inputShape: BatchShape): void {
    if (inputShape.length < 3)
      throw new ShapeError({
        where: "input",
        expected: "sequences, [batch, time, ..]",
        got: formatBatchShape(inputShape),
        hint: inputShape.length === 2 ? "Of one number per step make [batch, time, 1] with unsqueeze(-1)." : undefined,
      });
    if (this.layer instanceof Layer) this.layer.checkInput(stepsOf(inputShape));
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    this.ensureBuilt(inputShape);
    const steps = stepsOf(inputShape);
    const made = this.layer instanceof Layer ? this.layer.outputShape(steps) : inferOutputShape(this.layer, steps);
    return [inputShape[0], inputShape[1], ...(made ?? steps).slice(1)];
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    const [batch, time, ...rest] = x.shape;
    const y = this.layer.call(x.reshape([batch * time, ...rest]));
    if (y.rank === 0 || y.shape[0] !== batch * time)
      throw new ShapeError({
        where: "layer",
        expected: `an output for each of the ${batch * time} steps`,
        got: formatBatchShape(y.shape),
      });
    return y.reshape([batch, time, ...y.shape.slice(1)]);
  }
}

/** One step of the sequences. */
function stepsOf(inputShape: BatchShape): BatchShape {
  return [null, ...inputShape.slice(2)];
}
