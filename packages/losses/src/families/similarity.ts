/**
 * Losses on directions: cosine similarity, and telling the right partner from the others of a batch.
 */
import { arange, OptionError, ShapeError, sub, type Tensor, type TensorLike } from "@chainrule/core";
import { formatShape } from "@chainrule/core/internal";
import { defineLoss } from "../definition/define-loss.ts";
import { checkSameShape } from "../inputs/shapes.ts";

/** The vectors at length 1; lengths below 1e-6 are taken as that, as in Keras, so that 0 stays 0. */
export function l2Normalize(x: Tensor, axis: number): Tensor {
  return x.div(x.norm(axis, { keepDims: true }).maximum(1e-6));
}

interface AxisOption {
  axis?: number;
}

/**
 * Cosine similarity as a loss, ℓ = -cos(prediction, target): -1 for the same direction, 0 at a right angle, 1 for the
 * opposite direction.
 *
 * Shape: predictions and targets [.., D, ..]; losses: without the axis.
 *
 * @param options `axis` of the vectors, by default the last.
 * @throws ShapeError where shapes differ.
 *
 * Source: Keras's `cosine_similarity`, sign included.
 *
 * @example
 * cosineSimilarity([[1, 0], [1, 1]], [[0, 1], [2, 2]]); // (0 - 1) / 2 = -0.5
 */
export const cosineSimilarity = defineLoss<AxisOption>(
  "cosineSimilarity",
  (prediction, target, { axis = -1 }) => sub(0, l2Normalize(prediction, axis).mul(l2Normalize(target, axis)).sum(axis)),
  { options: ["axis"], aliases: ["cosine_similarity"] },
);

interface InfoNceOptions {
  temperature?: number;
  symmetric?: boolean;
}

/**
 * InfoNCE, the contrastive loss of a batch: each query must pick its own key among all keys,
 * ℓ_i = -log [exp(cos(q_i, k_i)/τ) / Σ_j exp(cos(q_i, k_j)/τ)].
 *
 * Shape: query and key [N, D], partners in the same row; losses [N].
 *
 * @param options `temperature` τ above 0, by default 0.1; `symmetric`: the average of both directions, as in CLIP.
 * @throws ShapeError unless both are matrices of one shape; OptionError for a temperature that is not above 0.
 *
 * Source: van den Oord et al., "Representation Learning with Contrastive Predictive Coding", 2018, with the
 * normalisation and temperature of SimCLR (Chen et al. 2020).
 *
 * @example
 * infoNCE([[1, 0], [0, 1]], [[1, 0], [0, 1]], { temperature: 1 }); // log(1 + 1/e) = 0.3133
 */
export const infoNCE = defineLoss<InfoNceOptions, readonly [query: TensorLike, key: TensorLike]>(
  "infoNCE",
  (query, key, { temperature = 0.1, symmetric = false }) => {
    if (!(temperature > 0))
      throw new OptionError({ where: "infoNCE", expected: "a temperature above 0", got: `${temperature}` });
    const logits = l2Normalize(query, -1).matmul(l2Normalize(key, -1).T).div(temperature);
    const own = arange(query.shape[0]).cast("int32").unsqueeze(-1);
    const pick = (scores: Tensor) => scores.logSoftmax(-1).takeAlongAxis(own, -1).squeeze(-1).neg();
    return symmetric ? pick(logits).add(pick(logits.T)).div(2) : pick(logits);
  },
  {
    options: ["temperature", "symmetric"],
    reduces: () => [1],
    // Each query is compared with all keys, and in both directions each key with all queries.
    shared: ({ symmetric }) => (symmetric ? ["query", "key"] : ["key"]),
    aliases: ["info_nce"],
    inputs: { query: "real", key: "real" },
    given: [],
    check: (name, [query, key]) => {
      checkSameShape(name, "key", key, query, "query");
      if (query.rank !== 2)
        throw new ShapeError({
          where: name,
          expected: "matrices of a vector for each sample, [N, D]",
          got: formatShape(query.shape),
        });
    },
  },
);
