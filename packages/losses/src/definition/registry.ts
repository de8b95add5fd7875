/**
 * Losses by name: Keras's strings and ours.
 */
import { OptionError } from "@chainrule/core";
import { describe, didYouMean, leftOutHint } from "@chainrule/core/internal";
import type { LossName, LossNames } from "../names.ts";
import type { Loss } from "./loss.ts";

/** Every spelling that finds a loss, without case and separators. */
const bySpelling = new Map<string, Loss>();
/** The names to suggest: as Keras and as we write them. */
const snakeNames = new Set<string>();
const camelNames = new Set<string>();
let builtIn: ReadonlySet<Loss> = new Set();

/** "binary_crossentropy", "BinaryCrossentropy" and "binaryCrossEntropy" are one spelling. */
function spellingOf(name: string): string {
  const plain = name.toLowerCase().replaceAll("_", "");
  // The pattern for letters of any language takes V8 half a millisecond to make, and no name of the library needs it.
  return /^[a-z0-9]*$/.test(plain) ? plain : plain.replace(/[^\p{L}\p{N}]/gu, "");
}

function toSnake(camel: string): string {
  return camel.replace(/[A-Z]+/g, (capitals, at) => (at > 0 ? "_" : "") + capitals.toLowerCase());
}

/**
 * Makes a loss known by its name and aliases. A loss of the library keeps its names; one's own may be defined anew.
 *
 * @throws OptionError for a name that is no text, or that a loss of the library has.
 */
export function registerLoss(loss: Loss, aliases: readonly string[] = []): void {
  if (!Array.isArray(aliases))
    throw new OptionError({ where: "defineLoss", expected: "an array of names as aliases", got: describe(aliases) });
  const names = [loss.lossName, ...aliases];
  for (const name of names) {
    if (typeof name !== "string" || spellingOf(name) === "")
      throw new OptionError({ where: "defineLoss", expected: "a name for the loss", got: describe(name) });
    const before = bySpelling.get(spellingOf(name));
    if (before && builtIn.has(before))
      throw new OptionError({
        where: "defineLoss",
        expected: "a name that no loss of the library has",
        got: describe(name),
        hint: `"${name}" finds ${before.lossName}. Choose another name.`,
      });
  }
  for (const name of names) bySpelling.set(spellingOf(name), loss);
  // Where Keras has the loss, its string is among the aliases.
  for (const alias of aliases.length > 0 ? aliases : [toSnake(loss.lossName)]) snakeNames.add(alias);
  camelNames.add(loss.lossName);
}

/** Declares all losses so far the library's own, whose names nobody else may take. @internal */
export function protectLosses(): void {
  builtIn = new Set(bySpelling.values());
}

/**
 * Whether something is a loss of the library, with whatever options, and none of one's own.
 *
 * @example
 * isBuiltInLoss(lossByName("huber").with({ delta: 2 })); // true
 */
export function isBuiltInLoss(loss: unknown): boolean {
  if (typeof loss === "function" && "parts" in loss)
    return Object.values(loss.parts as Record<string, { loss: unknown }>).every((part) => isBuiltInLoss(part.loss));
  const name: unknown = typeof loss === "function" && "lossName" in loss ? loss.lossName : undefined;
  const known = typeof name === "string" ? bySpelling.get(spellingOf(name)) : undefined;
  return known !== undefined && builtIn.has(known);
}

/**
 * The loss of a name: Keras's string, or our camelCase; without regard to case, underscores and hyphens.
 *
 * @throws OptionError for an unknown name, with the nearest known one, and for "crossentropy", which in Keras takes
 *   probabilities.
 *
 * @example
 * lossByName("binary_crossentropy") === lossByName("binaryCrossEntropy"); // true
 */
export function lossByName<Name extends LossName>(name: Name): LossNames[Name];
export function lossByName(name: string): Loss;
export function lossByName(name: string): Loss {
  const loss = typeof name === "string" ? bySpelling.get(spellingOf(name)) : undefined;
  if (name === "crossentropy" || (name === "ce" && !loss)) throw ofWhat(name);
  if (loss) return loss;
  // PyTorch's classes: BCEWithLogitsLoss, NLLLoss.
  const same = typeof name === "string" && bySpelling.get(spellingOf(name).replace(/loss$/, ""));
  const known = [...(typeof name === "string" && /\p{Lu}/u.test(name) ? camelNames : snakeNames)];
  throw new OptionError({
    where: "loss",
    expected: "the name of a loss",
    got: describe(name),
    hint: same
      ? `It is "${same.lossName}" here.`
      : (leftOutHint(name, further, (found) => found, furtherAliases) ?? didYouMean(name, known) + ofBundles()),
  });
}

/** Losses that a bundle has, and knows by name, where it imports them. */
const further = [
  ...["alphaDivergence", "asymmetric", "biTempered", "binaryFocal", "categoricalFocal", "categoricalHinge", "circle"],
  ...["contrastive", "cosineEmbedding", "cosineSimilarity", "ctc", "dice", "entmaxLoss", "fDivergence", "fenchelYoung"],
  ...["focalTversky", "gaussianKl", "gaussianNll", "generalizedDice", "hinge", "hingeEmbedding", "infoNCE"],
  ...["jensenShannon", "klDivergence", "l2Loss", "listNet", "marginRanking", "multiLabelMargin"],
  ...["multiLabelSoftMargin", "multiMargin", "ntXent", "perceptron", "poisson", "poissonNll", "polyCrossEntropy"],
  ...["quantile", "rankingSoftmax", "renyiDivergence", "smoothL1", "softMargin", "sparsemaxLoss", "squaredHinge"],
  ...["symmetricCrossEntropy", "triplet", "tsallisDivergence", "tversky", "wasserstein"],
];

/** Keras's other names of these. */
const furtherAliases: Readonly<Record<string, string>> = {
  binary_focal_crossentropy: "binaryFocal",
  categorical_focal_crossentropy: "categoricalFocal",
  kld: "klDivergence",
  kullback_leibler_divergence: "klDivergence",
};

/** Bundlers leave out what is not imported, and with it its names. */
function ofBundles(): string {
  return bySpelling.has("smoothl1") ? "" : " Others are in a bundle that imports them.";
}

/** Keras's short name takes probabilities and chooses among three losses by their shape; ours takes logits. */
function ofWhat(name: string): OptionError {
  const keras = ["binary", "categorical", "sparse_categorical"].map((kind) => `"${kind}_crossentropy"`).join(", ");
  return new OptionError({
    where: "loss",
    expected: "a cross-entropy that says what it takes",
    got: `"${name}"`,
    hint: `Of probabilities, as in Keras: ${keras}. Of logits and classes: "crossEntropy".`,
  });
}

/**
 * The names of all losses, ours and one's own, in camelCase.
 *
 * @example
 * lossNames().includes("crossEntropy"); // true
 */
export function lossNames(): string[] {
  return [...camelNames];
}
