/**
 * Gradient clipping: keeping one bad batch from throwing the weights far off.
 */

import { noGrad, type Parameter, type Tensor, zeros } from "@chainrule/core";
import { checkRange, type NumberRange } from "../number-checks.ts";
import { refuseSurplus } from "../surplus.ts";
import { checkParameters, type HasParameters, hasParameters } from "./groups.ts";

/** The common length of several tensors, √ Σ x², a float64 scalar: squares of float32 overflow from 2e19 on. */
export function globalNorm(tensors: readonly Tensor[]): Tensor {
  const squares = tensors.map((x) => x.cast("float64").square().sum());
  return squares.reduce((total, part) => total.add(part), zeros([], { dtype: "float64" })).sqrt();
}

/**
 * The tensors scaled by min(1, max / (norm + 1e-6)): their common length is then at most `max`. PyTorch's formula; NaN
 * anywhere makes all NaN.
 */
export function clipByGlobalNorm(tensors: readonly Tensor[], max: number, norm = globalNorm(tensors)): Tensor[] {
  const factor = norm.add(1e-6).reciprocal().mul(max).minimum(1);
  return tensors.map((x) => x.mul(factor.cast(x.dtype)));
}

/**
 * Scales the gradients of all parameters down together so that their common length √ Σ g² is at most `max`
 * (Pascanu, Mikolov & Bengio 2013). Call it between `backward` and `step`.
 *
 * @param parameters a list of them, or a model.
 * @returns the length before, a float64 scalar.
 * @throws ValueError unless max is above 0.
 *
 * @example
 * loss.backward();
 * clipGradNorm(model.parameters(), 1);
 * optimizer.step();
 */
export function clipGradNorm(parameters: HasParameters | Iterable<Parameter>, max: number): Tensor {
  refuseSurplus("clipGradNorm", arguments, 2);
  checkLimit("clipGradNorm", max);
  return noGrad(() => {
    const having = withGradients("clipGradNorm", parameters);
    const gradients = having.map((parameter) => parameter.grad!);
    const norm = globalNorm(gradients);
    clipByGlobalNorm(gradients, max, norm).forEach((gradient, i) => {
      having[i].grad = gradient;
    });
    return norm;
  });
}

/**
 * Cuts every element of the gradients of all parameters to [-max, max].
 *
 * @throws ValueError unless max is above 0.
 * @example clipGradValue(model.parameters(), 0.5);
 */
export function clipGradValue(parameters: HasParameters | Iterable<Parameter>, max: number): void {
  refuseSurplus("clipGradValue", arguments, 2);
  checkLimit("clipGradValue", max);
  noGrad(() => {
    for (const parameter of withGradients("clipGradValue", parameters))
      parameter.grad = parameter.grad!.clamp(-max, max);
  });
}

function withGradients(where: string, of: HasParameters | Iterable<Parameter>): Parameter[] {
  return checkParameters(where, hasParameters(of) ? of.parameters() : of).filter(
    (parameter) => parameter.grad !== null,
  );
}

function checkLimit(where: string, max: unknown): void {
  const limit: NumberRange = {
    expected: `a limit above 0, as in ${where}(model, 1)`,
    holds: (x) => typeof x === "number" && x > 0,
  };
  checkRange(where, "max", max, limit);
}
