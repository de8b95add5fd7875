/**
 * The Bernoulli distribution.
 */
import { type DType, rand, type Shape, type Tensor, type TensorLike, where } from "@chainrule/core";
import { Distribution, type SampleOptions } from "./distribution.ts";
import { type LogitsOrProbs, oneOf } from "./logits.ts";
import { asFloats, asValue, check, constraints, impossible } from "./parameters.ts";

/**
 * The Bernoulli distribution, 1 with probability p and else 0: log P(x) = x log p + (1 - x) log(1 - p), -Infinity for other x.
 *
 * By its probability p = `probs`, or by the logit log(p / (1 - p)) = `logits`, from which nothing is rounded to 0 or 1. Where p is 0 or
 * 1 the formulas hold with 0 log 0 = 0. For an x between 0 and 1 that stands for a probability, such as a grey, write
 * `new Bernoulli({ probs: x }).crossEntropy(q)`.
 *
 * Shape: p [..batch]; a draw is a number, 0 or 1, in the dtype of p.
 *
 * @param parameters `{ probs }` or `{ logits }`.
 * @throws OptionError unless there is exactly one of the two; ValueError for probabilities outside [0, 1], and NaN.
 *
 * Source: the parameters are those of PyTorch's `Bernoulli`, whose probabilities are clipped; these are not, as SciPy's.
 *
 * @example
 * const p = new Bernoulli({ probs: 0.25 });
 * p.logProb([1, 0]); // [log 0.25, log 0.75] = [-1.3863, -0.2877]
 * p.entropy(); // 0.5623
 * new Bernoulli({ logits: 0 }).probs; // 0.5
 */
export class Bernoulli extends Distribution {
  readonly #logits: Tensor | null;
  readonly #probs: Tensor | null;
  override readonly batchShape: Shape;
  override readonly eventShape: Shape = [];
  override readonly dtype: DType;
  override readonly support = "0 and 1";
  protected override readonly isReparameterized = false;

  constructor(parameters: LogitsOrProbs) {
    super();
    const [name, given] = oneOf("Bernoulli", parameters);
    const [x] = asFloats("Bernoulli", given);
    [this.#logits, this.#probs] = name === "logits" ? [x, null] : [null, x];
    this.batchShape = x.shape;
    this.dtype = x.dtype;
    check("Bernoulli", name, x, name === "logits" ? constraints.notNaN : constraints.probability);
  }

  /** The probability of 1. */
  get probs(): Tensor {
    return this.#probs ?? this.#logits!.sigmoid();
  }

  /** The logit of 1, log(p / (1 - p)). */
  get logits(): Tensor {
    return this.#logits ?? this.#probs!.log().sub(this.#probs!.neg().log1p());
  }

  override get mean(): Tensor {
    return this.probs;
  }

  override get variance(): Tensor {
    const [one, zero] = this.#both();
    return one.mul(zero);
  }

  override logProb(x: TensorLike): Tensor {
    const value = asValue("Bernoulli.logProb", x, this.dtype);
    const [isOne, isZero] = [value.equal(1), value.equal(0)];
    const [one, zero] = this.#logs(isOne, isZero);
    return one.add(zero).add(impossible(value, isOne.logicalOr(isZero)));
  }

  protected override entropyFormula(): Tensor {
    return this.#crossEntropy(this);
  }

  /** P(1) and P(0), each with all its digits, also in the derivative: that of a sigmoid near 1 would lose them. */
  #both(): [Tensor, Tensor] {
    if (this.#logits !== null) return [this.#logits.logSigmoid().exp(), this.#logits.neg().logSigmoid().exp()];
    return [this.#probs!, this.#probs!.neg().add(1)];
  }

  /** log P(1) and log P(0) where they are asked for, else 0, with no derivative. */
  #logs(ofOne: Tensor, ofZero: Tensor): [Tensor, Tensor] {
    if (this.#logits !== null)
      return [where(ofOne, this.#logits.logSigmoid(), 0), where(ofZero, this.#logits.neg().logSigmoid(), 0)];
    return [where(ofOne, this.#probs!, 1).log(), where(ofZero, this.#probs!, 0).neg().log1p()];
  }

  #crossEntropy(q: Bernoulli): Tensor {
    const [one, zero] = this.#both();
    const [logOne, logZero] = q.#logs(one.greater(0), zero.greater(0));
    return one.mul(logOne).add(zero.mul(logZero)).neg();
  }

  override crossEntropyFrom(p: Distribution): Tensor | null {
    return p instanceof Bernoulli ? p.#crossEntropy(this) : null;
  }

  protected override draw(shape: Shape, { generator }: SampleOptions): Tensor {
    // In float64, so that small probabilities keep their digits.
    const u = rand([...shape, ...this.batchShape], { dtype: "float64", generator });
    return u.less(this.probs.cast("float64")).cast(this.dtype);
  }

  protected override divergence(q: Distribution): Tensor | null {
    if (!(q instanceof Bernoulli)) return null;
    const [one, zero] = this.#both();
    const asked = [one.greater(0), zero.greater(0)] as const;
    const [logOne, logZero] = this.#logs(...asked);
    const [otherOne, otherZero] = q.#logs(...asked);
    return one.mul(logOne.sub(otherOne)).add(zero.mul(logZero.sub(otherZero)));
  }
}
