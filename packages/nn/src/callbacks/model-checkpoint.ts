/**
 * Models written to files while they are trained: every so many epochs, and whenever they are better than before.
 */

import { ModelError, OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { Callback } from "../model/callback.ts";
import type { FitPlan } from "../model/fit-plan.ts";
import type { Logs } from "../model/hooks.ts";
import { importFiles, modelWriter } from "../model/model-writer.ts";
import { SavedFields } from "../model/saved-fields.ts";
import { checkCount } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { fileSystem, withFiles } from "./file-system.ts";
import { Monitor, type MonitorOptions, monitorOptions } from "./monitor.ts";

/** What a {@link ModelCheckpoint} writes, and how much of it stays. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /** After how many epochs a model is written; 1 by default. */
  every?: number;
  /** How many of these stay, the last ones; all by default. */
  keep?: number;
  /** Write `best.safetensors` alone, and no model for each epoch. */
  saveBestOnly?: boolean;
  /** Write the weights alone, for `loadWeights`: for models with parts that have no names. */
  saveWeightsOnly?: boolean;
  /** Keep what the optimizer remembers as well, to go on training. */
  optimizerState?: boolean;
}

const modelCheckpointOptions = optionNames<ModelCheckpointOptions>({
  ...monitorOptions,
  every: true,
  keep: true,
  saveBestOnly: true,
  saveWeightsOnly: true,
  optimizerState: true,
});

/**
 * Writes the model into a folder after every epoch, or every few: `epoch-000001.safetensors` and so on, which
 * `loadModel` reads. With a `monitor`, `best.safetensors` is the model of the best epoch so far. As in Keras.
 *
 * `fit`'s option `checkpoint` is for going on with a training; this is for having its models.
 *
 * @throws OptionError without a folder, for options that do not exist, and where there is no file system (in browsers);
 *   when training begins ModelError where nobody writes models, DataError for a folder that cannot be made, and what
 *   {@link EarlyStopping} throws for a monitor; ModelError for a model that has parts without names.
 *
 * @example
 * const checkpoint = new ModelCheckpoint("models", { monitor: "val_loss", every: 2, keep: 2 });
 * await model.fit(x, y, { epochs: 6, validationSplit: 0.2, callbacks: [checkpoint] });
 * checkpoint.bestEpoch; // counted from 0, null before the first
 * const best = await loadModel("models/best.safetensors");
 */
export class ModelCheckpoint extends Callback {
  readonly #folder: string;
  readonly #monitor: Monitor | null;
  readonly #options: Required<Omit<ModelCheckpointOptions, keyof MonitorOptions>>;
  /** The epochs whose models stay, counted from 1 as in the names of the files. */
  #written: number[] = [];
  /** The best epoch, counted from 0; null before the first. */
  bestEpoch: number | null = null;

  constructor(folder: string, options: ModelCheckpointOptions = {}) {
    super();
    const where = "ModelCheckpoint";
    refuseSurplus(where, arguments, 2);
    checkOptions(where, options, modelCheckpointOptions);
    if (typeof folder !== "string" || folder === "")
      throw new OptionError({
        where,
        expected: "a folder",
        got: describe(folder),
        hint: 'It comes first: new ModelCheckpoint("models", { monitor: "val_loss" }).',
      });
    if (/\.(h5|keras|hdf5|safetensors|pt|pth|ckpt|onnx)$/i.test(folder))
      throw new OptionError({
        where,
        expected: "a folder, into which it writes best.safetensors and a file for each epoch",
        got: describe(folder),
      });
    const { every = 1, keep = Number.POSITIVE_INFINITY } = options;
    const { saveBestOnly = false, saveWeightsOnly = false, optimizerState = false } = options;
    for (const [name, value] of Object.entries({ saveBestOnly, saveWeightsOnly, optimizerState }))
      if (typeof value !== "boolean")
        throw new OptionError({ where, expected: `${name} as true or false`, got: describe(value) });
    checkCount(where, "every", every, 1);
    if (keep !== Number.POSITIVE_INFINITY) checkCount(where, "keep", keep, 1);
    fileSystem(where);
    this.#folder = folder;
    this.#monitor = options.monitor !== undefined || saveBestOnly ? new Monitor(where, options) : null;
    this.#options = { every, keep, saveBestOnly, saveWeightsOnly, optimizerState };
  }

  /** The best value of the monitored number; NaN without a monitor. */
  get best(): number {
    return this.#monitor?.best ?? Number.NaN;
  }

  override checkPlan(plan: FitPlan): void {
    if (modelWriter === null)
      throw new ModelError({
        where: "ModelCheckpoint",
        expected: "the package that writes files",
        got: "a program that does not have it",
        hint: importFiles,
      });
    this.#monitor?.resolve(plan);
    withFiles("ModelCheckpoint", this.#folder, ({ accessSync, constants, mkdirSync }) => {
      mkdirSync(this.#folder, { recursive: true });
      accessSync(this.#folder, constants.W_OK);
    });
  }

  override get addedLogs(): readonly string[] | null {
    return this.constructor === ModelCheckpoint ? [] : super.addedLogs;
  }

  override get settings(): Readonly<Record<string, unknown>> {
    return { folder: this.#folder, ...this.#monitor?.settings, ...this.#options };
  }

  /** What was best, and which models stay: for checkpoints of the training. */
  stateDict(): Record<string, unknown> {
    return { best: this.best, bestEpoch: this.bestEpoch, written: [...this.#written] };
  }

  /** @throws DataError for what `stateDict` did not give. */
  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    const saved = new SavedFields("ModelCheckpoint", state);
    const bestEpoch = saved.orNull("bestEpoch", saved.count);
    const [best, written] = [saved.number("best"), saved.numbers("written")];
    if (!written.every((epoch) => Number.isSafeInteger(epoch) && epoch > 0))
      throw saved.damaged("numbers of epochs as written", written);
    this.#monitor?.restore(best);
    this.bestEpoch = bestEpoch;
    this.#written = [...written];
  }

  override onTrainBegin(): void {
    this.#monitor?.reset();
    this.#written = [];
    this.bestEpoch = null;
  }

  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const value = this.#monitor?.read(logs) ?? Number.NaN;
    if (!this.#options.saveBestOnly && (epoch + 1) % this.#options.every === 0) await this.#writeEpoch(epoch + 1);
    if (!this.#monitor?.isBetter(value)) return;
    await this.#write("best.safetensors");
    this.#monitor.best = value;
    this.bestEpoch = epoch;
  }

  async #writeEpoch(epoch: number): Promise<void> {
    await this.#write(nameOf(epoch));
    this.#written = [...this.#written.filter((other) => other !== epoch), epoch];
    const old = this.#written.slice(0, Math.max(0, this.#written.length - this.#options.keep));
    this.#written = this.#written.slice(old.length);
    withFiles("ModelCheckpoint", this.#folder, ({ rmSync }) => {
      for (const each of old) rmSync(this.#pathOf(nameOf(each)), { force: true });
    });
  }

  async #write(name: string): Promise<void> {
    const { saveWeightsOnly, optimizerState } = this.#options;
    await modelWriter!(this.model, this.#pathOf(name), { optimizerState }, saveWeightsOnly);
  }

  #pathOf(name: string): string {
    return process.getBuiltinModule("node:path").join(this.#folder, name);
  }
}

function nameOf(epoch: number): string {
  return `epoch-${String(epoch).padStart(6, "0")}.safetensors`;
}
