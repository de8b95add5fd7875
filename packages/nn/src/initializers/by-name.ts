/**
 * Initialisers by the strings that layers take: `"glorot_uniform"`.
 */
import { OptionError } from "@chainrule/core";
import { describe, leftOutHint, lookUp } from "@chainrule/core/internal";
import * as plain from "./initializer.ts";
import * as scaling from "./scaling.ts";

/** A name that finds an initialiser. */
export type InitializerName =
  | "zeros"
  | "zero"
  | "ones"
  | "one"
  | "identity"
  | "orthogonal"
  | "random_normal"
  | "normal"
  | "random_uniform"
  | "uniform"
  | "truncated_normal"
  | "variance_scaling"
  | "glorot_uniform"
  | "glorot_normal"
  | "he_uniform"
  | "he_normal"
  | "lecun_uniform"
  | "lecun_normal"
  | "xavier_uniform"
  | "xavier_normal"
  | "kaiming_uniform"
  | "kaiming_normal";

/** Keras's names, and PyTorch's in the same spelling. */
const byName: Record<string, () => plain.Initializer> = {
  zeros: plain.zeros,
  zero: plain.zeros,
  ones: plain.ones,
  one: plain.ones,
  identity: plain.identity,
  random_normal: plain.randomNormal,
  normal: plain.randomNormal,
  random_uniform: plain.randomUniform,
  uniform: plain.randomUniform,
  truncated_normal: plain.truncatedNormal,
  variance_scaling: scaling.varianceScaling,
  glorot_uniform: scaling.glorotUniform,
  glorot_normal: scaling.glorotNormal,
  he_uniform: scaling.heUniform,
  he_normal: scaling.heNormal,
  lecun_uniform: scaling.lecunUniform,
  lecun_normal: scaling.lecunNormal,
  xavier_uniform: scaling.xavierUniform,
  xavier_normal: scaling.xavierNormal,
  kaiming_uniform: scaling.kaimingUniform,
  kaiming_normal: scaling.kaimingNormal,
} satisfies Partial<Record<InitializerName, () => plain.Initializer>>;

/** Gives initialisers names of their own. */
export function nameInitializers(initializers: typeof byName): void {
  Object.assign(byName, initializers);
}

/** An initialiser, or the name of one with its defaults. */
export type InitializerLike = plain.Initializer | InitializerName;

/**
 * The initialiser of a name, such as "glorot_uniform".
 *
 * @throws OptionError for an unknown name, with the nearest.
 */
export function initializerByName(name: string): plain.Initializer {
  const hint =
    name === "orthogonal"
      ? leftOutHint("initializers", ["initializers"], (found) => `${found}.orthogonal()`)
      : undefined;
  return lookUp("initializer", byName, name, hint)();
}

/** The initialiser itself, or that of a name. @throws OptionError for anything else. */
export function toInitializer(initializer: InitializerLike, where = "initializer"): plain.Initializer {
  if (typeof initializer === "string") return initializerByName(initializer);
  if (typeof initializer === "function") return initializer;
  throw new OptionError({
    where,
    expected: 'a name such as "glorot_uniform", or a function of a shape',
    got: describe(initializer),
  });
}
