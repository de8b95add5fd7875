/**
 * Where random numbers come from: a seed, a generator, or the one that `manualSeed` sets.
 */
import { defaultGenerator, Generator, OptionError } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";

/** How to make something random reproducible. */
export interface RandomOptions {
  /** The same seed gives the same result. */
  seed?: number | string;
  /** A generator to draw from, which then has moved on. By default the one that `manualSeed` sets. */
  generator?: Generator;
}

export const randomOptionKeys = ["seed", "generator"] as const;

/** The generator that the options ask for. @throws OptionError for both a seed and a generator. */
export function generatorOf(where: string, { seed, generator }: RandomOptions): Generator {
  if (seed !== undefined && generator !== undefined)
    throw new OptionError({ where, expected: "a seed or a generator", got: "both" });
  if (generator !== undefined && !(generator instanceof Generator))
    throw new OptionError({ where, expected: "a Generator", got: describe(generator) });
  return generator ?? (seed === undefined ? defaultGenerator() : new Generator(seed));
}
