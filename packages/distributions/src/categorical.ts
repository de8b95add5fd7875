/**
 * The categorical distribution.
 */
import {
  broadcastShapes,
  type DType,
  greater,
  OptionError,
  randGumbel,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
  takeAlongAxis,
  where,
} from "@chainrule/core";
import { Distribution, type SampleOptions } from "./distribution.ts";
import { type LogitsOrProbs, oneOf } from "./logits.ts";
import { asFloats, asValue, type Constraint, check, checkVector, impossible } from "./parameters.ts";

const weights: Constraint = {
  expected: "finite numbers of at least 0",
  hint: "Numbers of any size, as a network gives them, are { logits }.",
  holds: (x) => x.greaterEqual(0).logicalAnd(x.isFinite()),
};

const belowInfinity: Constraint = {
  expected: "numbers below Infinity",
  holds: (x) => x.less(Number.POSITIVE_INFINITY),
};

/**
 * The categorical distribution over classes 0 … n - 1: log P(k) = log p_k, -Infinity for what is no class.
 *
 * By `probs`, which are divided by their sum, or by `logits`, p = softmax(logits). Classes may have probability 0.
 *
 * Shape: parameters [..batch, n]; a draw is a class index, int32.
 *
 * @param parameters `{ probs }` or `{ logits }`.
 * @throws OptionError unless there is exactly one of the two; ShapeError without classes; ValueError for negative probabilities, NaN,
 *   and where all are 0.
 *
 * Source: the parameters are those of PyTorch's `Categorical`, whose probabilities are clipped; these are not.
 *
 * @example
 * const p = new Categorical({ probs: [0.5, 0.25, 0.25] });
 * p.logProb([0, 2]); // [log 0.5, log 0.25] = [-0.6931, -1.3863]
 * p.entropy(); // 1.5 log 2 = 1.0397
 */
export class Categorical extends Distribution {
  /** Logits or weights, [..batch, n]. */
  readonly #given: Tensor;
  readonly #isLogits: boolean;
  override readonly batchShape: Shape;
  override readonly eventShape: Shape = [];
  override readonly dtype: DType;
  override readonly support = "classes";
  protected override readonly isReparameterized = false;

  constructor(parameters: LogitsOrProbs) {
    super();
    const [name, given] = oneOf("Categorical", parameters);
    [this.#given] = asFloats("Categorical", given);
    this.#isLogits = name === "logits";
    checkVector("Categorical", name, this.#given);
    this.batchShape = this.#given.shape.slice(0, -1);
    this.dtype = this.#given.dtype;
    check("Categorical", name, this.#given, this.#isLogits ? belowInfinity : weights);
    const possible = greater(this.#given.detach(), this.#isLogits ? Number.NEGATIVE_INFINITY : 0);
    check("Categorical", name, possible.any(-1).cast("int32"), {
      expected: `${this.#isLogits ? "a logit above -Infinity" : "a probability above 0"} for at least one class`,
      holds: (x) => x.greater(0),
    });
  }

  /** The number of classes, n. */
  get numClasses(): number {
    return this.#given.shape[this.#given.rank - 1];
  }

  /** The probabilities p_k, which sum to 1. */
  get probs(): Tensor {
    return this.#isLogits ? this.#given.softmax(-1) : this.#given.div(this.#given.sum(-1, { keepDims: true }));
  }

  /** Their logarithms, log p_k. */
  get logits(): Tensor {
    return this.#isLogits ? this.#given.logSoftmax(-1) : this.probs.log();
  }

  /** @throws OptionError: classes have no mean; `probs` says how often each comes. */
  override get mean(): Tensor {
    throw this.#isNoNumber("mean");
  }

  /** @throws OptionError: classes have no variance. */
  override get variance(): Tensor {
    throw this.#isNoNumber("variance");
  }

  #isNoNumber(name: string): OptionError {
    return new OptionError({
      where: `Categorical.${name}`,
      expected: "a distribution of numbers",
      got: "one of classes",
      hint: "`probs` says how often each of them comes.",
    });
  }

  override logProb(x: TensorLike): Tensor {
    const value = asValue("Categorical.logProb", x, this.dtype);
    const isClass = value
      .floor()
      .equal(value)
      .logicalAnd(value.greaterEqual(0))
      .logicalAnd(value.less(this.numClasses));
    const index = where(isClass, value, 0).cast("int32").unsqueeze(-1);
    // Taken before the logarithm, which has no derivative for the others that are 0.
    const all = this.#isLogits ? this.logits : this.probs;
    const [rows, choices] = sameRows(all, index);
    const taken = takeAlongAxis(rows, choices, -1).squeeze(-1);
    const logs = this.#isLogits ? taken : taken.log();
    return logs.add(impossible(value, isClass));
  }

  protected override entropyFormula(): Tensor {
    return this.#crossEntropy(this);
  }

  #crossEntropy(q: Categorical): Tensor {
    if (q.numClasses !== this.numClasses)
      throw new ShapeError({
        where: "Categorical",
        expected: `two distributions over the same classes, ${this.numClasses} of them`,
        got: `one over ${q.numClasses}`,
      });
    const p = this.probs;
    const comes = p.greater(0);
    const logs = q.#isLogits ? where(comes, q.logits, 0) : where(comes, q.probs, 1).log();
    return p.mul(logs).sum(-1).neg();
  }

  override crossEntropyFrom(p: Distribution): Tensor | null {
    return p instanceof Categorical ? p.#crossEntropy(this) : null;
  }

  protected override divergence(q: Distribution): Tensor | null {
    return q instanceof Categorical ? this.#crossEntropy(q).sub(this.entropy()) : null;
  }

  /** The largest of log p_k + Gumbel noise is a draw. */
  protected override draw(shape: Shape, { generator }: SampleOptions): Tensor {
    const noise = randGumbel([...shape, ...this.batchShape, this.numClasses], { dtype: this.dtype, generator });
    return this.logits.add(noise).argmax(-1);
  }
}

/** Rows [..batch, n] and indices [.., 1], both with the batch axes of the other. */
function sameRows(rows: Tensor, index: Tensor): [Tensor, Tensor] {
  const batch = broadcastShapes("Categorical.logProb", rows.shape.slice(0, -1), index.shape.slice(0, -1));
  return [rows.broadcastTo([...batch, rows.shape[rows.rank - 1]]), index.broadcastTo([...batch, 1])];
}
