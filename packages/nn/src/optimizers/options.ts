/**
 * The options of optimizers, checked before anything is made of them.
 */
import { OptionError, Parameter } from "@chainrule/core";
import { checkOptions, describe, isFunction } from "@chainrule/core/internal";
import { aboveZero, atLeastZero, checkRange, isFiniteNumber, type NumberRange, zeroToOne } from "../number-checks.ts";
import { extension } from "./extension.ts";
import type { Hyperparameters, UpdateRule } from "./rule.ts";
import type { StepOptions } from "./step-options.ts";

/** What every optimizer takes besides its rule's own options; not for a group by itself. */
export interface CommonOptions extends StepOptions {
  /** Scales all gradients down together so that their common length is at most this; Keras's `global_clipnorm`. */
  clipNorm?: number;
  /** Cuts every element of the gradients to [-clipValue, clipValue]. */
  clipValue?: number;
}

/** The option of the optimizers into whose formula PyTorch and Keras write eps at different places. */
export interface EpsPlacement {
  /** Where `eps` is added: as PyTorch does, the default, or as Keras does; the optimizer's formula says where that is. */
  epsPlacement: "pytorch" | "keras";
}

/** Keras's names for options that go by PyTorch's here. */
interface Aliases {
  /** Another name for `lr`. */
  learningRate?: Hyperparameters["lr"];
  /** Another name for `eps`. */
  epsilon?: number;
}

/** What an optimizer takes: its rule's hyperparameters, clipping, and Keras's names for lr and eps. */
export type OptimizerOptions<H extends Hyperparameters = Hyperparameters> = Partial<H> & CommonOptions & Aliases;

const aliases: Readonly<Record<string, string>> = { learningRate: "lr", learning_rate: "lr", epsilon: "eps" };

/** Of options that several rules have; a rule says those that are its own. */
const shared: Readonly<Record<string, NumberRange>> = {
  lr: {
    expected: "a number of at least 0, or a function from the step to one",
    holds: (x) => isFunction(x) || atLeastZero.holds(x),
  },
  betas: {
    expected: "two numbers from 0 up to but not including 1",
    holds: (x) => Array.isArray(x) && x.length === 2 && x.every((beta) => zeroToOne.holds(beta) && beta < 1),
  },
  weightDecay: atLeastZero,
  eps: atLeastZero,
  momentum: atLeastZero,
  epsPlacement: { expected: '"pytorch" or "keras"', holds: (x) => x === "pytorch" || x === "keras" },
  clipNorm: aboveZero,
  clipValue: aboveZero,
};

/** Whose values step-options.ts checks. */
const isExtension = (name: string) => extension.names.includes(name);

/**
 * The options with defaults filled in.
 *
 * @param ranges of the rule's own options.
 * @throws OptionError for a name that the optimizer does not know; ValueError for a value out of its range.
 */
export function completeOptions<O extends object>(
  where: string,
  options: object,
  defaults: O,
  more: readonly string[],
  ranges: UpdateRule["ranges"] = {},
): O {
  const known = [...Object.keys(defaults), ...more];
  if (typeof options === "number")
    throw new OptionError({
      where,
      expected: "an object of options",
      got: describe(options),
      hint: `To set the learning rate, write { lr: ${options} }.`,
    });
  if (options instanceof Parameter)
    throw new OptionError({
      where,
      expected: "the parameters in one list",
      got: "one after the other",
      hint: `Write new ${where}(model.parameters()), or new ${where}([w, b]).`,
    });
  checkOptions(where, options, Object.keys(Object(options)));
  const others = { ...aliases, ...extension.aliases };
  const spelled = Object.entries(options).map(([key, value]) => {
    const name = known.includes(others[key]) && !known.includes(key) ? others[key] : key;
    if (name !== key && Object.hasOwn(options, name))
      throw new OptionError({ where, expected: `either ${name} or ${key}`, got: "both" });
    return [name, value] as const;
  });
  const given = Object.fromEntries(spelled.filter(([, value]) => value !== undefined));
  checkOptions(where, given, known);
  const complete = { ...defaults, ...given };
  for (const [name, value] of Object.entries(given))
    if (!isExtension(name)) checkValue(where, name, value, defaults, ranges);
  return complete;
}

function checkValue(
  where: string,
  name: string,
  value: unknown,
  defaults: object,
  ranges: NonNullable<UpdateRule["ranges"]>,
): void {
  const like = (defaults as Record<string, unknown>)[name];
  const range = ranges[name] ??
    shared[name] ?? {
      expected: `a ${typeof like}`,
      holds: (x: unknown) => (typeof like === "number" ? isFiniteNumber(x) : typeof x === typeof like),
    };
  checkRange(where, name, value, range);
}
