/**
 * The base class of callbacks, and the list of them that training calls.
 */
import { OptionError, ValueError } from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";
import { type Awaitable, type BatchLogs, type Hooks, hookNames, type Logs } from "./hooks.ts";
import type { Model } from "./model.ts";

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

  onTrainBegin(): Awaitable {}
  onTrainEnd(_logs: Logs): Awaitable {}
  onEpochBegin(_epoch: number, _logs: Logs): Awaitable {}
  onEpochEnd(_epoch: number, _logs: Logs): Awaitable {}
  onBatchBegin(_batch: number): Awaitable {}
  onBatchEnd(_batch: number, _logs: BatchLogs): Awaitable {}
}

/** Calls the hooks of all callbacks, in their order. */
export class CallbackList {
  readonly #hooks: { readonly [Name in keyof Hooks]-?: Hooks[] };

  /** @throws OptionError for what is no callback. */
  constructor(callbacks: readonly Hooks[], model: Model<unknown>) {
    for (const callback of callbacks) checkCallback(callback);
    for (const callback of callbacks) if (callback instanceof Callback) callback.setModel(model);
    const withHook = (name: keyof Hooks) => callbacks.filter((callback) => overrides(callback, name));
    this.#hooks = Object.fromEntries(hookNames.map((name) => [name, withHook(name)])) as never;
  }

  /** Whether any callback has the hook. */
  has(name: keyof Hooks): boolean {
    return this.#hooks[name].length > 0;
  }

  /** Calls the hook of each callback in turn; a promise only where one of them returned one. */
  call<Name extends keyof Hooks>(name: Name, ...args: Parameters<Required<Hooks>[Name]>): Awaitable {
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
function overrides(callback: Hooks, name: keyof Hooks): boolean {
  return typeof callback[name] === "function" && callback[name] !== Callback.prototype[name];
}

function checkCallback(callback: unknown): void {
  if (callback instanceof Callback) return;
  if (typeof callback !== "object" || callback === null || Array.isArray(callback))
    throw new OptionError({
      where: "fit, callbacks",
      expected: "callbacks, or objects of hooks such as { onEpochEnd(epoch, logs) {} }",
      got: describe(callback),
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
