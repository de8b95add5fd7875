/**
 * A training of one's own that can go back to any of its steps, and on from there.
 */
import { defaultGenerator, ModelError, OptionError, Tensor, Value, ValueError } from "@chainrule/core";
import { checkOptions, describe, isPromise } from "@chainrule/core/internal";
import { checkCount } from "../number-checks.ts";
import { optionNames } from "../option-names.ts";
import { refuseSurplus } from "../surplus.ts";
import { isOther, Losses } from "./losses.ts";
import { Parts, type Taken } from "./parts.ts";
import { type Batches, Passes, type Place } from "./passes.ts";
import { Snapshots } from "./snapshots.ts";

/** How a training is kept, so that it can go back. */
export interface RewindOptions {
  /** After how many steps its state is taken; 16 by default. Steps between two are run again when one goes back to them. */
  every?: number;
  /** How much memory the states may take; 64 MiB by default. Two are kept in any case. */
  maxBytes?: number;
}

const optionsKnown = optionNames<RewindOptions & { batches: true }>({ every: true, maxBytes: true, batches: true });
/** More are of little use: going back n steps replays a small share of n. */
const mostSnapshots = 192;

/** A training that can go back. Made by {@link rewindable}. */
export class Rewindable<Result> {
  readonly #run: (index: number) => Result;
  readonly #parts: Parts;
  readonly #passes: Passes<unknown> | null;
  readonly #every: number;
  readonly #snapshots: Snapshots<Place | null>;
  readonly #losses = new Losses();
  #at = 0;
  #marks: unknown[] = [];
  #hasGoneBack = false;
  #isReplaying = false;
  #isRunning = false;

  /** @internal */
  constructor(
    step: (...args: never[]) => Result,
    parts: Readonly<Record<string, unknown>>,
    options: RewindOptions & { batches?: Batches<unknown> } = {},
  ) {
    const where = "rewindable";
    if (typeof step !== "function")
      throw new OptionError({
        where,
        expected: "a function that takes one step of training",
        got: describe(step),
        hint: "Write rewindable(() => trainStep(x, y), { model, optimizer }).",
      });
    checkOptions(where, options, optionsKnown);
    const { every = 16, maxBytes = 64 * 2 ** 20, batches } = options;
    checkCount(where, "every", every, 1);
    checkCount(where, "maxBytes", maxBytes, 0);
    this.#parts = new Parts(where, parts, defaultGenerator());
    this.#passes = batches === undefined ? null : new Passes(where, batches, () => this.#parts.takeRandom());
    const passes = this.#passes;
    const run = step as (...args: unknown[]) => Result;
    // A number is another kind of argument each time, for which a jitted function would be compiled anew.
    const takesIndex = step.length > (passes ? 1 : 0);
    this.#run = (index) => run(...(passes ? [passes.next()] : []), ...(takesIndex ? [index] : []));
    this.#every = every;
    this.#snapshots = new Snapshots({ count: mostSnapshots, bytes: maxBytes });
    if (!this.#parts.areUnbuilt) this.#take(false);
  }

  /** How many steps it has had: where it is. */
  get at(): number {
    return this.#at;
  }

  /** The last step that {@link to} can go to: as far as it has been, and as what follows holds. */
  get furthest(): number {
    return this.#losses.last;
  }

  /** The first step that {@link to} can go to: 0, unless the layers had no weights then, or memory is short. */
  get earliest(): number {
    return this.#snapshots.earliest ?? this.#at;
  }

  /** Whether the step that runs is one that is run again: for a step that draws or prints. */
  get isReplaying(): boolean {
    return this.#isReplaying;
  }

  /** How much memory the states take that it keeps, at most. */
  get bytes(): number {
    return this.#snapshots.bytes;
  }

  /**
   * Takes so many steps from where it is, and returns what the last returned. What you changed between two steps (the
   * learning rate, a weight, a mode) counts from here on, and what came later before is forgotten.
   *
   * @throws what the step throws; ModelError for a step that returns a promise.
   */
  step(count = 1): Result {
    refuseSurplus("step", arguments, 1);
    checkCount("step", "count", count, 1);
    this.#refuseWithin("step");
    this.#noteChanges();
    let result!: Result;
    for (let i = 0; i < count; i++) result = this.#stepOn();
    this.#marks = this.#parts.marks();
    return result;
  }

  /**
   * Goes to a step that it has been at, and puts everything back as it was after so many steps: 0 is before the first.
   * If it throws, everything stays as it is.
   *
   * @throws ValueError for a step where it has not been; ModelError where steps that are run again give another result.
   */
  to(step: number): this {
    refuseSurplus("to", arguments, 1);
    this.#refuseWithin("to");
    if (!Number.isInteger(step) || step < this.earliest || step > this.furthest)
      throw new ValueError({
        where: "to",
        expected: `a step from ${this.earliest} to ${this.furthest}`,
        got: describe(step),
        hint: this.#hintFor(step),
      });
    const before = { at: this.#at, taken: this.#parts.take(), place: this.#passes?.place ?? null };
    try {
      this.#isReplaying = true;
      this.#goTo(step);
      this.#hasGoneBack = true;
    } catch (error) {
      this.#restore(before.at, before.taken, before.place);
      throw error;
    } finally {
      this.#isReplaying = false;
    }
    return this;
  }

  /** Goes so many steps back. @throws as {@link to}. */
  back(count = 1): this {
    refuseSurplus("back", arguments, 1);
    checkCount("back", "count", count, 1);
    return this.to(this.#at - count);
  }

  #hintFor(step: unknown): string | undefined {
    if (typeof step !== "number") return undefined;
    if (step > this.furthest)
      return `step(${Math.max(1, Math.floor(step - this.#at) || 1)}) goes where it has not been.`;
    if (step < 0 || step >= this.earliest) return undefined;
    return this.#snapshots.count === 0 || this.earliest === 1
      ? "Layers made their weights in the first step: give them inputDim, or call the model once before, to go back to 0."
      : "The states before had to leave: give more maxBytes, or change less by hand between steps.";
  }

  #refuseWithin(where: string): void {
    if (!this.#isRunning) return;
    throw new ModelError({
      where,
      expected: "a call between steps",
      got: "one from within a step",
      hint: "Wait until the step has returned.",
    });
  }

  #goTo(step: number): void {
    const snapshot = this.#snapshots.before(step)!;
    // Where it is on the way already, it goes on from here.
    const isAhead = this.#at <= step && this.#at >= snapshot.step && !this.#hasChanged();
    if (!isAhead) this.#restore(snapshot.step, snapshot.taken, snapshot.extra);
    while (this.#at < step) {
      this.#runOne(false);
      const left = step - this.#at;
      // For the next steps back: a half, a quarter, … of the way.
      if (left > 0 && (this.#at % this.#every === 0 || Number.isInteger(Math.log2(left)))) this.#takeOnce();
    }
    this.#marks = this.#parts.marks();
  }

  #restore(at: number, taken: Taken, place: Place | null): void {
    this.#passes?.resume(place);
    taken.restore();
    this.#at = at;
    this.#marks = this.#parts.marks();
  }

  /** One step from where it is, which is where the user wants to go on. */
  #stepOn(): Result {
    // It is not known yet whether this goes another way than before.
    if (this.#hasGoneBack && this.#at < this.furthest) this.#takeOnce();
    this.#hasGoneBack = false;
    const isFirst = this.#snapshots.count === 0;
    const furthest = this.furthest;
    const result = this.#runOne(true);
    if (this.furthest < furthest && !this.#snapshots.pin(this.#at - 1)) this.#take(true);
    else if (isFirst || this.#at % this.#every === 0) this.#takeOnce();
    return result;
  }

  /** Runs the step; `isNew` where another result than before is another way, and no error. */
  #runOne(isNew: boolean): Result {
    this.#isRunning = true;
    let result: Result;
    try {
      result = this.#run(this.#at);
    } finally {
      this.#isRunning = false;
    }
    if (isPromise(result)) throw isAsync();
    const loss = numberOf(result);
    const at = this.#at + 1;
    if (!this.#losses.agree(at, loss)) {
      if (!isNew) throw isOther("rewindable", at, this.#losses.at(at), loss);
      this.#branch(at);
    }
    this.#at = at;
    this.#losses.note(at, loss);
    return result;
  }

  /** What was there from this step on is there no longer. */
  #branch(from: number): void {
    this.#snapshots.dropAfter(from - 1);
    this.#losses.dropAfter(from - 1);
  }

  #hasChanged(): boolean {
    const marks = this.#parts.marks();
    return marks.length !== this.#marks.length || marks.some((mark, i) => !Object.is(mark, this.#marks[i]));
  }

  /** What was changed between two steps cannot be had by running steps again: it is kept. */
  #noteChanges(): void {
    if (this.#snapshots.count === 0 || !this.#hasChanged()) return;
    this.#branch(this.#at + 1);
    this.#take(true);
  }

  #takeOnce(): void {
    if (!this.#snapshots.has(this.#at)) this.#take(false);
  }

  #take(isPinned: boolean): void {
    const taken = this.#parts.take();
    this.#snapshots.add({ step: this.#at, taken, extra: this.#passes?.place ?? null, isPinned });
    this.#marks = this.#parts.marks();
  }
}

/** The loss, where the step returned one: itself, or in an object, or first in a list. NaN where there is none. */
function numberOf(result: unknown): number {
  if (typeof result === "number") return result;
  if (result instanceof Tensor) return result.size === 1 ? result.item() : Number.NaN;
  if (result instanceof Value) return result.data;
  if (Array.isArray(result)) return result.length > 0 && !Array.isArray(result[0]) ? numberOf(result[0]) : Number.NaN;
  if (typeof result === "object" && result !== null && "loss" in result && typeof result.loss !== "function")
    return result.loss === result ? Number.NaN : numberOf(result.loss);
  return Number.NaN;
}

function isAsync(): ModelError {
  return new ModelError({
    where: "rewindable",
    expected: "a step that is done when it returns",
    got: "a promise",
    hint: "Wait for data before the step, and hand them over as batches or by the number of the step.",
  });
}

/**
 * Makes a training that can go back to any of its steps and on from there, with the bits of one that never went back.
 *
 * Every 16 steps (`every`) the state is taken: weights, buffers and gradients, the optimizer's moments, counts and learning
 * rate, with the count its place in a schedule, random numbers, modes and what is frozen. The states are thinned out with
 * their distance, so that memory stays bounded; going back takes the state before, and runs the steps between again. What a
 * step returns is compared with what it returned at first.
 *
 * @param step takes one step of training: given its number from 0, or where there are `batches` a batch and the number, if
 *   it has parameters for them. It should return the loss, by which steps that are run again are compared. It may be compiled
 *   with `jit`, or call what is.
 * @param parts all that a step changes, by name: models, optimizers, generators, parameters, Values, objects with
 *   `stateDict` and `loadStateDict`, and lists and plain objects of these and of numbers. What `manualSeed` seeds is always
 *   among it.
 * @param options {@link RewindOptions}, and `batches`: a list, or a function that returns the batches of each pass.
 * @throws OptionError for parts that cannot be put back, and for an iterator, which gives its batches once.
 *
 * @example
 * const optimizer = new Adam(model, { lr: 0.01 });
 * const trainStep = jit((x, y) => {
 *   optimizer.zeroGrad();
 *   const loss = binaryCrossEntropy(model.call(x), y.unsqueeze(-1));
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 * const training = rewindable(() => trainStep(x, y), { model, optimizer });
 * training.step(100);
 * training.to(40); // as after 40 steps
 * optimizer.lr = 0.1;
 * training.step(); // step 41, of another training
 */
export function rewindable<Batch, Result>(
  step: (batch: Batch, step: number) => Result,
  parts: Readonly<Record<string, unknown>>,
  options: RewindOptions & { batches: Batches<Batch> },
): Rewindable<Result>;
export function rewindable<Result>(
  step: (step: number) => Result,
  parts: Readonly<Record<string, unknown>>,
  options?: RewindOptions,
): Rewindable<Result>;
export function rewindable<Result>(
  step: (...args: never[]) => Result,
  parts: Readonly<Record<string, unknown>>,
  options?: RewindOptions & { batches?: Batches<unknown> },
): Rewindable<Result> {
  refuseSurplus("rewindable", arguments, 3);
  return new Rewindable(step, parts, options);
}
