/**
 * Optimizers by name.
 */
import { leftOutHint, lookUp } from "@chainrule/core/internal";
import { Adam, Adamax, AdamW, NAdam } from "./adam.ts";
import { Adadelta, Adagrad, RMSprop } from "./adaptive.ts";
import { named, nameOptimizers } from "./named.ts";
import type { Optimizer } from "./optimizer.ts";
import { SGD } from "./sgd.ts";

const keras = { lr: 0.001, eps: 1e-7, epsPlacement: "keras" } as const;

/**
 * What `compile({ optimizer })` takes by name, with the options by which each is Keras's optimizer of that name: a model in
 * the manner of Keras trains as it does there. The classes have PyTorch's or the paper's defaults.
 */
nameOptimizers({
  sgd: () => new SGD({ lr: 0.01 }),
  adagrad: () => new Adagrad({ ...keras, initialAccumulator: 0.1 }),
  rmsprop: () => new RMSprop({ ...keras, alpha: 0.9 }),
  adadelta: () => new Adadelta({ lr: 0.001, rho: 0.95, eps: 1e-7 }),
  adam: () => new Adam(keras),
  adamw: () => new AdamW({ ...keras, weightDecay: 0.004 }),
  adamax: () => new Adamax(keras),
  nadam: () => new NAdam({ lr: 0.001, eps: 1e-7, momentumDecay: 1 }),
});

/** Those that name themselves: a bundle has them where it imports them. */
const further = ["Adafactor", "Ftrl", "Lion", "Muon", "RAdam", "Rprop"];

/**
 * A new optimizer of a name ("adam", "sgd", …, also "Adam"), to be bound to parameters: with Keras's defaults and its
 * formula, where eps stands included.
 *
 * @throws OptionError for an unknown name, with the nearest.
 * @example optimizerByName("adam").bind(model);
 */
export function optimizerByName(name: string): Optimizer {
  const lower = typeof name === "string" ? name.toLowerCase() : String(name);
  const hint = leftOutHint(name, further, (found) => `new ${found}(${found === "Lion" ? "{ lr: 0.001 }" : ""})`);
  return lookUp("optimizer", named, lower, hint)();
}
