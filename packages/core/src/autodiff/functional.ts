/**
 * Derivatives of functions: each takes a function of tensors and returns a function that computes a derivative.
 */

import { checkList, isFunction } from "../arguments.ts";
import { checkOptions, DTypeError, describe, GraphError, OptionError, ShapeError } from "../errors.ts";
import type { Formulas } from "../ops/formulas.ts";
import { stack } from "../ops/movement.ts";
import { builtin } from "../ops/registry.ts";
import { reshape, sum } from "../ops/sum.ts";
import { asTensor, type TensorLike } from "../tensor/convert.ts";
import { eye, zeros } from "../tensor/create.ts";
import { applyOp, isGradEnabled, withGradEnabled } from "../tensor/dispatch.ts";
import { isFloat } from "../tensor/dtype.ts";
import type { Op } from "../tensor/op.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { gradients } from "./backward.ts";

/**
 * Runs `f` without noting anything for a backward pass.
 *
 * @throws GraphError for an async function: what runs after its first await would be recorded again.
 * @example noGrad(() => model.call(x)).requiresGrad; // false
 */
export function noGrad<T>(f: () => T): T {
  return withGradEnabled(false, f);
}

/**
 * Runs `f` with the tape on, also within `noGrad`.
 *
 * @example noGrad(() => enableGrad(() => isGradEnabled())); // true
 */
export function enableGrad<T>(f: () => T): T {
  return withGradEnabled(true, f);
}

/** A step that changes nothing: where what is differentiated is being differentiated already. */
export const identityOp: Op<void> = builtin({
  name: "identity",
  inferShape: ([x]) => x,
  kernel: "view",
  gradient: (g) => g,
});

/** What explanations say of this op. */
export const identityFormulas: Formulas = { identity: { text: ["a", "1"], tex: ["a", "1"] } };

/**
 * Inputs to differentiate by: fresh leaves, or, where an input is itself being differentiated, an identity step on
 * it, so that derivatives nest.
 */
function freshInputs(where: string, inputs: readonly TensorLike[]): { fresh: Tensor[]; nested: boolean } {
  let nested = false;
  const fresh = inputs.map((input) => {
    const x = asTensor(input, where);
    if (!isFloat(x.dtype)) throw new DTypeError({ where, expected: "float inputs to differentiate by", got: x.dtype });
    if (x.requiresGrad) {
      nested = true;
      return applyOp(identityOp, [x], undefined);
    }
    const leaf = x.detach();
    leaf.requiresGrad = true;
    return leaf;
  });
  return { fresh, nested };
}

/** Whether the result depends on anything that requires a gradient other than the fresh inputs. */
function dependsOnMore(outputs: readonly Tensor[], fresh: readonly Tensor[]): boolean {
  const seen = new Set<Tensor>(fresh);
  const pending = [...outputs];
  for (let x = pending.pop(); x; x = pending.pop()) {
    if (!x.requiresGrad || seen.has(x)) continue;
    if (!x.tapeEntry) return true;
    seen.add(x);
    if (!x.tapeEntry.isReleased) for (const input of x.tapeEntry.inputs!) pending.push(input);
  }
  return false;
}

function checkFunction(where: string, f: unknown): void {
  if (!isFunction(f))
    throw new GraphError({
      where,
      expected: "a function of tensors",
      got: describe(f),
      hint: `For a tensor that is computed already, call its backward() and read the inputs' grad.`,
    });
}

function checkResult(where: string, y: unknown, scalar: boolean): asserts y is Tensor {
  if (!(y instanceof Tensor))
    throw new GraphError({
      where,
      expected: "a function that returns a tensor",
      got: `one that returns ${describe(y)}`,
    });
  if (scalar && y.size !== 1)
    throw new ShapeError({
      where,
      expected: "a function that returns a scalar",
      got: `a tensor of shape ${formatShape(y.shape)}`,
      hint: "Reduce it with sum() or mean(), or use jacobian.",
    });
}

type Fn = (...inputs: Tensor[]) => Tensor;

/** By which arguments `grad` and `valueAndGrad` differentiate. */
export interface GradOptions {
  /** Which argument to differentiate by, or several; the first by default. */
  argument?: number | readonly number[];
}

const gradOptions = ["argument"];

/**
 * The function that computes f's value and its gradient, [f(x), ∇f(x)].
 *
 * With several arguments named, the gradient is an array.
 *
 * @throws ShapeError where f returns more than one number.
 * @example
 * valueAndGrad((w) => w.square().sum())([1, 2]); // [5, [2, 4]]
 */
export function valueAndGrad(f: Fn, options?: { argument?: number }): (...inputs: TensorLike[]) => [Tensor, Tensor];
export function valueAndGrad(
  f: Fn,
  options: { argument: readonly number[] },
): (...inputs: TensorLike[]) => [Tensor, Tensor[]];
export function valueAndGrad(f: Fn, options: GradOptions = {}) {
  checkOptions("valueAndGrad", options, gradOptions);
  checkFunction("grad", f);
  const { argument = 0 } = options;
  const list = typeof argument === "number" ? [argument] : argument;
  checkList("grad", list, "argument as a number, or an array of them");
  return (...inputs: TensorLike[]): [Tensor, Tensor | Tensor[]] => {
    for (const i of list)
      if (!Number.isInteger(i) || i < 0 || i >= inputs.length) throw wrongArgument("grad", inputs, i);
    const { value, pull } = vjpAt("grad", f, inputs, list, true);
    const found = pull();
    return [value, typeof argument === "number" ? found[0] : found];
  };
}

function wrongArgument(where: string, inputs: readonly unknown[], got: unknown): GraphError {
  const expected = inputs.length === 0 ? "at least one argument" : `an argument from 0 to ${inputs.length - 1}`;
  return new GraphError({
    where,
    expected,
    got: inputs.length === 0 ? "none" : typeof got === "number" ? `${got}` : describe(got),
  });
}

/**
 * The function that computes f's gradient, ∇f(x), where f returns a scalar. Nest it for higher derivatives.
 *
 * @throws ShapeError where f returns more than one number.
 * @example
 * grad((x) => x.pow(3).sum())(2); // 12
 * grad(grad((x) => x.pow(3)))(2); // 12: the second derivative, 6 x
 */
export function grad(f: Fn, options?: { argument?: number }): (...inputs: TensorLike[]) => Tensor;
export function grad(f: Fn, options: { argument: readonly number[] }): (...inputs: TensorLike[]) => Tensor[];
export function grad(f: Fn, options: GradOptions = {}): (...inputs: TensorLike[]) => Tensor | Tensor[] {
  if (isInput(options))
    throw new OptionError({
      where: "grad",
      expected: "a function alone: it gives back the function that computes the gradient",
      got: "inputs besides",
      hint: "Write grad(f)(x).",
    });
  checkOptions("grad", options, gradOptions);
  const both = valueAndGrad(f, options as { argument?: number });
  return (...inputs: TensorLike[]) => both(...inputs)[1];
}

/** Whether it is what f would take; objects that cannot be looked at are not. */
function isInput(value: unknown): boolean {
  try {
    return typeof value === "number" || value instanceof Tensor || Array.isArray(value);
  } catch {
    return false;
  }
}

/**
 * Runs f once and keeps its graph; `pull` sends a cotangent back through it.
 *
 * The derivative is recorded on the tape only where someone could differentiate it again.
 */
function vjpAt(where: string, f: Fn, inputs: readonly TensorLike[], by: readonly number[], scalar: boolean) {
  const [y, fresh, nested] = withGradEnabled(true, () => {
    const found = freshInputs(
      where,
      by.map((i) => inputs[i]),
    );
    const full = inputs.map((input, i) => (by.includes(i) ? found.fresh[by.indexOf(i)] : asTensor(input, where)));
    const result = f(...full);
    checkResult(where, result, scalar);
    return [result, found.fresh, found.nested] as const;
  });
  const more = isGradEnabled() && (nested || dependsOnMore([y], fresh));
  const pull = (cotangent?: Tensor): Tensor[] => {
    if (!y.requiresGrad) return fresh.map((x) => zeros(x.shape, { dtype: x.dtype }));
    const createGraph = more || (isGradEnabled() && cotangent?.requiresGrad === true);
    return gradients([y], fresh, { createGraph, retainGraph: true, cotangents: cotangent && [cotangent] });
  };
  return { value: more ? y : y.detach(), pull };
}

/**
 * The value f(x) and the function v ↦ vᵀ J that sends a cotangent back (the vector-Jacobian product).
 *
 * @throws ShapeError where the cotangent does not have f(x)'s shape.
 * @example
 * const [y, pullback] = vjp((x) => x.square(), tensor([1, 2]));
 * pullback([1, 1]); // [[2, 4]], one gradient for each argument
 */
export function vjp(f: Fn, ...inputs: TensorLike[]): [Tensor, (cotangent: TensorLike) => Tensor[]] {
  checkFunction("vjp", f);
  const { value, pull } = vjpAt(
    "vjp",
    f,
    inputs,
    inputs.map((_, i) => i),
    false,
  );
  return [value, (cotangent) => pull(asTensor(cotangent, "vjp", value.dtype).cast(value.dtype))];
}

/**
 * The value f(x) and its change along a direction, J v (the Jacobian-vector product).
 *
 * Two backward passes: vᵀ J is linear in v, and its own derivative by v along the direction is J v.
 *
 * @param inputs where to look; @param tangents one direction for each input, in its shape.
 * @throws ShapeError where a direction does not have its input's shape.
 * @example
 * jvp((x) => x.sin(), [0], [1]); // [0, 1]: the sine and its derivative
 */
export function jvp(f: Fn, inputs: readonly TensorLike[], tangents: readonly TensorLike[]): [Tensor, Tensor] {
  checkFunction("jvp", f);
  checkList("jvp", inputs, "an array of inputs");
  checkList("jvp", tangents, "an array of directions, one for each input");
  const xs = inputs.map((input) => asTensor(input, "jvp"));
  const directions = tangents.map((t, i) => asTensor(t, "jvp", xs[i]?.dtype).cast(xs[i]?.dtype ?? "float32"));
  if (directions.length !== xs.length || directions.some((t, i) => !sameShape(t.shape, xs[i].shape)))
    throw new ShapeError({
      where: "jvp",
      expected: `a direction for each input, of shapes ${xs.map((x) => formatShape(x.shape)).join(", ")}`,
      got: directions.map((t) => formatShape(t.shape)).join(", ") || "none",
    });
  const value = f(...xs);
  checkResult("jvp", value, false);
  const pairing = (cotangent: Tensor): Tensor => {
    const parts = vjp(f, ...xs)[1](cotangent);
    return parts.map((part, i) => sum(part.mul(directions[i]))).reduce((a, b) => a.add(b));
  };
  return [value, grad(pairing)(zeros(value.shape, { dtype: value.dtype }))];
}

/**
 * The function that computes all derivatives of f's outputs by its input, J = ∂yᵢ/∂xⱼ.
 *
 * Shape: y's shape followed by x's. One backward pass for each element of y.
 *
 * @example jacobian((x) => x.square())([1, 2]); // [[2, 0], [0, 4]]
 */
export function jacobian(f: Fn, options: { argument?: number } = {}): (...inputs: TensorLike[]) => Tensor {
  checkOptions("jacobian", options, gradOptions);
  const { argument = 0 } = options;
  checkFunction("jacobian", f);
  return (...inputs) => {
    if (!(argument in inputs)) throw wrongArgument("jacobian", inputs, argument);
    const { value, pull } = vjpAt("jacobian", f, inputs, [argument], false);
    const x = asTensor(inputs[argument]);
    const shape = [...value.shape, ...x.shape];
    if (value.size === 0) return zeros(shape, { dtype: value.dtype });
    const directions = eye(value.size, value.size, { dtype: value.dtype });
    const rows = Array.from({ length: value.size }, (_, i) => pull(reshape(directions.slice(i), value.shape))[0]);
    return reshape(stack(rows), shape);
  };
}

/**
 * The function that computes the second derivatives of a scalar function, H = ∂²f/∂xᵢ∂xⱼ.
 *
 * Shape: x's shape twice.
 *
 * @example hessian((x) => x.pow(3).sum())([1, 2]); // [[6, 0], [0, 12]]
 */
export function hessian(f: Fn, options: { argument?: number } = {}): (...inputs: TensorLike[]) => Tensor {
  checkOptions("hessian", options, gradOptions);
  checkFunction("hessian", f);
  return jacobian(grad(f, options), options);
}
