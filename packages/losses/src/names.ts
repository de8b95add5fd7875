/**
 * The names that find losses, as types: an editor completes them, and a misspelt one is a type error.
 */

import type * as losses from "./index.ts";

type Losses = typeof losses;
type Named<Name extends keyof Losses, Alias extends string = never> = Readonly<Record<Name | Alias, Losses[Name]>>;

/**
 * The losses by the names that find them, ours and those of Keras, PyTorch and TensorFlow.js. One's own join them by a declaration beside `defineLoss`.
 *
 * @example
 * const cubic = defineLoss("cubic", (prediction, target) => prediction.sub(target).abs().pow(3));
 * // declare module "chainrule" { interface LossNames { cubic: typeof cubic } }
 * new Sequential([new Dense({ units: 1, inputDim: 1 })]).compile({ loss: "cubic" });
 */
export interface LossNames
  extends Named<"crossEntropy", "cross_entropy">,
    Named<"categoricalCrossEntropy", "categorical_crossentropy" | "categoricalCrossentropy">,
    Named<"sparseCategoricalCrossEntropy", "sparse_categorical_crossentropy" | "sparseCategoricalCrossentropy">,
    Named<"nll", "nll_loss">,
    Named<"generalizedCrossEntropy", "categorical_generalized_cross_entropy">,
    Named<"binaryCrossEntropy", "binary_crossentropy" | "binaryCrossentropy" | "bce">,
    Named<"binaryCrossEntropyWithLogits", "binary_crossentropy_with_logits" | "bce_with_logits">,
    Named<"ctc", "ctc_loss">,
    Named<"klDivergence", "kl_divergence" | "kullback_leibler_divergence" | "kld" | "kl_div">,
    Named<"jensenShannon", "jensen_shannon">,
    Named<"gaussianKl", "gaussian_kl" | "gaussian_kl_divergence">,
    Named<"binaryFocal", "binary_focal_crossentropy">,
    Named<"categoricalFocal", "categorical_focal_crossentropy">,
    Named<"poisson">,
    Named<"poissonNll", "poisson_nll" | "poisson_nll_loss">,
    Named<"gaussianNll", "gaussian_nll" | "gaussian_nll_loss">,
    Named<"hinge">,
    Named<"squaredHinge", "squared_hinge">,
    Named<"categoricalHinge", "categorical_hinge">,
    Named<"triplet", "triplet_margin_loss">,
    Named<"contrastive">,
    Named<"dice">,
    Named<"tversky">,
    Named<"mse", "mean_squared_error" | "meanSquaredError">,
    Named<"mae", "mean_absolute_error" | "meanAbsoluteError">,
    Named<"mape", "mean_absolute_percentage_error" | "meanAbsolutePercentageError">,
    Named<"msle", "mean_squared_logarithmic_error" | "meanSquaredLogarithmicError">,
    Named<"huber", "huber_loss">,
    Named<"logCosh", "log_cosh" | "logcosh">,
    Named<"cosineSimilarity", "cosine_similarity">,
    Named<"infoNCE", "info_nce">,
    Named<"polyCrossEntropy", "poly_loss_cross_entropy" | "poly1_cross_entropy" | "poly_loss">,
    Named<"symmetricCrossEntropy", "symmetric_cross_entropy">,
    Named<"asymmetric", "asymmetric_loss">,
    Named<"biTempered", "bi_tempered_logistic_loss" | "bi_tempered_logistic">,
    Named<"ntXent", "nt_xent" | "ntxent" | "nt_xent_loss">,
    Named<"circle", "circle_loss">,
    Named<"renyiDivergence", "renyi_divergence" | "renyi">,
    Named<"tsallisDivergence", "tsallis_divergence" | "tsallis">,
    Named<"alphaDivergence", "alpha_divergence">,
    Named<"fDivergence", "f_divergence">,
    Named<"wasserstein", "wasserstein_distance" | "earth_movers_distance" | "emd">,
    Named<"sparsemaxLoss", "sparsemax_loss" | "multiclass_sparsemax_loss">,
    Named<"entmaxLoss", "entmax_loss" | "entmax15_loss">,
    Named<"fenchelYoung", "fenchel_young_loss">,
    Named<"softMargin", "soft_margin_loss">,
    Named<"perceptron", "perceptron_loss">,
    Named<"hingeEmbedding", "hinge_embedding_loss">,
    Named<"cosineEmbedding", "cosine_embedding_loss">,
    Named<"marginRanking", "margin_ranking_loss">,
    Named<"multiMargin", "multi_margin_loss">,
    Named<"multiLabelMargin", "multilabel_margin_loss">,
    Named<"multiLabelSoftMargin", "multilabel_soft_margin_loss">,
    Named<"generalizedDice", "generalized_dice" | "generalized_dice_loss">,
    Named<"focalTversky", "focal_tversky" | "focal_tversky_loss">,
    Named<"listNet", "list_net" | "listnet_loss">,
    Named<"rankingSoftmax", "ranking_softmax_loss">,
    Named<"smoothL1", "smooth_l1" | "smooth_l1_loss">,
    Named<"quantile", "quantile_loss" | "pinball" | "pinball_loss" | "mean_pinball_loss">,
    Named<"l2Loss", "l2_loss" | "l2"> {}

/** A name that finds a loss: `"mse"`, `"binary_crossentropy"`, `"crossEntropy"`. */
export type LossName = keyof LossNames;
