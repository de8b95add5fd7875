/**
 * What would go wrong in the middle of a training and can be known before it begins: passes that will find no data, and a
 * last batch that is too small for a layer.
 */
import { DataError, noGrad, ShapeError, type Tensor } from "@chainrule/core";
import { Layer } from "../layers/layer.ts";
import { inferOutputSpec } from "../module/infer-output-spec.ts";
import { OutputSpec, Symbolic } from "../module/symbolic.ts";
import { leavesOf } from "../module/tree.ts";
import type { FitData } from "./fit-data.ts";
import type { Model } from "./model.ts";

/** Throws where an iterator, which gives its batches once, is to give them again. */
export function checkPasses({ data, validationData, options }: FitData): void {
  const epochs = options.epochs - options.initialEpoch;
  if (epochs < 2) return;
  if (data.isOneShot && options.stepsPerEpoch === undefined) throw oneShot("fit", "batches", epochs, "stepsPerEpoch");
  if (validationData?.isOneShot && options.validationSteps === undefined)
    throw oneShot("fit, validationData", "validationBatches", epochs, "validationSteps");
}

function oneShot(where: string, name: string, epochs: number, option: string): DataError {
  return new DataError({
    where,
    expected: `batches for ${epochs} epochs`,
    got: "an iterator, such as a generator, which gives its batches once",
    hint: `An iterator gives its batches once: pass a function that returns a new one, such as () => ${name}(), or a list. For batches without end, say how many an epoch takes: ${option}.`,
  });
}

/**
 * Throws where a batch of arrays will have fewer samples than a layer can train on: batch normalisation needs two values
 * for each feature. Layers that do not know the shape of their input yet are built for it.
 */
export function checkSmallestBatch(model: Model<unknown>, { data, inputs, options }: FitData): void {
  const { smallestBatch } = data;
  if (smallestBatch === null || smallestBatch > 1) return;
  const layers = () => model.modules().filter((module) => module instanceof Layer);
  if (inputs && layers().some((layer) => layer.leastBatch === null)) outputSpecs(model, inputs);
  const layer = layers().find(({ leastBatch }) => leastBatch !== null && leastBatch > smallestBatch);
  if (!layer) return;
  const isLast = inputs !== null && options.batchSize > 1;
  throw new ShapeError({
    where: `fit, layer "${layer.name}" (${layer.constructor.name})`,
    expected: `at least ${layer.leastBatch} samples in every batch`,
    got: `${smallestBatch} in ${isLast ? "the last one" : "one of them"}`,
    hint: isLast
      ? "A single value has no variance. Leave the last batch out with { dropLast: true }, or take another batchSize."
      : "A single value has no variance: make larger batches.",
  });
}

/** Calls the model on zeros in the shape of the inputs, in evaluation mode; null for what cannot be called so. */
export function outputSpecs(model: Model<unknown>, inputs: readonly Tensor[]): unknown {
  try {
    const symbols = inputs.map(
      ({ shape, dtype }) => new Symbolic(new OutputSpec([null, ...shape.slice(1)], dtype), null, "input"),
    );
    return noGrad(() => inferOutputSpec(model, symbols));
  } catch {
    // What is wrong with it, the first batch will tell with its values.
    return null;
  }
}

/** How many tensors a model returns for inputs; null where a call on zeros does not tell. */
export function countOutputs(model: Model<unknown>, inputs: readonly Tensor[]): number | null {
  const specs = outputSpecs(model, inputs);
  return specs === null ? null : leavesOf(specs, (leaf): leaf is OutputSpec => leaf instanceof OutputSpec).length;
}
