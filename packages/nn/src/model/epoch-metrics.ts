/**
 * The loss and the metrics of an epoch, accumulated over its batches.
 */
import { noGrad, type Tensor } from "@chainrule/core";
import { refusePromise } from "@chainrule/core/internal";
import type { MetricInUse } from "../metrics/fresh.ts";
import { countedBatch } from "../metrics/metric.ts";
import { maskHooks } from "../module/mask-hooks.ts";
import { type CompiledOutputs, logName, logNames, type OutputConfig } from "./compiled-outputs.ts";
import type { Batch } from "./data-adapter.ts";
import type { Logs } from "./hooks.ts";
import { type Nested, selectOutput } from "./nested.ts";
import { inRows } from "./row-alignment.ts";
import type { StepResult } from "./step.ts";

/** One metric of one output. */
interface OutputMetric extends MetricInUse {
  /** Its name in the logs. */
  readonly key: string;
  readonly weighted: boolean;
  /** The index of its output. */
  readonly output: number;
}

/** Accumulates the loss and the metrics of batches. */
export class EpochMetrics {
  readonly #outputs: CompiledOutputs;
  #configs: readonly OutputConfig[] | null = null;
  readonly #metrics: OutputMetric[] = [];
  /** The sum over samples. */
  #loss = 0;
  /** The same of what the loss is the sum of, by its name in the logs. */
  readonly #lossParts = new Map<string, number>();
  /** How many samples the batches had. */
  samples = 0;

  constructor(outputs: CompiledOutputs) {
    this.#outputs = outputs;
  }

  /** Adds a batch: its loss, and what was predicted. */
  update({ y, weight, size }: Batch, loss: number, { prediction, lossParts, masks }: StepResult): void {
    this.#loss += loss * size;
    this.samples += size;
    if (prediction !== null && this.#configs === null) this.#createMetrics(prediction);
    for (const [name, part] of Object.entries(lossParts ?? {}))
      this.#lossParts.set(name, (this.#lossParts.get(name) ?? 0) + part.item() * size);
    if (prediction === null || this.#metrics.length === 0) return;
    const targets = this.#outputs.matchTargets(prediction, y, weight);
    noGrad(() => {
      for (const { metric, weighted, output } of this.#metrics) {
        const { prediction, target, weight } = targets[output];
        const whole = [prediction, target, weighted ? weight : undefined] as const;
        const mask = masks?.[output];
        const there = mask ? maskHooks.select!(whole, mask) : whole;
        const batch = there && countedBatch(...there);
        if (batch === null) continue;
        const where = `metric "${metric.name}"`;
        const returned: unknown = inRows(where, batch[0], batch[1], (p, t) => metric.update(p, t, batch[2]));
        refusePromise(where, returned);
      }
    });
  }

  /** Makes the metrics, now that the shapes of the predictions are known. */
  #createMetrics(prediction: Nested<Tensor>): void {
    const configs = this.#outputs.configsOf(prediction);
    this.#configs = configs;
    configs.forEach(({ name, loss, metrics }, output) => {
      const { shape } = selectOutput("outputs of the model", prediction, name, output, configs.length);
      const context = loss.contextFor(shape);
      for (const { key, make, weighted } of metrics)
        this.#metrics.push({ key: logName(configs, name, key), ...make(context), weighted, output });
    });
  }

  /** What the logs have, each with whether more is better. Known after the first batch. */
  names(): Map<string, boolean | null> {
    // Compiled, a step gives no predictions where there is one output without metrics.
    return this.#configs ? logNames(this.#configs) : this.#outputs.logNames(true)!;
  }

  /** Lets others use the metrics. */
  release(): void {
    for (const metric of this.#metrics) metric.release();
  }

  /** The mean loss and the metrics so far, each batch counting by its size. */
  logs(prefix = ""): Logs {
    const logs: Logs = { [`${prefix}loss`]: this.#loss / this.samples };
    for (const [name, sum] of this.#lossParts) logs[prefix + name] = sum / this.samples;
    for (const { key, metric } of this.#metrics) logs[prefix + key] = refusePromise(`metric "${key}"`, metric.result());
    return logs;
  }
}
