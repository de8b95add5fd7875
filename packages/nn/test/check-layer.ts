/**
 * What every layer with weights must pass: gradients by its inputs and weights, and a state dict that restores it.
 */
import { type CheckOptions, checkGradients, type Tensor, type TensorLike } from "@chainrule/core";
import { expectClose } from "@chainrule/testing";
import { expect } from "vitest";
import { Layer, type Module } from "../src/index.ts";

type Values = Readonly<Record<string, Tensor>>;

/** Puts tensors where the module has its weights, by path: gradients then go to them. */
export function withWeights<M extends Module<unknown>>(module: M, weights: Values): M {
  for (const [path, weight] of Object.entries(weights)) {
    const keys = path.split(".");
    let owner = module as unknown as Record<string, unknown>;
    for (const key of keys.slice(0, -1)) owner = owner[key] as Record<string, unknown>;
    expect(owner, `${path} is a weight`).toHaveProperty(keys.at(-1)!);
    owner[keys.at(-1)!] = weight;
  }
  return module;
}

/**
 * Checks the gradients of what `compute` returns by all inputs and all weights of the module; its weights must have been
 * made, in float64.
 */
export function checkModule(
  module: Module<unknown>,
  compute: (...inputs: Tensor[]) => Tensor,
  inputs: readonly TensorLike[],
  options: CheckOptions = {},
): void {
  const weights = module.namedParameters();
  const paths = [...weights.keys()];
  const { comparisons } = checkGradients(
    (...values) => {
      withWeights(module, Object.fromEntries(paths.map((path, i) => [path, values[inputs.length + i]])));
      return compute(...values.slice(0, inputs.length));
    },
    [...inputs, ...weights.values()],
    options,
  );
  withWeights(module, Object.fromEntries(weights));
  // Zeros on both sides would agree, too: of a kernel that is not used, or was not put where it is read.
  paths.forEach((path, i) => {
    const derivatives = comparisons.filter(({ input }) => input === inputs.length + i);
    if (/kernel$/i.test(path))
      expect(
        derivatives.some(({ analytic }) => analytic !== 0),
        path,
      ).toBe(true);
  });
}

/**
 * Checks that the weights of one layer, loaded into another, make it do the same, and that `outputShape` tells the
 * truth, whatever is not known of the input.
 */
export function checkCopy<M extends Module>(
  make: () => M,
  x: Tensor,
  run = (made: M, input: Tensor) => made.call(input),
): void {
  const [one, other] = [make(), make()];
  const y = run(one, x);
  run(other, x);
  other.loadStateDict(one.stateDict());
  expectClose(run(other, x), y);
  if (!(one instanceof Layer)) return;
  expect(one.outputShape(x.shape)).toEqual(y.shape);
  const open = one.outputShape([null, ...x.shape.slice(1)]);
  expect(open).toEqual([null, ...y.shape.slice(1)]);
}
