/**
 * The distribution of data: each of the samples is as probable as any other.
 */
import {
  asTensor,
  broadcastShapes,
  type DType,
  gather,
  isFloat,
  randint,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
} from "@chainrule/core";
import { formatShape, sameShape } from "@chainrule/core/internal";
import { Distribution, type SampleOptions, type Support } from "./distribution.ts";
import { checkEvent } from "./parameters.ts";

/**
 * The empirical distribution of N samples, P(x) = (how many of them are x) / N.
 *
 * Its cross-entropy with a model q, H = -(1/N) Σ log q(xᵢ), is the model's negative log-likelihood by the mean: to fit q by maximum
 * likelihood is to make that cross-entropy small.
 *
 * Shape: samples [N, ..event]. For `crossEntropy(q)`: samples [N, ..batch, ..event] where axes broadcast to q's batch, and samples
 * [N, ..event] go to each of the batch; result: q's batch shape.
 *
 * @param samples the data, at least one.
 * @throws ShapeError where there is no sample.
 *
 * @example
 * const data = new Empirical([1, 2, 3]);
 * data.crossEntropy(new Normal(2, 1)); // (1 + 0 + 1) / 6 + log(2π) / 2 = 1.2523
 * data.entropy(); // log 3 = 1.0986
 */
export class Empirical extends Distribution {
  /** The data. */
  readonly samples: Tensor;
  override readonly batchShape: Shape = [];
  override readonly eventShape: Shape;
  override readonly dtype: DType;
  override readonly support = "samples";
  protected override readonly isReparameterized = false;

  constructor(samples: TensorLike) {
    super();
    this.samples = asTensor(samples, "Empirical");
    if (this.samples.rank === 0 || this.samples.shape[0] === 0)
      throw new ShapeError({
        where: "Empirical",
        expected: "samples of shape [N, ..event], with N of at least 1",
        got: formatShape(this.samples.shape),
      });
    this.eventShape = this.samples.shape.slice(1);
    this.dtype = this.samples.dtype;
  }

  get #floats(): Tensor {
    return isFloat(this.dtype) ? this.samples : this.samples.cast("float32");
  }

  override get mean(): Tensor {
    return this.#floats.mean(0);
  }

  override get variance(): Tensor {
    const x = this.#floats;
    return x.sub(x.mean(0)).square().mean(0);
  }

  override logProb(x: TensorLike): Tensor {
    const value = asTensor(x, "Empirical.logProb");
    checkEvent("Empirical.logProb", value, this.eventShape);
    const n = this.eventShape.reduce((product, length) => product * length, 1);
    const batch = value.shape.slice(0, value.rank - this.eventShape.length);
    const isSame = value
      .reshape([...batch, 1, n])
      .equal(this.samples.reshape([-1, n]))
      .all(-1);
    return isSame.cast(this.#floats.dtype).mean(-1).log();
  }

  protected override entropyFormula(): Tensor {
    return this.logProb(this.samples).mean(0).neg();
  }

  protected override draw(shape: Shape, { generator }: SampleOptions): Tensor {
    return gather(this.samples, randint(0, this.samples.shape[0], shape, { generator }));
  }

  /**
   * H(p, q) = -(1/N) Σ log q(xᵢ): the negative log-likelihood of the samples, a mean over them.
   *
   * Shape: samples [N, ..event] of q; result: q's batch shape. @throws ShapeError where the samples are no events of q.
   * @example new Empirical([0, 1]).crossEntropy(new Bernoulli({ probs: [0.5, 0.9] })); // [0.6931, 1.2040]
   */
  override crossEntropy(q: Distribution): Tensor {
    if (!(q instanceof Distribution)) return super.crossEntropy(q);
    const where = "Empirical.crossEntropy";
    checkEvent(where, this.samples, q.eventShape);
    const [count, ...inner] = this.samples.shape;
    const own = inner.slice(0, inner.length - q.eventShape.length);
    const batch = broadcastShapes(where, own, q.batchShape);
    const ones = new Array<number>(batch.length - own.length).fill(1);
    const x = this.samples.reshape([count, ...ones, ...own, ...q.eventShape]);
    return q.logProb(x).mean(0).neg();
  }

  /** Of two sets of samples, by how often each value comes in both; a density has none of counts. */
  protected override divergence(q: Distribution): Tensor | null {
    if (masses.includes(q.support)) return this.crossEntropy(q).sub(this.entropy());
    if (!(q instanceof Empirical) || !sameShape(q.eventShape, this.eventShape)) return null;
    return this.logProb(this.samples).sub(q.logProb(this.samples)).mean(0);
  }
}

const masses: readonly Support[] = ["0 and 1", "classes", "counts"];
