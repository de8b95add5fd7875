/**
 * The outputs of a compiled model: each with its loss, the weight of that in the sum, and its metrics.
 */
import { OptionError, Tensor } from "@chainrule/core";
import { attachedMask, describe, didYouMean } from "@chainrule/core/internal";
import { maskHooks } from "../module/mask-hooks.ts";
import { isPlainObject } from "../module/tree.ts";
import type { CompileOptions } from "./compile-options.ts";
import { type MetricEntry, metricEntries } from "./metric-entries.ts";
import { type Nested, selectOutput } from "./nested.ts";
import { alignTarget, type Objective, readLoss } from "./objective.ts";

/** What one output is compiled with. */
export interface OutputConfig {
  readonly name: string;
  readonly loss: Objective;
  /** What its loss is multiplied by in the sum. */
  readonly lossWeight: number;
  readonly metrics: readonly MetricEntry[];
}

/** The loss of a batch. */
export interface BatchLoss {
  readonly loss: Tensor;
  /**
   * What it is the sum of, before weights, by the names that the logs have: with several outputs the loss of each, and the
   * parts of each loss that was combined. Null where there is one loss and nothing more.
   */
  readonly lossParts: Readonly<Record<string, Tensor>> | null;
}

/** The prediction and the target of one output. */
export interface OutputTarget {
  readonly config: OutputConfig;
  readonly prediction: Tensor;
  /** Of the same rank as the prediction, where that is only a matter of a last axis of length 1. */
  readonly target: Tensor;
  readonly weight: Tensor | undefined;
}

/** What `compile` was given besides the optimizer. */
type CompileArguments = Omit<CompileOptions, "optimizer">;

/** The outputs of a model with what `compile` was given for them. */
export class CompiledOutputs {
  readonly #compileArguments: CompileArguments;
  readonly #names: readonly string[] | null;
  /** For a single output, and for several; made when they are known. */
  #single: readonly OutputConfig[] | null = null;
  #multiple: readonly OutputConfig[] | null = null;

  /** @param names null where the model does not know its outputs before it has computed some. */
  constructor(compileArguments: CompileArguments, names: readonly string[] | null) {
    this.#compileArguments = compileArguments;
    this.#names = names ?? namesInLoss(compileArguments.loss);
    if (this.#names) this.#multiple = configsOf(compileArguments, this.#names);
    else if (isSingleOutput(compileArguments)) this.#single = configsOf(compileArguments, [""]);
    if (this.#multiple?.length === 1) this.#single = this.#multiple;
  }

  /** The names of the outputs, as far as they are known. */
  get names(): readonly string[] | null {
    return this.#names ?? this.#multiple?.map(({ name }) => name) ?? null;
  }

  /**
   * The numbers that the logs will have, each with whether more is better (null: not said); null before the outputs are
   * known.
   *
   * @param isSingle whether the model is known to have one output.
   */
  logNames(isSingle: boolean): Map<string, boolean | null> | null {
    if (isSingle) this.#single ??= configsOf(this.#compileArguments, [""]);
    const configs = this.#multiple ?? (isSingle ? this.#single : null);
    return configs && logNames(configs);
  }

  /** Whether the losses, as far as they are known, are the library's. */
  get areLossesBuiltIn(): boolean {
    return this.#known.every(({ loss }) => loss.isBuiltIn);
  }

  /** The functions that losses are made of, as far as they are known. */
  get losses(): readonly object[] {
    return this.#known.flatMap(({ loss }) => loss.functions);
  }

  get #known(): readonly OutputConfig[] {
    return [...(this.#single ?? []), ...(this.#multiple ?? [])];
  }

  /** The config of each output. */
  configsOf(prediction: Nested<Tensor>): readonly OutputConfig[] {
    if (!(prediction instanceof Tensor) || this.#names) {
      this.#multiple ??= configsOf(this.#compileArguments, namesOf(prediction));
      return this.#multiple;
    }
    this.#single ??= configsOf(this.#compileArguments, [""]);
    return this.#single;
  }

  /** The masks that came with the predictions, one for each output; null where there are no masks. */
  masksOf(prediction: Nested<Tensor>): readonly (Tensor | null)[] | null {
    if (maskHooks.pass === null) return null;
    const { length } = this.configsOf(prediction);
    return this.configsOf(prediction).map(
      ({ name }, i) => attachedMask(selectOutput("", prediction, name, i, length)) ?? null,
    );
  }

  /** The loss of a batch: with several outputs, the sum of their losses by their weights. */
  computeLoss(prediction: Nested<Tensor>, y: Nested<Tensor>, weight: Nested<Tensor> | undefined): BatchLoss {
    if (prediction instanceof Tensor && y instanceof Tensor) {
      const configs = this.configsOf(prediction);
      if (configs.length === 1 && configs[0].lossWeight === 1 && (weight === undefined || weight instanceof Tensor)) {
        const { loss, parts } = configs[0].loss.compute(
          prediction,
          alignTarget(configs[0].loss, prediction, y),
          weighed(prediction, weight),
        );
        return { loss, lossParts: parts };
      }
    }
    const targets = this.matchTargets(prediction, y, weight);
    const losses = targets.map(({ config, prediction, target, weight }) =>
      config.loss.compute(prediction, target, weighed(prediction, weight)),
    );
    const weighted = losses.map(({ loss }, i) => scale(loss, targets[i].config.lossWeight));
    const configs = targets.map(({ config }) => config);
    const named = losses.flatMap(({ loss, parts }, i) => [
      ...(losses.length > 1 ? [[logName(configs, configs[i].name, "loss"), loss] as const] : []),
      ...Object.entries(parts ?? {}).map(([key, part]) => [logName(configs, configs[i].name, key), part] as const),
    ]);
    return {
      loss: weighted.reduce((sum, part) => sum.add(part)),
      lossParts: named.length === 0 ? null : Object.fromEntries(named),
    };
  }

  /** Each output with its target. @throws ModelError where there is not one of each. */
  matchTargets(prediction: Nested<Tensor>, y: Nested<Tensor>, weight: Nested<Tensor> | undefined): OutputTarget[] {
    const configs = this.configsOf(prediction);
    const count = configs.length;
    return configs.map((config, i) => {
      const of = <T>(where: string, given: Nested<T>) => selectOutput(where, given, config.name, i, count);
      const output = of("outputs of the model", prediction);
      return {
        config,
        prediction: output,
        target: alignTarget(config.loss, output, of("targets", y)),
        weight: weight === undefined || weight instanceof Tensor ? weight : of("sampleWeight", weight),
      };
    });
  }
}

/** What the logs call a number of an output. */
export function logName(configs: readonly OutputConfig[], output: string, key: string): string {
  return configs.length > 1 ? `${output}_${key}` : key;
}

/** What the logs have, each with whether more is better; null where that is not said. */
export function logNames(configs: readonly OutputConfig[]): Map<string, boolean | null> {
  const names = new Map<string, boolean | null>([["loss", false]]);
  for (const { name, loss, metrics } of configs) {
    names.set(logName(configs, name, "loss"), false);
    for (const part of loss.partNames) names.set(logName(configs, name, part), false);
    for (const { key, higherIsBetter } of metrics) names.set(logName(configs, name, key), higherIsBetter);
  }
  return names;
}

/** The weights, with those of masked steps at 0. */
function weighed(prediction: Tensor, weight: Tensor | undefined): Tensor | undefined {
  return maskHooks.weigh ? maskHooks.weigh(prediction, weight) : weight;
}

function scale(loss: Tensor, weight: number): Tensor {
  return weight === 1 ? loss : loss.mul(weight);
}

/** The output names in the losses, if they have any. */
function namesInLoss(loss: unknown): readonly string[] | null {
  if (Array.isArray(loss)) return loss.map((_, i) => defaultOutputName(i));
  return isPlainObject(loss) ? Object.keys(loss) : null;
}

function namesOf(prediction: Nested<Tensor>): readonly string[] {
  return Array.isArray(prediction) ? prediction.map((_, i) => defaultOutputName(i)) : Object.keys(prediction);
}

/** The name of an output without one, as in Keras. */
function defaultOutputName(i: number): string {
  return `output_${i + 1}`;
}

/** Whether nothing in the arguments says that there are several outputs. */
function isSingleOutput({ lossWeights, metrics, weightedMetrics }: CompileArguments): boolean {
  const isNested = (given: unknown) => isPlainObject(given) || (Array.isArray(given) && given.some(Array.isArray));
  return lossWeights === undefined && !isNested(metrics) && !isNested(weightedMetrics);
}

/** The config of each output. @throws OptionError for what does not fit the outputs. */
function configsOf(compileArguments: CompileArguments, names: readonly string[]): OutputConfig[] {
  const where = "compile";
  const losses = perOutput(`${where}, loss`, compileArguments.loss, names);
  const lossWeights = perOutput(`${where}, lossWeights`, compileArguments.lossWeights, names);
  const metrics = metricsPerOutput(where, compileArguments.metrics, names);
  const weightedMetrics = metricsPerOutput(where, compileArguments.weightedMetrics, names);
  return names.map((name, i) => {
    const loss = readLoss(
      `${where}, loss${names.length > 1 ? ` of "${name}"` : ""}`,
      requireLoss(losses[i], name, names),
    );
    return {
      name,
      loss,
      lossWeight: readLossWeight(where, lossWeights[i]),
      metrics: metricEntries(where, metrics[i] ?? [], weightedMetrics[i] ?? [], ["loss", ...loss.partNames]),
    };
  });
}

function requireLoss(loss: unknown, name: string, names: readonly string[]): unknown {
  if (loss !== undefined || names.length === 1) return loss;
  throw new OptionError({
    where: "compile, loss",
    expected: `a loss for each output (${names.join(", ")})`,
    got: `none for "${name}"`,
    hint: "To train without an output, make a Functional of the others: they share the layers.",
  });
}

function readLossWeight(where: string, given: unknown): number {
  if (given === undefined) return 1;
  if (typeof given === "number" && Number.isFinite(given)) return given;
  throw new OptionError({ where: `${where}, lossWeights`, expected: "numbers", got: describe(given) });
}

/** One for each output: by position, by name, or the same for all. */
function perOutput(where: string, given: unknown, names: readonly string[]): unknown[] {
  if (isPlainObject(given)) {
    const unknown = Object.keys(given).find((key) => !names.includes(key));
    if (unknown === undefined) return names.map((name) => given[name]);
    throw new OptionError({
      where,
      expected: "the names of outputs",
      got: `"${unknown}"`,
      hint: names.length === 1 && names[0] === "" ? "The model has one output." : didYouMean(unknown, names),
    });
  }
  if (!Array.isArray(given)) return names.map(() => given);
  if (given.length === names.length) return given;
  throw new OptionError({
    where,
    expected: `one for each of the ${names.length} outputs${names.length > 1 ? ` (${names.join(", ")})` : ""}`,
    got: `${given.length}`,
  });
}

/** As {@link spread}, but that a plain list of metrics is for every output. */
function metricsPerOutput(where: string, given: unknown, names: readonly string[]): unknown[] {
  if (isPlainObject(given) || (Array.isArray(given) && given.some(Array.isArray)))
    return perOutput(`${where}, metrics`, given, names).map((each) =>
      each === undefined || Array.isArray(each) ? each : [each],
    );
  return names.map(() => given);
}
