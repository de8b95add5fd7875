/**
 * `compile`: strings and objects become the loss, the optimizer and the metrics of a model.
 */
import { OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { isPlainObject } from "../module/tree.ts";
import { optimizerByName } from "../optimizers/by-name.ts";
import { Optimizer } from "../optimizers/index.ts";
import { optionNames } from "../option-names.ts";
import type { CompileOptions } from "./compile-options.ts";
import { CompiledOutputs } from "./compiled-outputs.ts";

/** What a model trains with: the optimizer, and the loss and metrics of each output. */
export interface TrainingConfig {
  readonly optimizer: Optimizer;
  readonly outputs: CompiledOutputs;
}

const compileOptionNames = optionNames<CompileOptions>({
  optimizer: true,
  loss: true,
  lossWeights: true,
  metrics: true,
  weightedMetrics: true,
});

/**
 * @param names of the outputs, where the model knows them.
 * @throws OptionError for options, names and values that do not exist, with the nearest that do.
 */
export function toTrainingConfig(options: CompileOptions, names: readonly string[] | null): TrainingConfig {
  checkOptions("compile", options, compileOptionNames);
  const { optimizer = "rmsprop", ...compileArguments } = options ?? {};
  return { optimizer: readOptimizer("compile", optimizer), outputs: new CompiledOutputs(compileArguments, names) };
}

function readOptimizer(where: string, given: unknown): Optimizer {
  if (typeof given === "string") return optimizerByName(given);
  if (given instanceof Optimizer) return given as Optimizer;
  throw new OptionError({
    where: `${where}, optimizer`,
    expected: 'a name such as "adam", or an optimizer',
    got: describe(given),
    hint:
      typeof given === "function"
        ? `Write new ${given.name || "Adam"}().`
        : isPlainObject(given)
          ? "Options go to its class: new Adam({ lr: 0.1 })."
          : (given as { readonly compileHint?: string } | null)?.compileHint,
  });
}
