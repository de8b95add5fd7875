/**
 * The base class of callbacks, and the list of them that training calls.
 */
import { OptionError, ValueError } from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";
import { uniqueName } from "../module/names.ts";
import type { Optimizer } from "../optimizers/index.ts";
import type { FitPlan } from "./fit-plan.ts";
import { type Awaitable, type BatchLogs, type HookName, type Hooks, hookNames, type Logs } from "./hooks.ts";
import type { Model } from "./model.ts";
import type { TrainingRecorder } from "./recorder.ts";

/**
 * Base class of callbacks. Override the hooks that are needed; a plain object of hooks does as well.
 *
 * @example
 * class Patience extends Callback {
 *   override onEpochEnd(epoch: number, logs: Logs) {
 *     if (logs.loss < 0.01) this.stop(`the loss fell below 0.01 in epoch ${epoch + 1}`);
 *   }
 * }
 * await model.fit(x, y, { callbacks: [new Patience(), { onEpochEnd: (epoch, logs) => console.log(epoch, logs) }] });
 *
 * @example
 * // One that remembers something takes part in checkpoints.
 * class Longest extends Callback {
 *   longest = 0;
 *   override onBatchEnd(_batch: number, { size }: BatchLogs) {
 *     this.longest = Math.max(this.longest, size);
 *   }
 *   stateDict() {
 *     return { longest: this.longest };
 *   }
 *   loadStateDict({ longest }: { longest: number }) {
 *     this.longest = longest;
 *   }
 * }
 */
export abstract class Callback implements Hooks {
  #model: Model<unknown> | null = null;

  /** The model in training. @throws ValueError before it was given to `fit`. */
  get model(): Model<unknown> {
    if (this.#model === null)
      throw new ValueError({
        where: this.constructor.name,
        expected: "a callback in use",
        got: "one without a model",
        hint: "Pass it to fit: model.fit(x, y, { callbacks: [callback] }).",
      });
    return this.#model;
  }

  /** Called by `fit`. */
  setModel(model: Model<unknown>): void {
    this.#model = model;
  }

  /** Ends training after the current batch; the reason gets into the history. */
  stop(reason: string): void {
    this.model.stopTraining = reason;
  }

  /** Throws for what cannot work in this training. Called before it begins. @internal */
  checkPlan(_plan: FitPlan): void {}

  /** The numbers that it adds to an epoch's logs; null where that is not known. @internal */
  get addedLogs(): readonly string[] | null {
    return overrides(this, "onEpochEnd") ? null : [];
  }

  /** Whether it sees to losses that are no numbers, so that nothing needs to be said about them. @internal */
  get watchesLoss(): boolean {
    return false;
  }

  /** What it goes by, as far as a training that is resumed had better have the same. @internal */
  get settings(): Readonly<Record<string, unknown>> | null {
    return null;
  }

  /** Whether it follows the training step by step, and may have it begin and end elsewhere. @internal */
  get recorder(): TrainingRecorder | null {
    return null;
  }

  /** Whether parameters are to have the gradients of the epoch's last batch when it ends. @internal */
  wantsGradients(_epoch: number): boolean {
    return false;
  }

  onTrainBegin(): Awaitable {}
  onTrainEnd(_logs: Logs): Awaitable {}
  onEpochBegin(_epoch: number, _logs: Logs): Awaitable {}
  onEpochEnd(_epoch: number, _logs: Logs): Awaitable {}
  onBatchBegin(_batch: number): Awaitable {}
  onBatchEnd(_batch: number, _logs: BatchLogs): Awaitable {}
}

/** The callbacks of trainings that have not ended: each remembers things of its training. */
const inUse = new WeakSet<Callback>();

/** Calls the hooks of all callbacks, in their order. */
export class CallbackList {
  readonly #callbacks: readonly Hooks[];
  readonly #hooks: { readonly [Name in HookName]-?: Hooks[] };

  /** @throws OptionError for what is no callback, and for one that is in the list twice or in use by another training. */
  constructor(callbacks: readonly Hooks[], model: Model<unknown>) {
    for (const callback of callbacks) checkCallback(callback);
    const own = callbacks.filter((callback) => callback instanceof Callback);
    const shared = own.find((callback, i) => inUse.has(callback) || own.indexOf(callback) !== i);
    if (shared) throw twice(shared);
    for (const callback of own) {
      inUse.add(callback);
      callback.setModel(model);
    }
    this.#callbacks = callbacks;
    const withHook = (name: HookName) => callbacks.filter((callback) => overrides(callback, name));
    this.#hooks = Object.fromEntries(hookNames.map((name) => [name, withHook(name)])) as never;
  }

  /** Lets other trainings use them. */
  release(): void {
    for (const callback of this.#callbacks) if (callback instanceof Callback) inUse.delete(callback);
  }

  /**
   * Throws for a callback that cannot work in this training.
   *
   * @param logs the numbers that an epoch's logs will have; null where the outputs are not known.
   */
  checkPlan(optimizer: Optimizer, logs: ReadonlyMap<string, boolean | null> | null): void {
    const known = new Map(logs ?? []);
    const areOutputsKnown = logs !== null;
    let isComplete = areOutputsKnown;
    for (const callback of this.#callbacks) {
      if (callback instanceof Callback) callback.checkPlan({ optimizer, logs: known, areOutputsKnown, isComplete });
      const added = callback instanceof Callback ? callback.addedLogs : callback.onEpochEnd ? null : [];
      if (added === null) isComplete = false;
      else for (const name of added) known.set(name, null);
    }
  }

  /** Those that remember something, each by a name of its own. */
  get stateful(): Map<string, Required<Pick<Hooks, "stateDict" | "loadStateDict">>> {
    const named = new Map<string, Required<Pick<Hooks, "stateDict" | "loadStateDict">>>();
    const names = new Set<string>();
    for (const callback of this.#callbacks) {
      const name = uniqueName(nameOf(callback), names);
      names.add(name);
      if (callback.stateDict && callback.loadStateDict) named.set(name, callback as never);
    }
    return named;
  }

  /** The callbacks by their classes, with what they go by; objects of hooks are "hooks". */
  get settings(): (readonly [name: string, settings: Readonly<Record<string, unknown>> | null])[] {
    return this.#callbacks.map((each) => [nameOf(each), each instanceof Callback ? each.settings : null]);
  }

  /** Whether one of them sees to losses that are no numbers. */
  get watchesLoss(): boolean {
    return this.#callbacks.some((callback) => callback instanceof Callback && callback.watchesLoss);
  }

  /** The one that follows the training step by step. @throws OptionError where there are two. */
  get recorder(): TrainingRecorder | null {
    const [first = null, second] = this.#callbacks.flatMap((each) => (each instanceof Callback && each.recorder) || []);
    if (second) throw new OptionError({ where: "fit, callbacks", expected: "at most one Rewind", got: "several" });
    return first;
  }

  /** Whether one of them wants the gradients of the epoch's last batch. */
  wantsGradients(epoch: number): boolean {
    return this.#callbacks.some((callback) => callback instanceof Callback && callback.wantsGradients(epoch));
  }

  /** Whether any callback has the hook. */
  has(name: HookName): boolean {
    return this.#hooks[name].length > 0;
  }

  /** Calls the hook of each callback in turn; a promise only where one of them returned one. */
  call<Name extends HookName>(name: Name, ...args: Parameters<Required<Hooks>[Name]>): Awaitable {
    let waiting: Promise<void> | undefined;
    for (const callback of this.#hooks[name]) {
      const run = () => (callback[name] as (...args: unknown[]) => Awaitable).apply(callback, args);
      if (waiting) waiting = waiting.then(run);
      else {
        const result = run();
        if (result instanceof Promise) waiting = result;
      }
    }
    return waiting;
  }
}

/** Whether the callback has this hook, and not only the base class's, which does nothing. */
function overrides(callback: Hooks, name: HookName): boolean {
  return typeof callback[name] === "function" && callback[name] !== Callback.prototype[name];
}

function nameOf(callback: Hooks): string {
  return callback instanceof Callback ? callback.constructor.name || "callback" : "hooks";
}

function twice(callback: Callback): OptionError {
  const { name } = callback.constructor;
  return new OptionError({
    where: "fit, callbacks",
    expected: "each callback once, in one training at a time",
    got: `${name} in use already`,
    hint: `A callback remembers how its training goes: make another one, new ${name}(…), or await the training that has it.`,
  });
}

function checkCallback(callback: unknown): void {
  checkState(callback);
  if (callback instanceof Callback) return;
  if (typeof callback !== "object" || callback === null || Array.isArray(callback))
    throw new OptionError({
      where: "fit, callbacks",
      expected: "callbacks, or objects of hooks such as { onEpochEnd(epoch, logs) {} }",
      got: describe(callback),
      hint:
        typeof callback !== "function"
          ? undefined
          : callback.prototype instanceof Callback
            ? `Write new ${callback.name}(…).`
            : "Say when to call it: { onEpochEnd: (epoch, logs) => … }.",
    });
  for (const key of Object.keys(callback))
    if (key.startsWith("on") && !(hookNames as readonly string[]).includes(key))
      throw new OptionError({
        where: "fit, callbacks",
        expected: "hooks that it knows",
        got: `"${key}"`,
        hint: didYouMean(key, hookNames),
      });
}

/** Throws for one of the two that is alone. */
function checkState(callback: unknown): void {
  const { stateDict, loadStateDict } = (callback ?? {}) as Hooks;
  if ((stateDict === undefined) !== (loadStateDict === undefined))
    throw new OptionError({
      where: "fit, callbacks",
      expected: "both stateDict and loadStateDict, or none of them",
      got: stateDict ? "stateDict alone" : "loadStateDict alone",
    });
}
