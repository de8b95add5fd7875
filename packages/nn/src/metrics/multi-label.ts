/**
 * Metrics of several labels a sample: whether all are right, and how many are wrong.
 */
import type { Tensor, TensorLike } from "@chainrule/core";
import { refuseSurplus } from "../surplus.ts";
import { checkThreshold, type ThresholdOption, thresholdOptions } from "./accuracy.ts";
import {
  countedBatch,
  evaluateOnce,
  MeanMetric,
  type MetricArguments,
  type SampleWeights,
  splitWeights,
} from "./metric.ts";
import { nameMetrics } from "./named.ts";
import { readDecisions } from "./reading.ts";

/** A number of each sample, of which of its decisions are right. */
abstract class LabelsMetric extends MeanMetric {
  readonly #threshold: number;

  constructor(name: string, where: string, options: ThresholdOption) {
    super(name);
    checkThreshold(where, options, thresholdOptions);
    this.#threshold = options.threshold ?? 0.5;
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ threshold: this.#threshold }];
  }

  update(...given: MetricArguments): void {
    const batch = countedBatch(...given);
    if (batch) this.#include(...batch);
  }

  #include(prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined): void {
    const { predicted, actual } = readDecisions(this.name, prediction, target, this.#threshold);
    const samples = prediction.rank === 0 ? 1 : prediction.shape[0];
    const labels = samples === 0 ? 0 : predicted.length / samples;
    const scores = Float64Array.from({ length: samples }, (_, sample) => {
      let wrong = 0;
      for (let i = sample * labels; i < (sample + 1) * labels; i++)
        wrong += predicted[i] < 0 ? Number.NaN : Number(predicted[i] !== actual[i]);
      return Number.isNaN(wrong) ? wrong : this.score(wrong, labels);
    });
    this.addRows(scores, sampleWeight);
  }

  protected abstract score(wrong: number, labels: number): number;
}

/**
 * {@link exactMatch} over batches; `"exact_match"` in `compile`.
 *
 * @example
 * const metric = new ExactMatch();
 * metric.update(tensor([[0.9, 0.2], [0.6, 0.7]]), tensor([[1, 0], [1, 0]]));
 * metric.result(); // 0.5
 */
export class ExactMatch extends LabelsMetric {
  override readonly higherIsBetter: boolean | null = true;

  constructor(options: ThresholdOption = {}) {
    super("exact_match", "ExactMatch", options);
    refuseSurplus("ExactMatch", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected score(wrong: number): number {
    return Number(wrong === 0);
  }
}

/**
 * {@link hammingLoss} over batches; `"hamming_loss"` in `compile`.
 *
 * @example
 * const metric = new HammingLoss();
 * metric.update(tensor([[0.9, 0.2], [0.6, 0.7]]), tensor([[1, 0], [1, 0]]));
 * metric.result(); // 0.25
 */
export class HammingLoss extends LabelsMetric {
  override readonly higherIsBetter: boolean | null = false;

  constructor(options: ThresholdOption = {}) {
    super("hamming_loss", "HammingLoss", options);
    refuseSurplus("HammingLoss", arguments, 1);
  }

  protected override constructorArguments(): readonly unknown[] {
    return super.constructorArguments();
  }

  protected score(wrong: number, labels: number): number {
    return wrong / labels;
  }
}

nameMetrics({
  exact_match: (context) => new ExactMatch(context),
  hamming_loss: (context) => new HammingLoss(context),
});

/**
 * The share of samples of whose labels every one is right.
 *
 * @param prediction scores [n, k], each a decision: 1 above the threshold.
 * @param target 0 or 1, [n, k].
 * @param options `threshold`, by default 0.5 (0 for logits); `sampleWeight` [n].
 * @throws ShapeError where the shapes differ; ValueError for NaN, and for targets outside [0, 1].
 *
 * Same as `accuracy_score` of scikit-learn for rows of several labels.
 *
 * @example
 * metrics.exactMatch([[0.9, 0.2], [0.6, 0.7]], [[1, 0], [1, 0]]); // 0.5
 */
export function exactMatch(
  prediction: TensorLike,
  target: TensorLike,
  options: ThresholdOption & SampleWeights = {},
): number {
  refuseSurplus("exactMatch", arguments, 3);
  const [own, weights] = splitWeights("exactMatch", options, thresholdOptions);
  return evaluateOnce(new ExactMatch(own), prediction, target, weights);
}

/**
 * The share of labels that are wrong.
 *
 * Parameters and errors are those of {@link exactMatch}. Same as `hamming_loss` of scikit-learn.
 *
 * @example
 * metrics.hammingLoss([[0.9, 0.2], [0.6, 0.7]], [[1, 0], [1, 0]]); // 1 / 4 = 0.25
 */
export function hammingLoss(
  prediction: TensorLike,
  target: TensorLike,
  options: ThresholdOption & SampleWeights = {},
): number {
  refuseSurplus("hammingLoss", arguments, 3);
  const [own, weights] = splitWeights("hammingLoss", options, thresholdOptions);
  return evaluateOnce(new HammingLoss(own), prediction, target, weights);
}
