/**
 * Adding up the loss and the metrics over the batches of an epoch.
 */
import { noGrad, type Tensor } from "@chainrule/core";
import type { Metric } from "../metrics/index.ts";
import type { Logs } from "./callbacks/index.ts";
import type { Compiled } from "./compile.ts";
import type { Batch } from "./data.ts";
import type { OutputGoal, Outputs } from "./outputs.ts";
import { pick, type Several } from "./several.ts";
import type { Seen } from "./step.ts";

/** One metric of one output. */
interface Measure {
  /** What the logs call it. */
  readonly key: string;
  readonly metric: Metric;
  readonly weighted: boolean;
  /** The number of its output. */
  readonly output: number;
}

/** The loss and metrics of what it has been shown. */
export class Tally {
  readonly #outputs: Outputs;
  #goals: readonly OutputGoal[] | null = null;
  #measures: readonly Measure[] = [];
  #loss = 0;
  /** Of each output, where there are several. */
  #parts: number[] = [];
  /** How many samples it has been shown. */
  samples = 0;

  constructor({ outputs }: Compiled) {
    this.#outputs = outputs;
  }

  /** Takes a batch in: its loss, and what was predicted. */
  add({ y, weight, size }: Batch, loss: number, { prediction, parts }: Seen): void {
    this.#loss += loss * size;
    this.samples += size;
    if (prediction !== null && this.#goals === null) this.#start(prediction);
    parts?.forEach((part, i) => {
      this.#parts[i] += part.item() * size;
    });
    if (prediction === null || this.#measures.length === 0) return;
    const judged = this.#outputs.judge(prediction, y, weight);
    noGrad(() => {
      for (const { metric, weighted, output } of this.#measures) {
        const { prediction, target, weight } = judged[output];
        metric.update(prediction, target, weighted ? weight : undefined);
      }
    });
  }

  /** Makes the metrics, now that the shapes of the predictions are known. */
  #start(prediction: Several<Tensor>): void {
    const goals = this.#outputs.goalsOf(prediction);
    this.#goals = goals;
    this.#parts = goals.length > 1 ? goals.map(() => 0) : [];
    this.#measures = goals.flatMap(({ name, loss, metrics }, output) => {
      const { shape } = pick("outputs of the model", prediction, name, output, goals.length);
      const context = loss.contextFor(shape);
      return metrics.map(({ key, make, weighted }) => {
        const metric = make(context);
        metric.reset();
        return { key: goals.length > 1 ? `${name}_${key}` : key, metric, weighted, output };
      });
    });
  }

  /** The mean loss and the metrics so far, each batch counting by its size. */
  logs(prefix = ""): Logs {
    const logs: Logs = { [`${prefix}loss`]: this.#loss / this.samples };
    this.#parts.forEach((part, i) => {
      logs[`${prefix}${this.#goals![i].name}_loss`] = part / this.samples;
    });
    for (const { key, metric } of this.#measures) logs[prefix + key] = metric.result();
    return logs;
  }
}
