/**
 * Classes of optimizers, each of which is made of an update rule.
 */
import { OptionError } from "@chainrule/core";
import { inSnakeCase, refuseAssignments } from "../assignments.ts";
import { refuseSurplus } from "../surplus.ts";
import { extension } from "./extension.ts";
import { hasParameters, type OptimizerTarget } from "./groups.ts";
import { Optimizer } from "./optimizer.ts";
import type { OptimizerOptions } from "./options.ts";
import { checkRule, type Hyperparameters, type UpdateRule } from "./rule.ts";

/** A class of optimizers: what {@link defineOptimizer} makes. */
export interface OptimizerClass<H extends Hyperparameters = Hyperparameters> {
  /** Without parameters, which `compile` or `bind` gives later. */
  new (options?: OptimizerOptions<H>): Optimizer<H>;
  /** For a module, a list of parameters, or groups of them. */
  new (target: OptimizerTarget<H>, options?: OptimizerOptions<H>): Optimizer<H>;
  readonly rule: UpdateRule<H>;
}

/**
 * Makes a class of optimizers of an update rule.
 *
 * @throws OptionError for a rule without a name, defaults or an update.
 *
 * @example
 * const SignSGD = defineOptimizer({
 *   name: "SignSGD",
 *   defaults: { lr: 0.001, weightDecay: 0 },
 *   update: (weight, gradient, _slots, { lr }) => ({ weight: weight.sub(gradient.sign().mul(lr.cast(weight.dtype))) }),
 * });
 * new SignSGD(model, { lr: 0.01 }).step();
 */
export function defineOptimizer<H extends Hyperparameters>(rule: UpdateRule<H>): OptimizerClass<H> {
  checkRule(rule as never);
  const Made = class extends Optimizer<H> {
    static readonly rule = rule;

    constructor(first?: OptimizerTarget<H> | OptimizerOptions<H>, second?: OptimizerOptions<H>) {
      refuseSurplus(rule.name, arguments, 2);
      if (!Object.hasOwn(Made.prototype, "learning_rate")) refuseOptions(Made as never, rule);
      if (isOptions(first)) {
        if (second !== undefined) throw twoOptions(rule.name);
        super(rule, undefined, first);
      } else super(rule, first, second);
    }
  };
  Object.defineProperty(Made, "name", { value: rule.name });
  return Made;
}

/** With the first of its objects: `optimizer.weightDecay = 0.1`, which would change nothing, says what to write. */
function refuseOptions<H extends Hyperparameters>(Made: OptimizerClass<H>, rule: UpdateRule<H>): void {
  const names = [
    ...Object.keys(rule.defaults),
    "clipNorm",
    "clipValue",
    "epsilon",
    "learning_rate",
    ...extension.names,
  ];
  refuseAssignments<Optimizer<H>>(Made, [...names, ...names.map(inSnakeCase)], ({ name }, option) => ({
    where: `${name}, ${option}`,
    hint: `The learning rate is set by lr; all else is said when it is made: new ${name}(model, { … }).`,
  }));
}

function isOptions<H extends Hyperparameters>(
  x: OptimizerTarget<H> | OptimizerOptions<H> | undefined,
): x is OptimizerOptions<H> {
  if (x === undefined || x === null || hasParameters(x)) return false;
  return Object.getPrototypeOf(x) === Object.prototype && !(Symbol.iterator in x);
}

function twoOptions(where: string): OptionError {
  return new OptionError({
    where,
    expected: "parameters first, then options",
    got: "two objects of options",
    hint: "Groups go in a list: [{ params, lr }, …].",
  });
}
