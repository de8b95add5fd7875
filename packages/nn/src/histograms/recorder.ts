/**
 * How weights, gradients and activations are distributed over a training: what pictures of it are drawn from.
 */
import { asTensor, isFloat, ModelError, noGrad, OptionError, Tensor, type TensorLike } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { Callback } from "../model/callback.ts";
import { Module, withForwardHook } from "../module/module.ts";
import { trial } from "../module/trial.ts";
import { checkCount } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { type Histogram, histogramOf } from "./histogram.ts";
import { displayName } from "./names.ts";

/** Options of a {@link HistogramRecorder}. */
export interface HistogramRecorderOptions {
  /** Inputs whose activations are recorded: a batch, or a list with one for each input of the model. By default none. */
  x?: TensorLike | readonly Tensor[];
  /** Every how many epochs `fit` has it record; 1 by default. */
  every?: number;
}

/** How numbers were distributed at one moment. */
export interface RecordedHistogram extends Histogram {
  /** The epoch, counted from 1, and 0 for before the first; by hand what `record` was told. */
  readonly at: number;
  /** How many numbers were NaN or infinite: they are in no bucket. */
  readonly notFinite: number;
}

/** Histograms over time, by the names of layers and weights such as "dense_1/kernel". */
export type HistogramsByName = Readonly<Record<string, readonly RecordedHistogram[]>>;

const recorderOptions = optionNames<HistogramRecorderOptions>({ every: true, x: true });
const kinds = ["weights", "gradients", "activations"] as const;
type Kind = (typeof kinds)[number];
type Recorded = Record<Kind, Record<string, RecordedHistogram[]>>;

/**
 * Records histograms of weights, of gradients, and of what each layer puts out for some inputs: as a callback of `fit`
 * before the first epoch and after each, or with `record` in a training by hand. `histogramsSvg` draws them.
 *
 * The gradients are those of the epoch's last batch as the weights are now; finding them takes one more step. Activations
 * are computed in evaluation. Neither changes anything: not the weights, not statistics, not the random numbers.
 *
 * @throws OptionError for options that it does not know or that cannot be.
 *
 * @example
 * const recorder = new HistogramRecorder({ x: tensor([[0, 1], [1, 0]]) });
 * await model.fit(x, y, { epochs: 3, callbacks: [recorder] });
 * recorder.activations.dense.map(({ at }) => at); // [0, 1, 2, 3]
 *
 * @example
 * // By hand, after backward():
 * const byHand = new HistogramRecorder();
 * for (let step = 0; step < 4; step++) {
 *   optimizer.zeroGrad();
 *   model.call(randn([8, 2])).square().mean().backward();
 *   byHand.record(model, step);
 *   optimizer.step();
 * }
 * byHand.gradients["dense/kernel"].length; // 4
 */
export class HistogramRecorder extends Callback {
  readonly #every: number;
  readonly #inputs: readonly Tensor[] | null;
  #recorded: Recorded = empty();

  constructor(options: HistogramRecorderOptions = {}) {
    super();
    const where = "HistogramRecorder";
    refuseSurplus(where, arguments, 1);
    checkOptions(where, options, recorderOptions);
    const { every = 1, x } = options;
    checkCount(where, "every", every, 1);
    this.#every = every;
    this.#inputs = x === undefined ? null : inputsOf(where, x);
  }

  /** Of each weight, over time. */
  get weights(): HistogramsByName {
    return this.#recorded.weights;
  }

  /** Of each weight's gradient, as far as it had one. */
  get gradients(): HistogramsByName {
    return this.#recorded.gradients;
  }

  /** Of what each layer put out for the inputs `x`; empty without these. */
  get activations(): HistogramsByName {
    return this.#recorded.activations;
  }

  /**
   * Records the weights as they are, the gradients that they have, and the activations of `x`.
   *
   * @param at when that is: a step or an epoch. By default one more than before, from 0.
   * @throws OptionError for what is no model or no time; what the model throws for inputs that it cannot take.
   */
  record(model: Module<unknown>, at?: number): void {
    const where = "HistogramRecorder, record";
    if (!(model instanceof Module)) throw new OptionError({ where, expected: "a model", got: describe(model) });
    const last = Object.values(this.#recorded.weights)[0]?.at(-1)?.at ?? -1;
    if (at !== undefined && !Number.isFinite(at))
      throw new OptionError({ where, expected: "a number as the time", got: describe(at) });
    const time = at ?? last + 1;
    // Before anything is noted, since it may throw.
    const activations = this.#activationsOf(model);
    for (const [path, parameter] of model.namedParameters()) {
      const name = displayName(model, path);
      this.#note("weights", name, time, parameter.toTypedArray());
      if (parameter.grad) this.#note("gradients", name, time, parameter.grad.toTypedArray());
    }
    for (const [name, values] of activations) this.#note("activations", name, time, values);
  }

  #activationsOf(model: Module<unknown>): Map<string, number[]> {
    const found = new Map<string, number[]>();
    if (this.#inputs === null) return found;
    const paths = new Map(model.namedModules().map(([path, module]) => [module, path]));
    const seen = new Set<Tensor>();
    const note = (module: Module<unknown>, output: unknown) => {
      // What a model passes on from its last layer is that layer's.
      if (!(output instanceof Tensor) || !isFloat(output.dtype) || seen.has(output)) return;
      seen.add(output);
      const path = paths.get(module);
      const name = path ? displayName(model, `${path}.`).replace(/\/$/, "") : model.name;
      // One for each step of a sequence, where a layer is called more than once.
      found.set(name, [...(found.get(name) ?? []), ...output.toTypedArray()]);
    };
    const inputs = this.#inputs;
    trial(model, () => {
      model.eval();
      noGrad(() => withForwardHook(note, () => model.call(...inputs)));
    });
    return found;
  }

  #note(kind: Kind, name: string, at: number, values: ArrayLike<number>): void {
    const histogram = histogramOf(values) ?? nothing;
    const entry = { at, notFinite: values.length - histogram.count, ...histogram };
    this.#recorded[kind][name] = [...(this.#recorded[kind][name] ?? []), entry];
  }

  override get addedLogs(): readonly string[] | null {
    return this.constructor === HistogramRecorder ? [] : super.addedLogs;
  }

  /** @internal */
  override wantsGradients(epoch: number): boolean {
    return (epoch + 1) % this.#every === 0;
  }

  /** Layers that make their weights in the first batch have none to record before. */
  override onTrainBegin(): void {
    this.#recorded = empty();
    if (!this.model.modules().some((module) => module.lacksWeights)) this.record(this.model, 0);
  }

  override onEpochEnd(epoch: number): void {
    if ((epoch + 1) % this.#every === 0) this.record(this.model, epoch + 1);
  }

  /** What has been recorded, for checkpoints. */
  stateDict(): Readonly<Record<string, unknown>> {
    return structuredClone(this.#recorded);
  }

  /** Goes on from what {@link stateDict} gave. @throws ModelError for anything else. */
  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const isRecord = (x: unknown) => typeof x === "object" && x !== null && Object.values(x).every(Array.isArray);
    if (typeof state !== "object" || state === null || !kinds.every((kind) => isRecord(state[kind])))
      throw new ModelError({
        where: "HistogramRecorder, loadStateDict",
        expected: "what stateDict() gave",
        got: describe(state),
      });
    this.#recorded = structuredClone(state) as unknown as Recorded;
  }
}

function empty(): Recorded {
  return { weights: {}, gradients: {}, activations: {} };
}

/** Of numbers of which none is finite. */
const nothing: Histogram = { min: 0, max: 0, count: 0, sum: 0, sumOfSquares: 0, limits: [], counts: [] };

function inputsOf(where: string, x: TensorLike | readonly Tensor[]): readonly Tensor[] {
  if (Array.isArray(x) && x.length > 0 && x.every((each) => each instanceof Tensor)) return [...(x as Tensor[])];
  return [asTensor(x as TensorLike, `${where}, x`)];
}
