/**
 * The normal distribution.
 */
import { type DType, randn, type Shape, type Tensor, type TensorLike } from "@chainrule/core";
import { Distribution, type SampleOptions, type Support } from "./distribution.ts";
import { asFloats, asValue, check, commonShape, constraints } from "./parameters.ts";

/**
 * The normal distribution of mean μ (`loc`) and standard deviation σ (`scale`): log p(x) = -(x - μ)² / 2σ² - log σ - log(2π) / 2.
 *
 * Shape: μ and σ broadcast to [..batch]; a draw is a number.
 *
 * @param loc μ. @param scale σ, above 0.
 * @throws ValueError for a σ that is not above 0 and a μ that is not finite; ShapeError where shapes do not broadcast.
 *
 * Source: the parameters are those of PyTorch's `Normal`.
 *
 * @example
 * const p = new Normal(1, 2);
 * p.logProb(3); // -0.5 - log 2 - log(2π) / 2 = -2.1121
 * p.entropy(); // log(2 √(2πe)) = 2.1121
 * p.klDivergence(new Normal(0, 1)); // (4 + 1 - 1) / 2 - log 2 = 1.3069
 */
export class Normal extends Distribution {
  /** The mean μ, as it was given. */
  readonly loc: Tensor;
  /** The standard deviation σ, as it was given. */
  readonly scale: Tensor;
  override readonly batchShape: Shape;
  override readonly eventShape: Shape = [];
  override readonly dtype: DType;
  override readonly support = "real numbers";
  protected override readonly isReparameterized = true;

  constructor(loc: TensorLike, scale: TensorLike) {
    super();
    [this.loc, this.scale] = asFloats("Normal", loc, scale);
    this.batchShape = commonShape("Normal", [this.loc.shape, this.scale.shape]);
    this.dtype = this.loc.dtype;
    check("Normal", "loc", this.loc, constraints.finite);
    check("Normal", "scale", this.scale, constraints.positive);
  }

  override get mean(): Tensor {
    return this.loc.broadcastTo(this.batchShape);
  }

  override get variance(): Tensor {
    return this.scale.square().broadcastTo(this.batchShape);
  }

  override logProb(x: TensorLike): Tensor {
    const z = asValue("Normal.logProb", x, this.dtype).sub(this.loc).div(this.scale);
    return z
      .square()
      .div(-2)
      .sub(this.scale.log())
      .sub(Math.log(2 * Math.PI) / 2);
  }

  protected override entropyFormula(): Tensor {
    return this.scale
      .log()
      .add(0.5 + Math.log(2 * Math.PI) / 2)
      .broadcastTo(this.batchShape);
  }

  protected override draw(shape: Shape, { generator }: SampleOptions): Tensor {
    const noise = randn([...shape, ...this.batchShape], { dtype: this.dtype, generator });
    return this.loc.add(noise.mul(this.scale));
  }

  /** (σ_p² / σ_q² - 1 + (μ_p - μ_q)² / σ_q²) / 2 - log(σ_p / σ_q). */
  protected override divergence(q: Distribution): Tensor | null {
    if (!(q instanceof Normal)) return null;
    const ratio = this.scale.div(q.scale);
    const apart = this.loc.sub(q.loc).div(q.scale);
    return ratio.square().sub(1).add(apart.square()).div(2).sub(ratio.log());
  }

  /** The logarithm is a square of x: mean and variance are all that it asks of any p that has a density. */
  override crossEntropyFrom(p: Distribution): Tensor | null {
    if (!densities.includes(p.support)) return null;
    const squares = p.variance.add(p.mean.sub(this.loc).square()).div(this.scale.square());
    return squares
      .div(2)
      .add(this.scale.log())
      .add(Math.log(2 * Math.PI) / 2);
  }
}

const densities: readonly Support[] = ["real numbers", "positive numbers", "numbers from 0 to 1"];
