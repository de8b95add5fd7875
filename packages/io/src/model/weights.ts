/**
 * Weights and state alone, by name: into a model that the program makes.
 */
import { OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { type ProgressFunction, readBytes, type Source } from "@chainrule/data";
import { Module } from "@chainrule/nn";
import { writeFile } from "../files/atomic.ts";
import { nameOfSource, progressOf } from "../files/names.ts";
import { encodeSafetensors, parseSafetensors } from "../formats/safetensors.ts";
import { assignState, checkComplete, compareState, type LoadReport } from "./state.ts";

/** What may be missing. */
export interface LoadWeightsOptions {
  /** Whether to load what fits, and leave the rest as it is; false by default. */
  partial?: boolean;
  /** Is told how many bytes have been read, and how many there are; null where that is not known. */
  onProgress?: ProgressFunction;
}

/**
 * Writes the weights and state of a model into a safetensors file (in Node), by name: for a class of your own, which
 * the program makes before it loads.
 *
 * @throws DataError where the file cannot be written, and in a browser, where `encodeSafetensors(model.stateDict())`
 *   gives the bytes.
 *
 * @example
 * await saveWeights(model, "weights.safetensors");
 * await loadWeights(model, "weights.safetensors");
 */
export async function saveWeights(model: Module<unknown>, path: string | URL): Promise<void> {
  checkModule("saveWeights", model);
  await writeFile(path, encodeSafetensors(model.stateDict()));
}

/**
 * Puts the weights and state of a safetensors file into a model: one that `saveWeights`, `model.save` or Python wrote.
 *
 * Names are those of `stateDict()`. Either all is loaded or nothing; with `partial` all that fits.
 *
 * @param source a path (in Node), a URL, or the bytes.
 * @returns the names that were loaded, are missing, are surplus, or have another shape.
 * @throws ModelError where something is missing, surplus or of another shape, unless `partial`; DataError where the
 *   file cannot be read or is damaged.
 *
 * @example
 * await saveWeights(model, "weights.safetensors");
 * const { missing } = await loadWeights(model, "weights.safetensors", { partial: true }); // missing: []
 */
export async function loadWeights(
  model: Module<unknown>,
  source: Source | Uint8Array,
  options: LoadWeightsOptions = {},
): Promise<LoadReport> {
  const where = "loadWeights";
  checkModule(where, model);
  checkOptions(where, options, ["partial", "onProgress"]);
  if (options.partial !== undefined && typeof options.partial !== "boolean")
    throw new OptionError({ where, expected: "partial true or false", got: describe(options.partial) });
  const isBytes = source instanceof Uint8Array;
  const name = isBytes ? where : nameOfSource(source);
  const { tensors } = parseSafetensors(isBytes ? source : await readBytes(source, progressOf(options)), name);
  const isOther = (key: string) => key.startsWith("$") || key.startsWith("optimizer/");
  const values = Object.fromEntries(Object.entries(tensors).filter(([key]) => !isOther(key)));
  const report = compareState(model, values);
  if (!options.partial) checkComplete(name, model, report, "To load what fits: { partial: true }.");
  assignState(model, values, report.loaded);
  return report;
}

/** @throws OptionError for what is no model. */
export function checkModule(where: string, model: unknown): void {
  if (!(model instanceof Module))
    throw new OptionError({ where, expected: "a model first, then the path", got: describe(model) });
}
