/**
 * Constraints: what weights are held to after each step of an optimizer.
 */

import { asTensor, OptionError, sqrt, type Tensor, type TensorLike } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import type { Constraint } from "./constrained.ts";
import type { WeightLayout } from "./initializers/fans.ts";
import { madeBy } from "./made-by.ts";
import { aboveZero, checkRange } from "./number-checks.ts";
import { optionNames } from "./option-names.ts";
import { refuseSurplus } from "./surplus.ts";

/** Keeps the division by a length of 0 finite; Keras's. */
const epsilon = 1e-7;

interface Axes {
  /**
   * The axis or axes along which lengths are taken; by default those of a unit's incoming weights, which is axis 0 of a dense
   * kernel and all but the first of a convolution's.
   */
  axis?: number | readonly number[];
}

function checkAxes(where: string, axis: Axes["axis"]): void {
  if (axis === undefined || ([axis].flat().length > 0 && [axis].flat().every(Number.isInteger))) return;
  throw new OptionError({ where, expected: "axis as a whole number, or several in a list", got: describe(axis) });
}

/** The lengths of a weight along the axes of the options, or of a unit's incoming weights. */
function lengthsOf(w: Tensor, { axis }: Axes, layout: WeightLayout = "in-out"): Tensor {
  const incoming = w.shape.map((_, i) => i).filter((i) => (layout === "out-in" ? i > 0 : i < Math.max(1, w.rank - 1)));
  return sqrt(w.square().sum(axis === undefined ? incoming : [axis].flat(), { keepDims: true }));
}

/** How long {@link maxNorm} lets a unit's weights be, and along which axes. */
export interface MaxNormOptions extends Axes {
  /** 2 by default. */
  maxValue?: number;
}

/**
 * Shortens the incoming weights of each unit to a length of at most `maxValue`: w · min(‖w‖, max) / (‖w‖ + 1e-7)
 * (Srivastava et al. 2014).
 *
 * @throws ValueError for a length that is not above 0.
 * @example new Dense({ units: 8, kernelConstraint: maxNorm({ maxValue: 3 }) });
 */
export function maxNorm(options: MaxNormOptions = {}): Constraint {
  const where = "maxNorm";
  refuseSurplus(where, arguments, 1);
  checkOptions(where, options, optionNames<MaxNormOptions>({ maxValue: true, axis: true }));
  const { maxValue = 2 } = options;
  checkRange(where, "maxValue", maxValue, aboveZero);
  checkAxes(where, options.axis);
  return madeBy(maxNorm, [options], (weight: TensorLike, layout?: WeightLayout) => {
    const w = asTensor(weight, where);
    const lengths = lengthsOf(w, options, layout);
    return w.mul(lengths.minimum(maxValue).div(lengths.add(epsilon)));
  });
}

/**
 * Makes 0 of weights below 0: max(w, 0).
 *
 * @example new Dense({ units: 8, kernelConstraint: nonNegative() });
 */
export function nonNegative(): Constraint {
  refuseSurplus("nonNegative", arguments, 0);
  return madeBy(nonNegative, [], (weight: TensorLike) => asTensor(weight, "nonNegative").maximum(0));
}

/** Along which axes {@link unitNorm} takes lengths. */
export interface UnitNormOptions extends Axes {}

/**
 * Brings the incoming weights of each unit to length 1: w / (‖w‖ + 1e-7).
 *
 * @example new Dense({ units: 8, kernelConstraint: unitNorm() });
 */
export function unitNorm(options: UnitNormOptions = {}): Constraint {
  refuseSurplus("unitNorm", arguments, 1);
  checkOptions("unitNorm", options, optionNames<UnitNormOptions>({ axis: true }));
  checkAxes("unitNorm", options.axis);
  return madeBy(unitNorm, [options], (weight: TensorLike, layout?: WeightLayout) => {
    const w = asTensor(weight, "unitNorm");
    return w.div(lengthsOf(w, options, layout).add(epsilon));
  });
}
