/**
 * Mixtures of distributions of one kind.
 */
import {
  broadcastShapes,
  type DType,
  OptionError,
  promote,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
  takeAlongAxis,
  where,
} from "@chainrule/core";
import { describe, formatShape, sameShape } from "@chainrule/core/internal";
import { Categorical } from "./categorical.ts";
import { Distribution, type SampleOptions, type Support } from "./distribution.ts";
import { asValue, checkEvent } from "./parameters.ts";

/**
 * A mixture: first one of K components is drawn, k with probability w_k, and then a value from it; log p(x) = log Σ_k w_k p_k(x).
 *
 * Its entropy and its divergences have no formula; the errors say how to estimate them. The cross-entropy with a normal has one.
 *
 * Shape: mixture [..batch] over K classes, component [..batch, K]; a draw has the component's shape.
 *
 * @param mixture how probable each component is. @param component the components, in the last axis of their batch.
 * @throws OptionError for what are no distributions; ShapeError where there are not as many components as classes.
 *
 * Source: PyTorch's `MixtureSameFamily`.
 *
 * @example
 * const p = new MixtureSameFamily(new Categorical({ probs: [0.5, 0.5] }), new Normal([-1, 1], 1));
 * p.logProb(0); // -0.5 - log(2π) / 2 = -1.4189
 * p.variance; // 2
 */
export class MixtureSameFamily extends Distribution {
  /** How probable each component is. */
  readonly mixture: Categorical;
  /** The components, in the last axis of their batch. */
  readonly component: Distribution;
  override readonly batchShape: Shape;
  override readonly eventShape: Shape;
  override readonly dtype: DType;
  override readonly support: Support;
  protected override readonly isReparameterized = false;

  constructor(mixture: Categorical, component: Distribution) {
    super();
    checkParts(mixture, component);
    this.mixture = mixture;
    this.component = component;
    this.batchShape = component.batchShape.slice(0, -1);
    this.eventShape = component.eventShape;
    this.support = component.support;
    this.dtype = promote(mixture.dtype, component.dtype);
  }

  /** Σ_k w_k y_k of what each component has, [..batch, K, ..event]. */
  #average(y: Tensor): Tensor {
    const axes = this.eventShape.map(() => 1);
    const weights = this.mixture.probs;
    return weights
      .reshape([...weights.shape, ...axes])
      .mul(y)
      .sum(-1 - axes.length);
  }

  override get mean(): Tensor {
    return this.#average(this.component.mean);
  }

  /** Within the components and between them: Σ w_k (σ_k² + (μ_k - μ)²). */
  override get variance(): Tensor {
    const { mean, variance } = this.component;
    const apart = mean.sub(this.mean.unsqueeze(mean.rank - 1 - this.eventShape.length));
    return this.#average(variance.add(apart.square()));
  }

  override meanLog(): Tensor | null {
    const logs = this.component.meanLog();
    return logs && this.#average(logs);
  }

  override logProb(x: TensorLike): Tensor {
    const value = asValue("MixtureSameFamily.logProb", x, this.dtype);
    checkEvent("MixtureSameFamily.logProb", value, this.eventShape);
    const ofEach = this.component.logProb(value.unsqueeze(value.rank - this.eventShape.length));
    const terms = ofEach.add(this.mixture.logits);
    // Where nothing is possible, the derivative of a logSumExp would be NaN.
    const isNothing = terms.equal(Number.NEGATIVE_INFINITY).all(-1);
    const sums = where(isNothing.unsqueeze(-1), 0, terms).logSumExp(-1);
    return where(isNothing, Number.NEGATIVE_INFINITY, sums);
  }

  protected override entropyFormula(): null {
    return null;
  }

  protected override divergence(): null {
    return null;
  }

  protected override draw(shape: Shape, options: SampleOptions): Tensor {
    const logits = this.mixture.logits.broadcastTo([...this.batchShape, this.mixture.numClasses]);
    const choice = new Categorical({ logits }).sample(shape, options);
    const all = this.component.sample(shape, options);
    const axis = choice.rank;
    const ones = this.eventShape.map(() => 1);
    const index = choice.reshape([...choice.shape, 1, ...ones]).broadcastTo([...choice.shape, 1, ...this.eventShape]);
    return takeAlongAxis(all, index, axis).squeeze(axis);
  }
}

function checkParts(mixture: unknown, component: unknown): void {
  const name = "MixtureSameFamily";
  if (!(mixture instanceof Categorical))
    throw new OptionError({ where: name, expected: "a Categorical as mixture", got: describe(mixture) });
  if (!(component instanceof Distribution))
    throw new OptionError({ where: name, expected: "a Distribution as component", got: describe(component) });
  const wanted = [...mixture.batchShape, mixture.numClasses];
  const given = component.batchShape;
  const fits =
    given.length > 0 &&
    given[given.length - 1] === mixture.numClasses &&
    sameShape(broadcastShapes(name, wanted, given), given);
  if (!fits)
    throw new ShapeError({
      where: name,
      expected: `components of batch shape [.., ${wanted.join(", ")}], one for each class`,
      got: formatShape(given),
    });
}
