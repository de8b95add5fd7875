/**
 * Whether predicted probabilities are what happens: in bins of probability, and as one number.
 */
import { OptionError, type Tensor, type TensorLike } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { checkCount } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import {
  countedBatch,
  evaluateOnce,
  Metric,
  type MetricArguments,
  type SampleWeights,
  splitWeights,
  updateOnce,
  weights,
} from "./metric.ts";
import { nameMetrics } from "./named.ts";
import {
  checkProbabilities,
  checkRowSums,
  checkSameSize,
  largestInRows,
  readBinaryTargets,
  readTargets,
} from "./reading.ts";

/** The samples whose probability lies above `from` and not above `to` (and at 0 in the first bin). */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  /** How many samples there are, or what they weigh together. */
  readonly weight: number;
  /** The mean of their probabilities. */
  readonly predicted: number;
  /** The share of them that came true. */
  readonly observed: number;
}

/** How probabilities are put in bins. */
export interface CalibrationOptions {
  /** How many bins; 15 by default. */
  bins?: number;
  /** `"uniform"`: bins of equal width, the default; `"quantile"`: of equally many samples, whatever these weigh. */
  strategy?: "uniform" | "quantile";
}

const calibrationOptions = optionNames<CalibrationOptions>({ bins: true, strategy: true });
const strategies = ["uniform", "quantile"];

/**
 * {@link expectedCalibrationError} over batches, of all samples at once; `"expected_calibration_error"` in `compile`.
 *
 * @example
 * const metric = new ExpectedCalibrationError({ bins: 2 });
 * metric.update(tensor([0.9, 0.2, 0.6]), tensor([1, 1, 0]));
 * metric.result(); // 0.4333
 */
export class ExpectedCalibrationError extends Metric {
  override readonly higherIsBetter: boolean | null = false;
  readonly #options: Required<CalibrationOptions>;
  #probabilities: number[] = [];
  #came: number[] = [];
  #weights: number[] = [];

  constructor(options: CalibrationOptions = {}) {
    super("expected_calibration_error");
    const where = "ExpectedCalibrationError";
    refuseSurplus(where, arguments, 1);
    checkOptions(where, options, calibrationOptions);
    const { bins = 15, strategy = "uniform" } = options;
    checkCount(where, "bins", bins, 1);
    if (!strategies.includes(strategy))
      throw new OptionError({ where, expected: 'strategy "uniform" or "quantile"', got: describe(strategy) });
    this.#options = { bins, strategy };
  }

  protected override constructorArguments(): readonly unknown[] {
    return [this.#options];
  }

  reset(): void {
    [this.#probabilities, this.#came, this.#weights] = [[], [], []];
  }

  update(...given: MetricArguments): void {
    const batch = countedBatch(...given);
    if (batch) this.#include(...batch);
  }

  #include(prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined): void {
    const { name } = this;
    const { storage } = prediction;
    checkProbabilities(name, storage);
    const columns = prediction.rank < 2 ? 1 : prediction.shape[prediction.rank - 1];
    const rows = prediction.size / columns;
    const weightAt = weights(name, sampleWeight, rows);
    if (columns >= 2) checkRowSums(name, "prediction", storage, columns);
    else checkSameSize(name, prediction, target);
    const best = columns >= 2 ? largestInRows(storage, columns) : null;
    const right = best ? readTargets(name, prediction, target) : readBinaryTargets(name, target.storage);
    for (let row = 0; row < rows; row++) {
      // A row with NaN has no largest.
      const p = best === null ? storage[row] : best[row] < 0 ? Number.NaN : storage[row * columns + best[row]];
      this.#probabilities.push(p);
      this.#came.push(best === null ? right[row] : Number(best[row] === right[row]));
      this.#weights.push(weightAt(row));
    }
  }

  /** The bins that have samples. */
  get curve(): CalibrationBin[] {
    const edges = this.#edges();
    const inner = edges.slice(1, -1);
    const sums = edges.slice(1).map(() => ({ weight: 0, predicted: 0, observed: 0 }));
    this.#probabilities.forEach((p, i) => {
      const bin = sums[inner.filter((edge) => edge < p).length];
      const weight = this.#weights[i];
      bin.weight += weight;
      bin.predicted += weight * p;
      bin.observed += weight * this.#came[i];
    });
    return sums.flatMap(({ weight, predicted, observed }, i) =>
      weight > 0
        ? [{ from: edges[i], to: edges[i + 1], weight, predicted: predicted / weight, observed: observed / weight }]
        : [],
    );
  }

  #edges(): number[] {
    const { bins, strategy } = this.#options;
    const shares = Array.from({ length: bins + 1 }, (_, i) => i / bins);
    if (strategy === "uniform") return shares;
    const sorted = Float64Array.from(this.#probabilities).sort();
    return shares.map((share) => {
      const at = share * (sorted.length - 1);
      const below = Math.floor(at);
      return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
    });
  }

  result(): number {
    if (this.#probabilities.length === 0 || this.#probabilities.some(Number.isNaN)) return Number.NaN;
    const bins = this.curve;
    const total = bins.reduce((sum, { weight }) => sum + weight, 0);
    return bins.reduce((sum, bin) => sum + bin.weight * Math.abs(bin.observed - bin.predicted), 0) / total;
  }
}

nameMetrics({
  expected_calibration_error: () => new ExpectedCalibrationError(),
  ece: () => new ExpectedCalibrationError(),
});

/**
 * What came true of what was predicted with about the same probability: the bars of a reliability diagram. A model is
 * calibrated where `observed` is `predicted`.
 *
 * @param prediction probabilities of class 1, [n] or [n, 1]; or rows [n, C] that add up to 1, of which the largest is the
 *   model's confidence in the class that it chooses, and what comes true is that this is the right one.
 * @param target 0 or 1; for [n, C] labels [n] or [n, 1], or one-hot rows.
 * @param options `bins`, by default 15; `strategy`; `sampleWeight` [n].
 * @returns the bins that have samples, upwards.
 * @throws ShapeError where the two do not fit; ValueError for NaN, for numbers outside [0, 1], and for rows that do not add
 *   up to 1.
 *
 * Same as `calibration_curve` of scikit-learn, which has 5 bins by default; of several classes as in Guo et al., "On
 * Calibration of Modern Neural Networks", ICML 2017.
 *
 * @example
 * metrics.calibrationCurve([0.1, 0.3, 0.7, 0.9], [0, 1, 1, 1], { bins: 2 }).map((bin) => bin.observed); // [0.5, 1]
 */
export function calibrationCurve(
  prediction: TensorLike,
  target: TensorLike,
  options: CalibrationOptions & SampleWeights = {},
): CalibrationBin[] {
  refuseSurplus("calibrationCurve", arguments, 3);
  const [own, { sampleWeight }] = splitWeights("calibrationCurve", options, calibrationOptions);
  return updateOnce(new ExpectedCalibrationError(own), prediction, target, sampleWeight).curve;
}

/**
 * How far predicted probabilities are from what happens, on average: Σ_b (n_b / n) |observed_b - predicted_b| over the bins
 * of {@link calibrationCurve}; 0 for a calibrated model.
 *
 * Parameters and errors are those of {@link calibrationCurve}.
 *
 * Source: Naeini, Cooper & Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
 *
 * @example
 * metrics.expectedCalibrationError([0.1, 0.3, 0.7, 0.9], [0, 1, 1, 1], { bins: 2 }); // (0.3 + 0.2) / 2 = 0.25
 */
export function expectedCalibrationError(
  prediction: TensorLike,
  target: TensorLike,
  options: CalibrationOptions & SampleWeights = {},
): number {
  refuseSurplus("expectedCalibrationError", arguments, 3);
  const [own, sampleWeights] = splitWeights("expectedCalibrationError", options, calibrationOptions);
  return evaluateOnce(new ExpectedCalibrationError(own), prediction, target, sampleWeights);
}
