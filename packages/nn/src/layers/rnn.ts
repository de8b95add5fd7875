/**
 * The recurrence: a cell run along sequences, one step after the other.
 */

import {
  bernoulli,
  buffer,
  type DType,
  everyRun,
  OptionError,
  type Parameter,
  ShapeError,
  stack,
  Tensor,
  type TensorLike,
  where,
  zerosLike,
} from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { type BatchShape, checkInputShape, formatBatchShape } from "../module/batch-shape.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { RecurrentCell } from "./cells.ts";
import { asMask, withoutMasked } from "./masks.ts";
import {
  count,
  dropoutRate,
  flag,
  type LayerOptions,
  mergeOptions,
  type OptionTable,
  type OwnOptions,
  optional,
  requireOptions,
} from "./options.ts";
import { checkAxis } from "./shape.ts";
import { type State, stateOf } from "./state.ts";
import { LayerWithOptions } from "./with-options.ts";

/** What the layers add to the options of their cells. */
export interface SequenceOptions extends LayerOptions {
  /** Whether to return the output of every step; false by default, for that of the last. */
  returnSequences?: boolean;
  /** Whether to go from the last step to the first, and return outputs in that order, as Keras does. */
  goBackwards?: boolean;
  /** Whether each call goes on from the state in which the one before ended, until `resetState`. */
  stateful?: boolean;
  /** How many layers there are, each reading all outputs of the one before, PyTorch's `num_layers`; 1 by default. */
  numLayers?: number;
  /** The share of input features that are dropped in training, the same ones at every step. */
  dropout?: number;
  /** The share of the state that the weights do not get to see in training, the same at every step. */
  recurrentDropout?: number;
}

/** Their checks. */
export const sequenceOptions: OptionTable<SequenceOptions> = {
  returnSequences: flag,
  goBackwards: flag,
  stateful: flag,
  numLayers: optional(count),
  dropout: optional(dropoutRate),
  recurrentDropout: optional(dropoutRate),
};

/** What a recurrent layer may be called with. */
export interface SequenceCall {
  /** Which steps are there, [batch, time] of truth values; a step that is not leaves the state as it was. */
  mask?: TensorLike;
  /** The state to start from; zeros by default. */
  state?: State;
}

/** What a recurrence along sequences gives where its state is asked for. */
export interface SequenceResult {
  /** [batch, time, units] or [batch, units]. */
  readonly output: Tensor;
  /** The state after the last step. */
  readonly state: readonly Tensor[];
}

const callOptions = optionNames<SequenceCall>({ mask: true, state: true });

/**
 * A layer over sequences with a state, such as {@link LSTM}; {@link Bidirectional} is one too.
 *
 * Shape: input [batch, steps, in], output [batch, units], or with `returnSequences` [batch, steps, units].
 */
export abstract class SequenceLayer extends LayerWithOptions<SequenceCall, SequenceResult, "returnState"> {
  constructor(options: LayerOptions, own: OwnOptions) {
    requireOptions(new.target.name, options);
    super(sequenceShape(options), own, callOptions, "returnState");
  }

  protected override get maskOptions() {
    return { mask: "" };
  }
}

/** Of sequences, `inputDim` is the number of features of each step, whatever the number of steps. */
function sequenceShape({ inputDim, ...options }: LayerOptions): LayerOptions {
  return inputDim === undefined || options.inputShape
    ? { ...options, inputDim }
    : { ...options, inputShape: [null, inputDim] };
}

/**
 * Runs a cell along sequences: stateₜ = step(xₜ, stateₜ₋₁), and the output is the first part of the state.
 *
 * A `mask` says which steps are there. Where it is false the state, and with it the output, stays what it was before,
 * so that padding at the end changes neither the last output nor anything before it. Padding at the beginning is
 * skipped in the same way.
 *
 * Dropout draws once for a whole sequence (Gal & Ghahramani 2016).
 *
 * Shape: input [batch, time, in], mask [batch, time], each part of the state [batch, units]; output [batch, units], or
 * with `returnSequences` [batch, time, units].
 *
 * @throws OptionError for unknown options; ShapeError for anything but sequences, and for a stateful layer whose batch
 *   has another size than the one before.
 *
 * @example
 * const layer = new RNN(new LSTMCell({ units: 8 }), { returnSequences: true });
 * layer.call(randn([2, 5, 3])); // shape [2, 5, 8]
 */
export class RNN extends SequenceLayer {
  readonly cell: RecurrentCell;
  readonly returnSequences: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly dropout: number;
  readonly recurrentDropout: number;
  /** The further layers of `numLayers`, each reading the one before. */
  readonly above: readonly RNN[];
  /** What a stateful layer goes on from, by the number of sequences; private, because it belongs to the data. */
  readonly #states = new Map<number, readonly Parameter[]>();
  /** How many sequences the last stateful call had; null after `resetState`. */
  #batch: number | null = null;

  constructor(cell: RecurrentCell, options: SequenceOptions = {}, own: OwnOptions = []) {
    super(options, mergeOptions(sequenceOptions, own));
    refuseSurplus(new.target.name, arguments, new.target === RNN ? 2 : 3);
    const name = new.target.name;
    if (!(cell instanceof RecurrentCell))
      throw new OptionError({ where: name, expected: "a recurrent cell, such as LSTMCell", got: describe(cell) });
    this.cell = cell;
    this.returnSequences = options.returnSequences ?? false;
    this.goBackwards = options.goBackwards ?? false;
    this.stateful = options.stateful ?? false;
    this.dropout = options.dropout ?? 0;
    this.recurrentDropout = options.recurrentDropout ?? 0;
    this.above = this.#makeAbove(options, new.target as never);
    this.buildIfKnown();
  }

  #makeAbove({ numLayers = 1, ...options }: SequenceOptions, Class: new (options: object) => RNN): RNN[] {
    if (numLayers === 1) return [];
    const got = [this.goBackwards && "goBackwards", this.stateful && "stateful", Class === (RNN as never) && "a cell"];
    if (got.some(Boolean))
      throw new OptionError({
        where: Class.name,
        expected: "numLayers of a layer such as LSTM that goes forwards and starts anew at each call",
        got: `numLayers ${numLayers} with ${got.filter(Boolean).join(" and ")}`,
        hint: "Put so many layers one after the other, all but the last with returnSequences.",
      });
    const { units } = this.cell;
    const own = { ...options, name: undefined, inputDim: undefined, inputShape: [null, units], returnSequences: true };
    return Array.from({ length: numLayers - 1 }, () => new Class({ ...own, activityRegularizer: undefined }));
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.cell, ...super.constructorArguments()];
  }

  override build(inputShape: BatchShape): void {
    this.cell.ensureBuilt([inputShape[0], inputShape[2]]);
  }

  override checkInput(inputShape: BatchShape): void {
    if (inputShape.length !== 3 || inputShape[1] === 0)
      throw new ShapeError({
        where: "input",
        expected: "sequences of at least one step, [batch, time, features]",
        got: formatBatchShape(inputShape),
        hint: inputShape.length === 2 ? "Of one number per step make [batch, time, 1] with unsqueeze(-1)." : undefined,
      });
    checkAxis(inputShape, 2, this.cell.built ? this.cell.kernel.shape[0] : (this.inputShape?.[2] ?? null));
  }

  override outputShape(inputShape: BatchShape): BatchShape {
    checkInputShape(this, inputShape);
    this.checkInput(inputShape);
    const [batch, time] = inputShape;
    return this.returnSequences ? [batch, time, this.cell.units] : [batch, this.cell.units];
  }

  /** Makes a stateful layer start from zeros again: at the beginning of new sequences. */
  resetState(): void {
    this.#batch = null;
    for (const kept of this.#states.values()) for (const part of kept) part.assign(zerosLike(part));
  }

  /**
   * What a stateful layer goes on from, each part [batch, units]: of an LSTM h and c. Null before its first call and after
   * {@link resetState}; setting it to null is the same.
   *
   * @throws OptionError when set in a layer that is not stateful; ShapeError for another number of parts, and for parts of
   *   another shape.
   *
   * @example
   * const layer = new LSTM({ units: 2, stateful: true });
   * layer.call(randn([3, 5, 1]));
   * const { state } = layer;
   * layer.call(randn([3, 5, 1]));
   * layer.state = state; // where it was after the first call
   */
  get state(): readonly Tensor[] | null {
    return this.#batch === null ? null : this.#states.get(this.#batch)!.map((part) => part.detach());
  }

  set state(state: State | null) {
    if (state === null) {
      this.resetState();
      return;
    }
    if (!this.stateful)
      throw new OptionError({
        where: `${this.title()}, state`,
        expected: "a stateful layer, to keep it",
        got: "one that starts anew at each call",
        hint: "Make it with { stateful: true }, or give the state to the call: layer.call(x, { state }).",
      });
    const first = (state instanceof Tensor ? state : state?.[0]) as Tensor | undefined;
    const batch = first instanceof Tensor && first.rank > 0 ? first.shape[0] : 1;
    const parts = stateOf(state, this.cell.states, [batch, this.cell.units]);
    this.resetState();
    const kept = this.#states.get(batch) ?? parts.map((part) => buffer(part.detach()));
    kept.forEach((variable, i) => {
      variable.assign(parts[i]);
    });
    this.#states.set(batch, kept);
    this.#batch = batch;
  }

  override extraState(): Record<string, unknown> {
    const { state } = this;
    return state === null ? super.extraState() : { ...super.extraState(), state };
  }

  override loadExtraState(saved: Readonly<Record<string, unknown>>): void {
    const { state = null, ...others } = saved ?? {};
    super.loadExtraState(saved && others);
    if (state !== null || this.stateful) this.state = state as State | null;
  }

  /** The same layer in the other direction, with weights of its own: what {@link Bidirectional} puts beside it. */
  reversed(): RNN {
    throw new OptionError({
      where: "Bidirectional",
      expected: "a backwardLayer, for a layer made of a cell",
      got: "none",
      hint: "new Bidirectional(layer, { backwardLayer: new RNN(otherCell, { goBackwards: true }) })",
    });
  }

  override computeMask(mask: Tensor | null): Tensor | null {
    if (!this.returnSequences || mask === null) return null;
    return this.goBackwards ? mask.flip(1) : mask;
  }

  compute(x: Tensor, { mask, state }: SequenceCall): SequenceResult {
    if (this.above.length === 0) return this.#run(x, { mask, state }, this.returnSequences);
    const parts = this.cell.states;
    const layers = this.above.length + 1;
    const given = state === undefined ? undefined : stateOf(state, parts * layers, [x.shape[0], this.cell.units]);
    const first = this.#run(x, { mask, state: given?.slice(0, parts) }, true);
    let output = first.output;
    const states = this.above.map((layer, i) => {
      const own = given?.slice((i + 1) * parts, (i + 2) * parts);
      const result = layer.call(output, { mask, state: own, returnState: true });
      output = result.output;
      return result.state;
    });
    // With a mask the last output is that of the last step that is there.
    const last = this.returnSequences ? output : states[states.length - 1][0];
    return { output: last, state: [...first.state, ...states.flat()] };
  }

  #run(x: Tensor, { mask, state }: SequenceCall, returnSequences: boolean): SequenceResult {
    const [batch, time] = x.shape;
    const timeMask = mask === undefined ? null : asMask("mask", mask, [batch, time]);
    const there = timeMask ? withoutMasked(x, timeMask) : x;
    const inOrder = (all: Tensor) => (this.goBackwards ? all.flip(1) : all).transpose(0, 1);
    const inputs = unstackTime(this.cell.project(inOrder(this.#dropInputs(there))));
    const masks = timeMask && unstackTime(inOrder(timeMask).unsqueeze(-1));
    let now = this.#initialStateOf(state, inputs[0]);
    const drop = this.#recurrentDrop(now[0]);
    const outputs = inputs.map((input, t) => {
      const next = this.cell.step(input, now, drop(now[0]));
      now = masks ? next.map((part, i) => where(masks[t], part, now[i])) : next;
      return now[0];
    });
    if (this.stateful) this.#saveState(now);
    return { output: returnSequences ? stack(outputs, 1) : now[0], state: now };
  }

  /** The state before the first step: the one given, the one kept, or zeros. */
  #initialStateOf(state: State | undefined, { shape: [batch], dtype }: Tensor): readonly Tensor[] {
    if (state !== undefined) return stateOf(state, this.cell.states, [batch, this.cell.units]);
    return this.stateful ? this.#stateFor(batch, dtype) : this.cell.initialState(batch, dtype);
  }

  /** Where the state of so many sequences is kept: variables, so that compiled steps read and replace it, too. */
  #stateFor(batch: number, dtype: DType): readonly Parameter[] {
    const before = this.#batch;
    if (before !== null && before !== batch)
      throw new ShapeError({
        where: "stateful",
        expected: `${before} sequences, as in the call before, which these go on from`,
        got: `${batch}`,
        hint: "For new sequences call resetState() first.",
      });
    everyRun(() => {
      const outside = this.#batch;
      this.#batch = batch;
      return () => {
        this.#batch = outside;
      };
    });
    const kept = this.#states.get(batch) ?? this.cell.initialState(batch, dtype).map((part) => buffer(part));
    this.#states.set(batch, kept);
    return kept;
  }

  /** Keeps the numbers of a state, and not what made them: gradients end where a call began. */
  #saveState(state: readonly Tensor[]): void {
    const { shape, dtype } = state[0];
    this.#stateFor(shape[0], dtype).forEach((kept, i) => {
      kept.assign(state[i]);
    });
  }

  #dropInputs(x: Tensor): Tensor {
    if (!this.training || this.dropout === 0) return x;
    return x.mul(this.#dropoutMask(this.dropout, [x.shape[0], 1, x.shape[2]], x));
  }

  /** What drops part of the output before it goes into the next step. */
  #recurrentDrop(h: Tensor): (h: Tensor) => Tensor {
    if (!this.training || this.recurrentDropout === 0) return (now) => now;
    const noise = this.#dropoutMask(this.recurrentDropout, h.shape, h);
    return (now) => now.mul(noise);
  }

  #dropoutMask(share: number, shape: readonly number[], { dtype }: Tensor): Tensor {
    return bernoulli(1 - share, shape, { dtype, generator: this.generator }).div(1 - share);
  }
}

/**
 * The steps of [time, batch, ..], each [batch, ..].
 *
 * By halves of halves: the gradient of a slice is as large as what it was cut from, so that cutting steps from the
 * whole would cost time² in the backward pass, and this costs time · log time.
 */
function unstackTime(x: Tensor): Tensor[] {
  const time = x.shape[0];
  if (time === 1) return [x.squeeze(0)];
  const half = time >> 1;
  return [...unstackTime(x.slice([0, half])), ...unstackTime(x.slice([half, time]))];
}
