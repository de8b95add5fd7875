/**
 * What every distribution can be asked: the base class, and which supports lie within which.
 */
import {
  broadcastShapes,
  type DType,
  full,
  type Generator,
  noGrad,
  OptionError,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
} from "@chainrule/core";
import { checkOptions, checkShape, describe, formatShape, sameShape, teachNames } from "@chainrule/core/internal";

/** How to draw. */
export interface SampleOptions {
  /** Where the random numbers come from; by default the generator that `manualSeed` sets. */
  generator?: Generator;
}

/** On which values a distribution lies. */
export type Support =
  | "real numbers"
  | "positive numbers"
  | "numbers from 0 to 1"
  | "counts"
  | "0 and 1"
  | "classes"
  | "vectors"
  | "probability vectors"
  | "samples";

/** Which supports lie within another, so that a density or a probability on the inner one has one on the outer. */
const within: Readonly<Partial<Record<Support, readonly Support[]>>> = {
  "real numbers": ["positive numbers", "numbers from 0 to 1"],
  "positive numbers": ["numbers from 0 to 1"],
  counts: ["0 and 1"],
};

/**
 * A probability distribution, or a batch of them: `batchShape` says how many, `eventShape` the shape of one draw, `[]` for numbers.
 *
 * Parameters are numbers, arrays or tensors, whose shapes broadcast to `batchShape`. A `Parameter` among them is read anew at each
 * call, so that a distribution can be made once and fitted.
 *
 * @example
 * const model = new Normal([0, 10], 1);
 * model.batchShape; // [2]
 * model.logProb([0, 10]); // -log √(2π) = [-0.9189, -0.9189]
 */
export abstract class Distribution {
  /** How many distributions these are: the shape that their parameters broadcast to. */
  abstract readonly batchShape: Shape;
  /** The shape of one draw from one of them. */
  abstract readonly eventShape: Shape;
  /** The dtype of the parameters. */
  abstract readonly dtype: DType;
  /** On which values it lies. */
  abstract readonly support: Support;

  /** E[x], of shape [..batch, ..event]. */
  abstract get mean(): Tensor;
  /** E[(x - E[x])²], element by element, of shape [..batch, ..event]. */
  abstract get variance(): Tensor;

  /**
   * log p(x), the logarithm of the density, or of the probability of what can be counted; -Infinity outside of the support.
   *
   * Shape: x [.., ..batch, ..event], where batch axes broadcast; result: without the event axes.
   *
   * @throws ShapeError where they do not fit.
   */
  abstract logProb(x: TensorLike): Tensor;

  /** Draws, of shape [..shape, ..batch, ..event]; cut off from gradients by `sample`, not by `rsample`. */
  protected abstract draw(shape: Shape, options: SampleOptions): Tensor;

  /** Whether draws move smoothly with the parameters. */
  protected abstract readonly isReparameterized: boolean;

  /** H(this) where it has a formula, else null. */
  protected abstract entropyFormula(): Tensor | null;

  /** KL(this ‖ q) for a q of the same kind; null for others, and where there is no formula. */
  protected abstract divergence(q: Distribution): Tensor | null;

  /** H(p, this) for a p of another kind, of which no more than some expectations are asked for; else null. @internal */
  crossEntropyFrom(_p: Distribution): Tensor | null {
    return null;
  }

  /** E[log x], where that has a formula. @internal */
  meanLog(): Tensor | null {
    return null;
  }

  /**
   * H(p) = -E[log p(x)], in nats. Of a density it can be below 0. Shape: [..batch].
   *
   * @throws OptionError where it has no formula; the error says how to estimate it.
   * @example new Bernoulli({ probs: 0.5 }).entropy(); // log 2 = 0.6931
   */
  entropy(): Tensor {
    const found = this.entropyFormula();
    if (found !== null) return found;
    throw new OptionError({
      where: `${this.constructor.name}.entropy`,
      expected: "a distribution whose entropy has a formula",
      got: `a ${this.constructor.name}`,
      hint: "Estimate it from samples: p.logProb(p.sample([1000])).mean(0).neg().",
    });
  }

  /**
   * Draws that no gradient goes through. Shape: [..shape, ..batch, ..event].
   *
   * @param shape how many: [] for one from each of the batch, [1000] for a thousand.
   * @param options `generator`.
   * @throws ShapeError for what is no shape.
   */
  sample(shape: Shape = [], options: SampleOptions = {}): Tensor {
    this.#checkDraw("sample", shape, options);
    return noGrad(() => this.draw(shape, options)).detach();
  }

  /**
   * Draws that are functions of the parameters and of noise, so that gradients go through them to the parameters. Shape: [..shape,
   * ..batch, ..event].
   *
   * @param shape how many: [] for one from each of the batch, [1000] for a thousand.
   * @param options `generator`.
   * @throws OptionError where there is no such function: draws that are whole numbers jump.
   */
  rsample(shape: Shape = [], options: SampleOptions = {}): Tensor {
    this.#checkDraw("rsample", shape, options);
    if (this.isReparameterized) return this.draw(shape, options);
    throw new OptionError({
      where: `${this.constructor.name}.rsample`,
      expected: "a distribution whose draws move smoothly with its parameters",
      got: `a ${this.constructor.name}, whose draws jump`,
      hint: "Draw with sample; the gradient of E[f(x)] is that of the mean of f(x).detach().mul(p.logProb(x)).",
    });
  }

  #checkDraw(name: string, shape: unknown, options: SampleOptions): void {
    const where = `${this.constructor.name}.${name}`;
    checkShape(where, shape);
    checkOptions(where, options, ["generator"]);
  }

  /**
   * KL(p ‖ q) = E_p[log p(x) - log q(x)] ≥ 0, p being this distribution: what expecting q costs above expecting p, which is true.
   *
   * Infinity where p has values that q excludes. Shape: what the two batch shapes broadcast to.
   *
   * @throws OptionError for a pair that has no formula; the error says how to estimate it. ShapeError where they do not fit.
   * @example new Normal(0, 1).klDivergence(new Normal(1, 1)); // 0.5
   */
  klDivergence(q: Distribution): Tensor {
    const where = `${this.constructor.name}.klDivergence`;
    const shape = this.#checkOther(where, q);
    if (this.#exceeds(q)) return full(shape, Number.POSITIVE_INFINITY, { dtype: this.dtype });
    const found = this.divergence(q) ?? difference(q.crossEntropyFrom(this), () => this.entropyFormula());
    if (found !== null) return found;
    throw this.#withoutFormula(where, q, "p.logProb(x).sub(q.logProb(x)).mean(0)");
  }

  /**
   * H(p, q) = -E_p[log q(x)] = H(p) + KL(p ‖ q), p being this distribution: the surprise on average of one who expects q where p is
   * true. Where p is the {@link Empirical} distribution of data, it is their negative log-likelihood.
   *
   * Shape: what the two batch shapes broadcast to.
   *
   * @throws OptionError for a pair that has no formula; the error says how to estimate it. ShapeError where they do not fit.
   * @example new Bernoulli({ probs: 0.6 }).crossEntropy(new Bernoulli({ probs: 0.5 })); // log 2 = 0.6931
   */
  crossEntropy(q: Distribution): Tensor {
    const where = `${this.constructor.name}.crossEntropy`;
    const shape = this.#checkOther(where, q);
    if (this.#exceeds(q)) return full(shape, Number.POSITIVE_INFINITY, { dtype: this.dtype });
    const found = q.crossEntropyFrom(this) ?? sum(this.divergence(q), () => this.entropyFormula());
    if (found !== null) return found;
    throw this.#withoutFormula(where, q, "q.logProb(x).mean(0).neg()");
  }

  /** Whether it has values that q excludes. */
  #exceeds(q: Distribution): boolean {
    return within[this.support]?.includes(q.support) ?? false;
  }

  #checkOther(where: string, q: unknown): Shape {
    if (!(q instanceof Distribution))
      throw new OptionError({ where, expected: "another distribution", got: describe(q) });
    if (!sameShape(this.eventShape, q.eventShape))
      throw new ShapeError({
        where,
        expected: `a distribution of events of shape ${formatShape(this.eventShape)}`,
        got: `one of events of shape ${formatShape(q.eventShape)}`,
      });
    return broadcastShapes(where, this.batchShape, q.batchShape);
  }

  #withoutFormula(where: string, q: Distribution, estimate: string): OptionError {
    return new OptionError({
      where,
      expected: "a pair of distributions with a formula",
      got: `${this.constructor.name}, on ${this.support}, and ${q.constructor.name}, on ${q.support}`,
      hint: `Estimate it from samples: with x = p.sample([1000]), ${estimate}.`,
    });
  }
}

/** a - b, and null where one of them is. */
function difference(a: Tensor | null, b: () => Tensor | null): Tensor | null {
  const subtracted = a === null ? null : b();
  return subtracted === null ? null : a!.sub(subtracted);
}

/** a + b, and null where one of them is. */
function sum(a: Tensor | null, b: () => Tensor | null): Tensor | null {
  const added = a === null ? null : b();
  return added === null ? null : a!.add(added);
}

const log = "Write p.logProb(x).";
const draws =
  "Write p.sample([1000]) for draws that no gradient goes through, p.rsample([1000]) for those that one does.";
const spread = "Write p.variance.sqrt().";

teachNames(Distribution.prototype, "distribution", "something that distributions have", {
  methods: {
    ...{ log_prob: log, logpdf: log, logpmf: log },
    ...{ prob: "Write p.logProb(x).exp().", pdf: "Write p.logProb(x).exp().", pmf: "Write p.logProb(x).exp()." },
    ...{ rvs: draws, sample_n: draws, sampleN: draws, std: spread },
    ...{ kl_divergence: "Write p.klDivergence(q).", kl: "Write p.klDivergence(q)." },
    ...{ cross_entropy: "Write p.crossEntropy(q).", var: "Write p.variance." },
    fit: "Minimise new Empirical(samples).crossEntropy(p) by its parameters.",
  },
  properties: {
    ...{ stddev: spread, batch_shape: "Write p.batchShape.", event_shape: "Write p.eventShape." },
  },
});
