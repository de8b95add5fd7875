/**
 * Targets that cannot be learned as they are: all the same, among the features, or far from 1.
 */
import { isFloat, type Tensor } from "@chainrule/core";
import type { DiagnosisContext } from "../program/context.ts";
import type { Rule } from "../program/rule.ts";
import { hasLearned, isUntrained, referencesOf } from "./reference.ts";
import { columnsOf, deviation, mean, rms, rowsAreEqual, short } from "./statistics.ts";

/** Fewer labels may be the same by chance, or be a toy. */
const fewestLabels = 16;
/** Fewer samples may have a feature that gives the label by chance; with fewer features that is the problem. */
const fewestSamples = 20;
const fewestFeatures = 2;
const mostClasses = 20;
/**
 * The optimizers that divide by the size of gradients move each weight by about the learning rate a step, whatever the
 * targets are: a bias that has a thousand steps' way to go is a model that learns nothing else for so long.
 */
const longWay = 1000;
/** Targets that are this many times their deviation away from 0, on average, are mostly offset. */
const mostlyOffset = 100;
const largeTargets = 1000;

/** The targets of the batch: what the program was told they are, or labels that a loss over classes takes. */
function targetsOf({ program, graph }: DiagnosisContext): readonly Tensor[] {
  // A batch of fit may be all of the frequent class by chance.
  if (program.where === "fit") return program.allTargets ?? [];
  if (program.targets.length > 0) return program.targets;
  return graph.losses.flatMap(({ inputs }) =>
    inputs.flatMap(({ isGiven, value }) =>
      isGiven && value.tensor.dtype === "int32" && !value.producer ? value.tensor : [],
    ),
  );
}

export const constantLabels: Rule = {
  name: "constant-labels",
  explanation: "If all targets are the same, always saying that is right, and nothing of the inputs is learned.",
  kind: "numbers",
  *check(context) {
    const { graph, program } = context;
    const isWeighted =
      program.weights.length > 0 ||
      graph.losses.some(
        ({ options }) =>
          options.classWeight !== undefined || options.posWeight !== undefined || options.sampleWeight !== undefined,
      );
    if (isWeighted || program.inputs.some(rowsAreEqual)) return;
    for (const target of targetsOf(context)) {
      const rows = target.shape[0] ?? 0;
      if (rows < fewestLabels || target.size === 0 || !rowsAreEqual(target)) continue;
      // Functions of one's own may have their reasons to get zeros, such as an equation's other side.
      if (graph.losses.length === 0 && target.storage.every((x: number) => x === 0)) continue;
      yield {
        evidence: `All ${rows} targets are ${target.size === rows ? short(target.storage[0]) : "the same"}.`,
        fix: "Look at how y is made: the right column, a comparison that is never true? If the samples are sorted by class, shuffle them before taking batches.",
      };
    }
  },
};

export const leakedLabels: Rule = {
  name: "leaked-labels",
  explanation:
    "A feature that gives the target away is all that the model will look at, and it will not be there when it matters.",
  kind: "numbers",
  *check({ program }) {
    const [x] = program.inputs;
    const [y] = program.targets;
    if (program.inputs.length !== 1 || program.targets.length !== 1 || x.rank !== 2 || !isFloat(x.dtype)) return;
    const [rows, features] = x.shape;
    const labels = labelsOf(y);
    if (rows < fewestSamples || features < fewestFeatures || labels?.length !== rows) return;
    const kinds = new Set<number>(Array.from(labels));
    if (kinds.size < 2) return;
    const isWhole = (label: number) => Number.isInteger(label);
    const areClasses = kinds.size <= mostClasses && Array.from(labels).every(isWhole);
    const columns = columnsOf(x);
    let isFound = false;
    for (const [j, column] of columns.entries()) {
      const same = areClasses ? namesEachClass(column, labels, kinds.size) : isTarget(column, labels);
      if (!same) continue;
      isFound = true;
      yield {
        evidence: areClasses
          ? `Feature ${j} has ${kinds.size} values, one for each of the ${kinds.size} classes, in all ${rows} samples.`
          : `Feature ${j} is the target${same === "scaled" ? ", standardised" : ""}, in all ${rows} samples.`,
        fix: `Leave column ${j} out of x.`,
      };
    }
    if (isFound || !areClasses || kinds.size < 3) return;
    const indicators = [...kinds]
      .sort((a, b) => a - b)
      .map((kind) => columns.findIndex((column) => tellsOne(column, labels, kind)));
    // Where there is nothing else, telling a class from its indicator is the exercise.
    if (indicators.includes(-1) || features <= kinds.size) return;
    yield {
      evidence: `Features ${indicators.join(", ")} tell each of the ${kinds.size} classes from all others, in all ${rows} samples.`,
      fix: `Leave columns ${indicators.join(", ")} out of x.`,
    };
  },
};

/** Whether a column has one value for one class, and another for all others. */
function tellsOne(column: ArrayLike<number>, labels: ArrayLike<number>, kind: number): boolean {
  const sides = new Map<boolean, number>();
  for (let i = 0; i < column.length; i++) {
    const side = labels[i] === kind;
    if (!sides.has(side)) sides.set(side, column[i]);
    else if (sides.get(side) !== column[i]) return false;
  }
  return sides.size === 2 && sides.get(true) !== sides.get(false);
}

/** A number for each sample, of one-hot targets the class; null for other targets. */
function labelsOf(y: Tensor): ArrayLike<number> | null {
  if (y.size === y.shape[0]) return y.storage;
  if (y.rank !== 2) return null;
  const classes = y.shape[1];
  const labels: number[] = [];
  for (let i = 0; i < y.shape[0]; i++) {
    const row = Array.from(y.storage.slice(i * classes, (i + 1) * classes));
    if (row.some((p) => p !== 0 && p !== 1) || row.filter((p) => p === 1).length !== 1) return null;
    labels.push(row.indexOf(1));
  }
  return labels;
}

function namesEachClass(column: ArrayLike<number>, labels: ArrayLike<number>, classes: number): boolean {
  const labelOf = new Map<number, number>();
  for (let i = 0; i < column.length; i++) {
    const known = labelOf.get(column[i]);
    if (known === undefined) {
      if (labelOf.size === classes) return false;
      labelOf.set(column[i], labels[i]);
    } else if (known !== labels[i]) return false;
  }
  return labelOf.size === classes;
}

/** Whether a column is the target, as it is or standardised; float32 keeps seven digits of either. */
function isTarget(column: Float64Array, target: ArrayLike<number>): "plain" | "scaled" | null {
  const [centre, spread] = [mean(target), deviation(target)];
  if (spread === 0) return null;
  const near = (to: (t: number) => number) =>
    column.every((x, i) => Math.abs(x - to(target[i])) <= 1e-5 * (1 + Math.abs(x)));
  if (near((t) => t)) return "plain";
  return near((t) => (t - centre) / spread) ? "scaled" : null;
}

export const unscaledTargets: Rule = {
  name: "unscaled-targets",
  explanation:
    "Predictions start at about 0 and move by about the learning rate a step: targets that are far away are not reached.",
  kind: "numbers",
  *check(context) {
    if (!isUntrained(context) || hasLearned(context)) return;
    for (const { target, prediction, classes } of referencesOf(context)) {
      if (classes !== null) continue;
      const [size, spread, said] = [rms(target.storage), deviation(target.storage), rms(prediction.storage)];
      if (said > size / 10) continue;
      const { optimizer } = context;
      const isNormalised = optimizer !== null && !["SGD"].includes(optimizer.name);
      const steps = optimizer && optimizer.lr > 0 ? size / optimizer.lr : 0;
      const isFar =
        size > largeTargets ||
        (size > mostlyOffset * spread && size > 10) ||
        (isNormalised && size > 100 && steps > 1000 * longWay);
      if (!isFar) continue;
      yield {
        evidence: `The targets have mean ${short(mean(target.storage))} and deviation ${short(spread)}; the predictions are of the order of ${short(said)}${isNormalised ? `, and a learning rate of ${short(optimizer!.lr)} moves each weight by no more than that a step` : ""}.`,
        fix: "Standardise the targets: const scaler = new StandardScaler().fit(y), train on scaler.transform(y), and read predictions with scaler.inverseTransform.",
      };
    }
  },
};
