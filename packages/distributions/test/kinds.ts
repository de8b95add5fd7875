/**
 * The distributions by the names of PyTorch's parameters, as the reference vectors have them.
 */
import type { Tensor } from "@chainrule/core";
import * as distributions from "../src/index.ts";

type Parameters = Readonly<Record<string, Tensor>>;
type Distribution = distributions.Distribution;

const { Bernoulli, Categorical, Normal } = distributions;

/** How each is made. */
export const kinds: Readonly<Record<string, (given: Parameters) => Distribution>> = {
  Bernoulli: (given) => new Bernoulli(given),
  Categorical: (given) => new Categorical(given),
  Normal: ({ loc, scale }) => new Normal(loc, scale),
};

/** The inputs whose names start with the prefix, without it. */
export function withPrefix(inputs: Parameters, prefix: string): Record<string, Tensor> {
  const found = Object.entries(inputs).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, x]) => [name.slice(prefix.length), x]));
}
