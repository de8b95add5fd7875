/**
 * Each loss as PyTorch has it: one table. What has no entry is written out in operations, as is a loss with options that
 * PyTorch does not have.
 */
import { Tensor, tensor } from "@chainrule/core";
import type { Loss } from "@chainrule/losses";
import * as losses from "@chainrule/losses";
import { callOf, pythonValue } from "../../python/text.ts";

/** A loss of a prediction and a target that are of one rank, or a target of labels. */
export interface LossSite {
  readonly prediction: string;
  readonly target: string;
  /** The number of axes of the prediction. */
  readonly rank: number;
  /** Whether the target has a label for each prediction, rather than a number for each class. */
  readonly areLabels: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}

type LossText = (site: LossSite) => string | null;

const plain =
  (f: string, options: Readonly<Record<string, string>> = {}): LossText =>
  ({ prediction, target, options: own }) =>
    withArguments(f, [prediction, target], Object.fromEntries(Object.entries(options).map(([o, t]) => [t, own[o]])));

/** A call of texts, with options as they are given. */
function withArguments(f: string, texts: readonly string[], options: Readonly<Record<string, unknown>>): string {
  const rest = callOf("", [], options).slice(1, -1);
  return `${f}(${[...texts, ...(rest === "" ? [] : [rest])].join(", ")})`;
}

/** Numbers of an option as a tensor in Python; undefined where there are none. */
function tensorText(given: unknown, like: string): string | undefined {
  if (given === undefined) return undefined;
  const x = given instanceof Tensor ? given : tensor(given as number[]);
  const numbers = (part: Tensor): unknown =>
    part.rank === 0 ? part.item() : Array.from({ length: part.shape[0] }, (_, i) => numbers(part.slice(i)));
  const list = JSON.stringify(numbers(x));
  return `torch.tensor(${list}, dtype=${like}.dtype, device=${like}.device)`;
}

/** Classes are along the second axis there. */
const classesSecond = (x: string, rank: number) => (rank > 2 ? `${x}.movedim(-1, 1)` : x);

/** Cross-entropy of scores, or (nll) of logarithms of probabilities, of classes along the last axis. */
const ofClasses =
  (f: string): LossText =>
  ({ prediction, target, rank, areLabels, options }) => {
    const { axis = -1, classWeight, labelSmoothing, ignoreIndex } = options;
    if ((axis !== -1 && axis !== rank - 1) || (ignoreIndex !== undefined && !areLabels)) return null;
    const weight = tensorText(classWeight, prediction);
    const given = [
      classesSecond(prediction, rank),
      areLabels ? `${target}.long()` : classesSecond(target, rank),
      ...(weight ? [`weight=${weight}`] : []),
    ];
    return withArguments(f, given, {
      ignore_index: ignoreIndex,
      label_smoothing: labelSmoothing === 0 ? undefined : labelSmoothing,
    });
  };

const fromLogits: LossText = (site) => (site.options.fromLogits ? ofClasses("F.cross_entropy")(site) : null);

const binary: LossText = ({ prediction, target, options: { labelSmoothing = 0, posWeight } }) => {
  const e = labelSmoothing as number;
  const smooth = e === 0 ? target : `${target} * ${pythonValue(1 - e)} + ${pythonValue(e / 2)}`;
  const weight = tensorText(posWeight, prediction);
  return withArguments(
    "F.binary_cross_entropy_with_logits",
    [prediction, smooth, ...(weight ? [`pos_weight=${weight}`] : [])],
    {},
  );
};

/** By the name of the loss. */
const texts: Readonly<Record<string, LossText>> = {
  mse: plain("F.mse_loss"),
  mae: plain("F.l1_loss"),
  huber: plain("F.huber_loss", { delta: "delta" }),
  crossEntropy: ofClasses("F.cross_entropy"),
  categoricalCrossEntropy: fromLogits,
  sparseCategoricalCrossEntropy: fromLogits,
  nll: (site) => (site.areLabels ? ofClasses("F.nll_loss")(site) : null),
  binaryCrossEntropy: (site) => (site.options.fromLogits ? binary(site) : null),
  binaryCrossEntropyWithLogits: binary,
  poissonNll: plain("F.poisson_nll_loss", { logInput: "log_input", full: "full" }),
  klDivergence: ({ prediction, target, rank, options }) => {
    const { axis = -1, logInput = false, logTarget = false, elementwise = false } = options;
    if (!logInput || logTarget || (!elementwise && (rank !== 2 || (axis !== -1 && axis !== 1)))) return null;
    return `F.kl_div(${prediction}, ${target}, reduction="${elementwise ? "mean" : "batchmean"}")`;
  },
  ctc: ({ prediction, target, options }) => {
    const { inputLengths, targetLengths, blank = 0, timeMajor = false, zeroInfinity = false } = options;
    if (inputLengths !== undefined || targetLengths !== undefined || (blank as number) < 0) return null;
    const log = `torch.log_softmax(${prediction}, dim=-1)${timeMajor ? "" : ".transpose(0, 1)"}`;
    const [batch, time] = timeMajor ? [1, 0] : [0, 1];
    const steps = `torch.full((${prediction}.shape[${batch}],), ${prediction}.shape[${time}])`;
    const count = `((${target} != ${blank}) & (${target} >= 0)).sum(-1)`;
    const flags = callOf("", [], { blank, zero_infinity: zeroInfinity }).slice(1, -1);
    return `F.ctc_loss(${log}, ${target}.long(), ${steps}, ${count}, ${flags})`;
  },
};

/** Losses that are written out in operations. */
export const writtenOutLosses: readonly string[] = [
  "alphaDivergence",
  "asymmetric",
  "binaryFocal",
  "biTempered",
  "categoricalFocal",
  "categoricalHinge",
  "cosineSimilarity",
  "dice",
  "entmaxLoss",
  "fDivergence",
  "fenchelYoung",
  "focalTversky",
  "gaussianKl",
  "generalizedCrossEntropy",
  "generalizedDice",
  "hinge",
  "hingeEmbedding",
  "infoNCE",
  "jensenShannon",
  "l2Loss",
  "listNet",
  "logCosh",
  "mape",
  "msle",
  "multiLabelMargin",
  "multiLabelSoftMargin",
  "multiMargin",
  "perceptron",
  "poisson",
  "polyCrossEntropy",
  "quantile",
  "rankingSoftmax",
  "renyiDivergence",
  "smoothL1",
  "softMargin",
  "sparsemaxLoss",
  "squaredHinge",
  "symmetricCrossEntropy",
  "tsallisDivergence",
  "tversky",
  "wasserstein",
];

/** Losses of all pairs of a batch, which would be written with constants of its length: they are refused. */
export const refusedLosses: readonly string[] = ["circle", "ntXent"];

/** Losses that no compiled model can have: they are of three tensors, and not of a prediction and a target. */
export const lossesOfThree: readonly string[] = [
  "contrastive",
  "cosineEmbedding",
  "gaussianNll",
  "marginRanking",
  "triplet",
];

/** The losses of the table, by name. */
export const lossTextNames: readonly string[] = Object.keys(texts);

/** The mean loss of a batch in PyTorch; null for one that is written out. */
export function lossText(loss: Loss, site: Omit<LossSite, "options">): string | null {
  const { reduction = "mean", sampleWeight, ...options } = (loss.options ?? {}) as Readonly<Record<string, unknown>>;
  const isOurs = (losses as unknown as Readonly<Record<string, unknown>>)[loss.lossName] !== undefined;
  if (!isOurs || reduction !== "mean" || sampleWeight !== undefined) return null;
  return texts[loss.lossName]?.({ ...site, options }) ?? null;
}
