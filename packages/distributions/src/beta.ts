/**
 * The beta distribution.
 */
import { type DType, promote, type Shape, type Tensor, type TensorLike, where } from "@chainrule/core";
import { digamma, lgamma, xlogy } from "@chainrule/functions";
import { Distribution, type SampleOptions } from "./distribution.ts";
import { drawEachOf, insideOf } from "./draws/random-ops.ts";
import { asFloats, asValue, check, commonShape, constraints, double, impossible } from "./parameters.ts";

/**
 * The beta distribution on numbers from 0 to 1: log p(x) = (a - 1) log x + (b - 1) log(1 - x) - log B(a, b), with
 * B(a, b) = Γ(a) Γ(b) / Γ(a + b).
 *
 * What is believed of a probability after a - 1 ones and b - 1 zeros. Its mean is a / (a + b).
 *
 * Shape: a and b broadcast to [..batch]; a draw is a number. `rsample` has first derivatives, by implicit reparameterisation of the two
 * gamma draws that a draw is made of.
 *
 * @param concentration1 a, above 0. @param concentration0 b, above 0.
 * @throws ValueError for parameters that are not above 0; ShapeError where shapes do not broadcast.
 *
 * Source: the parameters are those of PyTorch's `Beta`.
 *
 * @example
 * const p = new Beta(2, 3);
 * p.logProb(0.5); // log(12 · 0.5³) = 0.4055
 * p.mean; // 0.4
 */
export class Beta extends Distribution {
  /** The concentration a at 1, as it was given. */
  readonly concentration1: Tensor;
  /** The concentration b at 0, as it was given. */
  readonly concentration0: Tensor;
  override readonly batchShape: Shape;
  override readonly eventShape: Shape = [];
  override readonly dtype: DType;
  override readonly support = "numbers from 0 to 1";
  protected override readonly isReparameterized = true;

  constructor(concentration1: TensorLike, concentration0: TensorLike) {
    super();
    [this.concentration1, this.concentration0] = asFloats("Beta", concentration1, concentration0);
    this.batchShape = commonShape("Beta", [this.concentration1.shape, this.concentration0.shape]);
    this.dtype = this.concentration1.dtype;
    check("Beta", "concentration1", this.concentration1, constraints.positive);
    check("Beta", "concentration0", this.concentration0, constraints.positive);
  }

  get #total(): Tensor {
    return this.concentration1.add(this.concentration0);
  }

  override get mean(): Tensor {
    return this.concentration1.div(this.#total);
  }

  override get variance(): Tensor {
    const total = this.#total;
    return this.mean.mul(this.concentration0.div(total)).div(total.add(1));
  }

  override meanLog(): Tensor {
    return digamma(this.concentration1).sub(digamma(this.#total));
  }

  override logProb(x: TensorLike): Tensor {
    const value = asValue("Beta.logProb", x, this.dtype);
    const isPossible = value.greaterEqual(0).logicalAnd(value.lessEqual(1));
    const safe = double(where(isPossible, value, 0.5));
    const { a, b } = this.#doubles;
    const logs = xlogy(a.sub(1), safe).add(xlogy(b.sub(1), safe.neg().add(1)));
    return logs.sub(this.#logNormalizer()).cast(promote(value.dtype, this.dtype)).add(impossible(value, isPossible));
  }

  get #doubles() {
    const [a, b] = [double(this.concentration1), double(this.concentration0)];
    return { a, b, total: a.add(b) };
  }

  /** log B(a, b). */
  #logNormalizer(): Tensor {
    const { a, b, total } = this.#doubles;
    return lgamma(a).add(lgamma(b)).sub(lgamma(total));
  }

  /** log B(a, b) - (a - 1) ψ(a) - (b - 1) ψ(b) + (a + b - 2) ψ(a + b). */
  protected override entropyFormula(): Tensor {
    const { a, b, total } = this.#doubles;
    const ofBoth = a
      .sub(1)
      .mul(digamma(a))
      .add(b.sub(1).mul(digamma(b)));
    return this.#logNormalizer()
      .sub(ofBoth)
      .add(total.sub(2).mul(digamma(total)))
      .cast(this.dtype);
  }

  /** X / (X + Y) of two gamma draws, as the sigmoid of log X - log Y: both may be too small for a number. */
  protected override draw(shape: Shape, { generator }: SampleOptions): Tensor {
    const all = [...shape, ...this.batchShape];
    const logX = drawEachOf("logGamma", this.concentration1, all, generator);
    const logY = drawEachOf("logGamma", this.concentration0, all, generator);
    return insideOf(logX.sub(logY).sigmoid(), 1);
  }

  /** log B(a_q, b_q) - log B(a_p, b_p) + (a_p - a_q) ψ(a_p) + (b_p - b_q) ψ(b_p) - (a_p + b_p - a_q - b_q) ψ(a_p + b_p). */
  protected override divergence(q: Distribution): Tensor | null {
    if (!(q instanceof Beta)) return null;
    const [{ a, b, total }, other] = [this.#doubles, q.#doubles];
    const ofBoth = a
      .sub(other.a)
      .mul(digamma(a))
      .add(b.sub(other.b).mul(digamma(b)));
    const ofTotal = total.sub(other.total).mul(digamma(total));
    const normalizers = q.#logNormalizer().sub(this.#logNormalizer());
    return normalizers.add(ofBoth).sub(ofTotal).cast(promote(this.dtype, q.dtype));
  }
}
