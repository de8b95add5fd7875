/**
 * The multivariate normal distribution.
 */
import {
  type DType,
  OptionError,
  promote,
  randn,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
} from "@chainrule/core";
import { checkOptions, formatShape } from "@chainrule/core/internal";
import { cholesky, diagonal, inv, tril } from "@chainrule/functions";
import { Distribution, type SampleOptions } from "./distribution.ts";
import {
  asFloats,
  asValue,
  type Constraint,
  check,
  checkEvent,
  checkVector,
  commonShape,
  constraints,
} from "./parameters.ts";

/** How wide a multivariate normal is, and in which directions: exactly one of the three. */
export interface Spread {
  /** Σ, symmetric and positive definite. */
  covarianceMatrix?: TensorLike;
  /** The lower triangular L with L Lᵀ = Σ, its diagonal above 0: what is learned, since any such L will do. */
  scaleTril?: TensorLike;
  /** Σ⁻¹, symmetric and positive definite. */
  precisionMatrix?: TensorLike;
}

const names = ["covarianceMatrix", "scaleTril", "precisionMatrix"] as const;

const symmetric: Constraint = {
  expected: "symmetric matrices",
  hint: "x.add(x.transpose()).div(2) is symmetric.",
  holds: (x) => x.sub(x.transpose()).abs().lessEqual(x.abs().mul(1e-4).add(1e-6)),
};

const lower: Constraint = {
  expected: "lower triangular matrices",
  hint: "tril(x) leaves out what is above the diagonal.",
  holds: (x) => x.equal(tril(x)),
};

/**
 * The normal distribution of vectors of n numbers, of mean μ and covariance Σ = L Lᵀ:
 * log p(x) = -|L⁻¹ (x - μ)|² / 2 - Σ log Lᵢᵢ - n log(2π) / 2.
 *
 * Shape: μ [..batch, n] and a matrix [..batch, n, n], whose batches broadcast; a draw is a vector of n numbers.
 *
 * @param loc μ. @param spread `{ covarianceMatrix }`, `{ scaleTril }` or `{ precisionMatrix }`.
 * @throws OptionError unless there is exactly one of the three; ShapeError for what does not fit; ValueError for matrices that are not
 *   symmetric or not lower triangular, and, where they are used, for those that are not positive definite.
 *
 * Source: the parameters are those of PyTorch's `MultivariateNormal`.
 *
 * @example
 * const p = new MultivariateNormal([0, 0], { covarianceMatrix: [[4, 0], [0, 1]] });
 * p.logProb([2, 0]); // -0.5 - log 2 - log(2π) = -3.0310
 * p.variance; // [4, 1]
 */
export class MultivariateNormal extends Distribution {
  /** The mean μ, as it was given. */
  readonly loc: Tensor;
  readonly #matrix: Tensor;
  readonly #given: (typeof names)[number];
  override readonly batchShape: Shape;
  override readonly eventShape: Shape;
  override readonly dtype: DType;
  override readonly support = "vectors";
  protected override readonly isReparameterized = true;

  constructor(loc: TensorLike, spread: Spread) {
    super();
    const name = "MultivariateNormal";
    checkOptions(name, spread, names);
    const given = names.filter((each) => spread?.[each] !== undefined);
    if (given.length !== 1)
      throw new OptionError({
        where: name,
        expected: "either { covarianceMatrix }, { scaleTril } or { precisionMatrix }",
        got: given.length === 0 ? "none of them" : given.join(" and "),
      });
    this.#given = given[0];
    [this.loc, this.#matrix] = asFloats(name, loc, spread[this.#given]!);
    checkVector(name, "loc", this.loc);
    const n = this.loc.shape[this.loc.rank - 1];
    const { shape } = this.#matrix;
    if (shape.length < 2 || shape[shape.length - 1] !== n || shape[shape.length - 2] !== n)
      throw new ShapeError({
        where: name,
        expected: `${this.#given} of shape [.., ${n}, ${n}]`,
        got: formatShape(shape),
      });
    this.batchShape = commonShape(name, [this.loc.shape.slice(0, -1), shape.slice(0, -2)]);
    this.eventShape = [n];
    this.dtype = this.loc.dtype;
    check(name, "loc", this.loc, constraints.finite);
    check(name, this.#given, this.#matrix, constraints.finite);
    check(name, this.#given, this.#matrix, this.#given === "scaleTril" ? lower : symmetric);
    check(name, `${this.#given}, on the diagonal,`, diagonal(this.#matrix.detach()), constraints.positive);
  }

  /** The lower triangular L with L Lᵀ = Σ. */
  get scaleTril(): Tensor {
    if (this.#given === "scaleTril") return tril(this.#matrix);
    return cholesky(this.#given === "covarianceMatrix" ? this.#matrix : inv(this.#matrix));
  }

  /** The covariance Σ. */
  get covarianceMatrix(): Tensor {
    if (this.#given === "covarianceMatrix") return this.#matrix;
    if (this.#given === "precisionMatrix") return inv(this.#matrix);
    const l = this.scaleTril;
    return l.matmul(l.transpose());
  }

  override get mean(): Tensor {
    return this.loc.broadcastTo([...this.batchShape, ...this.eventShape]);
  }

  override get variance(): Tensor {
    return diagonal(this.covarianceMatrix).broadcastTo([...this.batchShape, ...this.eventShape]);
  }

  override logProb(x: TensorLike): Tensor {
    const value = asValue("MultivariateNormal.logProb", x, this.dtype);
    checkEvent("MultivariateNormal.logProb", value, this.eventShape);
    const l = this.scaleTril;
    const squares = rows(value.sub(this.loc), inv(l)).square().sum(-1);
    return squares
      .div(-2)
      .sub(logDeterminant(l))
      .sub(this.#half * Math.log(2 * Math.PI));
  }

  /** n / 2. */
  get #half(): number {
    return this.eventShape[0] / 2;
  }

  /** n (1 + log 2π) / 2 + Σ log Lᵢᵢ. */
  protected override entropyFormula(): Tensor {
    return logDeterminant(this.scaleTril)
      .add(this.#half * (1 + Math.log(2 * Math.PI)))
      .broadcastTo(this.batchShape);
  }

  protected override draw(shape: Shape, { generator }: SampleOptions): Tensor {
    const noise = randn([...shape, ...this.batchShape, ...this.eventShape], { dtype: this.dtype, generator });
    return this.loc.add(rows(noise, this.scaleTril));
  }

  /** (|L_q⁻¹ L_p|² + |L_q⁻¹ (μ_q - μ_p)|² - n) / 2 + Σ log L_q,ii - Σ log L_p,ii. */
  protected override divergence(q: Distribution): Tensor | null {
    if (!(q instanceof MultivariateNormal)) return null;
    const [l, other] = [this.scaleTril, q.scaleTril];
    const inverse = inv(other);
    const spread = inverse.matmul(l).square().sum([-2, -1]);
    const apart = rows(q.loc.sub(this.loc), inverse).square().sum(-1);
    return spread
      .add(apart)
      .div(2)
      .sub(this.#half)
      .add(logDeterminant(other).sub(logDeterminant(l)))
      .cast(promote(this.dtype, q.dtype));
  }
}

/** A x for each vector in the last axis of x. */
function rows(x: Tensor, a: Tensor): Tensor {
  return x.unsqueeze(-2).matmul(a.transpose()).squeeze(-2);
}

/** log det L = Σ log Lᵢᵢ. */
function logDeterminant(l: Tensor): Tensor {
  return diagonal(l).log().sum(-1);
}
