/**
 * The data and options of `fit`, checked, and made into data adapters for training and validation.
 */
import { defaultGenerator, OptionError, Tensor } from "@chainrule/core";
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
import type { DataLike } from "./nested.ts";
import { type CompleteFitOptions, completeFitOptions, type FitOptions, generatorFor } from "./options.ts";
import type { ReadContext } from "./samples.ts";

/** What `fit` trains and validates on, and how. */
export interface FitData {
  data: DataAdapter;
  validationData: DataAdapter | null;
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
    if (y !== undefined)
      throw new OptionError({ where: "fit", expected: "either batches [x, y], or x and y", got: "batches and y" });
    const options = completeFitOptions(given, false);
    const data = streamAdapter(context, x, options.classWeight);
    return { data, validationData: readValidationData(context, options), options };
  }
  const options = completeFitOptions(given, true);
  const { batchSize, validationSplit, classWeight } = options;
  const all = readArrays(context, x, y as DataLike, options.sampleWeight);
  const [trainArrays, validationArrays] =
    validationSplit === undefined ? [all, null] : splitArrays(context, all, validationSplit);
  const shuffling = options.shuffle ? generatorFor(options.seed, defaultGenerator) : null;
  return {
    data: arrayAdapter(weightByClass(context, trainArrays, classWeight), batchSize, shuffling),
    validationData: validationArrays
      ? arrayAdapter(validationArrays, batchSize, null)
      : readValidationData(context, options),
    options,
  };
}

/** The option validationData: [x, y] or [x, y, sampleWeight], or batches. */
function readValidationData(
  fitContext: ReadContext,
  { validationData: data, batchSize }: CompleteFitOptions,
): DataAdapter | null {
  if (data === undefined) return null;
  const context = { ...fitContext, where: "fit, validationData" };
  if (isPairOfArrays(data, context)) return arrayAdapter(readArrays(context, ...data), batchSize, null);
  if (isBatchSource(data, undefined)) return streamAdapter(context, data as BatchSource);
  throw new OptionError({
    where: context.where,
    expected: "[x, y], [x, y, sampleWeight], or batches of such",
    got: describe(data),
  });
}

/** [x, y] rather than a list of two batches, each of which would be a list [x, y] itself. */
function isPairOfArrays(data: BatchLike | BatchSource, { inputs, outputs }: ReadContext): data is BatchLike {
  if (!Array.isArray(data) || data.length < 2 || data.length > 3) return false;
  const isTensor = (part: unknown) => part instanceof Tensor;
  // With several inputs, x is a list of tensors itself, and the x of a batch is a list or an object.
  const isNested = (part: unknown) => isPlainObject(part) || (Array.isArray(part) && part.some(isTensor));
  const isBatch =
    (inputs.count ?? 1) > 1
      ? (item: readonly unknown[]) => isNested(item[0])
      : (item: readonly unknown[]) =>
          item.some((part) => isTensor(part) || ((outputs.count ?? 1) > 1 && isNested(part)));
  return !data.every((item) => Array.isArray(item) && isBatch(item));
}
