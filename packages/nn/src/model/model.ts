/**
 * The model: a module that can be compiled, trained, evaluated and used for predictions.
 */

import type { JitOptions } from "@chainrule/compiler";
import { DataError, getDefaultDType, ModelError, OptionError, type Tensor } from "@chainrule/core";
import { checkOptions, describe, withAwaitHint } from "@chainrule/core/internal";
import { refuseAssignments } from "../assignments.ts";
import { Layer } from "../layers/layer.ts";
import { inputRangeOf } from "../module/forward-inputs.ts";
import type { LookedAtBatch, LookedAtLoss } from "../module/look-at-batch.ts";
import { Module } from "../module/module.ts";
import { isPlainObject } from "../module/tree.ts";
import { checkCount } from "../number-checks.ts";
import type { Optimizer } from "../optimizers/index.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { type TrainingConfig, toTrainingConfig } from "./compile.ts";
import type { CompileOptions } from "./compile-options.ts";
import { CompiledOutputs } from "./compiled-outputs.ts";
import {
  arrayAdapter,
  type Batch,
  type BatchLike,
  type BatchSource,
  isBatchSource,
  readArrays,
  readInputs,
  streamAdapter,
} from "./data-adapter.ts";
import { evaluateData, predictBatches } from "./evaluate.ts";
import { EventLoopYield } from "./event-loop-yield.ts";
import { runFit } from "./fit.ts";
import { countOutputs } from "./fit-checks.ts";
import { type FitData, isPairOfArrays, readFitData } from "./fit-data.ts";
import type { History } from "./history.ts";
import type { Logs } from "./hooks.ts";
import { jitStep } from "./jit-step.ts";
import { importFiles, modelWriter, type SaveOptions } from "./model-writer.ts";
import { type DataLike, signatureOf } from "./nested.ts";
import { LossNotice } from "./notices.ts";
import type { LossLike } from "./objective.ts";
import { checkForBatches, type FitOptions, fitOptionNames } from "./options.ts";
import type { ReadContext } from "./samples.ts";
import { forward, type TrainState, testStep } from "./step.ts";
import { type SummaryOptions, summaryOf } from "./summary.ts";

/** What models of layers take besides their layers. */
export interface ModelOptions {
  name?: string;
  /** False for a model that training does not change, as a part of another: see {@link Module.freeze}. */
  trainable?: boolean;
}

const modelOptionNames = optionNames<ModelOptions>({ name: true, trainable: true });

/** @throws OptionError for options that a model does not have, and for a `trainable` that is neither true nor false. */
export function checkModelOptions(where: string, options: ModelOptions, own: readonly string[] = []): void {
  checkOptions(where, options, [...own, ...modelOptionNames]);
  const { trainable } = options;
  if (trainable !== undefined && typeof trainable !== "boolean")
    throw new OptionError({ where: `${where}, trainable`, expected: "true or false", got: describe(trainable) });
}

/** What `evaluate` takes besides the data. */
export interface EvaluateOptions {
  /** How many samples are computed at once; 32 by default. For arrays only. */
  batchSize?: number;
  /** How much each sample counts in the loss, [n]; with several outputs also one for each. For arrays only. */
  sampleWeight?: DataLike;
  /** Ends after this many batches: needed where batches come without end. */
  steps?: number;
  /**
   * Compile the step to WebAssembly, as soon as batches of a shape have come so often that it pays; true by default.
   * `{ deterministic: true }` compiles for the same bits on every machine, see `jit`.
   */
  jit?: boolean | JitOptions;
}

/** What `predict` takes besides the data. */
export type PredictOptions = Pick<EvaluateOptions, "batchSize" | "jit">;

const evaluateOptionNames = optionNames<EvaluateOptions>({
  batchSize: true,
  sampleWeight: true,
  steps: true,
  jit: true,
});
const predictOptionNames = optionNames<PredictOptions>({ batchSize: true, jit: true });

/**
 * Base class of models: a module with `compile`, `fit`, `evaluate`, `predict` and `summary`. `Sequential` is one; write
 * `forward` for others.
 *
 * @example
 * class Net extends Model {
 *   hidden = new Linear(2, 16);
 *   out = new Linear(16, 2);
 *   forward(x: Tensor) {
 *     return this.out.call(this.hidden.call(x).relu());
 *   }
 * }
 * const net = new Net();
 * net.compile({ optimizer: "adam", loss: "cross_entropy", metrics: ["accuracy"] });
 * await net.fit(x, labels, { epochs: 10 });
 *
 * @example
 * // `forward` may take several tensors, and return several in a list or an object; x and y then are several as well.
 * class TwoTowers extends Model<{ price: Tensor; kind: Tensor }> {
 *   both = new Linear(5, 8);
 *   price = new Linear(8, 1);
 *   kind = new Linear(8, 3);
 *   override get inputNames() {
 *     return ["image", "text"];
 *   }
 *   forward(image: Tensor, text: Tensor) {
 *     const both = this.both.call(concat([image, text], -1)).relu();
 *     return { price: this.price.call(both), kind: this.kind.call(both) };
 *   }
 * }
 * const towers = new TwoTowers();
 * towers.compile({ loss: { price: "mse", kind: "cross_entropy" } });
 * const inputs = { image: randn([10, 3]), text: randn([10, 2]) };
 * await towers.fit(inputs, { price: randn([10, 1]), kind: zeros([10], { dtype: "int32" }) });
 */
export abstract class Model<Output = Tensor> extends Module<Output> {
  /** Set it in a callback to end training after the current batch: to true, or to the reason. */
  stopTraining: boolean | string = false;
  #config: TrainingConfig | null = null;
  #compileOptions: CompileOptions | null = null;
  #history: History | null = null;
  #fitting = false;
  #notice = new LossNotice();

  protected override get kind(): string {
    return "model";
  }

  /**
   * The names of the inputs, in the order of `forward`'s parameters; null where they have none. Then there are as many as
   * `forward` has parameters, of which those with a default value need not be given.
   */
  get inputNames(): readonly string[] | null {
    return null;
  }

  /** The names of the outputs, where there are several; null where only what `forward` returns can tell. */
  get outputNames(): readonly string[] | null {
    return null;
  }

  /** How many outputs there are; null where only what `forward` returns can tell. @internal */
  get outputCount(): number | null {
    return this.outputNames?.length ?? this.#config?.outputs.names?.length ?? null;
  }

  /**
   * Says what to train with. The weights stay; an optimizer by name starts from nothing.
   *
   * @param options `loss` and `optimizer` by name or as objects, `metrics`, `weightedMetrics`. With several outputs,
   *   losses, `lossWeights` and metrics by output; the history then has `price_loss`, `price_mae` and the like besides
   *   the `loss`, which is the sum of the losses, as they count.
   * @throws OptionError for names and options that do not exist, with the nearest that do; ModelError for an optimizer
   *   that updates another model.
   *
   * @example
   * model.compile({ optimizer: "adam", loss: "binary_crossentropy", metrics: ["accuracy", "auc"] });
   * model.compile({ optimizer: new SGD({ lr: 0.1 }), loss: (p, t) => p.sub(t).abs(), metrics: [new TopKAccuracy(3)] });
   */
  compile(options: CompileOptions): this {
    const config = toTrainingConfig(options, this.outputNames);
    refuseSurplus("compile", arguments, 1);
    const { optimizer } = config;
    const owner = owners.get(optimizer) ?? this;
    if (owner !== this) throw foreign(this, optimizer, `model "${owner.name}"`);
    if (!optimizer.isBound) {
      optimizer.bind(this);
      owners.set(optimizer, this);
    }
    this.#config = config;
    this.#compileOptions = { ...options };
    return this;
  }

  /** What `compile` was given; null before. */
  get compileOptions(): CompileOptions | null {
    return this.#compileOptions;
  }

  /** What `compile` made. @throws ModelError before. */
  #requireConfig(where: string): TrainingConfig {
    if (this.#config) return this.#config;
    throw new ModelError({
      where: `${where}, model "${this.name}"`,
      expected: "a compiled model",
      got: "one without a loss and an optimizer",
      hint: `Compile it first: model.compile({ optimizer: "adam", loss: "mse" }).`,
    });
  }

  /** The optimizer of `compile`. @throws ModelError before. */
  get optimizer(): Optimizer {
    return this.#requireConfig("optimizer").optimizer;
  }

  /** What its training step works with, for `where`, which asks. @throws ModelError before `compile`. @internal */
  trainState(where: string): TrainState {
    return { model: this as Module<unknown>, ...this.#requireConfig(where) };
  }

  /** The history of the last training, also of one that is going on or that an error ended; null before the first. */
  get history(): History | null {
    return this.#history;
  }

  /**
   * Trains, and returns how it went.
   *
   * Ctrl-C ends it in good order after the current batch and keeps what was learned; the history says so.
   *
   * A model in evaluation mode is in training mode meanwhile. One in training mode stays as it is: what you switch with
   * `layer.eval()`, before or in a callback, is left alone. `evaluate` and `predict` may run in hooks and beside it.
   *
   * @param x inputs [n, …]: an array, its rows in a list, or a tensor; with several inputs a list of such, or an object by
   *   name. Or batches instead of x and y: a list of [x, y] or [x, y, sampleWeight], anything that iterates over such, also
   *   asynchronously, or a function that returns that for each epoch.
   * @param y targets [n, …], as the loss wants them; with several outputs a list of them, or an object by name. [n] will
   *   do for outputs [n, 1].
   * @param options see {@link FitOptions}.
   * @throws ModelError before `compile`; DataError for no samples, for x and y of different length, and for what cannot
   *   be read; ValueError and OptionError for options out of range and that do not exist; and what layers and loss
   *   throw, with the epoch, the batch and the layer. The model stays as the batch before left it.
   *
   * @example
   * const { history } = await model.fit(x, y, { epochs: 20, batchSize: 16, validationSplit: 0.2 });
   * history.val_loss.at(-1);
   * @example
   * await model.fit(() => batches(x, y, { batchSize: 10 }), { epochs: 3 });
   */
  fit(x: DataLike, y: DataLike, options?: FitOptions): Promise<History>;
  fit(batches: BatchSource, options?: FitOptions): Promise<History>;
  fit(batches: BatchSource, y: undefined, options?: FitOptions): Promise<History>;
  fit(...given: readonly unknown[]): Promise<History> {
    return withAwaitHint("model.fit(…)", this.#fit(...(given as [DataLike])), ["history", "epochs"]);
  }

  async #fit(x: DataLike | BatchSource, second?: DataLike | FitOptions, third?: FitOptions): Promise<History> {
    refuseSurplus("fit", arguments, 3);
    const isLast = third === undefined && this.#isOptions(x, second, fitOptionNames);
    const [y, given] = isLast
      ? [undefined, second as FitOptions]
      : [second as DataLike | undefined, third === undefined ? {} : third];
    const { config, ...data } = this.readTraining("fit", x, y, given);
    return this.#train(data, config);
  }

  async #train(data: FitData, config: TrainingConfig): Promise<History> {
    this.#fitting = true;
    this.#notice = new LossNotice();
    try {
      return await runFit({
        ...data,
        model: this,
        config,
        isSingleOutput: this.outputCount === 1,
        notice: this.#notice,
        again: async (changed) => {
          this.#refuseFitting();
          return this.#train({ ...data, options: { ...data.options, ...changed } }, this.#requireConfig("fit"));
        },
        onBegin: (history) => {
          this.#history = history;
        },
      });
    } finally {
      this.#fitting = false;
    }
  }

  #refuseFitting(where = "fit"): void {
    if (!this.#fitting) return;
    throw new ModelError({
      where: `${where}, model "${this.name}"`,
      expected: "a model that is not in training",
      got: "one whose training has not ended yet",
      hint: "Wait for it: await model.fit(…).",
    });
  }

  /**
   * The loss and the metrics on data that it does not train on, in evaluation mode.
   *
   * @param x inputs and, as `y`, targets; or batches, as for {@link fit}.
   * @returns `{ loss, accuracy, … }`.
   * @throws as {@link fit}.
   *
   * @example
   * const { loss, accuracy } = await model.evaluate(xTest, yTest);
   */
  evaluate(x: DataLike, y: DataLike, options?: EvaluateOptions): Promise<Logs>;
  evaluate(batches: BatchSource, options?: EvaluateOptions): Promise<Logs>;
  evaluate(batches: BatchSource, y: undefined, options?: EvaluateOptions): Promise<Logs>;
  evaluate(...given: readonly unknown[]): Promise<Logs> {
    return withAwaitHint("model.evaluate(…)", this.#evaluate(...(given as [DataLike])), ["loss", "accuracy"]);
  }

  async #evaluate(
    x: DataLike | BatchSource,
    second?: DataLike | EvaluateOptions,
    third?: EvaluateOptions,
  ): Promise<Logs> {
    const where = "evaluate";
    refuseSurplus(where, arguments, 3);
    const isLast = third === undefined && this.#isOptions(x, second, evaluateOptionNames);
    const [y, options] = isLast
      ? [undefined, second as EvaluateOptions]
      : [second as DataLike | undefined, third === undefined ? {} : third];
    const config = this.#requireConfig(where);
    checkOptions(where, options, evaluateOptionNames);
    const { batchSize = 32, sampleWeight, steps, jit = true } = options;
    checkCount(where, "batchSize", batchSize, 1);
    if (steps !== undefined) checkCount(where, "steps", steps, 1);
    const context = this.#readContext(where);
    const isStream = isBatchSource(x, y);
    if (isStream) checkForBatches(where, y, options);
    const data = isStream
      ? streamAdapter(context, x)
      : arrayAdapter(readArrays(context, x, y as DataLike, sampleWeight), batchSize, null);
    const changes = {};
    return evaluateData({ model: this, ...config }, data, {
      where,
      changes,
      steps,
      notice: this.#notice,
      eventLoop: new EventLoopYield(),
      step: jitStep(testStep, { where, jit, changes }),
    });
  }

  /**
   * The outputs for inputs [n, …], computed batch by batch in evaluation mode, without a graph.
   *
   * @returns a tensor [n, …]; several in the structure in which `forward` returns them.
   * @throws DataError for no samples; what layers throw.
   *
   * @example
   * const labels = model.predict(x).argmax(-1);
   */
  predict(x: DataLike, options: PredictOptions = {}): Output {
    const where = "predict";
    refuseSurplus(where, arguments, 2);
    checkOptions(where, options, predictOptionNames);
    const { batchSize = 32, jit = true } = options;
    checkCount(where, "batchSize", batchSize, 1);
    return predictBatches(this, readInputs(this.#readContext(where), x), batchSize, { where, jit }) as Output;
  }

  /**
   * Saves it to a file that `loadModel` reads: the architecture, the weights and state, and what it was compiled with.
   *
   * The file is in the safetensors format. It is written beside the old one and then takes its place, so that a crash
   * leaves the old file or the new one.
   *
   * @param options `optimizerState` to go on training from there; false by default.
   * @throws ModelError for functions without a name and for classes that do not say what their constructors were given;
   *   DataError where the file cannot be written, and in a browser, where `encodeModel` gives the bytes.
   *
   * @example
   * await model.save("digits.safetensors");
   * const same = await loadModel("digits.safetensors");
   */
  async save(path: string | URL, options: SaveOptions = {}): Promise<void> {
    refuseSurplus("save", arguments, 2);
    if (modelWriter) return modelWriter(this as Model<unknown>, path, options);
    throw new ModelError({
      where: `save, model "${this.name}"`,
      expected: "the package that writes files",
      got: "a program that does not have it",
      hint: importFiles,
    });
  }

  /** As `fit` computes it, in its mode and with what is added to the loss. */
  protected override batchResult(where: string, batch: LookedAtBatch, loss: LookedAtLoss): Tensor {
    if (batch.length < 2) return super.batchResult(where, batch, loss);
    const { x, y, weight } = this.readBatch(where, batch as unknown as BatchLike);
    const outputs =
      loss === undefined
        ? this.#requireConfig(where).outputs
        : new CompiledOutputs({ loss: loss as LossLike }, this.outputNames);
    if (!this.training) this.train();
    return forward({ model: this as Module<unknown>, outputs }, x, y, weight).loss;
  }

  /** A batch as `fit` reads it, in one piece. @internal */
  readBatch(where: string, batch: BatchLike): Batch {
    if (!Array.isArray(batch) || batch.length < 2 || batch.length > 3)
      throw new DataError({ where, expected: "a batch: [x, y] or [x, y, sampleWeight]", got: describe(batch) });
    const [x, y, weight] = batch as BatchLike;
    const arrays = readArrays(this.#readContext(where), x, y, weight);
    return (arrayAdapter(arrays, arrays.count, null).iterate() as Iterator<Batch>).next().value;
  }

  /**
   * Data and options as `fit` takes them, and what the model was compiled with. @internal
   *
   * @throws as `fit` does before it begins.
   */
  readTraining(
    where: string,
    x: DataLike | BatchSource | BatchLike,
    y: DataLike | undefined,
    options: FitOptions,
  ): FitData & { config: TrainingConfig } {
    const config = this.#requireConfig(where);
    this.#refuseFitting(where);
    checkUpdates(this, config.optimizer);
    const context = this.#readContext(where);
    if (where !== "fit" && y === undefined && isPairOfArrays(x, context)) {
      const [inputs, targets, sampleWeight = options.sampleWeight] = x;
      return { config, ...readFitData(context, inputs, targets, { ...options, sampleWeight }) };
    }
    return { config, ...readFitData(context, x as DataLike | BatchSource, y, options) };
  }

  /** Data becomes float64 where a part of the model is. */
  #readContext(where: string): ReadContext {
    const isDouble =
      this.modules().some((module) => module instanceof Layer && module.dtype === "float64") ||
      [...this.namedParameters().values()].some((parameter) => parameter.dtype === "float64");
    const { inputNames } = this;
    return {
      where,
      dtype: isDouble ? "float64" : getDefaultDType(),
      inputs: inputNames ? signatureOf(inputNames) : { names: null, range: inputRangeOf(this.forward) },
      outputs: signatureOf(this.outputNames ?? this.#config?.outputs.names ?? null, this.outputCount),
      countOutputs: (inputs) => countOutputs(this, inputs),
    };
  }

  /** Whether it is options rather than targets by name. */
  #isOptions(x: DataLike | BatchSource, second: unknown, optionNames: readonly string[]): boolean {
    if (!isPlainObject(second)) return false;
    const keys = Object.keys(second);
    if (keys.some((key) => optionNames.includes(key))) return true;
    if (!isBatchSource(x, undefined)) return keys.length === 0;
    const names = this.outputNames ?? this.#config?.outputs.names;
    return !keys.some((key) => names?.includes(key));
  }

  /**
   * A table of the layers, the shapes of their outputs and their numbers of weights; printed, and returned.
   *
   * @param options `print` is what prints it; console.log by default.
   * @example model.summary();
   */
  summary(options: SummaryOptions = {}): string {
    refuseSurplus("summary", arguments, 1);
    return summaryOf(this, options);
  }
}

refuseAssignments<Model<unknown>>(
  Model,
  ["lr", "learningRate", "learning_rate", "loss", "lossWeights", "metrics", "weightedMetrics"],
  (model, name) =>
    model.compileOptions && {
      where: `model "${model.name}"`,
      hint: /^l(earning_?)?r/i.test(name)
        ? "The optimizer has it: model.optimizer.lr = 0.01."
        : "Compile the model again: model.compile({ … }). The weights stay.",
    },
);

/** Which model `compile` bound an optimizer to. */
const owners = new WeakMap<Optimizer, Model<unknown>>();

/** Throws where an optimizer was made for other weights: training would change nothing, without an error. */
function checkUpdates(model: Model<unknown>, optimizer: Optimizer): void {
  const own = new Set(model.namedParameters().values());
  if (own.size > 0 && !optimizer.parameters.some((parameter) => own.has(parameter)))
    throw foreign(model, optimizer, "other weights");
  if (own.size > 0 && !optimizer.parameters.some(({ requiresGrad }) => requiresGrad))
    throw new ModelError({
      where: `fit, model "${model.name}"`,
      expected: "weights to train",
      got: "a model all of whose weights are frozen",
      hint: "Unfreeze it, or a part of it: model.unfreeze().",
    });
}

function foreign(model: Model<unknown>, optimizer: Optimizer, others: string): ModelError {
  return new ModelError({
    where: `model "${model.name}"`,
    expected: "an optimizer of its own",
    got: `${optimizer.name} of ${others}`,
    hint: `An optimizer remembers the weights that it updates. Make another one: optimizer: new ${optimizer.name}().`,
  });
}
