/**
 * The Dirichlet distribution.
 */
import { type DType, promote, type Shape, type Tensor, type TensorLike, where } from "@chainrule/core";
import { digamma, lgamma, xlogy } from "@chainrule/functions";
import { Distribution, type SampleOptions } from "./distribution.ts";
import { drawEachOf, insideOf } from "./draws/random-ops.ts";
import { asFloats, asValue, check, checkEvent, checkVector, constraints, double, impossible } from "./parameters.ts";

/** How far the numbers of a value may be from summing to 1. */
const sumTolerance = 1e-4;

/**
 * The Dirichlet distribution on vectors of n probabilities: log p(x) = Σ (aᵢ - 1) log xᵢ - Σ log Γ(aᵢ) + log Γ(Σ aᵢ).
 *
 * What is believed of class probabilities after aᵢ - 1 observations of each. Its mean is aᵢ / Σ a. Of two classes it is the beta
 * distribution.
 *
 * Shape: a [..batch, n]; a draw is a vector of n numbers that sum to 1. `rsample` has first derivatives, by implicit reparameterisation of
 * the gamma draws that a draw is made of.
 *
 * @param concentration a, above 0.
 * @throws ValueError for parameters that are not above 0; ShapeError for a single number.
 *
 * Source: the parameters are those of PyTorch's `Dirichlet`.
 *
 * @example
 * const p = new Dirichlet([1, 1, 2]);
 * p.logProb([0.25, 0.25, 0.5]); // log(6 · 0.5) = 1.0986
 * p.mean; // [0.25, 0.25, 0.5]
 */
export class Dirichlet extends Distribution {
  /** The concentrations a, as they were given. */
  readonly concentration: Tensor;
  override readonly batchShape: Shape;
  override readonly eventShape: Shape;
  override readonly dtype: DType;
  override readonly support = "probability vectors";
  protected override readonly isReparameterized = true;

  constructor(concentration: TensorLike) {
    super();
    [this.concentration] = asFloats("Dirichlet", concentration);
    checkVector("Dirichlet", "concentration", this.concentration);
    this.batchShape = this.concentration.shape.slice(0, -1);
    this.eventShape = this.concentration.shape.slice(-1);
    this.dtype = this.concentration.dtype;
    check("Dirichlet", "concentration", this.concentration, constraints.positive);
  }

  override get mean(): Tensor {
    return this.concentration.div(this.concentration.sum(-1, { keepDims: true }));
  }

  override get variance(): Tensor {
    const mean = this.mean;
    return mean.mul(mean.neg().add(1)).div(this.concentration.sum(-1, { keepDims: true }).add(1));
  }

  /** -Infinity for vectors with a negative number, or that do not sum to 1 within 1e-4. */
  override logProb(x: TensorLike): Tensor {
    const value = asValue("Dirichlet.logProb", x, this.dtype);
    checkEvent("Dirichlet.logProb", value, this.eventShape);
    const sums = value.sum(-1);
    const isPossible = value.greaterEqual(0).all(-1).logicalAnd(sums.sub(1).abs().lessEqual(sumTolerance));
    const safe = double(where(isPossible.unsqueeze(-1), value, 1));
    const logs = xlogy(this.#double.sub(1), safe).sum(-1).sub(this.#logNormalizer());
    return logs.cast(promote(value.dtype, this.dtype)).add(impossible(sums, isPossible));
  }

  get #double(): Tensor {
    return double(this.concentration);
  }

  /** Σ log Γ(aᵢ) - log Γ(Σ aᵢ). */
  #logNormalizer(): Tensor {
    const a = this.#double;
    return lgamma(a)
      .sum(-1)
      .sub(lgamma(a.sum(-1)));
  }

  /** Σ log Γ(aᵢ) - log Γ(Σ a) + (Σ a - n) ψ(Σ a) - Σ (aᵢ - 1) ψ(aᵢ). */
  protected override entropyFormula(): Tensor {
    const a = this.#double;
    const total = a.sum(-1);
    const ofTotal = total.sub(a.shape[a.rank - 1]).mul(digamma(total));
    const ofEach = a.sub(1).mul(digamma(a)).sum(-1);
    return this.#logNormalizer().add(ofTotal).sub(ofEach).cast(this.dtype);
  }

  /** Gamma draws divided by their sum, as the softmax of their logarithms: all may be too small for numbers. */
  protected override draw(shape: Shape, { generator }: SampleOptions): Tensor {
    const all = [...shape, ...this.concentration.shape];
    return insideOf(drawEachOf("logGamma", this.concentration, all, generator).softmax(-1), 1);
  }

  /** log of the normalizers' ratio + Σ (pᵢ - qᵢ) [ψ(pᵢ) - ψ(Σ p)], p and q being the concentrations. */
  protected override divergence(q: Distribution): Tensor | null {
    if (!(q instanceof Dirichlet)) return null;
    const a = this.#double;
    const meanLogs = digamma(a).sub(digamma(a.sum(-1, { keepDims: true })));
    const apart = a.sub(q.#double).mul(meanLogs).sum(-1);
    return q.#logNormalizer().sub(this.#logNormalizer()).add(apart).cast(promote(this.dtype, q.dtype));
  }
}
