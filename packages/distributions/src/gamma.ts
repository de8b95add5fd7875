/**
 * The gamma distribution.
 */
import { type DType, promote, type Shape, type Tensor, type TensorLike, where } from "@chainrule/core";
import { digamma, lgamma, xlogy } from "@chainrule/functions";
import { Distribution, type SampleOptions } from "./distribution.ts";
import { drawEachOf, insideOf } from "./draws/random-ops.ts";
import { asFloats, asValue, check, commonShape, constraints, double, impossible } from "./parameters.ts";

/**
 * The gamma distribution of concentration a and rate b, on x > 0: log p(x) = a log b + (a - 1) log x - b x - log Γ(a).
 *
 * Its mean is a / b. At x = 0 the density is what it tends to: 0, b (for a = 1) or Infinity.
 *
 * Shape: a and b broadcast to [..batch]; a draw is a number. `rsample` has first derivatives, by implicit reparameterisation.
 *
 * @param concentration a, above 0. @param rate b, above 0: how often, not how long, which is 1 / b.
 * @throws ValueError for parameters that are not above 0; ShapeError where shapes do not broadcast.
 *
 * Source: the parameters are those of PyTorch's `Gamma`; Figurnov, Mohamed and Mnih 2018 for gradients through draws.
 *
 * @example
 * const p = new Gamma(2, 3);
 * p.logProb(1); // 2 log 3 - 3 = -0.8028
 * p.mean; // 0.6667
 * p.entropy(); // 0.4786
 */
export class Gamma extends Distribution {
  /** The concentration a, as it was given. */
  readonly concentration: Tensor;
  /** The rate b, as it was given. */
  readonly rate: Tensor;
  override readonly batchShape: Shape;
  override readonly eventShape: Shape = [];
  override readonly dtype: DType;
  override readonly support = "positive numbers";
  protected override readonly isReparameterized = true;

  constructor(concentration: TensorLike, rate: TensorLike) {
    super();
    [this.concentration, this.rate] = asFloats("Gamma", concentration, rate);
    this.batchShape = commonShape("Gamma", [this.concentration.shape, this.rate.shape]);
    this.dtype = this.rate.dtype;
    check("Gamma", "concentration", this.concentration, constraints.positive);
    check("Gamma", "rate", this.rate, constraints.positive);
  }

  override get mean(): Tensor {
    return this.concentration.div(this.rate);
  }

  override get variance(): Tensor {
    return this.concentration.div(this.rate.square());
  }

  override meanLog(): Tensor {
    return digamma(this.concentration).sub(this.rate.log());
  }

  override logProb(x: TensorLike): Tensor {
    const value = asValue("Gamma.logProb", x, this.dtype);
    const isPossible = value.greaterEqual(0).logicalAnd(value.isFinite());
    const safe = double(where(isPossible, value, 1));
    const { a, b } = this.#doubles;
    const logs = xlogy(a.sub(1), safe).sub(b.mul(safe)).sub(this.#logNormalizer());
    return logs.cast(promote(value.dtype, this.dtype)).add(impossible(value, isPossible));
  }

  get #doubles() {
    return { a: double(this.concentration), b: double(this.rate) };
  }

  /** log ∫ xᵃ⁻¹ e^(-b x) dx = log Γ(a) - a log b. */
  #logNormalizer(): Tensor {
    const { a, b } = this.#doubles;
    return lgamma(a).sub(a.mul(b.log()));
  }

  /** a - log b + log Γ(a) + (1 - a) ψ(a). */
  protected override entropyFormula(): Tensor {
    const { a, b } = this.#doubles;
    const rest = lgamma(a).sub(a.sub(1).mul(digamma(a)));
    return a.sub(b.log()).add(rest).cast(this.dtype);
  }

  protected override draw(shape: Shape, { generator }: SampleOptions): Tensor {
    const ofRate1 = drawEachOf("gamma", this.concentration, [...shape, ...this.batchShape], generator);
    return insideOf(ofRate1.div(this.rate));
  }

  /** (a_p - a_q) ψ(a_p) - log Γ(a_p) + log Γ(a_q) + a_q log(b_p / b_q) + a_p (b_q / b_p - 1). */
  protected override divergence(q: Distribution): Tensor | null {
    if (!(q instanceof Gamma)) return null;
    const [{ a, b }, { a: otherA, b: otherB }] = [this.#doubles, q.#doubles];
    const ratio = otherB.div(b);
    const byConcentrations = a.sub(otherA).mul(digamma(a)).sub(lgamma(a)).add(lgamma(otherA));
    const byRates = a.mul(ratio.sub(1)).sub(otherA.mul(ratio.log()));
    return byConcentrations.add(byRates).cast(promote(this.dtype, q.dtype));
  }

  /** Of any p above 0 it asks but E[log x] and E[x]. */
  override crossEntropyFrom(p: Distribution): Tensor | null {
    const meanLog = p.meanLog();
    if (meanLog === null) return null;
    const { a, b } = this.#doubles;
    const cross = b.mul(p.mean).sub(a.sub(1).mul(meanLog)).add(this.#logNormalizer());
    return cross.cast(promote(p.dtype, this.dtype));
  }
}
