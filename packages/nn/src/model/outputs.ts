/**
 * What is asked of a model's outputs: the loss of each, how much it counts, and what else to measure.
 */
import { describe, didYouMean, OptionError, Tensor } from "@chainrule/core";
import { isPlainObject } from "../module/tree.ts";
import type { CompileOptions } from "./compile.ts";
import { isMetric, type MetricEntry, metricEntries } from "./metric-entries.ts";
import { alignTarget, type Objective, readLoss } from "./objective.ts";
import { pick, type Several } from "./several.ts";

/** What is asked of one output. */
export interface OutputGoal {
  readonly name: string;
  readonly loss: Objective;
  /** How much its loss counts in the sum. */
  readonly scale: number;
  readonly metrics: readonly MetricEntry[];
}

/** The loss of a batch, and with several outputs that of each, before it was scaled. */
export interface Measured {
  readonly loss: Tensor;
  readonly parts: readonly Tensor[] | null;
}

/** One output with its target and weights. */
export interface Judged {
  readonly goal: OutputGoal;
  readonly prediction: Tensor;
  /** In the rank of the prediction. */
  readonly target: Tensor;
  readonly weight: Tensor | undefined;
}

type Asked = Omit<CompileOptions, "optimizer">;

/** The outputs of a model and what `compile` asked of them. */
export class Outputs {
  readonly #asked: Asked;
  readonly #names: readonly string[] | null;
  /** Of a model with one output, and of one with several; made when they are known. */
  #one: readonly OutputGoal[] | null = null;
  #several: readonly OutputGoal[] | null = null;

  /** @param names null where the model does not know its outputs before it has computed some. */
  constructor(asked: Asked, names: readonly string[] | null) {
    this.#asked = asked;
    this.#names = names ?? namesIn(asked.loss);
    if (this.#names) this.#several = goalsOf(asked, this.#names);
    else if (isForOne(asked)) this.#one = goalsOf(asked, [""]);
    if (this.#several?.length === 1) this.#one = this.#several;
  }

  /** The names of the outputs, as far as they are known. */
  get names(): readonly string[] | null {
    return this.#names ?? this.#several?.map(({ name }) => name) ?? null;
  }

  /** What is asked of each output. */
  goalsOf(prediction: Several<Tensor>): readonly OutputGoal[] {
    if (!(prediction instanceof Tensor) || this.#names) {
      this.#several ??= goalsOf(this.#asked, namesOf(prediction));
      return this.#several;
    }
    this.#one ??= goalsOf(this.#asked, [""]);
    return this.#one;
  }

  /** The loss of a batch: of several outputs, the sum of their losses as they count. */
  measure(prediction: Several<Tensor>, y: Several<Tensor>, weight: Several<Tensor> | undefined): Measured {
    if (prediction instanceof Tensor && y instanceof Tensor) {
      const goals = this.goalsOf(prediction);
      if (goals.length === 1 && goals[0].scale === 1 && (weight === undefined || weight instanceof Tensor))
        return {
          loss: goals[0].loss.compute(prediction, alignTarget(goals[0].loss, prediction, y), weight),
          parts: null,
        };
    }
    const judged = this.judge(prediction, y, weight);
    const parts = judged.map(({ goal, prediction, target, weight }) => goal.loss.compute(prediction, target, weight));
    const scaled = parts.map((part, i) => (judged[i].goal.scale === 1 ? part : part.mul(judged[i].goal.scale)));
    const loss = scaled.length === 1 ? scaled[0] : scaled.reduce((sum, part) => sum.add(part));
    return { loss, parts: parts.length === 1 ? null : parts };
  }

  /** Throws for targets that make no sense beside such predictions, and computes nothing. */
  check(prediction: Several<Tensor>, y: Several<Tensor>): void {
    for (const { goal, prediction: output, target } of this.judge(prediction, y, undefined))
      goal.loss.check(output, target);
  }

  /** Each output with its target. @throws ModelError where there is not one of each. */
  judge(prediction: Several<Tensor>, y: Several<Tensor>, weight: Several<Tensor> | undefined): Judged[] {
    const goals = this.goalsOf(prediction);
    const count = goals.length;
    return goals.map((goal, i) => {
      const of = <T>(where: string, given: Several<T>) => pick(where, given, goal.name, i, count);
      const output = of("outputs of the model", prediction);
      return {
        goal,
        prediction: output,
        target: alignTarget(goal.loss, output, of("targets", y)),
        weight: weight === undefined || weight instanceof Tensor ? weight : of("sampleWeight", weight),
      };
    });
  }
}

/** The names that the losses tell, if they do. */
function namesIn(loss: unknown): readonly string[] | null {
  if (Array.isArray(loss)) return loss.map((_, i) => numbered(i));
  return isPlainObject(loss) ? Object.keys(loss) : null;
}

function namesOf(prediction: Several<Tensor>): readonly string[] {
  return Array.isArray(prediction) ? prediction.map((_, i) => numbered(i)) : Object.keys(prediction);
}

/** Outputs without names are called as Keras calls them. */
function numbered(i: number): string {
  return `output_${i + 1}`;
}

/** Whether nothing in it says that there are several outputs. */
function isForOne({ lossWeights, metrics, weightedMetrics }: Asked): boolean {
  const isNested = (given: unknown) => isPlainObject(given) || (Array.isArray(given) && given.some(Array.isArray));
  return lossWeights === undefined && !isNested(metrics) && !isNested(weightedMetrics);
}

/** What is asked of each output. @throws OptionError for what does not fit the outputs. */
function goalsOf({ loss, lossWeights, metrics, weightedMetrics }: Asked, names: readonly string[]): OutputGoal[] {
  const where = "compile";
  const losses = spread(`${where}, loss`, loss, names);
  const scales = spread(`${where}, lossWeights`, lossWeights, names);
  const [plain, weighted] = [spreadMetrics(where, metrics, names), spreadMetrics(where, weightedMetrics, names)];
  return names.map((name, i) => ({
    name,
    loss: readLoss(`${where}, loss${names.length > 1 ? ` of "${name}"` : ""}`, missing(losses[i], name, names)),
    scale: readScale(where, scales[i]),
    metrics: metricEntries(where, plain[i] ?? [], weighted[i] ?? []),
  }));
}

function missing(loss: unknown, name: string, names: readonly string[]): unknown {
  if (loss !== undefined || names.length === 1) return loss;
  throw new OptionError({
    where: "compile, loss",
    expected: `a loss for each output (${names.join(", ")})`,
    got: `none for "${name}"`,
    hint: "To train without an output, make a Functional of the others: they share the layers.",
  });
}

function readScale(where: string, scale: unknown): number {
  if (scale === undefined) return 1;
  if (typeof scale === "number" && Number.isFinite(scale)) return scale;
  throw new OptionError({ where: `${where}, lossWeights`, expected: "numbers", got: describe(scale) });
}

/** One for each output: by place, by name, or the same for all. */
function spread(where: string, given: unknown, names: readonly string[]): unknown[] {
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
function spreadMetrics(where: string, given: unknown, names: readonly string[]): unknown[] {
  if (isPlainObject(given) || (Array.isArray(given) && given.some(Array.isArray)))
    return spread(`${where}, metrics`, given, names).map((each) =>
      each === undefined || Array.isArray(each) ? each : [each],
    );
  const object = names.length > 1 && Array.isArray(given) ? given.find(isMetric) : undefined;
  if (object)
    throw new OptionError({
      where: `${where}, metrics`,
      expected: `metric objects by output, such as { ${names[0]}: […] }`,
      got: `"${object.name}" for all ${names.length} outputs`,
      hint: "A metric adds up what it sees: each output needs one of its own. Names and functions can be for all.",
    });
  return names.map(() => given);
}
