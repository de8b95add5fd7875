/**
 * The options of `fit`, checked before anything is done.
 */

import type { JitOptions } from "@chainrule/compiler";
import { Generator, OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { checkCount } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import type { CheckpointOptions } from "./checkpoint-store.ts";
import type { BatchLike, BatchSource } from "./data-adapter.ts";
import type { Hooks } from "./hooks.ts";
import type { DataLike } from "./nested.ts";
import type { ClassWeight } from "./sample-weights.ts";

/** 0: no progress; 1: a progress bar; 2: a line for each epoch; "auto": the bar on a terminal, nothing elsewhere. */
export type Verbosity = "auto" | 0 | 1 | 2;

/** What `fit` takes besides the data. */
export interface FitOptions {
  /** How many times to go through the data; 1 by default. */
  epochs?: number;
  /** How many samples a step takes; 32 by default. For arrays only. */
  batchSize?: number;
  /** Whether to go through the samples in a new order in each epoch; true by default. For arrays only. */
  shuffle?: boolean;
  /**
   * Leave out the last batch of an epoch where it is smaller than the others; false by default. Shuffled, other samples are
   * left out in each epoch. For arrays only.
   */
  dropLast?: boolean;
  /** The share of the samples, from the end, to validate on instead of training on them. For arrays only. */
  validationSplit?: number;
  /** What to validate on after each epoch: [x, y] or [x, y, sampleWeight], or batches. */
  validationData?: BatchLike | BatchSource;
  /** Ends each validation after this many batches: needed where `validationData` gives batches without end. */
  validationSteps?: number;
  /** How much each class counts in the loss: `{ 0: 1, 1: 5 }`. */
  classWeight?: ClassWeight;
  /**
   * How much each sample counts in the loss, [n]; with several outputs also one for each. For arrays only. A sample of
   * weight 0 changes nothing, whatever it holds: what is not finite in its inputs is taken as 0.
   */
  sampleWeight?: DataLike;
  /** Callbacks, or plain objects of hooks. */
  callbacks?: readonly Hooks[];
  /** Also true for 1, and false for 0. */
  verbose?: Verbosity | boolean;
  /** The epoch to start from, counted from 0, when training is resumed; `epochs` counts from 0 all the same. */
  initialEpoch?: number;
  /** Makes the order of the samples reproducible by itself; otherwise `manualSeed` does. */
  seed?: number | string;
  /**
   * Ends an epoch after this many batches; the next goes on where it ended, and starts over where the data ends. Needed
   * where batches come without end.
   */
  stepsPerEpoch?: number;
  /**
   * Compile the step to WebAssembly, as soon as batches of a shape have come so often that it pays; true by default.
   * `{ deterministic: true }` compiles for the same bits on every machine, see `jit`.
   */
  jit?: boolean | JitOptions;
  /**
   * Keep the training in this folder after every epoch, and go on from there where the folder has one: a training that was
   * killed and is started again ends with the same bits as one without a break. Needs `chainrule`, or `@chainrule/io`
   * imported, and Node. See {@link CheckpointOptions} for how often.
   */
  checkpoint?: string | URL | CheckpointOptions;
  /** Look for NaN in data, activations, loss, gradients and weights, and say where the first is. Slower. */
  debugNaN?: boolean;
  /**
   * Look at the first step, and now and then after, for what is known to keep a training from working, and say once on the
   * console what it is; true by default. `diagnose` has more time, and says more.
   */
  diagnose?: boolean;
}

/** The options with their defaults. */
export type CompleteFitOptions = FitOptions & Required<typeof defaults>;

const defaults = {
  epochs: 1,
  batchSize: 32,
  shuffle: true,
  dropLast: false,
  callbacks: [] as readonly Hooks[],
  verbose: "auto" as Verbosity,
  initialEpoch: 0,
  debugNaN: false,
  jit: true as boolean | JitOptions,
};

/** The names of the options. */
export const fitOptionNames = optionNames<FitOptions>({
  epochs: true,
  batchSize: true,
  shuffle: true,
  dropLast: true,
  validationSplit: true,
  validationData: true,
  validationSteps: true,
  classWeight: true,
  sampleWeight: true,
  callbacks: true,
  verbose: true,
  initialEpoch: true,
  seed: true,
  stepsPerEpoch: true,
  jit: true,
  debugNaN: true,
  diagnose: true,
  checkpoint: true,
});

/** What only makes sense for arrays. */
const forArrays = ["batchSize", "shuffle", "dropLast", "validationSplit", "sampleWeight", "seed"] as const;

/** @throws OptionError for options that do not exist or do not go together; ValueError for numbers out of range. */
export function completeFitOptions(given: FitOptions): CompleteFitOptions {
  if (typeof given === "number") throw positionalEpochs(given);
  checkOptions("fit", given, fitOptionNames);
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options: CompleteFitOptions = { ...defaults, ...defined };
  if (typeof options.verbose === "boolean") options.verbose = options.verbose ? 1 : 0;
  const hint = options.epochs === Number.POSITIVE_INFINITY ? "Name a large number, and stop by a callback." : undefined;
  checkCount("fit", "epochs", options.epochs, 0, { hint });
  checkCount("fit", "initialEpoch", options.initialEpoch, 0);
  checkCount("fit", "batchSize", options.batchSize, 1);
  for (const name of ["stepsPerEpoch", "validationSteps"] as const)
    if (options[name] !== undefined) checkCount("fit", name, options[name], 1);
  checkChoices(options);
  return options;
}

/** `fit(x, y, 10)`: the third argument is an object of options. */
function positionalEpochs(given: number): OptionError {
  return new OptionError({
    where: "fit",
    expected: "an object of options",
    got: describe(given),
    hint: `Options have names: fit(x, y, { epochs: ${given} }).`,
  });
}

/** Throws for targets and options that say something of batches which others have made. */
export function checkForBatches(where: string, y: unknown, given: object): void {
  if (y !== undefined)
    throw new OptionError({ where, expected: "either batches [x, y], or x and y", got: "batches and y" });
  const useless = forArrays.find((name) => (given as Partial<Record<string, unknown>>)[name] !== undefined);
  if (useless)
    throw new OptionError({
      where,
      expected: `${useless} with arrays or tensors`,
      got: "it with batches that are made elsewhere",
      hint: "Whoever makes the batches decides on their size, order and weights: [x, y, sampleWeight].",
    });
}

function checkChoices(options: CompleteFitOptions): void {
  const { verbose, callbacks, validationSplit, validationData, validationSteps } = options;
  if (!["auto", 0, 1, 2].includes(verbose))
    throw new OptionError({ where: "fit, verbose", expected: '"auto", 0, 1 or 2', got: describe(verbose) });
  for (const name of ["shuffle", "dropLast", "diagnose"] as const)
    if (typeof (options[name] ?? true) !== "boolean")
      throw new OptionError({ where: `fit, ${name}`, expected: "true or false", got: describe(options[name]) });
  if (!Array.isArray(callbacks))
    throw new OptionError({
      where: "fit, callbacks",
      expected: "a list of callbacks",
      got: describe(callbacks),
      hint: "Write callbacks: [callback].",
    });
  if (validationSplit !== undefined && validationData !== undefined)
    throw new OptionError({ where: "fit", expected: "either validationSplit or validationData", got: "both" });
  if (validationSteps !== undefined && validationSplit === undefined && validationData === undefined)
    throw new OptionError({
      where: "fit",
      expected: "validationSteps with validationData or validationSplit",
      got: "it without data to validate on",
    });
}

/** The generator of a seed, or the one that `manualSeed` seeds. */
export function generatorFor(seed: number | string | undefined, shared: () => Generator): Generator {
  return seed === undefined ? shared() : new Generator(seed);
}
