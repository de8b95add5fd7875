/**
 * Adding up the loss and the metrics over the batches of an epoch.
 */
import { noGrad, type Tensor } from "@chainrule/core";
import type { Metric } from "../metrics/index.ts";
import type { Logs } from "./callbacks/index.ts";
import type { Compiled } from "./compile.ts";
import type { Batch } from "./data.ts";
import { alignTarget } from "./step.ts";

/** The loss and metrics of what it has been shown. */
export class Tally {
  readonly #compiled: Compiled;
  #metrics: { key: string; metric: Metric; weighted: boolean }[] | null = null;
  #loss = 0;
  /** How many samples it has been shown. */
  samples = 0;

  constructor(compiled: Compiled) {
    this.#compiled = compiled;
  }

  /** Takes a batch in: its loss, and what was predicted. */
  add({ y, weight, size }: Batch, loss: number, prediction: Tensor): void {
    this.#loss += loss * size;
    this.samples += size;
    if (this.#compiled.metrics.length === 0) return;
    this.#metrics ??= this.#start(prediction);
    const target = alignTarget(this.#compiled.loss, prediction, y);
    noGrad(() => {
      for (const { metric, weighted } of this.#metrics!)
        metric.update(prediction, target, weighted ? weight : undefined);
    });
  }

  /** Makes the metrics, now that the shape of the predictions is known. */
  #start(prediction: Tensor) {
    const context = this.#compiled.loss.contextFor(prediction.shape);
    return this.#compiled.metrics.map(({ key, make, weighted }) => {
      const metric = make(context);
      metric.reset();
      return { key, metric, weighted };
    });
  }

  /** The mean loss and the metrics so far, each batch counting by its size. */
  logs(prefix = ""): Logs {
    const logs: Logs = { [`${prefix}loss`]: this.#loss / this.samples };
    for (const { key, metric } of this.#metrics ?? []) logs[prefix + key] = metric.result();
    return logs;
  }
}
