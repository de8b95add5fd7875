/**
 * The Poisson distribution.
 */
import { type DType, type Op, promote, type Shape, type Tensor, type TensorLike, where } from "@chainrule/core";
import { applyOp, builtin } from "@chainrule/core/internal";
import { lgamma, xlogy } from "@chainrule/functions";
import { Distribution, type SampleOptions } from "./distribution.ts";
import { drawEachOf } from "./draws/random-ops.ts";
import { asFloats, asValue, check, constraints, double, impossible } from "./parameters.ts";
import { poissonEntropy } from "./poisson-sums.ts";

/** The entropy by the rate or, of order n, its n-th derivative: that of each is the next. */
const poissonEntropyOp: Op<number> = builtin({
  name: "poissonEntropy",
  leadingAxes: true,
  inferShape: ([rate]) => rate,
  kernel: (out, [rate], order) => {
    for (let i = 0; i < out.storage.length; i++) out.storage[i] = poissonEntropy(rate.storage[i], order);
  },
  gradient: (g, { inputs: [rate], attributes: order }) => g.mul(applyOp(poissonEntropyOp, [rate], order + 1)),
  formula: (order) => ({
    text: [derivative(order), derivative(order + 1)],
    tex: [derivativeTex(order), derivativeTex(order + 1)],
  }),
});

const derivative = (n: number) =>
  `${n === 0 ? "" : `the ${n === 1 ? "derivative" : `derivative ${n}`} of `}the entropy of Poisson(a)`;
const derivativeTex = (n: number) => `${n === 0 ? "" : `\\frac{d^{${n}}}{da^{${n}}} `}H(\\mathrm{Poisson}(a))`;

/**
 * The Poisson distribution of counts at a mean of λ: log P(k) = k log λ - λ - log k!, -Infinity for what is no count.
 *
 * λ may be 0, and every count is then. The entropy has no closed form: it is summed, to the last digits, over the counts that matter.
 *
 * Shape: λ [..batch]; a draw is a number, in the dtype of λ.
 *
 * @param rate λ, at least 0.
 * @throws ValueError for a negative rate.
 *
 * Source: the parameter is that of PyTorch's `Poisson`, which has no entropy; SciPy's has.
 *
 * @example
 * const p = new Poisson(2);
 * p.logProb([0, 3]); // [-2, 3 log 2 - 2 - log 6] = [-2, -1.7123]
 * p.entropy(); // 1.7049
 */
export class Poisson extends Distribution {
  /** The rate λ, as it was given. */
  readonly rate: Tensor;
  override readonly batchShape: Shape;
  override readonly eventShape: Shape = [];
  override readonly dtype: DType;
  override readonly support = "counts";
  protected override readonly isReparameterized = false;

  constructor(rate: TensorLike) {
    super();
    [this.rate] = asFloats("Poisson", rate);
    this.batchShape = this.rate.shape;
    this.dtype = this.rate.dtype;
    check("Poisson", "rate", this.rate, constraints.nonNegative);
  }

  override get mean(): Tensor {
    return this.rate;
  }

  override get variance(): Tensor {
    return this.rate;
  }

  override logProb(x: TensorLike): Tensor {
    const value = asValue("Poisson.logProb", x, this.dtype);
    const isCount = value.greaterEqual(0).logicalAnd(value.floor().equal(value)).logicalAnd(value.isFinite());
    const [k, rate] = [double(where(isCount, value, 0)), double(this.rate)];
    const logs = xlogy(k, rate)
      .sub(rate)
      .sub(lgamma(k.add(1)));
    return logs.cast(promote(value.dtype, this.dtype)).add(impossible(value, isCount));
  }

  /** λ - λ log λ + E[log k!]. */
  protected override entropyFormula(): Tensor {
    return applyOp(poissonEntropyOp, [this.rate], 0);
  }

  protected override draw(shape: Shape, { generator }: SampleOptions): Tensor {
    return drawEachOf("poisson", this.rate, [...shape, ...this.batchShape], generator);
  }

  /** λ_p log(λ_p / λ_q) - λ_p + λ_q. */
  protected override divergence(q: Distribution): Tensor | null {
    if (!(q instanceof Poisson)) return null;
    return xlogy(this.rate, this.rate).sub(xlogy(this.rate, q.rate)).sub(this.rate).add(q.rate);
  }

  /** Of 0 and 1 it asks but how often 1 comes: the logarithms of 0! and 1! are 0. */
  override crossEntropyFrom(p: Distribution): Tensor | null {
    return p.support === "0 and 1" ? this.rate.sub(xlogy(p.mean, this.rate)) : null;
  }
}
