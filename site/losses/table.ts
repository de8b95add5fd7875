/**
 * What the pages of the losses say beside the docstrings: when to take one, what keeps its numbers finite, and what it is called
 * elsewhere. A test holds it to the losses that there are.
 */

/** One loss; names elsewhere are left out where there are none. */
export interface LossNotes {
  readonly family: Family;
  readonly when: string;
  readonly stability: string;
  readonly keras?: string;
  readonly torch?: string;
  readonly optax?: string;
}

/** The groups in the sidebar. */
export type Family =
  | "Cross-entropy and its relatives"
  | "Divergences"
  | "Regression"
  | "Margins"
  | "Vectors that should be near or far"
  | "Masks"
  | "Rankings and sequences";

const clipped = "Probabilities are clipped at 1e-7; what is clipped keeps its gradient.";
const fromLogits = "Computed from logits by log-sum-exp: finite for any logits.";
const polynomial = "Sums and products alone: finite wherever its inputs are.";
const smooth = "A safe form of each branch is computed on both sides of the bend, so that no gradient is 0 · ∞.";
const unitLength = "Lengths are floored before dividing, so that a vector of zeros has a finite gradient.";

export const lossNotes: Readonly<Record<string, LossNotes>> = {
  crossEntropy: {
    family: "Cross-entropy and its relatives",
    when: "One right class of several. The first choice of a classifier whose last layer has no activation.",
    stability: fromLogits,
    torch: "CrossEntropyLoss",
    optax: "softmax_cross_entropy, softmax_cross_entropy_with_integer_labels",
    keras: "SparseCategoricalCrossentropy(from_logits=True)",
  },
  binaryCrossEntropyWithLogits: {
    family: "Cross-entropy and its relatives",
    when: "Yes or no, or several labels that may be right at once.",
    stability: "max(z, 0) - y z + log1p(exp(-|z|)): finite for any logits, and exact at 40 and beyond.",
    torch: "BCEWithLogitsLoss",
    optax: "sigmoid_binary_cross_entropy",
    keras: "BinaryCrossentropy(from_logits=True)",
  },
  binaryCrossEntropy: {
    family: "Cross-entropy and its relatives",
    when: "The model ends in a sigmoid and shall stay so. Logits are safer.",
    stability: clipped,
    keras: "BinaryCrossentropy",
    torch: "BCELoss (which clips the logarithm at -100)",
  },
  categoricalCrossEntropy: {
    family: "Cross-entropy and its relatives",
    when: "The model ends in softmax, and targets are probabilities.",
    stability: clipped,
    keras: "CategoricalCrossentropy",
  },
  sparseCategoricalCrossEntropy: {
    family: "Cross-entropy and its relatives",
    when: "The model ends in softmax, and targets are labels.",
    stability: clipped,
    keras: "SparseCategoricalCrossentropy",
  },
  nll: {
    family: "Cross-entropy and its relatives",
    when: "The model gives log-probabilities already.",
    stability: "Nothing is exponentiated: finite wherever the log-probabilities are.",
    torch: "NLLLoss",
  },
  binaryFocal: {
    family: "Cross-entropy and its relatives",
    when: "Few positives among many easy negatives, as in detection.",
    stability: `${clipped} With fromLogits it is computed from logits.`,
    keras: "BinaryFocalCrossentropy",
    torch: "torchvision.ops.sigmoid_focal_loss",
    optax: "sigmoid_focal_loss",
  },
  categoricalFocal: {
    family: "Cross-entropy and its relatives",
    when: "Classes of which most samples are easy.",
    stability: `${clipped} With fromLogits it is computed from logits.`,
    keras: "CategoricalFocalCrossentropy",
  },
  asymmetric: {
    family: "Cross-entropy and its relatives",
    when: "Many labels, of which few are right for each sample.",
    stability: `${clipped} With fromLogits it is computed from logits.`,
  },
  polyCrossEntropy: {
    family: "Cross-entropy and its relatives",
    when: "Cross-entropy with a first polynomial term that may be tuned.",
    stability: fromLogits,
    optax: "poly_loss_cross_entropy",
  },
  symmetricCrossEntropy: {
    family: "Cross-entropy and its relatives",
    when: "Labels are noisy: the reverse term bounds what a wrong label costs.",
    stability: clipped,
  },
  generalizedCrossEntropy: {
    family: "Cross-entropy and its relatives",
    when: "Labels are noisy: between cross-entropy (q → 0) and the mean absolute error (q = 1).",
    stability: clipped,
    keras: "CategoricalGeneralizedCrossEntropy",
  },
  biTempered: {
    family: "Cross-entropy and its relatives",
    when: "Labels are noisy and outliers far: bounded, with heavy tails.",
    stability: "The normaliser is found by a fixed number of Newton's steps; its derivative is taken of the last.",
  },
  sparsemaxLoss: {
    family: "Cross-entropy and its relatives",
    when: "Predictions that are exactly 0 for most classes are wanted.",
    stability: "Sorting and sums; no exponential.",
    optax: "multiclass_sparsemax_loss",
  },
  entmaxLoss: {
    family: "Cross-entropy and its relatives",
    when: "Between softmax (α = 1) and sparsemax (α = 2).",
    stability: "The threshold is found by a fixed number of Newton's steps; its derivative is taken of the last.",
  },
  fenchelYoung: {
    family: "Cross-entropy and its relatives",
    when: "You have a regularised prediction function and want the loss that belongs to it.",
    stability: "That of the prediction function which it is given.",
    optax: "make_fenchel_young_loss",
  },
  gaussianNll: {
    family: "Cross-entropy and its relatives",
    when: "Regression that also predicts how uncertain it is.",
    stability: "The variance is floored at eps, 1e-6, with its gradient kept.",
    torch: "GaussianNLLLoss",
  },
  poisson: {
    family: "Cross-entropy and its relatives",
    when: "Counts, and a model whose outputs are rates.",
    stability: "The logarithm is taken of the rate plus 1e-7.",
    keras: "Poisson",
    torch: "PoissonNLLLoss(log_input=False)",
  },
  poissonNll: {
    family: "Cross-entropy and its relatives",
    when: "Counts, and a model whose outputs are logarithms of rates.",
    stability: "exp of the output: beyond 88 float32 overflows, which is refused nowhere and shows as Infinity.",
    torch: "PoissonNLLLoss",
  },
  klDivergence: {
    family: "Divergences",
    when: "Targets are distributions, and 0 shall mean that they are met: distillation.",
    stability: `${clipped} 0 log 0 counts as 0.`,
    keras: "KLDivergence",
    torch: "KLDivLoss (of log-probabilities)",
    optax: "kl_divergence (of log-probabilities)",
  },
  jensenShannon: {
    family: "Divergences",
    when: "Neither distribution is the truth: symmetric, never above log 2.",
    stability: clipped,
  },
  gaussianKl: {
    family: "Divergences",
    when: "The latent variables of a variational autoencoder, held to a standard normal.",
    stability: "In closed form; the variance must be above 0.",
  },
  alphaDivergence: {
    family: "Divergences",
    when: "Choosing between covering all modes and seeking one.",
    stability: clipped,
  },
  renyiDivergence: {
    family: "Divergences",
    when: "Bounds on worst cases: as α grows the largest ratio p / q counts alone.",
    stability: `${clipped} Computed by log-sum-exp.`,
  },
  tsallisDivergence: {
    family: "Divergences",
    when: "Non-extensive statistics; the q-logarithm in place of the logarithm.",
    stability: clipped,
  },
  fDivergence: {
    family: "Divergences",
    when: "A divergence by its convex generator.",
    stability: clipped,
  },
  wasserstein: {
    family: "Divergences",
    when: "Classes are ordered, and being off by two is worse than by one.",
    stability: "Sums of cumulative probabilities: no logarithm.",
  },
  mse: {
    family: "Regression",
    when: "Errors are alike everywhere and outliers rare: the predictions are means.",
    stability: polynomial,
    keras: "MeanSquaredError",
    torch: "MSELoss",
    optax: "squared_error",
  },
  l2Loss: {
    family: "Regression",
    when: "As mse, by half: its gradient is the error itself.",
    stability: polynomial,
    optax: "l2_loss",
  },
  mae: {
    family: "Regression",
    when: "Outliers shall not matter: the predictions are medians.",
    stability: "The derivative at 0 is 0.",
    keras: "MeanAbsoluteError",
    torch: "L1Loss",
  },
  mape: {
    family: "Regression",
    when: "Errors count relative to targets that are far from 0.",
    stability: "Divides by |target|, floored at 1e-7.",
    keras: "MeanAbsolutePercentageError",
  },
  msle: {
    family: "Regression",
    when: "Targets span powers of ten, and ratios matter.",
    stability: "log1p of numbers that are 0 or more.",
    keras: "MeanSquaredLogarithmicError",
  },
  huber: {
    family: "Regression",
    when: "Squared near the target, linear for outliers beyond δ.",
    stability: smooth,
    keras: "Huber",
    torch: "HuberLoss",
    optax: "huber_loss",
  },
  smoothL1: {
    family: "Regression",
    when: "Huber's loss divided by β, as detectors have it.",
    stability: smooth,
    torch: "SmoothL1Loss",
  },
  logCosh: {
    family: "Regression",
    when: "As Huber's, without a bend to choose.",
    stability: "|d| + log1p(exp(-2|d|)) - log 2: does not overflow.",
    keras: "LogCosh",
    optax: "log_cosh",
  },
  quantile: {
    family: "Regression",
    when: "A quantile is wanted in place of a mean: bands of prediction.",
    stability: "Piecewise linear; the derivative at 0 is one-sided.",
  },
  hinge: {
    family: "Margins",
    when: "A decision by a margin, as a support vector machine.",
    stability: "Piecewise linear.",
    keras: "Hinge",
    optax: "hinge_loss",
  },
  squaredHinge: {
    family: "Margins",
    when: "As hinge, with large mistakes counting more.",
    stability: polynomial,
    keras: "SquaredHinge",
  },
  perceptron: {
    family: "Margins",
    when: "Rosenblatt's rule: only mistakes count, without a margin.",
    stability: "Piecewise linear.",
    optax: "perceptron_loss",
  },
  softMargin: {
    family: "Margins",
    when: "The logistic loss of targets -1 and 1.",
    stability: "softplus of the negative margin: finite for any numbers.",
    torch: "SoftMarginLoss",
  },
  categoricalHinge: {
    family: "Margins",
    when: "Several classes by a margin to the best wrong one.",
    stability: "Piecewise linear.",
    keras: "CategoricalHinge",
    optax: "multiclass_hinge_loss",
  },
  multiMargin: {
    family: "Margins",
    when: "Several classes by a margin to every wrong one.",
    stability: "Piecewise linear, or squared.",
    torch: "MultiMarginLoss",
  },
  multiLabelMargin: {
    family: "Margins",
    when: "Several right classes, each above every wrong one by 1.",
    stability: "Piecewise linear.",
    torch: "MultiLabelMarginLoss",
  },
  multiLabelSoftMargin: {
    family: "Margins",
    when: "Several right classes: the mean of binary cross-entropies.",
    stability: "As binaryCrossEntropyWithLogits.",
    torch: "MultiLabelSoftMarginLoss",
  },
  cosineSimilarity: {
    family: "Vectors that should be near or far",
    when: "Directions matter, lengths do not. The loss is -cos.",
    stability: unitLength,
    keras: "CosineSimilarity",
    optax: "cosine_similarity (with the other sign)",
  },
  cosineEmbedding: {
    family: "Vectors that should be near or far",
    when: "Pairs that are alike or not, by the angle between them.",
    stability: unitLength,
    torch: "CosineEmbeddingLoss",
  },
  hingeEmbedding: {
    family: "Vectors that should be near or far",
    when: "Distances of pairs that are alike or not.",
    stability: "Piecewise linear.",
    torch: "HingeEmbeddingLoss",
  },
  contrastive: {
    family: "Vectors that should be near or far",
    when: "Pairs: what is alike is drawn together, the rest is pushed beyond a margin.",
    stability: "The norm's derivative at 0 is 0, so that equal vectors have a finite gradient.",
  },
  triplet: {
    family: "Vectors that should be near or far",
    when: "An anchor shall be nearer to what is alike than to what is not.",
    stability: "The norm's derivative at 0 is 0.",
    torch: "TripletMarginLoss, TripletMarginWithDistanceLoss",
    optax: "triplet_margin_loss",
  },
  infoNCE: {
    family: "Vectors that should be near or far",
    when: "Each query has one key, and the others of the batch are its negatives.",
    stability: "Cross-entropy from logits.",
  },
  ntXent: {
    family: "Vectors that should be near or far",
    when: "Two views of each sample: SimCLR.",
    stability: `Cross-entropy from logits. ${unitLength}`,
    optax: "ntxent",
  },
  circle: {
    family: "Vectors that should be near or far",
    when: "Labelled embeddings, with pairs weighted by how far off they are.",
    stability: "Log-sum-exp over pairs.",
    keras: "Circle",
  },
  dice: {
    family: "Masks",
    when: "Segments that are small beside the background.",
    stability: "Both parts of the fraction have a smoothing number added.",
    keras: "Dice",
  },
  generalizedDice: {
    family: "Masks",
    when: "Several segments of very different sizes, weighted by 1 / size².",
    stability: "Classes that no target has weigh nothing: nothing is divided by 0.",
  },
  tversky: {
    family: "Masks",
    when: "Missing and inventing shall not cost the same.",
    stability: "Both parts of the fraction have a smoothing number added.",
    keras: "Tversky",
  },
  focalTversky: {
    family: "Masks",
    when: "As Tversky's, with hard masks counting more.",
    stability: "The power is taken of a number that is guarded at 0.",
  },
  marginRanking: {
    family: "Rankings and sequences",
    when: "Which of two is higher.",
    stability: "Piecewise linear.",
    torch: "MarginRankingLoss",
  },
  listNet: {
    family: "Rankings and sequences",
    when: "A list of scores beside a list of relevances, as distributions.",
    stability: "Log-softmax of the scores.",
  },
  rankingSoftmax: {
    family: "Rankings and sequences",
    when: "A list of scores, in which the relevant ones shall come first.",
    stability: "Log-softmax of the scores.",
    optax: "ranking_softmax_loss",
  },
  ctc: {
    family: "Rankings and sequences",
    when: "A sequence of labels without knowing where each stands: speech, handwriting.",
    stability: "Forward variables are kept as logarithms.",
    keras: "CTC",
    torch: "CTCLoss",
    optax: "ctc_loss",
  },
};
