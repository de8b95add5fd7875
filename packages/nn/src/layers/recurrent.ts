/**
 * The recurrent layers that everyone knows: each a cell, and the recurrence that runs it along sequences.
 */
import { checkOptions } from "@chainrule/core/internal";
import { refuseSurplus } from "../surplus.ts";
import {
  type CellOptions,
  cellOptions,
  type GatedCellOptions,
  GRUCell,
  gatedCellOptions,
  LSTMCell,
  type LSTMCellOptions,
  lstmCellOptions,
  SimpleRNNCell,
} from "./cells.ts";
import { layerOptions, mergeOptions, type OwnOptions, pickOptions, requireOptions } from "./options.ts";
import { RNN, type SequenceOptions, sequenceOptions } from "./rnn.ts";

/** Before the cell looks at its own options, which would miss what was written under another name. */
function checkNames(where: string, options: SequenceOptions, own: OwnOptions): void {
  requireOptions(where, options, own);
  checkOptions(where, options, Object.keys({ ...mergeOptions(sequenceOptions, own), ...layerOptions }));
}

/** The same options for the layer in the other direction. */
function reversedOptions<Options extends SequenceOptions>(options: Options): Options {
  return { ...options, name: undefined, goBackwards: !options.goBackwards };
}

/** The options of a {@link SimpleRNN}: those of its cell, and those of every recurrence along sequences. */
export interface SimpleRNNOptions extends CellOptions, SequenceOptions {}

/**
 * The simple recurrence along sequences: hₜ = tanh(xₜ W + b + hₜ₋₁ R + b'). See {@link SimpleRNNCell} for the weights
 * (`cell.kernel` and so on), {@link RNN} for masks, states and the rest.
 *
 * Shape: input [batch, time, in]; output [batch, units], or with `returnSequences` [batch, time, units].
 *
 * @throws OptionError for unknown options; ShapeError for anything but sequences.
 * @example new SimpleRNN({ units: 16 }).call(randn([4, 10, 3])); // shape [4, 16]
 */
export class SimpleRNN extends RNN {
  readonly #options: SimpleRNNOptions;

  constructor(options: SimpleRNNOptions) {
    checkNames("SimpleRNN", options, cellOptions);
    super(new SimpleRNNCell(pickOptions(options, cellOptions)), options, cellOptions);
    refuseSurplus("SimpleRNN", arguments, 1);
    this.#options = { ...options };
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#options];
  }

  override reversed(): SimpleRNN {
    return new SimpleRNN(reversedOptions(this.#options));
  }
}

/** The options of an {@link LSTM}: those of its cell, and those of every recurrence along sequences. */
export interface LSTMOptions extends LSTMCellOptions, SequenceOptions {}

/**
 * Long short-term memory along sequences. See {@link LSTMCell} for the formula and the weights (`cell.kernel` and so
 * on), {@link RNN} for masks, states and the rest. The state is [h, c].
 *
 * Shape: input [batch, time, in]; output [batch, units], or with `returnSequences` [batch, time, units].
 *
 * @throws OptionError for unknown options; ShapeError for anything but sequences.
 *
 * @example
 * const lstm = new LSTM({ units: 16, returnSequences: true });
 * const tokens = tensor([[4, 7, 2], [5, 0, 0]], { dtype: "int32" });
 * const words = new Embedding({ inputDim: 10, outputDim: 8 }).call(tokens); // shape [2, 3, 8]
 * const { output, state } = lstm.call(words, { mask: paddingMask(tokens), returnState: true });
 */
export class LSTM extends RNN {
  readonly #options: LSTMOptions;

  constructor(options: LSTMOptions) {
    checkNames("LSTM", options, lstmCellOptions);
    super(new LSTMCell(pickOptions(options, lstmCellOptions)), options, lstmCellOptions);
    refuseSurplus("LSTM", arguments, 1);
    this.#options = { ...options };
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#options];
  }

  override reversed(): LSTM {
    return new LSTM(reversedOptions(this.#options));
  }
}

/** The options of a {@link GRU}: those of its cell, and those of every recurrence along sequences. */
export interface GRUOptions extends GatedCellOptions, SequenceOptions {}

/**
 * The gated recurrent unit along sequences. See {@link GRUCell} for the formula and the weights (`cell.kernel` and so
 * on), {@link RNN} for masks, states and the rest.
 *
 * Shape: input [batch, time, in]; output [batch, units], or with `returnSequences` [batch, time, units].
 *
 * @throws OptionError for unknown options; ShapeError for anything but sequences.
 * @example new GRU({ units: 16, returnSequences: true }).call(randn([4, 10, 3])); // shape [4, 10, 16]
 */
export class GRU extends RNN {
  readonly #options: GRUOptions;

  constructor(options: GRUOptions) {
    checkNames("GRU", options, gatedCellOptions);
    super(new GRUCell(pickOptions(options, gatedCellOptions)), options, gatedCellOptions);
    refuseSurplus("GRU", arguments, 1);
    this.#options = { ...options };
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#options];
  }

  override reversed(): GRU {
    return new GRU(reversedOptions(this.#options));
  }
}
