/**
 * Recurrent cells: one step of a recurrence as a formula. The layers that run them along a sequence are in
 * rnn.ts.
 *
 * Of a cell with G gates (the simple cell 1, the LSTM 4, the GRU 3) the weights are `kernel` W [in, G · units] for what
 * comes in, `recurrentKernel` R [units, G · units] for the state, and `bias`, `recurrentBias` [G · units], the gates
 * side by side. That is Keras's layout, in which no step transposes anything, with PyTorch's order of gates and its two
 * biases: PyTorch's `weight_ih` and `weight_hh` are the transposes of W and R, and its biases are these.
 */

import { concat, type Parameter, ShapeError, split, type Tensor, zeros } from "@chainrule/core";
import { type ActivationFunction, type ActivationLike, toActivation } from "../activations.ts";
import type { ConstraintLike } from "../constrained.ts";
import { type InitializerLike, toInitializer } from "../initializers/by-name.ts";
import { orthogonal } from "../initializers/orthogonal.ts";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { optionNames } from "../option-names.ts";
import { type Regularizer, type RegularizerLike, toRegularizer } from "../regularizers.ts";
import { refuseSurplus } from "../surplus.ts";
import {
  activation,
  constraint,
  count,
  flag,
  initializer,
  type KernelOptions,
  kernelOptions,
  type LayerOptions,
  type OptionTable,
  type OwnOptions,
  regularizer,
} from "./options.ts";
import { penaltiesOf } from "./penalties.ts";
import { checkAxis, knownLength } from "./shape.ts";
import { type State, stateOf } from "./state.ts";
import { LayerWithOptions } from "./with-options.ts";

/** The size of a recurrent cell, its activation and its weights. */
export interface CellOptions extends LayerOptions, KernelOptions {
  /** The length of the state, and of the output. */
  units: number;
  /** What the new content passes through; "tanh" by default. */
  activation?: ActivationLike;
  /** Of the weights of the state; "orthogonal" by default. */
  recurrentInitializer?: InitializerLike;
  recurrentRegularizer?: RegularizerLike;
  recurrentConstraint?: ConstraintLike;
}

/** The options of cells with gates: {@link GRUCell}, {@link LSTMCell}. */
export interface GatedCellOptions extends CellOptions {
  /** What the gates pass through; "sigmoid" by default. */
  recurrentActivation?: ActivationLike;
}

/** The options of an {@link LSTMCell}. */
export interface LSTMCellOptions extends GatedCellOptions {
  /** Whether the forget gate's bias starts at 1, so that a new cell remembers; true by default (Jozefowicz 2015). */
  unitForgetBias?: boolean;
}

export const cellOptions: OptionTable<CellOptions> = {
  units: count,
  activation,
  ...kernelOptions,
  recurrentInitializer: initializer,
  recurrentRegularizer: regularizer,
  recurrentConstraint: constraint,
};
export const gatedCellOptions: OptionTable<GatedCellOptions> = { ...cellOptions, recurrentActivation: activation };
export const lstmCellOptions: OptionTable<LSTMCellOptions> = { ...gatedCellOptions, unitForgetBias: flag };

/** What a step may be called with. */
export interface CellCall {
  /** The state before; zeros by default. */
  state?: State;
}

/** What one step of a recurrent cell gives. */
export interface CellResult {
  /** The first part of the state. */
  readonly output: Tensor;
  /** The state after the step, to be given to the next. */
  readonly state: readonly Tensor[];
}

const callOptions = optionNames<CellCall>({ state: true });

/**
 * Base class of recurrent cells, such as {@link GRUCell}: write `step`, and say how many gates and parts of state there are.
 *
 * Shape: input [batch, in] and each part of the state [batch, units]; output [batch, units].
 */
export abstract class RecurrentCell extends LayerWithOptions<CellCall, CellResult, "returnState"> {
  readonly units: number;
  /** How many parts the state has; the first of them is the output. */
  readonly states: number;
  /** How many times `units` columns the weights have. */
  readonly gates: number;
  readonly activation: ActivationFunction;
  /** The weights of the input, [in, gates · units]; there once the cell is built. */
  kernel!: Parameter;
  /** The weights of the state, [units, gates · units]; there once the cell is built. */
  recurrentKernel!: Parameter;
  /** Added to what comes in, [gates · units], or null. */
  bias: Parameter | null = null;
  /** Added to what the state gives, [gates · units], or null. */
  recurrentBias: Parameter | null = null;
  readonly #options: CellOptions;
  readonly #regularizers: readonly (Regularizer | null)[];

  constructor(options: CellOptions, own: OwnOptions, sizes: { gates: number; states: number }) {
    super(options, own, callOptions, "returnState");
    this.units = options.units;
    this.gates = sizes.gates;
    this.states = sizes.states;
    this.activation = toActivation(options.activation ?? "tanh")!;
    this.#options = options;
    this.#regularizers = [options.kernelRegularizer, options.recurrentRegularizer, options.biasRegularizer].map(
      toRegularizer,
    );
  }

  /**
   * One step: the next state, given what comes in (`fromInput`, already multiplied by the weights) and the state.
   *
   * @param dropped the output before as the weights get it, with some of it dropped, for recurrent dropout.
   */
  abstract step(fromInput: Tensor, state: readonly Tensor[], dropped?: Tensor): readonly Tensor[];

  /** x W + b, for one step or for all steps of a sequence at once. */
  project(x: Tensor): Tensor {
    const product = x.matmul(this.kernel);
    return this.bias ? product.add(this.bias) : product;
  }

  /** h R + b: what the output before gives. */
  protected projectState(h: Tensor): Tensor {
    const product = h.matmul(this.recurrentKernel);
    return this.recurrentBias ? product.add(this.recurrentBias) : product;
  }

  override build(inputShape: BatchShape): void {
    const { useBias = true, biasInitializer = "zeros" } = this.#options;
    // A bundle knows the name only where it has the function for another reason.
    const { kernelInitializer = "glorot_uniform", recurrentInitializer = orthogonal() } = this.#options;
    const columns = this.gates * this.units;
    const { kernelConstraint, recurrentConstraint, biasConstraint } = this.#options;
    const shape = [knownLength(inputShape, -1), columns];
    this.kernel = this.addWeight(shape, kernelInitializer, undefined, kernelConstraint);
    this.recurrentKernel = this.addWeight([this.units, columns], recurrentInitializer, undefined, recurrentConstraint);
    if (!useBias) return;
    this.bias = this.addWeight([columns], this.inputBias(biasInitializer), undefined, biasConstraint);
    this.recurrentBias = this.addWeight([columns], biasInitializer, undefined, biasConstraint);
  }

  /** How the bias of what comes in starts. */
  protected inputBias(initializer: InitializerLike): InitializerLike {
    return initializer;
  }

  override checkInput(inputShape: BatchShape): void {
    if (inputShape.length !== 2)
      throw new ShapeError({
        where: "input",
        expected: "one step, of shape [batch, features]",
        got: formatBatchShape(inputShape),
        hint: inputShape.length === 3 ? "For whole sequences use the layer: LSTM, GRU, SimpleRNN or RNN." : undefined,
      });
    checkAxis(inputShape, 1, this.built ? this.kernel.shape[0] : (this.inputShape?.[1] ?? null));
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    return [inputShape[0], this.units];
  }

  /** A state of zeros for a batch. */
  initialState(batch: number, dtype: Tensor["dtype"] = this.dtype): Tensor[] {
    return Array.from({ length: this.states }, () => zeros([batch, this.units], { dtype }));
  }

  compute(x: Tensor, { state }: CellCall): CellResult {
    const fromInput = this.project(x);
    const before =
      state === undefined
        ? this.initialState(x.shape[0], fromInput.dtype)
        : stateOf(state, this.states, [x.shape[0], this.units]);
    const after = this.step(fromInput, before);
    return { output: after[0], state: after };
  }

  protected override ownPenalties(): Tensor[] {
    const [kernel, recurrent, bias] = this.#regularizers;
    return penaltiesOf(
      [kernel, this.kernel],
      [recurrent, this.recurrentKernel],
      [bias, this.bias],
      [bias, this.recurrentBias],
    );
  }
}

/**
 * The simple recurrence (Elman 1990): h' = tanh(x W + b + h R + b').
 *
 * Weights: `kernel` W [in, units], `recurrentKernel` R [units, units], `bias` and `recurrentBias` [units].
 *
 * Shape: input [batch, in], state h [batch, units]; output h' [batch, units].
 *
 * @throws OptionError for unknown options; ShapeError for anything but one step.
 *
 * @example
 * const cell = new SimpleRNNCell({ units: 8 });
 * const { output, state } = cell.call(randn([2, 3]), { returnState: true });
 * cell.call(randn([2, 3]), { state }); // shape [2, 8]
 */
export class SimpleRNNCell extends RecurrentCell {
  constructor(options: CellOptions) {
    super(options, cellOptions, { gates: 1, states: 1 });
    refuseSurplus("SimpleRNNCell", arguments, 1);
    this.buildIfKnown();
  }

  step(fromInput: Tensor, [h]: readonly Tensor[], dropped = h): readonly Tensor[] {
    return [this.activation(fromInput.add(this.projectState(dropped)))];
  }
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000):
 *
 *     i = σ(x Wᵢ + h Rᵢ + bᵢ)      what to write
 *     f = σ(x W_f + h R_f + b_f)   what to keep
 *     g = tanh(x W_g + h R_g + b_g)
 *     o = σ(x Wₒ + h Rₒ + bₒ)      what to show
 *     c' = f c + i g               h' = o tanh(c')
 *
 * Weights: `kernel` [in, 4 units], `recurrentKernel` [units, 4 units], `bias` and `recurrentBias` [4 units] (every b
 * above is the sum of both), columns in the order i, f, g, o: PyTorch's, and Keras's.
 *
 * Shape: input [batch, in], state [h, c] of [batch, units] each; output h' [batch, units].
 *
 * @throws OptionError for unknown options; ShapeError for anything but one step.
 *
 * @example
 * const cell = new LSTMCell({ units: 8 });
 * let state = cell.initialState(2);
 * for (const x of [randn([2, 3]), randn([2, 3])]) ({ state } = cell.call(x, { state, returnState: true }));
 */
export class LSTMCell extends RecurrentCell {
  readonly recurrentActivation: ActivationFunction;
  readonly #unitForgetBias: boolean;

  constructor(options: LSTMCellOptions) {
    super(options, lstmCellOptions, { gates: 4, states: 2 });
    refuseSurplus("LSTMCell", arguments, 1);
    this.recurrentActivation = toActivation(options.recurrentActivation ?? "sigmoid")!;
    this.#unitForgetBias = options.unitForgetBias ?? true;
    this.buildIfKnown();
  }

  protected override inputBias(initializer: InitializerLike): InitializerLike {
    if (!this.#unitForgetBias) return initializer;
    const [others, ones] = [toInitializer(initializer), toInitializer("ones")];
    return ([columns], options) => {
      const units = columns / 4;
      return concat([others([units], options), ones([units], options), others([2 * units], options)]);
    };
  }

  step(fromInput: Tensor, [h, c]: readonly Tensor[], dropped = h): readonly Tensor[] {
    const [i, f, g, o] = split(fromInput.add(this.projectState(dropped)), 4, -1);
    const gate = this.recurrentActivation;
    const cell = gate(f)
      .mul(c)
      .add(gate(i).mul(this.activation(g)));
    return [gate(o).mul(this.activation(cell)), cell];
  }
}

/**
 * The gated recurrent unit (Cho et al. 2014), with the reset gate after the product, as PyTorch and Keras have it:
 *
 *     r = σ(x W_r + b_r + h R_r + b'_r)           what of the state to use
 *     z = σ(x W_z + b_z + h R_z + b'_z)           what of the state to keep
 *     n = tanh(x Wₙ + bₙ + r (h Rₙ + b'ₙ))
 *     h' = (1 - z) n + z h
 *
 * Weights: `kernel` [in, 3 units], `recurrentKernel` [units, 3 units], `bias` b and `recurrentBias` b' [3 units],
 * columns in the order r, z, n: PyTorch's (Keras has z, r, n).
 *
 * Shape: input [batch, in], state h [batch, units]; output h' [batch, units].
 *
 * @throws OptionError for unknown options; ShapeError for anything but one step.
 *
 * @example
 * const cell = new GRUCell({ units: 8 });
 * cell.call(randn([2, 3])); // shape [2, 8]
 */
export class GRUCell extends RecurrentCell {
  readonly recurrentActivation: ActivationFunction;

  constructor(options: GatedCellOptions) {
    super(options, gatedCellOptions, { gates: 3, states: 1 });
    refuseSurplus("GRUCell", arguments, 1);
    this.recurrentActivation = toActivation(options.recurrentActivation ?? "sigmoid")!;
    this.buildIfKnown();
  }

  step(fromInput: Tensor, [h]: readonly Tensor[], dropped = h): readonly Tensor[] {
    const gate = this.recurrentActivation;
    const [xr, xz, xn] = split(fromInput, 3, -1);
    const [hr, hz, hn] = split(this.projectState(dropped), 3, -1);
    const r = gate(xr.add(hr));
    const z = gate(xz.add(hz));
    const n = this.activation(xn.add(r.mul(hn)));
    return [n.add(z.mul(h.sub(n)))];
  }
}
