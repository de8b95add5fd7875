/**
 * Optimizers by name.
 */
import { lookUp } from "@chainrule/core/internal";
import { Adam, Adamax, AdamW, NAdam } from "./adam.ts";
import { Adadelta, Adagrad, RMSprop } from "./adaptive.ts";
import { Lion } from "./lion.ts";
import type { Optimizer } from "./optimizer.ts";
import { SGD } from "./sgd.ts";

/** The names that `compile({ optimizer })` takes. */
const byName: Readonly<Record<string, new () => Optimizer>> = {
  sgd: SGD,
  adagrad: Adagrad,
  rmsprop: RMSprop,
  adadelta: Adadelta,
  adam: Adam,
  adamw: AdamW,
  adamax: Adamax,
  nadam: NAdam,
  lion: Lion,
};

/**
 * A new optimizer of a name ("adam", "sgd", …, also "Adam") with its defaults, to be bound to parameters.
 *
 * @throws OptionError for an unknown name, with the nearest.
 * @example optimizerByName("adam").bind(model);
 */
export function optimizerByName(name: string): Optimizer {
  const lower = typeof name === "string" ? name.toLowerCase() : String(name);
  return new (lookUp("optimizer", byName, lower))();
}
