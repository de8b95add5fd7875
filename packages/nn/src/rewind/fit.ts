/**
 * `Rewind`: a training by `fit` that can go back to any of its steps, and on from there.
 */
import { DataError, defaultGenerator, ModelError, OptionError, type Tensor, ValueError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { Callback } from "../model/callback.ts";
import type { SavedTraining } from "../model/checkpoint-store.ts";
import type { History } from "../model/history.ts";
import type { Logs } from "../model/hooks.ts";
import type { Model } from "../model/model.ts";
import type { RecordedTraining, TrainingRecorder } from "../model/recorder.ts";
import { type Resumed, restoreTraining, saveTraining, type TrainingParts } from "../model/training-state.ts";
import { checkCount } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { isOther, Losses } from "./losses.ts";
import { areBuilt, bytesOf, copied, Parts } from "./parts.ts";
import { Snapshots } from "./snapshots.ts";

/** How much {@link Rewind} keeps. */
export interface RewindFitOptions {
  /** How much memory the states after epochs may take; 256 MiB by default. Two are kept in any case. */
  maxBytes?: number;
}

const optionsKnown = optionNames<RewindFitOptions>({ maxBytes: true });

/** Why a training runs. */
type Run = { readonly kind: "first" } | { readonly kind: "to" | "resume"; readonly step: number };

/** Weights and the optimizer, and what is frozen, as someone may have changed them. */
interface Settings {
  readonly numbers: readonly Tensor[];
  readonly flags: readonly boolean[];
  readonly modes: readonly boolean[];
  restore(): void;
}

/**
 * A callback with which a training goes back to any of its steps, and on from there, with the bits of one that never went
 * back. A step is a batch; steps count over epochs, and 0 is before the first.
 *
 * After each epoch the state is taken, as a checkpoint has it; the states are thinned out with their distance, so that
 * memory stays bounded. Going back runs `fit` again from the epoch before, in silence, with the same data and callbacks; the
 * loss of each step is compared with what it was at first. After the last batch of an epoch, that is before validation and
 * `onEpochEnd`.
 *
 * @throws OptionError for options that do not exist, when training begins for `checkpoint` beside it; DataError for
 *   iterators, which give their batches once.
 *
 * @example
 * const rewind = new Rewind();
 * await model.fit(x, y, { epochs: 8, batchSize: 10, callbacks: [rewind] });
 * await rewind.to(6); // as after six batches
 * model.optimizer.lr = 0.001;
 * const { history } = await rewind.resume(); // on to the last epoch
 */
export class Rewind extends Callback {
  readonly #maxBytes: number;
  #snapshots: Snapshots<SavedTraining>;
  #losses = new Losses();
  /** What was changed by hand after a step, and has to be again. */
  readonly #changes = new Map<number, Settings>();
  #training: RecordedTraining | null = null;
  #run: Run = { kind: "first" };
  #at = 0;
  /** Everything as the last call left it. */
  #left: Settings | null = null;
  #isRunning = false;

  constructor(options: RewindFitOptions = {}) {
    super();
    refuseSurplus("Rewind", arguments, 1);
    checkOptions("Rewind", options, optionsKnown);
    const { maxBytes = 256 * 2 ** 20 } = options;
    checkCount("Rewind", "maxBytes", maxBytes, 0);
    this.#maxBytes = maxBytes;
    this.#snapshots = this.#noSnapshots();
  }

  #noSnapshots(): Snapshots<SavedTraining> {
    return new Snapshots({ count: Number.POSITIVE_INFINITY, bytes: this.#maxBytes });
  }

  /** How many steps the model has had: where it is. */
  get at(): number {
    return this.#at;
  }

  /** The last step that {@link to} can go to. */
  get furthest(): number {
    return this.#losses.last;
  }

  /** The first step that {@link to} can go to: 0, unless the layers had no weights then, or memory is short. */
  get earliest(): number {
    const first = this.#snapshots.earliest;
    if (first === null) return this.#losses.last;
    return first === 0 ? 0 : first + 1;
  }

  /** Whether the steps that run are run again: for callbacks that draw or print. */
  get isReplaying(): boolean {
    return this.#run.kind !== "first" && this.#isRunning && this.#at < this.#run.step;
  }

  /**
   * Goes to a step that the training has been at. Weights, optimizer and random numbers are as they were after it. If it
   * throws, they stay as they are.
   *
   * @throws ValueError for a step where it has not been; ModelError while it trains, and where steps that are run again give
   *   another loss.
   */
  async to(step: number): Promise<void> {
    refuseSurplus("to", arguments, 1);
    const training = this.#requireTraining("to");
    if (!Number.isInteger(step) || step < this.earliest || step > this.furthest)
      throw new ValueError({
        where: "Rewind, to",
        expected: `a step from ${this.earliest} to ${this.furthest}`,
        got: describe(step),
        hint:
          typeof step === "number" && step >= 0 && step < this.earliest
            ? "States before had to leave, or layers had no weights yet: give more maxBytes, or give layers inputDim."
            : undefined,
      });
    const { model } = training;
    const before = {
      at: this.#at,
      all: new Parts("Rewind", { model, optimizer: model.optimizer }, defaultGenerator()).take(),
    };
    try {
      await this.#again(training, { kind: "to", step });
    } catch (error) {
      before.all.restore();
      this.#at = before.at;
      this.#left = settingsOf(model);
      throw error;
    }
  }

  /** Goes so many steps back. @throws as {@link to}. */
  async back(count = 1): Promise<void> {
    refuseSurplus("back", arguments, 1);
    checkCount("Rewind, back", "count", count, 1);
    await this.to(this.#at - count);
  }

  /**
   * Trains on from where it is to the last epoch, as `fit` was asked to. What you changed meanwhile (weights, the learning
   * rate, what is frozen) counts from here on, and what came later before is forgotten.
   *
   * @returns the history, of the epochs before as well.
   * @throws ModelError while it trains; what `fit` throws.
   */
  async resume(): Promise<History> {
    refuseSurplus("resume", arguments, 0);
    const training = this.#requireTraining("resume");
    const now = settingsOf(training.model);
    const step = this.#at;
    if (this.#left && now.modes.some((mode, i) => mode !== this.#left!.modes[i]))
      throw new ModelError({
        where: "Rewind, resume",
        expected: "layers in the modes in which training left them",
        got: "others",
        hint: "Put them back with train() and eval(); a callback can change them while it trains.",
      });
    const isChanged = this.#left !== null && !areSame(now, this.#left);
    for (const other of [...this.#changes.keys()]) if (other > step) this.#changes.delete(other);
    if (isChanged) this.#changes.set(step, now);
    this.#snapshots.dropAfter(Math.max(0, step - 1));
    this.#losses.dropAfter(step);
    return this.#again(training, { kind: "resume", step });
  }

  async #again(training: RecordedTraining, run: Run): Promise<History> {
    this.#run = run;
    try {
      return await training.again(run.kind === "to");
    } finally {
      this.#run = { kind: "first" };
    }
  }

  #requireTraining(method: string): RecordedTraining {
    if (this.#training !== null && !this.#isRunning) return this.#training;
    throw new ModelError({
      where: `Rewind, ${method}`,
      expected: "a training that has been",
      got: this.#isRunning ? "one that is going on" : "none",
      hint: this.#isRunning
        ? "Wait for it, or end it: model.stopTraining = true."
        : "Pass it to fit: model.fit(x, y, { callbacks: [rewind] }).",
    });
  }

  /** The part that `fit` deals with. @internal */
  override get recorder(): TrainingRecorder {
    return {
      open: (training) => {
        this.#isRunning = true;
        this.#open(training);
      },
      close: () => this.#close(),
      resume: (parts) => this.#resumeAt(parts),
      beforeEpoch: (parts, epoch, logs) => this.#beforeEpoch(parts, epoch, logs),
      afterStep: (loss) => this.#afterStep(loss),
    };
  }

  #open(training: RecordedTraining): void {
    if (this.#run.kind !== "first") return;
    const { data, validationData, options } = training;
    if (options.checkpoint !== undefined)
      throw new OptionError({ where: "fit", expected: "either checkpoint or Rewind", got: "both" });
    if (data.isOneShot || validationData?.isOneShot)
      throw new DataError({
        where: "fit, Rewind",
        expected: "batches that can be gone through again",
        got: "an iterator, which gives its batches once",
        hint: "Pass a function that returns a new one, such as () => batches().",
      });
    this.#training = training;
    this.#snapshots = this.#noSnapshots();
    this.#losses = new Losses();
    this.#changes.clear();
    this.#at = 0;
    this.#left = null;
  }

  #close(): void {
    this.#isRunning = false;
    this.#left = this.#training && settingsOf(this.#training.model);
  }

  async #resumeAt(parts: TrainingParts): Promise<Resumed | null> {
    this.#at = 0;
    if (this.#run.kind === "first") return null;
    const snapshot = this.#snapshots.before(Math.max(0, this.#run.step - 1));
    if (snapshot === undefined) return null;
    this.#at = snapshot.step;
    const { epoch, weights, rest } = snapshot.extra;
    return restoreTraining(parts, { epoch, weights, rest: copied(rest) as Record<string, unknown> }, "Rewind");
  }

  #beforeEpoch(parts: TrainingParts, epoch: number, logs: Logs): boolean {
    if (areBuilt(parts.model) && !this.#snapshots.has(this.#at)) {
      const { weights, rest } = saveTraining(parts, epoch, logs);
      const saved = { epoch, weights, rest: copied(rest) as Record<string, unknown> };
      const state = (rest.optimizer as { state: Record<string, Tensor> }).state;
      const bytes = [...Object.values(weights), ...Object.values(state)].reduce((sum, each) => sum + bytesOf(each), 0);
      const taken = { bytes, variables: [], restore: () => {} };
      this.#snapshots.add({ step: this.#at, taken, extra: saved, isPinned: false });
    }
    if (this.#at > 0 || this.#run.kind === "first") return false;
    this.#changes.get(0)?.restore();
    return this.#run.kind === "to" && this.#run.step === 0;
  }

  #afterStep(loss: number): "end" | "changed" | null {
    const step = ++this.#at;
    const isAgain = this.#run.kind !== "first" && step <= this.#run.step;
    if (isAgain && !this.#losses.agree(step, loss)) throw isOther("Rewind", step, this.#losses.at(step), loss);
    this.#losses.note(step, loss);
    const change = this.#changes.get(step);
    change?.restore();
    if (this.#run.kind === "to" && this.#run.step === step) return "end";
    return change ? "changed" : null;
  }
}

function settingsOf(model: Model<unknown>): Settings {
  const { optimizer } = model;
  const modules = model.modules().map((part) => ({ part: part as { isFrozen: boolean }, isFrozen: part.isFrozen }));
  const weights = [...model.namedParameters().values(), ...model.buffers()].map((variable) => ({
    variable,
    value: variable.detach(),
    requiresGrad: variable.requiresGrad,
  }));
  const state = areBuilt(model) ? optimizer.stateDict() : null;
  return {
    numbers: [...weights.map(({ value }) => value), ...Object.values(state ?? {})],
    flags: [...modules.map(({ isFrozen }) => isFrozen), ...weights.map(({ requiresGrad }) => requiresGrad)],
    modes: model.modules().map(({ training }) => training),
    restore() {
      for (const { part, isFrozen } of modules) part.isFrozen = isFrozen;
      for (const { variable, value, requiresGrad } of weights) {
        variable.assign(value);
        variable.requiresGrad = requiresGrad;
      }
      if (state) optimizer.loadStateDict(state);
    },
  };
}

/** Whether all numbers have the same bits. */
function areSame(a: Settings, b: Settings): boolean {
  return (
    a.flags.every((flag, i) => flag === b.flags[i]) &&
    a.numbers.length === b.numbers.length &&
    a.numbers.every(({ storage }, i) => {
      const other = b.numbers[i].storage;
      return storage === other || storage.every((x, k) => Object.is(x, other[k]));
    })
  );
}
