/**
 * The data and options of `fit`, checked, and made into data adapters for training and validation.
 */
import { DataError, defaultGenerator, OptionError, Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { isPlainObject } from "../module/tree.ts";
import {
  arrayAdapter,
  type BatchLike,
  type BatchSource,
  type DataAdapter,
  isBatchSource,
  readArrays,
  splitArrays,
  streamAdapter,
  weightByClass,
} from "./data-adapter.ts";
import { type DataLike, flattenNested, hasSeveral, type Nested } from "./nested.ts";
import {
  type CompleteFitOptions,
  checkForBatches,
  completeFitOptions,
  type FitOptions,
  generatorFor,
} from "./options.ts";
import type { ReadContext, Samples } from "./samples.ts";
import { PeekedAdapter } from "./validation-check.ts";

/** What `fit` trains and validates on, and how. */
export interface FitData {
  data: DataAdapter;
  validationData: DataAdapter | null;
  /** The inputs and the targets, where they are in memory. */
  inputs: readonly Tensor[] | null;
  targets: readonly Tensor[] | null;
  options: CompleteFitOptions;
}

/** @throws as `fit` does, for data that cannot be read and for options. */
export function readFitData(
  context: ReadContext,
  x: DataLike | BatchSource,
  y: DataLike | undefined,
  given: FitOptions,
): FitData {
  if (isBatchSource(x, y)) {
    checkForBatches("fit", y, given);
    const options = completeFitOptions(given);
    const data = streamAdapter(context, x, options.classWeight);
    return { data, validationData: readValidationData(context, options), inputs: null, targets: null, options };
  }
  const options = completeFitOptions(given);
  const { batchSize, validationSplit, classWeight, dropLast } = options;
  const all = readArrays(context, x, y as DataLike, options.sampleWeight);
  const [trainArrays, validationArrays] =
    validationSplit === undefined ? [all, null] : splitArrays(context, all, validationSplit);
  if (dropLast && trainArrays.count < batchSize)
    throw new DataError({
      where: "fit, dropLast",
      expected: `at least one batch of ${batchSize} samples`,
      got: `${trainArrays.count} samples in all`,
      hint: "Take a smaller batchSize, or leave dropLast out.",
    });
  const shuffling = options.shuffle ? generatorFor(options.seed, defaultGenerator) : null;
  return {
    data: arrayAdapter(weightByClass(context, trainArrays, classWeight), batchSize, shuffling, dropLast),
    validationData: validationArrays
      ? arrayAdapter(validationArrays, batchSize, null)
      : readValidationData(context, options),
    inputs: tensorsOf(trainArrays.x),
    targets: tensorsOf(trainArrays.y),
    options,
  };
}

function tensorsOf(samples: Nested<Samples>): readonly Tensor[] {
  return flattenNested(samples).map(({ tensor }) => tensor);
}

/** The option validationData: [x, y] or [x, y, sampleWeight], or batches. */
function readValidationData(
  fitContext: ReadContext,
  { validationData: data, batchSize }: CompleteFitOptions,
): DataAdapter | null {
  if (data === undefined) return null;
  const context = { ...fitContext, where: "fit, validationData" };
  if (isPairOfArrays(data, context)) return arrayAdapter(readArrays(context, ...data), batchSize, null);
  if (isBatchSource(data, undefined)) return new PeekedAdapter(streamAdapter(context, data as BatchSource));
  throw new OptionError({
    where: context.where,
    expected: "[x, y], [x, y, sampleWeight], or batches of such",
    got: describe(data),
  });
}

/** [x, y] rather than a list of two batches, each of which would be a list [x, y] itself. */
export function isPairOfArrays(data: unknown, { inputs, outputs }: ReadContext): data is BatchLike {
  if (!Array.isArray(data) || data.length < 2 || data.length > 3) return false;
  const isTensor = (part: unknown) => part instanceof Tensor;
  // With several inputs, x is a list of tensors itself, and the x of a batch is a list or an object.
  const isNested = (part: unknown) => isPlainObject(part) || (Array.isArray(part) && part.some(isTensor));
  const isBatch = hasSeveral(inputs)
    ? (item: readonly unknown[]) => isNested(item[0])
    : (item: readonly unknown[]) => item.some((part) => isTensor(part) || (hasSeveral(outputs) && isNested(part)));
  return !data.every((item) => Array.isArray(item) && isBatch(item));
}
