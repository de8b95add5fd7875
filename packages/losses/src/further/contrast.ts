/**
 * Further losses of embeddings, each sample of a batch against all others: NT-Xent and circle loss.
 */
import { arange, concat, OptionError, ShapeError, type Tensor, type TensorLike, where } from "@chainrule/core";
import { describe, formatShape } from "@chainrule/core/internal";
import { defineLoss } from "../definition/define-loss.ts";
import { l2Normalize } from "../families/similarity.ts";
import { checkSameShape } from "../inputs/shapes.ts";

function checkMatrix(where: string, x: Tensor): void {
  if (x.rank !== 2)
    throw new ShapeError({ where, expected: "a vector for each sample, [N, D]", got: formatShape(x.shape) });
}

/** Whether two samples are one. */
function isSame(count: number): Tensor {
  const at = arange(count).cast("int32");
  return at.unsqueeze(1).equal(at);
}

interface NtXentOptions {
  temperature?: number;
}

/**
 * NT-Xent, the contrastive loss of SimCLR: each of the 2N views must pick its partner among all others,
 * ℓ = -log [exp(cos(zᵢ, zⱼ)/τ) / Σ_{k ≠ i} exp(cos(zᵢ, z_k)/τ)], averaged over the two views of a sample.
 *
 * {@link infoNCE} compares views of the one kind with those of the other alone.
 *
 * Shape: first and second [N, D], partners in the same row; losses [N].
 *
 * @param options `temperature` τ above 0, by default 0.5.
 * @throws ShapeError unless both are matrices of one shape; OptionError for a temperature that is not above 0.
 *
 * Source: Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations", ICML 2020; optax's `ntxent`.
 *
 * @example
 * ntXent([[1, 0], [0, 1]], [[1, 0], [0, 1]], { temperature: 1 }); // log(e + 2) - 1 = 0.5514
 */
export const ntXent = defineLoss<NtXentOptions, readonly [first: TensorLike, second: TensorLike]>(
  "ntXent",
  (first, second, { temperature = 0.5 }) => {
    if (!(temperature > 0))
      throw new OptionError({ where: "ntXent", expected: "a temperature above 0", got: describe(temperature) });
    const samples = first.shape[0];
    const views = concat([l2Normalize(first, -1), l2Normalize(second, -1)], 0);
    const scores = where(isSame(2 * samples), Number.NEGATIVE_INFINITY, views.matmul(views.T).div(temperature));
    const partner = arange(2 * samples)
      .add(samples)
      .mod(2 * samples)
      .cast("int32");
    const cost = scores.logSoftmax(-1).takeAlongAxis(partner.unsqueeze(-1), -1).squeeze(-1).neg();
    return cost.reshape([2, samples]).mean(0);
  },
  {
    options: ["temperature"],
    aliases: ["nt_xent", "ntxent", "nt_xent_loss"],
    inputs: { first: "real", second: "real" },
    given: [],
    reduces: () => [1],
    // Each view is compared with all others.
    shared: () => ["first", "second"],
    check: (name, [first, second]) => {
      checkSameShape(name, "second", second, first, "first");
      checkMatrix(name, first);
    },
  },
);

interface CircleOptions {
  margin?: number;
  gamma?: number;
  detachWeights?: boolean;
}

/**
 * Circle loss of embeddings, ℓᵢ = log [1 + Σₙ exp(γ αₙ (sₙ - m)) · Σₚ exp(-γ αₚ (sₚ - 1 + m))]: the cosines sₚ to samples of the same
 * class are to be above those sₙ to others, and each is pulled the more the further it is off, αₚ = max(0, 1 + m - sₚ),
 * αₙ = max(0, sₙ + m). A sample that has none of its class, or no others, costs nothing.
 *
 * The mean is that of the samples that cost something, as in Keras and PyTorch Metric Learning.
 *
 * Shape: prediction [N, D], of any lengths, which do not count; target [N]; losses [N].
 *
 * @param target the class of each sample, any numbers: equal ones are one class.
 * @param options `margin` m, by default 0.4; `gamma` γ above 0, by default 80; `detachWeights`: the α count as constants for
 *   the gradient, as in the paper and in PyTorch Metric Learning; by default they do not, as in Keras.
 * @throws ShapeError for other shapes; OptionError for a gamma that is not above 0.
 *
 * Source: Sun et al., "Circle Loss", CVPR 2020; Keras's `Circle`, which takes vectors of length 1.
 *
 * @example
 * circle([[1, 0], [1, 0], [0, 1]], [0, 0, 1], { gamma: 1 }); // log(1 + e^(-0.32)) = 0.5459
 */
export const circle = defineLoss<CircleOptions>(
  "circle",
  (prediction, target, { margin = 0.4, gamma = 80, detachWeights = false }) => {
    if (!(gamma > 0 && Number.isFinite(gamma) && Number.isFinite(margin)))
      throw new OptionError({
        where: "circle",
        expected: "a gamma above 0 and a margin, both finite",
        got: `gamma ${describe(gamma)}, margin ${describe(margin)}`,
      });
    const vectors = l2Normalize(prediction, -1);
    const s = vectors.matmul(vectors.T);
    const alike = target.unsqueeze(1).equal(target);
    const isPositive = alike.logicalAnd(isSame(prediction.shape[0]).logicalNot());
    const isNegative = alike.logicalNot();
    const has = isPositive.any(1).logicalAnd(isNegative.any(1));
    const weigh = (alpha: Tensor) => (detachWeights ? alpha.detach() : alpha).relu().mul(gamma);
    const ofPositives = weigh(s.neg().add(1 + margin)).mul(s.neg().add(1 - margin));
    const ofNegatives = weigh(s.add(margin)).mul(s.sub(margin));
    // A row with nothing to add up has no logarithm: it gets a 0, and costs nothing.
    const sum = (isPart: Tensor, scores: Tensor) =>
      where(has.unsqueeze(1), where(isPart, scores, Number.NEGATIVE_INFINITY), 0).logSumExp(1);
    const losses = where(has, sum(isPositive, ofPositives).add(sum(isNegative, ofNegatives)).softplus(), 0);
    const count = losses.detach().greater(0).cast(losses.dtype).sum().maximum(1);
    return { losses, average: (scaled) => scaled.sum().div(count) };
  },
  {
    options: ["margin", "gamma", "detachWeights"],
    aliases: ["circle_loss"],
    inputs: { prediction: "real", target: "sequence" },
    reduces: () => [1],
    // Each sample is compared with all others.
    shared: () => ["prediction", "target"],
    check: (name, [prediction, target]) => {
      checkMatrix(name, prediction);
      if (target.rank !== 1 || target.shape[0] !== prediction.shape[0])
        throw new ShapeError({
          where: name,
          expected: `the class of each sample, [${prediction.shape[0]}]`,
          got: formatShape(target.shape),
        });
    },
    sample: (normal) => ({
      inputs: {
        prediction: Array.from({ length: 4 }, () => [normal(), normal(), normal()]),
        target: [0, 1, 0, 1],
      },
      options: { gamma: 2 },
    }),
  },
);
