/**
 * From a loss for each element to the loss: sample weights and reductions.
 */
import { OptionError, ShapeError, Tensor, type TensorLike, ValueError, where } from "@chainrule/core";
import { formatShape, lookUp } from "@chainrule/core/internal";
import { asFloat } from "../inputs/tensors.ts";
import { checkValues } from "../inputs/values.ts";

/** `"mean"` over the elements, their `"sum"`, or `"none"`: one loss for each. */
export type Reduction = "mean" | "sum" | "none";

/** The options that every loss has. */
export type LossOptions = {
  /** Default `"mean"`: the sum divided by the number of elements (Keras's "sum_over_batch_size"). */
  reduction?: Reduction;
  /**
   * A weight for each sample, or for each element of a sample: its shape is the leading part of the losses' shape.
   * The mean still divides by the number of elements, as Keras does. A loss with weight 0 is as good as absent.
   */
  sampleWeight?: TensorLike;
};

/** What a loss's function returns: a loss for each element or sample, and, where it is not theirs, the mean. */
export type PerElement =
  | Tensor
  | {
      readonly losses: Tensor;
      /** The mean of the losses after sample weights have been applied, where it does not divide by their number. */
      readonly average?: (losses: Tensor) => Tensor;
    };

type Average = (losses: Tensor) => Tensor;

const reductions: Readonly<Record<Reduction, (losses: Tensor, average: Average) => Tensor>> = {
  mean: (losses, average) => average(losses),
  sum: (losses) => losses.sum(),
  none: (losses) => losses,
};

/**
 * Applies sample weights and a reduction.
 *
 * @throws OptionError for an unknown reduction, ShapeError for weights that do not fit, ValueError for NaN in them and
 *   for the mean of nothing.
 */
export function reduceLosses(name: string, found: PerElement, options: LossOptions): Tensor {
  const { losses, average = (scaled: Tensor) => scaled.mean() } = found instanceof Tensor ? { losses: found } : found;
  const { reduction = "mean", sampleWeight } = options;
  checkReduction(name, reduction);
  if (reduction === "mean" && losses.size === 0)
    throw new ValueError({
      where: name,
      expected: "at least one element to take the mean over",
      got: `losses of shape ${formatShape(losses.shape)}`,
      hint: 'An empty batch has no mean loss; with reduction: "sum" it is 0.',
    });
  const weighted = sampleWeight === undefined ? losses : weigh(name, losses, sampleWeight);
  return reductions[reduction](weighted, average);
}

/** Throws unless the reduction is one of the three. */
export function checkReduction(name: string, reduction: unknown): void {
  if (typeof reduction !== "string")
    throw new OptionError({ where: name, expected: 'reduction "mean", "sum" or "none"', got: String(reduction) });
  lookUp(`${name}, reduction`, reductions, reduction);
}

function weigh(name: string, losses: Tensor, sampleWeight: TensorLike): Tensor {
  const weights = asFloat(sampleWeight, losses.dtype);
  if (weights.rank > losses.rank || weights.shape.some((length, axis) => length !== 1 && length !== losses.shape[axis]))
    throw new ShapeError({
      where: `${name}, sampleWeight`,
      expected: `a weight for each sample: a leading part of the losses' shape, ${formatShape(losses.shape)}`,
      got: formatShape(weights.shape),
      hint:
        losses.rank === 0
          ? "This loss is one number for the whole batch; name an axis to have one for each sample."
          : `One weight for each sample has the shape [${losses.shape[0]}].`,
    });
  checkValues(`${name}, sampleWeight`, "weights", weights, "real", false);
  const missing = new Array<number>(losses.rank - weights.rank).fill(1);
  const aligned = weights.reshape([...weights.shape, ...missing]);
  return where(aligned.equal(0), 0, losses.mul(aligned));
}
