/**
 * The distributions by the names of PyTorch's parameters, as the reference vectors have them.
 */
import type { Tensor } from "@chainrule/core";
import * as distributions from "../src/index.ts";

type Parameters = Readonly<Record<string, Tensor>>;
type Distribution = distributions.Distribution;

const { Bernoulli, Beta, Categorical, Dirichlet, Gamma, MixtureSameFamily, MultivariateNormal, Normal, Poisson } =
  distributions;

/** How each is made. */
export const kinds: Readonly<Record<string, (given: Parameters) => Distribution>> = {
  Bernoulli: (given) => new Bernoulli(given),
  Beta: ({ concentration1, concentration0 }) => new Beta(concentration1, concentration0),
  Categorical: (given) => new Categorical(given),
  Dirichlet: ({ concentration }) => new Dirichlet(concentration),
  Gamma: ({ concentration, rate }) => new Gamma(concentration, rate),
  MixtureSameFamily: (given) => {
    const component = withPrefix(given, "component_");
    const kind =
      "scale_tril" in component
        ? "MultivariateNormal"
        : "loc" in component
          ? "Normal"
          : "concentration" in component
            ? "Gamma"
            : "Poisson";
    return new MixtureSameFamily(new Categorical(withPrefix(given, "mixture_")), kinds[kind](component));
  },
  MultivariateNormal: ({ loc, covariance_matrix, scale_tril, precision_matrix }) =>
    new MultivariateNormal(loc, {
      ...(covariance_matrix && { covarianceMatrix: covariance_matrix }),
      ...(scale_tril && { scaleTril: scale_tril }),
      ...(precision_matrix && { precisionMatrix: precision_matrix }),
    }),
  Normal: ({ loc, scale }) => new Normal(loc, scale),
  Poisson: ({ rate }) => new Poisson(rate),
};

/** The inputs whose names start with the prefix, without it. */
export function withPrefix(inputs: Parameters, prefix: string): Record<string, Tensor> {
  const found = Object.entries(inputs).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, x]) => [name.slice(prefix.length), x]));
}
