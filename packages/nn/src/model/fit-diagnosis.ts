/**
 * What `fit` says of a training that cannot work: it looks at its first step, which it takes anyway, and now and then after.
 */

import type { Tensor } from "@chainrule/core";
import type { Engine, Said } from "../diagnose/engine.ts";
import { batchProgram } from "./batch-program.ts";
import type { Batch } from "./data-adapter.ts";
import type { History } from "./history.ts";
import { flattenNested } from "./nested.ts";
import { type ForwardObserver, type StepResult, type TrainState, withForwardObserver } from "./step.ts";
import { hasUserCode } from "./user-code.ts";

/** The share of a training's time that looks after the first may take. */
const shareOfLooks = 0.02;

/** What has been said of a model, so that it is said once, however often it is trained. */
const saidOf = new WeakMap<object, Set<string>>();

let engine: Engine | null = null;

/**
 * Gives `fit` the rules. The package's index does; a bundle, which leaves out what it does not use, is without them until
 * the program calls `diagnose`.
 */
export function setDiagnosisEngine(rules: Engine): void {
  engine = rules;
}

/** The looks of a training; null where there are none. */
export function openDiagnosis(
  wanted: boolean | undefined,
  state: TrainState,
  history: History,
  targets: readonly Tensor[] | null,
): FitDiagnosis | null {
  if (wanted === false) return null;
  if (engine !== null) return new FitDiagnosis(engine, state, history, targets);
  if (wanted)
    console.warn(
      "fit, diagnose: this bundle has left the rules out. Call diagnose(model, batch) once: then they are there.",
    );
  return null;
}

/** The looks of one training. */
export class FitDiagnosis {
  readonly #engine: Engine;
  readonly #state: TrainState;
  readonly #history: History;
  /** Those of all batches, where they are in memory. */
  readonly #targets: readonly Tensor[] | null;
  readonly #begin = performance.now();
  readonly #said: Set<string>;
  /** How long looks have taken so far, and how long the next one is expected to take, in milliseconds. */
  #spent = 0;
  #expected = 0;
  #nextEpoch = 0;

  constructor(engine: Engine, state: TrainState, history: History, targets: readonly Tensor[] | null) {
    this.#engine = engine;
    this.#state = state;
    this.#history = history;
    this.#targets = targets;
    this.#said = saidOf.get(state.model) ?? new Set();
    saidOf.set(state.model, this.#said);
  }

  /** Takes the first step, and looks at what it has computed. Where it throws, what is known of the cause is said before. */
  firstStep(batch: Batch, step: () => StepResult): StepResult {
    const program = batchProgram("fit", this.#state, batch, this.#history.history, this.#targets);
    const begin = performance.now();
    const look = this.#engine.openStep(program);
    let hasLoss = false;
    const observe: ForwardObserver = (compute, x) => {
      const output = look.record(compute, flattenNested<Tensor>(x));
      hasLoss = true;
      return output;
    };
    try {
      const result = withForwardObserver(observe, step);
      this.#expected = 2 * (performance.now() - begin);
      this.#say(look.findings(null));
      this.#spent = performance.now() - begin - this.#expected / 2;
      return result;
    } catch (error) {
      if (!hasLoss) this.#say(look.findings(error));
      throw error;
    }
  }

  /** Looks at the last batch after some epochs, as far as there is time for it. The model is as before afterwards. */
  afterEpoch(batch: Batch | null, epoch: number, isLast: boolean): void {
    if (batch === null || (epoch < this.#nextEpoch && !isLast)) return;
    const begin = performance.now();
    const share = (this.#spent + this.#expected) / (begin - this.#begin);
    // What the user's code does in one more forward pass is not known.
    if (share > shareOfLooks || hasUserCode(this.#state)) return;
    this.#nextEpoch = 2 * epoch + 1;
    const program = batchProgram("fit", this.#state, batch, this.#history.history, this.#targets);
    this.#say(this.#engine.look(program));
    const taken = performance.now() - begin;
    this.#spent += taken;
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
