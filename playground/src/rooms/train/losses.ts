/**
 * The losses of the library that a classifier of points can be trained with, found in its index, and what each asks of the
 * network: how many outputs, which activation, which targets.
 */
import * as library from "@chainrule/losses";
import { type Loss, oneHot, type Tensor } from "chainrule";
import type { LossOptionValues } from "./settings.ts";

/** For what a loss is made. */
export type LossKind = "classes" | "yes or no" | "distributions" | "numbers";

/** One loss. */
export interface LossEntry {
  readonly name: string;
  readonly loss: Loss;
  readonly kind: LossKind;
  /** The names of its options that make sense here. */
  readonly options: readonly string[];
}

/** What a loss asks of a network for so many classes. */
export interface Head {
  readonly units: number;
  readonly activation: "softmax" | "sigmoid" | "log_softmax" | null;
  /** A class each, one number for each class, or one number for class 1. */
  readonly targets: "labels" | "one-hot" | "column";
}

/** What has no meaning for points and classes, or is set otherwise. */
const left = new Set(["axis", "reduction", "sampleWeight", "ignoreIndex", "mask", "logTarget", "elementwise"]);
left.add("conjugate").add("regularizer").add("positions").add("samples");

/** Losses of a prediction and a target that train no classifier: of distances, and of shares of a target that may be 0. */
const unsuited = new Set(["hingeEmbedding", "mape"]);

/** What a loss is made for, by the numbers that it takes; null for what no classifier is trained with. */
export function kindOf(loss: Loss): LossKind | null {
  const { prediction, target } = loss.inputs;
  if (Object.keys(loss.inputs).join() !== "prediction,target") return null;
  if (["label", "distribution", "labelOrDistribution"].includes(target)) return "classes";
  if (!["real", "logit", "probability", "logProbability"].includes(prediction)) return null;
  const isAlong = loss.optionNames?.includes("axis") === true && !loss.whole;
  if (["probability", "sign", "truth"].includes(target)) return isAlong ? "distributions" : "yes or no";
  return prediction === "real" && ["real", "nonNegative"].includes(target) && !isAlong ? "numbers" : null;
}

/** Every loss of the library's index that can train a classifier, by name. */
export function lossCatalogue(): readonly LossEntry[] {
  return Object.values(library as Readonly<Record<string, unknown>>)
    .filter((each): each is Loss => typeof each === "function" && "lossName" in each)
    .flatMap((loss) => {
      const kind = kindOf(loss);
      const options = (loss.optionNames ?? []).filter((name) => !left.has(name));
      return kind === null || unsuited.has(loss.lossName) ? [] : [{ name: loss.lossName, loss, kind, options }];
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** The loss of a name with options; the library's errors say what is wrong with them. */
export function lossWith(loss: Loss, options: LossOptionValues): Loss {
  return Object.keys(options).length === 0 ? loss : loss.with(options as never);
}

/** What the loss, with its options, asks of a network for so many classes. */
export function headFor(loss: Loss, classes: number): Head {
  const { prediction, target } = loss.inputs;
  const kind = kindOf(loss);
  if (kind === null)
    throw new RangeError(
      `${loss.lossName} takes ${Object.entries(loss.inputs)
        .map(([name, numbers]) => `${name} (${numbers})`)
        .join(", ")}: expected a loss of a prediction and a target of classes, probabilities or numbers.`,
    );
  if (kind === "classes" || kind === "distributions") {
    const activation =
      prediction === "probability" ? "softmax" : prediction === "logProbability" ? "log_softmax" : null;
    const targets = kind === "classes" && target !== "distribution" ? "labels" : "one-hot";
    return { units: classes, activation, targets };
  }
  const isColumn = classes === 2;
  const ofProbability = prediction === "probability" || kind === "numbers";
  return {
    units: isColumn ? 1 : classes,
    activation: !ofProbability ? null : kind === "numbers" && !isColumn ? "softmax" : "sigmoid",
    targets: isColumn ? "column" : "one-hot",
  };
}

/** The labels as the loss takes them. */
export function targetsOf(labels: Tensor, classes: number, { targets }: Head): Tensor {
  if (targets === "labels") return labels;
  return targets === "column" ? labels.cast("float32").unsqueeze(-1) : oneHot(labels, classes).cast("float32");
}

/**
 * The shares of the classes, 0 to 255, of each row of outputs: how sure the network is. What are no probabilities goes through
 * softmax or sigmoid.
 */
export function sharesOf(outputs: Float32Array, { units, activation }: Head, classes: number): Uint8Array<ArrayBuffer> {
  const rows = outputs.length / units;
  const shares = new Uint8Array(rows * classes);
  if (units === 1) {
    for (let i = 0; i < rows; i++) {
      const p = activation === "sigmoid" ? outputs[i] : 1 / (1 + Math.exp(-outputs[i]));
      shares[2 * i + 1] = Math.round(255 * p);
      shares[2 * i] = 255 - shares[2 * i + 1];
    }
    return shares;
  }
  const areShares = activation === "softmax" || activation === "sigmoid";
  const row = new Float64Array(units);
  for (let at = 0; at < outputs.length; at += units) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < units; c++) largest = Math.max(largest, outputs[at + c]);
    let sum = 0;
    for (let c = 0; c < units; c++) {
      row[c] = areShares ? outputs[at + c] : Math.exp(outputs[at + c] - largest);
      sum += row[c];
    }
    for (let c = 0; c < units; c++) shares[at + c] = Math.round((255 * row[c]) / (sum || 1));
  }
  return shares;
}
