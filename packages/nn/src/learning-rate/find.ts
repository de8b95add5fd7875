/**
 * The learning rate range test: a training at rates that grow from step to step, of which nothing is left afterwards.
 */
import { ChainRuleError, defaultGenerator, OptionError, type Tensor, ValueError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { Layer } from "../layers/layer.ts";
import { BatchIterator } from "../model/batch-iterator.ts";
import type { Batch, BatchLike, BatchSource, DataAdapter } from "../model/data-adapter.ts";
import { EventLoopYield } from "../model/event-loop-yield.ts";
import { checkSmallestBatch, outputSpecs } from "../model/fit-checks.ts";
import { listenForInterrupt } from "../model/interrupt.ts";
import { jitStep, type Step } from "../model/jit-step.ts";
import { Model } from "../model/model.ts";
import { type DataLike, flattenNested } from "../model/nested.ts";
import type { FitOptions } from "../model/options.ts";
import { type TrainState, trainStep } from "../model/step.ts";
import { PeekedAdapter } from "../model/validation-check.ts";
import { keepTraining } from "../module/mode.ts";
import { isPlainObject } from "../module/tree.ts";
import { aboveZero, checkCount, checkRange, finite } from "../number-checks.ts";
import { Optimizer, type OptimizerClass } from "../optimizers/index.ts";
import { optionNames } from "../option-names.ts";
import { Parts } from "../rewind/parts.ts";
import { refuseSurplus } from "../surplus.ts";
import { type RateSuggestions, smooth, suggest, withoutExplosion } from "./curve.ts";

/** What {@link findLearningRate} takes besides the data: how to go, and how `fit` is to take the data. */
export interface FindLearningRateOptions
  extends Pick<FitOptions, "batchSize" | "shuffle" | "dropLast" | "seed" | "sampleWeight" | "classWeight" | "jit"> {
  /** The rate of the first step; 1e-7 by default. */
  startLr?: number;
  /** The rate of the last step, if it comes so far; 10 by default. */
  endLr?: number;
  /** How many steps there are between them, each at a rate greater by the same factor; 100 by default. */
  steps?: number;
}

type Points = readonly (readonly [rate: number, loss: number])[];

/** What {@link findLearningRate} has found. */
export class LearningRateFindings {
  /** The rate to train with: `suggestions.valley`. */
  readonly suggestion: number;
  /** All rates that the curve suggests. */
  readonly suggestions: RateSuggestions;
  /** The loss before each step and the same smoothed, as points [rate, loss]: what `lineChartSvg` draws. */
  readonly curve: { readonly loss: Points; readonly smoothed: Points };
  /** Why it ended: the loss had exploded, was no number any more, Ctrl-C was pressed, or all steps were done. */
  readonly stopped: Stop;
  readonly #steps: number;

  /** @internal */
  constructor(suggestions: RateSuggestions, curve: { loss: Points; smoothed: Points }, stopped: Stop, steps: number) {
    this.suggestion = suggestions.valley;
    this.suggestions = suggestions;
    this.curve = curve;
    this.stopped = stopped;
    this.#steps = steps;
  }

  /** The suggestions in words. */
  toString(): string {
    const { valley, steepest, minimum } = this.suggestions;
    const { loss } = this.curve;
    return (
      `learning rate ${short(valley)}: between ${short(steepest)}, where the loss falls fastest, and where it begins to rise; ` +
      `a tenth of the rate of the least loss is ${short(minimum)}.\n` +
      `${loss.length} of ${this.#steps} rates, ${short(loss[0][0])} to ${short(loss[loss.length - 1][0])}: ${endings[this.stopped]}.`
    );
  }

  /** How Node's console shows it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

const optionsKnown = optionNames<FindLearningRateOptions>({
  batchSize: true,
  shuffle: true,
  dropLast: true,
  seed: true,
  sampleWeight: true,
  classWeight: true,
  jit: true,
  startLr: true,
  endLr: true,
  steps: true,
});
const where = "findLearningRate";

/**
 * Finds a learning rate by a range test: trains for a hundred steps while the rate grows from 1e-7 to 10, looks at the loss
 * before each step, and ends where it explodes.
 *
 * Where the rate is too small nothing is learned, where it is too large the loss goes up; between them it falls. Of the
 * `suggestions`, `steepest` is the rate where the smoothed loss falls fastest by the logarithm of the rate, `minimum` a tenth
 * of the rate where it is least, and `valley` in the middle, by the logarithm, between the steepest place and the last rate
 * before the loss rises again.
 *
 * Weights, buffers, gradients, optimizer, random numbers and modes are put back; layers that had no weights yet have
 * them now, as after a first call.
 *
 * @param model a compiled model; a schedule of its optimizer is left out of account meanwhile.
 * @param x inputs and, as `y`, targets; or `[x, y]`; or batches, as for `fit`. They are gone through again where they end.
 * @param options {@link FindLearningRateOptions}.
 * @throws ModelError before `compile`; ValueError where the loss falls at none of the rates, or is no number at the
 *   smallest; and what `fit` throws.
 *
 * Source: Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017; `steepest` and `minimum` as in fastai's `lr_find`.
 *
 * @example
 * const found = await findLearningRate(model, x, y);
 * model.optimizer.lr = found.suggestion;
 * await writeFile("rates.svg", lineChartSvg(found.curve, { xScale: "log", xLabel: "learning rate", yLabel: "loss" }));
 */
export function findLearningRate<Output>(
  model: Model<Output>,
  x: DataLike,
  y: DataLike,
  options?: FindLearningRateOptions,
): Promise<LearningRateFindings>;
export function findLearningRate<Output>(
  model: Model<Output>,
  data: BatchLike | BatchSource,
  options?: FindLearningRateOptions,
): Promise<LearningRateFindings>;
export async function findLearningRate(
  model: Model<unknown>,
  x: DataLike | BatchLike | BatchSource,
  second?: DataLike | FindLearningRateOptions,
  third?: FindLearningRateOptions,
): Promise<LearningRateFindings> {
  refuseSurplus(where, arguments, 4);
  if (!(model instanceof Model))
    throw new OptionError({
      where,
      expected: "a compiled model",
      got: describe(model),
      hint: "Write findLearningRate(model, x, y).",
    });
  const isLast = third === undefined && isOptions(model, second);
  const given = isLast ? second : third === undefined ? {} : third;
  checkOptions(where, given as object, optionsKnown);
  const { startLr = 1e-7, endLr = 10, steps = 100, ...fitOptions } = given as FindLearningRateOptions;
  checkRange(where, "startLr", startLr, aboveZero);
  checkRange(where, "endLr", endLr, {
    expected: `a number above startLr, ${startLr}`,
    holds: (lr) => finite.holds(lr) && (lr as number) > startLr,
  });
  checkCount(where, "steps", steps, 10);
  const training = model.readTraining(where, x, isLast ? undefined : (second as DataLike | undefined), fitOptions);
  checkSmallestBatch(model, training);
  const rates = Array.from({ length: steps }, (_, i) => startLr * (endLr / startLr) ** (i / (steps - 1)));
  const { losses, stopped } = await runAtRates(model, training, rates);
  return findingsOf(rates, losses, stopped, steps);
}

/** Whether it is options rather than targets by the names of outputs. */
function isOptions(model: Model<unknown>, second: unknown): boolean {
  if (!isPlainObject(second)) return false;
  const names =
    model.outputNames ?? (model.compileOptions ? model.trainState("findLearningRate").outputs.names : null) ?? [];
  return !Object.keys(second).some((key) => names.includes(key));
}

type Training = ReturnType<Model<unknown>["readTraining"]>;
type Stop = "exploded" | "not finite" | "Ctrl-C" | "done";

/** The loss before each step, as far as it comes; everything is put back. */
async function runAtRates(
  model: Model<unknown>,
  { config, inputs, options, data: given }: Training,
  rates: readonly number[],
): Promise<{ losses: number[]; stopped: Stop }> {
  const data = inputs ? given : new PeekedAdapter(given);
  await build(model, inputs, data);
  const before = new Parts(where, { model }, defaultGenerator()).take();
  const restoreModes = keepTraining(model);
  const interrupt = listenForInterrupt();
  const batches = new BatchIterator(data, rates.length);
  try {
    const state: TrainState = { model, outputs: config.outputs, optimizer: sameOptimizer(config.optimizer) };
    const changes = { mayHaveChanged: true };
    const step = jitStep(trainStep, { where, jit: options.jit, quiet: true, changes });
    const eventLoop = new EventLoopYield();
    const watch = new ExplosionWatch();
    const losses: number[] = [];
    for (const [i, rate] of rates.entries()) {
      const next = batches.next();
      const batch = (next instanceof Promise ? await next : next)!;
      if (data.runsUserCode) changes.mayHaveChanged = true;
      state.optimizer.lr = rate;
      await step.whenReady();
      losses.push(lossOf(state, step, batch, i));
      if (!Number.isFinite(losses[i])) return { losses, stopped: "not finite" };
      if (watch.hasExploded(losses[i])) return { losses, stopped: "exploded" };
      if (eventLoop.isDue) await eventLoop.pause();
      if (interrupt.requested) return { losses, stopped: "Ctrl-C" };
    }
    return { losses, stopped: "done" };
  } finally {
    await batches.close();
    interrupt.release();
    restoreModes();
    before.restore();
  }
}

function lossOf(state: TrainState, step: Step, { x, y, weight }: Batch, i: number): number {
  try {
    return step(state, x, y, weight).loss.item();
  } catch (error) {
    throw error instanceof ChainRuleError ? error.inside(`${where}, step ${i + 1}`) : error;
  }
}

/** Layers that do not know their input yet make their weights, so that there is something to put back. */
async function build(model: Model<unknown>, inputs: readonly Tensor[] | null, data: DataAdapter): Promise<void> {
  const isBuilt = () => model.modules().every((module) => !(module instanceof Layer) || module.built);
  if (isBuilt()) return;
  if (inputs) outputSpecs(model, inputs);
  else {
    const batch = await (data as PeekedAdapter).peek();
    if (batch) outputSpecs(model, flattenNested(batch.x));
  }
}

/** Another optimizer in the same state, for the same weights, whose rate can be set whatever the first one's goes by. */
function sameOptimizer(optimizer: Optimizer): Optimizer {
  const groups = optimizer.groups.map(({ source, hyper, scale }) => ({ ...hyper, params: source, lr: scale }));
  const Class = optimizer.constructor as OptimizerClass;
  // A class of the user's may take something else; without methods of its own it is its rule.
  const isMadeOfRule = Object.getPrototypeOf(Class) === Optimizer && Class.rule === optimizer.rule;
  const { gradientAccumulationSteps: steps = 1 } = optimizer.options;
  if (steps > 1)
    throw new OptionError({
      where,
      expected: "an optimizer that makes an update of each batch",
      got: `one that makes an update of ${steps}`,
      hint: `Look without gradientAccumulationSteps, with batches ${steps} times as large.`,
    });
  const options = { ...optimizer.options, lr: 1 };
  const same = isMadeOfRule ? new Class(groups, options) : new Optimizer(optimizer.rule, groups, options);
  same.loadStateDict(optimizer.stateDict());
  return same;
}

/** Tells an explosion from noise: by a mean over about ten steps. */
class ExplosionWatch {
  #sum = 0;
  #weight = 0;
  #first: number | null = null;
  #best = Number.POSITIVE_INFINITY;

  /** Whether the loss is so far above its best that it is four times as much, or three times what it had fallen by. */
  hasExploded(loss: number): boolean {
    this.#sum = 0.8 * this.#sum + 0.2 * loss;
    this.#weight = 0.8 * this.#weight + 0.2;
    const mean = this.#sum / this.#weight;
    this.#first ??= mean;
    this.#best = Math.min(this.#best, mean);
    return mean - this.#best > 3 * Math.max(Math.abs(this.#best), this.#first - this.#best);
  }
}

function findingsOf(
  rates: readonly number[],
  losses: readonly number[],
  stopped: Stop,
  steps: number,
): LearningRateFindings {
  const points = (values: readonly number[]) => values.map((loss, i) => [rates[i], loss] as const);
  const measured = losses.filter(Number.isFinite);
  if (measured.length === 0)
    throw new ValueError({
      where,
      expected: "a loss that is a number",
      got: `${losses[0]} before the first step`,
      hint: "Look for missing values in the data: model.fit(x, y, { debugNaN: true }) says where the first NaN is.",
    });
  const smoothed = smooth(withoutExplosion(measured), steps / 30);
  const suggestions = suggest(rates, measured, smoothed);
  if (!suggestions)
    throw new ValueError({
      where,
      expected: "a loss that falls at some rate",
      got: `one that goes from ${short(smoothed[0])} to ${short(smoothed[smoothed.length - 1])} between the rates ${short(rates[0])} and ${short(rates[measured.length - 1])}`,
      hint:
        stopped === "done"
          ? "Try a larger endLr, more steps or larger batches; does the model learn at all? See diagnose(model, [x, y])."
          : "Try a smaller startLr, more steps or larger batches; scale inputs to about -1 to 1.",
    });
  return new LearningRateFindings(suggestions, { loss: points(losses), smoothed: points(smoothed) }, stopped, steps);
}

const endings: Readonly<Record<Stop, string>> = {
  exploded: "then the loss exploded",
  "not finite": "then the loss was no finite number",
  "Ctrl-C": "then Ctrl-C was pressed",
  done: "all of them",
};

const short = (x: number) => String(Number(x.toPrecision(3)));
