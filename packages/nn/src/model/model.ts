/**
 * The model: a module that can be compiled, trained, evaluated and asked.
 */
import {
  checkOptions,
  defaultGenerator,
  describe,
  getDefaultDType,
  type JitOptions,
  ModelError,
  OptionError,
  Tensor,
} from "@chainrule/core";
import { Layer } from "../layers/index.ts";
import { Module } from "../module/module.ts";
import { isPlainObject } from "../module/tree.ts";
import type { Optimizer } from "../optimizers/index.ts";
import type { History, Logs } from "./callbacks/index.ts";
import { type Compiled, type CompileOptions, compileOptions } from "./compile.ts";
import { compiledStep } from "./compiled.ts";
import {
  type BatchLike,
  type BatchSource,
  batchesOfArrays,
  batchesOfStream,
  isBatchSource,
  readArrays,
  readInputs,
  type Source,
  splitArrays,
  weightByClass,
} from "./data.ts";
import { evaluateSource, predictRows } from "./evaluate.ts";
import { runFit } from "./fit.ts";
import {
  type CompleteFitOptions,
  checkCount,
  completeFitOptions,
  type FitOptions,
  fitOptionNames,
  generatorFor,
} from "./options.ts";
import type { Reading } from "./rows.ts";
import type { DataLike, Ports } from "./several.ts";
import { testStep } from "./step.ts";
import { type SummaryOptions, summaryOf } from "./summary.ts";
import { Turns } from "./turn.ts";

/** What `evaluate` takes besides the data. */
export interface EvaluateOptions {
  /** How many samples are computed at once; 32 by default. For arrays only. */
  batchSize?: number;
  /** How much each sample counts in the loss, [n]; with several outputs also one for each. For arrays only. */
  sampleWeight?: DataLike;
  /**
   * Compile the step to WebAssembly, from the second batch of each shape on; true by default. `{ deterministic: true }`
   * compiles for the same bits on every machine, see `jit`.
   */
  jit?: boolean | JitOptions;
}

/**
 * Base class of models: a module with `compile`, `fit`, `evaluate`, `predict` and `summary`. `Sequential` is one; write
 * `forward` for others.
 *
 * @example
 * class Net extends Model {
 *   hidden = new Linear(4, 16);
 *   out = new Linear(16, 3);
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
 *   override get inputNames() {
 *     return ["image", "text"];
 *   }
 *   forward(image: Tensor, text: Tensor) {
 *     return { price: …, kind: … };
 *   }
 * }
 * towers.compile({ loss: { price: "mse", kind: "cross_entropy" } });
 * await towers.fit({ image, text }, { price, kind });
 */
export abstract class Model<Output = Tensor> extends Module<Output> {
  /** Set it in a callback to end training after the current batch: to true, or to the reason. */
  stopTraining: boolean | string = false;
  #compiled: Compiled | null = null;
  #history: History | null = null;
  #fitting = false;

  protected override get kind(): string {
    return "model";
  }

  /** The names of the inputs, in the order of `forward`'s parameters; null where they have none. */
  get inputNames(): readonly string[] | null {
    return null;
  }

  /** The names of the outputs, where there are several; null where only what `forward` returns can tell. */
  get outputNames(): readonly string[] | null {
    return null;
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
    const compiled = compileOptions(options, this.outputNames);
    const { optimizer } = compiled;
    const owner = owners.get(optimizer) ?? this;
    if (owner !== this) throw foreign(this, optimizer, `model "${owner.name}"`);
    if (!optimizer.isBound) {
      optimizer.bind(this);
      owners.set(optimizer, this);
    }
    this.#compiled = compiled;
    return this;
  }

  /** What `compile` made. @throws ModelError before. */
  #ready(where: string): Compiled {
    if (this.#compiled) return this.#compiled;
    throw new ModelError({
      where: `${where}, model "${this.name}"`,
      expected: "a compiled model",
      got: "one without a loss and an optimizer",
      hint: `Compile it first: model.compile({ optimizer: "adam", loss: "mse" }).`,
    });
  }

  /** The optimizer of `compile`. @throws ModelError before. */
  get optimizer(): Optimizer {
    return this.#ready("optimizer").optimizer;
  }

  /** The history of the last training that came to an end; null before. */
  get history(): History | null {
    return this.#history;
  }

  /**
   * Trains, and returns how it went.
   *
   * Ctrl-C ends it in good order after the current batch and keeps what was learned; the history says so.
   *
   * @param x inputs [n, …]: arrays or a tensor; with several inputs a list of them, or an object by name. Or batches
   *   instead of x and y: a list of [x, y] or [x, y, sampleWeight], anything that iterates over such, also
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
   * await model.fit(() => readBatches("train.csv"), { epochs: 3 });
   */
  fit(x: DataLike, y: DataLike, options?: FitOptions): Promise<History>;
  fit(batches: BatchSource, options?: FitOptions): Promise<History>;
  fit(batches: BatchSource, y: undefined, options?: FitOptions): Promise<History>;
  async fit(x: DataLike | BatchSource, second?: DataLike | FitOptions, third?: FitOptions): Promise<History> {
    const isLast = third === undefined && this.#isOptions(x, second);
    const [y, given] = isLast ? [undefined, second as FitOptions] : [second as DataLike | undefined, third ?? {}];
    const compiled = this.#ready("fit");
    if (this.#fitting)
      throw new ModelError({
        where: `fit, model "${this.name}"`,
        expected: "a model that is not in training",
        got: "one whose training has not ended yet",
        hint: "Wait for it: await model.fit(…).",
      });
    checkUpdates(this, compiled.optimizer);
    const { source, validation, options } = prepare(this.#reading("fit"), x, y, given);
    this.#fitting = true;
    try {
      this.#history = await runFit(this, compiled, source, validation, options);
      return this.#history;
    } finally {
      this.#fitting = false;
    }
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
  evaluate(batches: BatchSource): Promise<Logs>;
  async evaluate(x: DataLike | BatchSource, y?: DataLike, options: EvaluateOptions = {}): Promise<Logs> {
    const where = "evaluate";
    const compiled = this.#ready(where);
    checkOptions(where, options, ["batchSize", "sampleWeight", "jit"]);
    const { batchSize = 32, sampleWeight, jit = true } = options;
    checkCount("batchSize", batchSize, 1, where);
    const reading = this.#reading(where);
    const source = isBatchSource(x, y)
      ? batchesOfStream(reading, x)
      : batchesOfArrays(readArrays(reading, x, y as DataLike, sampleWeight), batchSize, null);
    return evaluateSource(this, compiled, source, {
      where,
      turns: new Turns(),
      step: compiledStep(testStep, { where, jit }),
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
  predict(x: DataLike, options: { batchSize?: number; jit?: boolean | JitOptions } = {}): Output {
    const where = "predict";
    checkOptions(where, options, ["batchSize", "jit"]);
    const { batchSize = 32, jit = true } = options;
    checkCount("batchSize", batchSize, 1, where);
    return predictRows(this, readInputs(this.#reading(where), x), batchSize, { where, jit }) as Output;
  }

  /** Data becomes float64 where a part of the model is. */
  #reading(where: string): Reading {
    const isDouble =
      this.modules().some((module) => module instanceof Layer && module.dtype === "float64") ||
      this.parameters().some((parameter) => parameter.dtype === "float64");
    const outputNames = this.outputNames ?? this.#compiled?.outputs.names ?? null;
    return {
      where,
      dtype: isDouble ? "float64" : getDefaultDType(),
      inputs: portsOf(this.inputNames),
      outputs: portsOf(outputNames),
    };
  }

  /** Whether it is options rather than targets by name. */
  #isOptions(x: DataLike | BatchSource, second: DataLike | FitOptions | undefined): boolean {
    if (!isPlainObject(second)) return false;
    const keys = Object.keys(second);
    if (keys.some((key) => fitOptionNames.includes(key))) return true;
    if (!isBatchSource(x, undefined)) return keys.length === 0;
    const names = this.outputNames ?? this.#compiled?.outputs.names;
    return !keys.some((key) => names?.includes(key));
  }

  /**
   * A table of the layers, the shapes of their outputs and their numbers of weights; printed, and returned.
   *
   * @param options `print` is what prints it; console.log by default.
   * @example model.summary();
   */
  summary(options: SummaryOptions = {}): string {
    return summaryOf(this, options);
  }
}

/** Which model `compile` bound an optimizer to. */
const owners = new WeakMap<Optimizer, Model<unknown>>();

/** Throws where an optimizer was made for other weights: training would change nothing and say nothing. */
function checkUpdates(model: Model<unknown>, optimizer: Optimizer): void {
  const own = new Set(model.parameters());
  if (own.size > 0 && !optimizer.parameters.some((parameter) => own.has(parameter)))
    throw foreign(model, optimizer, "other weights");
}

function foreign(model: Model<unknown>, optimizer: Optimizer, others: string): ModelError {
  return new ModelError({
    where: `model "${model.name}"`,
    expected: "an optimizer of its own",
    got: `${optimizer.name} of ${others}`,
    hint: `An optimizer remembers the weights that it updates. Make another one: optimizer: new ${optimizer.name}().`,
  });
}

function portsOf(names: readonly string[] | null): Ports {
  return { names, count: names?.length ?? null };
}

interface Prepared {
  source: Source;
  validation: Source | null;
  options: CompleteFitOptions;
}

/** Checks data and options, and makes sources of batches of them. */
function prepare(reading: Reading, x: DataLike | BatchSource, y: DataLike | undefined, given: FitOptions): Prepared {
  if (isBatchSource(x, y)) {
    if (y !== undefined)
      throw new OptionError({ where: "fit", expected: "either batches [x, y], or x and y", got: "batches and y" });
    const options = completeFitOptions(given, false);
    const source = batchesOfStream(reading, x, options.classWeight);
    return { source, validation: validationOf(reading, options), options };
  }
  const options = completeFitOptions(given, true);
  const { batchSize, validationSplit, classWeight } = options;
  const all = readArrays(reading, x, y as DataLike, options.sampleWeight);
  const [train, held] = validationSplit === undefined ? [all, null] : splitArrays(reading, all, validationSplit);
  const shuffling = options.shuffle ? generatorFor(options.seed, defaultGenerator) : null;
  return {
    source: batchesOfArrays(weightByClass(reading, train, classWeight), batchSize, shuffling),
    validation: held ? batchesOfArrays(held, batchSize, null) : validationOf(reading, options),
    options,
  };
}

/** What validationData stands for: [x, y] or [x, y, sampleWeight], or batches. */
function validationOf(train: Reading, { validationData: data, batchSize }: CompleteFitOptions): Source | null {
  if (data === undefined) return null;
  const reading = { ...train, where: "fit, validationData" };
  if (isPairOfArrays(data, reading)) return batchesOfArrays(readArrays(reading, ...data), batchSize, null);
  if (isBatchSource(data, undefined)) return batchesOfStream(reading, data as BatchSource);
  throw new OptionError({
    where: reading.where,
    expected: "[x, y], [x, y, sampleWeight], or batches of such",
    got: describe(data),
  });
}

/** [x, y] rather than a list of two batches, each of which would be a list [x, y] itself. */
function isPairOfArrays(data: BatchLike | BatchSource, { inputs, outputs }: Reading): data is BatchLike {
  if (!Array.isArray(data) || data.length < 2 || data.length > 3) return false;
  const isTensor = (part: unknown) => part instanceof Tensor;
  // With several inputs, x is a list of tensors itself, and the x of a batch is a list or an object.
  const isSeveral = (part: unknown) => isPlainObject(part) || (Array.isArray(part) && part.some(isTensor));
  const isBatch =
    (inputs.count ?? 1) > 1
      ? (item: readonly unknown[]) => isSeveral(item[0])
      : (item: readonly unknown[]) =>
          item.some((part) => isTensor(part) || ((outputs.count ?? 1) > 1 && isSeveral(part)));
  return !data.every((item) => Array.isArray(item) && isBatch(item));
}
