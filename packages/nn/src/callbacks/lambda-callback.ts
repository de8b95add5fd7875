/**
 * Callbacks made of functions.
 */

import { checkOptions } from "@chainrule/core/internal";
import { Callback } from "../model/callback.ts";
import { type Hooks, hookNames } from "../model/hooks.ts";
import { refuseSurplus } from "../surplus.ts";

/**
 * A callback of functions, for those who prefer it to a plain object of the same.
 *
 * @throws OptionError for what is no hook, with the nearest.
 *
 * @example
 * new LambdaCallback({ onEpochEnd: (epoch, logs) => console.log(epoch, logs.loss) });
 */
export class LambdaCallback extends Callback {
  constructor(hooks: Hooks) {
    super();
    refuseSurplus("LambdaCallback", arguments, 1);
    checkOptions("LambdaCallback", hooks, [...hookNames, "stateDict", "loadStateDict"]);
    Object.assign(this, hooks);
  }
}
