/**
 * Residual connections: layers that learn what to add to their input.
 */

import { OptionError, ShapeError, type Tensor } from "@chainrule/core";
import { formatShape, sameShape } from "@chainrule/core/internal";
import type { BatchShape } from "../module/batch-shape.ts";
import type { Module } from "../module/module.ts";
import { refuseSurplus } from "../surplus.ts";
import { Layer } from "./layer.ts";
import { type LayerOptions, type OptionTable, unchecked } from "./options.ts";
import { toModule } from "./shaping.ts";

/** What can stand in a residual connection. */
type Part = Module | ((x: Tensor) => Tensor);

/** What leads around the layers of a {@link Residual}. */
export interface ResidualOptions extends LayerOptions {
  /** What brings the input into the output's shape, such as a convolution with a kernel of 1; by default nothing. */
  shortcut?: Part;
}

const residualOptions: OptionTable<ResidualOptions> = { shortcut: unchecked };

/**
 * x + f(x), or shortcut(x) + f(x), where f is one layer or several one after the other (He et al. 2016).
 *
 * For layers that take a mask, write the sum in a `forward` of your own: `x.add(layer.call(x, { mask }))`.
 *
 * Shape: any that f (and the shortcut) keeps the same.
 *
 * @throws ShapeError where f(x) has another shape than what it is added to.
 *
 * @example
 * const conv = () => new Conv2d({ filters: 8, kernelSize: 3, padding: "same" });
 * const block = new Residual([conv(), new Activation("relu"), conv()]);
 * block.call(randn([2, 8, 6, 6])); // shape [2, 8, 6, 6]
 */
export class Residual extends Layer {
  readonly layers: readonly Module[];
  readonly shortcut: Module | null;

  constructor(layers: Part | readonly Part[], options: ResidualOptions = {}) {
    super(options, residualOptions);
    refuseSurplus("Residual", arguments, 2);
    this.layers = [layers].flat().map(toModule);
    if (this.layers.length === 0)
      throw new OptionError({ where: "Residual", expected: "at least one layer", got: "none" });
    this.shortcut = options.shortcut === undefined ? null : toModule(options.shortcut);
    this.buildIfKnown();
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.layers, ...super.constructorArguments()];
  }

  override build(inputShape: BatchShape): void {
    let shape = inputShape;
    for (const layer of this.layers) {
      if (!(layer instanceof Layer)) break;
      layer.ensureBuilt(shape);
      shape = layer.outputShape(shape);
    }
    if (this.shortcut instanceof Layer) this.shortcut.ensureBuilt(inputShape);
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return mask;
  }

  forward(x: Tensor): Tensor {
    const added = this.layers.reduce((y, layer) => layer.call(y), x);
    const direct = this.shortcut ? this.shortcut.call(x) : x;
    if (!sameShape(added.shape, direct.shape))
      throw new ShapeError({
        where: "sum",
        expected: `what the layers return in the shape of ${this.shortcut ? "the shortcut" : "the input"}, ${formatShape(direct.shape)}`,
        got: formatShape(added.shape),
        hint: "Give a shortcut that brings the input into this shape.",
      });
    return direct.add(added);
  }
}
