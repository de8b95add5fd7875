/**
 * What `fit` says of a training that cannot work: it looks at its first step, which it takes anyway, and now and then after.
 */

import type { Tensor } from "@chainrule/core";
import type { DiagnosedStep, Engine, Said } from "../diagnose/engine.ts";
import { batchProgram } from "./batch-program.ts";
import type { Batch } from "./data-adapter.ts";
import { setDiagnosisOpener } from "./diagnosis-opener.ts";
import type { History } from "./history.ts";
import { flattenNested } from "./nested.ts";
import { type ForwardObserver, type StepResult, type TrainState, withForwardObserver } from "./step.ts";
import { hasUserCode } from "./user-code.ts";

/** The share of a training's time that looks at numbers may take. */
const shareOfLooks = 0.02;
/**
 * What a look at numbers takes, in milliseconds: to begin with, and for each number of a step (on a 2.5 GHz Xeon, Node 20: code
 * that runs for the first time included).
 */
const costs = { look: 2.5, number: 2e-5 };
/** A look that takes no longer is taken at once. */
const smallLook = 4;
/** How many numbers are kept of the first step until there is time to look at them. */
const mostKept = 2 ** 24;

/**
 * The milliseconds that this process has computed, where the host knows them: on a busy machine the clock runs for others too.
 */
function timeSpent(): number {
  const host = (globalThis as { process?: { cpuUsage?(): { user: number; system: number } } }).process;
  if (typeof host?.cpuUsage !== "function") return performance.now();
  const { user, system } = host.cpuUsage();
  return (user + system) / 1000;
}

/** What has been said of a model, so that it is said once, however often it is trained. */
const saidOf = new WeakMap<object, Set<string>>();

/** How soon a training follows another, in milliseconds, to be taken for the same one: a loop around `fit`, and no second thought. */
const soon = 1000;

/** The looks at trainings of one model that follow each other. */
interface Looks {
  /** What the model was compiled to, and the shapes of its batches. */
  readonly config: object;
  readonly shapes: string;
  /** When the first of them began, and how long looks have taken since, in milliseconds of this process. */
  readonly begin: number;
  /** The same by the clock, which is read in no time: where by that there is no time, nobody asks for the other. */
  readonly clock: number;
  spent: number;
  /** How long the look at a first step took. */
  first: number;
  /** When the last of them was last heard of. */
  seen: number;
}

const looksOf = new WeakMap<object, Looks>();

/**
 * Gives `fit` the rules. The package's index does; a bundle, which leaves out what it does not use, is without them until
 * the program calls `diagnose`.
 */
export function setDiagnosisEngine(engine: Engine): void {
  setDiagnosisOpener((state, history, targets) => new FitDiagnosis(engine, state, history, targets));
}

/** The looks of one training. */
export class FitDiagnosis {
  readonly #engine: Engine;
  readonly #state: TrainState;
  readonly #history: History;
  /** Those of all batches, where they are in memory. */
  readonly #targets: readonly Tensor[] | null;
  readonly #said: Set<string>;
  #looks: Looks = { config: {}, shapes: "", begin: timeSpent(), clock: performance.now(), spent: 0, first: 0, seen: 0 };
  /** How long the next look is expected to take, in milliseconds. */
  #expected = 0;
  #nextEpoch = 0;
  /** The first step, as long as its numbers have not been looked at, and how long that will take. */
  #pending: { readonly look: DiagnosedStep; readonly expected: number } | null = null;

  constructor(engine: Engine, state: TrainState, history: History, targets: readonly Tensor[] | null) {
    this.#engine = engine;
    this.#state = state;
    this.#history = history;
    this.#targets = targets;
    this.#said = saidOf.get(state.model) ?? new Set();
    saidOf.set(state.model, this.#said);
  }

  /**
   * Takes the first step, and looks at what it has computed: at its operations at once, at its numbers as soon as there is
   * time for that. Where it throws, what is known of the cause is said before.
   */
  firstStep(batch: Batch, step: () => StepResult): StepResult {
    if (this.#goesOn(batch)) return step();
    const begin = timeSpent();
    const program = batchProgram("fit", this.#state, batch, this.#history.history, this.#targets);
    const look = this.#engine.openStep(program);
    let hasLoss = false;
    const observe: ForwardObserver = (compute, x) => {
      const output = look.record(compute, flattenNested<Tensor>(x));
      hasLoss = true;
      return output;
    };
    let result: StepResult;
    try {
      result = withForwardObserver(observe, step);
    } catch (error) {
      if (!hasLoss) {
        look.end(error);
        this.#say(look.findings("trace"));
      }
      throw error;
    }
    const taken = timeSpent() - begin;
    look.end(null);
    this.#say(look.findings("trace"));
    const { size } = look;
    const expected = costs.look + costs.number * size;
    this.#expected = 2 * taken + expected;
    this.#looks.first = timeSpent() - begin - taken;
    this.#looks.spent += this.#looks.first;
    this.#pending = { look, expected };
    if (expected > smallLook) this.whenThereIsTime();
    else this.#lookAtNumbers(look);
    if (size > mostKept) this.#pending = null;
    return result;
  }

  /** Whether this training goes on with one that has been looked at, and there is no time to look again. */
  #goesOn({ x, y }: Batch): boolean {
    const { model, outputs } = this.#state;
    const shapes = JSON.stringify([x, y].map((part) => flattenNested<Tensor>(part).map(({ shape }) => shape)));
    const before = looksOf.get(model);
    const isSame = before?.config === outputs && before.shapes === shapes && performance.now() - before.seen < soon;
    this.#looks = isSame ? before : { ...this.#looks, config: outputs, shapes };
    this.#looks.seen = performance.now();
    looksOf.set(model, this.#looks);
    return isSame && before.spent + before.first > shareOfLooks * (timeSpent() - before.begin);
  }

  /** Looks at the numbers of the first step, if that has not been done, and as far as there is time for it. */
  whenThereIsTime(): void {
    if (this.#pending === null) return;
    const { look, expected } = this.#pending;
    if (this.#looks.spent + expected > shareOfLooks * (performance.now() - this.#looks.clock)) return;
    if (this.#looks.spent + expected <= shareOfLooks * (timeSpent() - this.#looks.begin)) this.#lookAtNumbers(look);
  }

  #lookAtNumbers(look: DiagnosedStep): void {
    const begin = timeSpent();
    this.#pending = null;
    this.#say(look.findings("numbers"));
    this.#history.lossFloor = look.lossFloor();
    this.#looks.spent += timeSpent() - begin;
  }

  /** Looks at the last batch after some epochs, as far as there is time for it. The model is as before afterwards. */
  afterEpoch(batch: Batch | null, epoch: number, isLast: boolean): void {
    this.#looks.seen = performance.now();
    this.whenThereIsTime();
    if (batch === null || (epoch < this.#nextEpoch && !isLast)) return;
    if (this.#looks.spent + this.#expected > shareOfLooks * (performance.now() - this.#looks.clock)) return;
    const begin = timeSpent();
    const share = (this.#looks.spent + this.#expected) / (begin - this.#looks.begin);
    // What the user's code does in one more forward pass is not known.
    if (share > shareOfLooks || hasUserCode(this.#state)) return;
    this.#nextEpoch = 2 * epoch + 1;
    const program = batchProgram("fit", this.#state, batch, this.#history.history, this.#targets);
    this.#say(this.#engine.look(program));
    const taken = timeSpent() - begin;
    this.#looks.spent += taken;
    this.#expected = taken;
  }

  /** Whether a rule's finding has been said. */
  hasSaid(rule: string): boolean {
    return [...this.#said].some((key) => key.startsWith(`${rule}\n`));
  }

  #say(found: readonly Said[]): void {
    for (const { key, line } of found) {
      if (this.#said.has(key)) continue;
      const isFirst = this.#said.size === 0;
      this.#said.add(key);
      console.warn(`fit: ${line}${isFirst ? " (diagnose: false turns this off.)" : ""}`);
    }
  }
}
