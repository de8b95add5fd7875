/**
 * A recurrent layer in both directions, so that every step knows what comes before and after it.
 */

import { concat, OptionError, type Tensor } from "@chainrule/core";
import { describe, lookUp } from "@chainrule/core/internal";
import { type BatchShape, checkInputShape } from "../module/batch-shape.ts";
import { refuseSurplus } from "../surplus.ts";
import { type LayerOptions, type OptionTable, unchecked } from "./options.ts";
import { RNN, type SequenceCall, SequenceLayer, type SequenceResult } from "./rnn.ts";

const merges = {
  concat: (ahead: Tensor, back: Tensor) => concat([ahead, back], -1),
  sum: (ahead: Tensor, back: Tensor) => ahead.add(back),
  mean: (ahead: Tensor, back: Tensor) => ahead.add(back).div(2),
};

/** What goes backwards in a {@link Bidirectional}, and how both directions are merged. */
export interface BidirectionalOptions extends LayerOptions {
  /** How the outputs of both directions become one; "concat" by default. */
  merge?: keyof typeof merges;
  /** The layer that goes backwards; by default one like the first, with weights of its own. */
  backwardLayer?: RNN;
}

const bidirectionalOptions: OptionTable<BidirectionalOptions> = { merge: unchecked, backwardLayer: unchecked };

/**
 * Runs one recurrent layer from the first step to the last, another from the last to the first, and merges the outputs
 * step by step (Schuster & Paliwal 1997).
 *
 * A mask works in both directions: going backwards, padding at the end comes first, and leaves the state at its
 * beginning until the last real step, so that each sequence is reversed within its own length.
 *
 * Shape: input [batch, time, in], mask [batch, time]; output [batch, 2 units] (with "sum" and "mean" units), or if the
 * layers return sequences [batch, time, 2 units]. The state is that of the first layer, then that of the second.
 *
 * @throws OptionError for anything but two recurrent layers of opposite directions that return the same.
 *
 * @example
 * const layer = new Bidirectional(new LSTM({ units: 8, returnSequences: true }));
 * layer.call(randn([2, 5, 3])); // shape [2, 5, 16]
 */
export class Bidirectional extends SequenceLayer {
  readonly forwardLayer: RNN;
  readonly backwardLayer: RNN;
  readonly merge: keyof typeof merges;

  constructor(layer: RNN, options: BidirectionalOptions = {}) {
    super(options, bidirectionalOptions);
    refuseSurplus("Bidirectional", arguments, 2);
    const where = "Bidirectional";
    for (const each of [layer, options.backwardLayer ?? layer])
      if (!(each instanceof RNN))
        throw new OptionError({ where, expected: "a recurrent layer, such as LSTM", got: describe(each) });
    this.forwardLayer = layer;
    this.backwardLayer = options.backwardLayer ?? layer.reversed();
    this.merge = options.merge ?? "concat";
    lookUp(`${where}, merge`, merges, this.merge);
    if (layer.goBackwards || !this.backwardLayer.goBackwards)
      throw new OptionError({
        where,
        expected: "one layer that goes forwards, and a backwardLayer with goBackwards",
        got: `goBackwards ${layer.goBackwards} and ${this.backwardLayer.goBackwards}`,
      });
    if (layer.returnSequences !== this.backwardLayer.returnSequences)
      throw new OptionError({
        where,
        expected: "both layers to return sequences, or neither",
        got: `returnSequences ${layer.returnSequences} and ${this.backwardLayer.returnSequences}`,
      });
    if (this.merge !== "concat" && layer.cell.units !== this.backwardLayer.cell.units)
      throw new OptionError({
        where,
        expected: `as many units in both directions, to merge them by ${this.merge}`,
        got: `${layer.cell.units} and ${this.backwardLayer.cell.units}`,
      });
    this.buildIfKnown();
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.forwardLayer, ...super.constructorArguments()];
  }

  override build(inputShape: BatchShape): void {
    this.forwardLayer.ensureBuilt(inputShape);
    this.backwardLayer.ensureBuilt(inputShape);
  }

  override checkInput(inputShape: BatchShape): void {
    this.forwardLayer.checkInput(inputShape);
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    const ahead = this.forwardLayer.outputShape(inputShape);
    const more = this.merge === "concat" ? this.backwardLayer.cell.units : 0;
    return ahead.with(-1, this.forwardLayer.cell.units + more);
  }

  /** Makes stateful layers start from zeros again. */
  resetState(): void {
    this.forwardLayer.resetState();
    this.backwardLayer.resetState();
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    return this.forwardLayer.returnSequences ? mask : null;
  }

  compute(x: Tensor, { mask, state }: SequenceCall): SequenceResult {
    const parts = this.forwardLayer.cell.states;
    const given = state === undefined ? undefined : [state].flat();
    const call = { mask, returnState: true } as const;
    const ahead = this.forwardLayer.call(x, { ...call, state: given?.slice(0, parts) });
    const back = this.backwardLayer.call(x, { ...call, state: given?.slice(parts) });
    const inOrder = this.backwardLayer.returnSequences ? back.output.flip(1) : back.output;
    return {
      output: merges[this.merge](ahead.output, inOrder),
      state: [...ahead.state, ...back.state],
    };
  }
}
