/**
 * How variables vary together.
 */
import {
  asTensor,
  clamp,
  matmul,
  mean,
  norm,
  reshape,
  ShapeError,
  type Tensor,
  type TensorLike,
  transpose,
  unsqueeze,
} from "@chainrule/core";
import { checkNumber, checkOptions, floats, formatShape } from "@chainrule/core/internal";
import { diagonal } from "../indexing/triangles.ts";

/** What a covariance is divided by. */
export interface CovarianceOptions {
  /** 1 (unless given) divides by n - 1, Bessel's correction, as PyTorch and NumPy do here; 0 by n, as `variance` does. */
  correction?: number;
}

/**
 * The covariances of variables, Cᵢⱼ = Σₖ (xᵢₖ - x̄ᵢ)(xⱼₖ - x̄ⱼ) / (n - correction).
 *
 * Each row is a variable and each column an observation, as in PyTorch and NumPy: of samples in rows, pass the transpose.
 * Shape: [.., m, n] to [.., m, m], where leading axes are batches; [n] to [], the variance.
 *
 * @throws ShapeError for a tensor without axes, or without observations.
 * @example covariance([[1, 2, 3], [6, 4, 2]]); // [[1, -2], [-2, 4]]
 */
export function covariance(x: TensorLike, options: CovarianceOptions = {}): Tensor {
  checkOptions("covariance", options, ["correction"]);
  const { correction = 1 } = options;
  checkNumber("covariance", "correction", correction);
  return ofPairs("covariance", x, 1, (deviation) => {
    const freedom = Math.max(0, deviation.shape.at(-1)! - correction);
    return matmul(deviation, transpose(deviation)).div(freedom);
  });
}

/**
 * The correlations of variables (Pearson), Rᵢⱼ = Cᵢⱼ / √(Cᵢᵢ Cⱼⱼ) of the covariances C, between -1 and 1; NaN for a variable that
 * does not vary.
 *
 * Each row is a variable and each column an observation. Shape: [.., m, n] to [.., m, m], where leading axes are batches; [n] to
 * [], which is 1.
 *
 * @throws ShapeError for a tensor without axes, or with less than two observations.
 * @example correlation([[1, 2, 3], [6, 4, 2]]); // [[1, -1], [-1, 1]]
 */
export function correlation(x: TensorLike): Tensor {
  return ofPairs("correlation", x, 2, (deviation) => {
    // Of length 1 up to rounding, which would be seen beside 1.
    const unit = deviation.div(norm(deviation, -1, { keepDims: true }));
    const products = matmul(unit, transpose(unit));
    const own = diagonal(products);
    return clamp(products.div(unsqueeze(own, -1).mul(unsqueeze(own, -2)).sqrt()), -1, 1);
  });
}

/** What a function makes of how far observations are from their variable's mean; a vector is one variable. */
function ofPairs(name: string, x: TensorLike, least: number, f: (deviation: Tensor) => Tensor): Tensor {
  const input = floats(asTensor(x, name));
  if (input.rank === 0 || input.shape.at(-1)! < least)
    throw new ShapeError({
      where: name,
      expected: `variables in rows, with at least ${least === 1 ? "one observation" : "two observations"} of each in columns`,
      got: formatShape(input.shape),
    });
  const rows = input.rank === 1 ? reshape(input, [1, -1]) : input;
  const result = f(rows.sub(mean(rows, -1, { keepDims: true })));
  return input.rank === 1 ? reshape(result, []) : result;
}
