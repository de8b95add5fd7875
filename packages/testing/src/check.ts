/**
 * Runs one reference case in one dtype: value and gradients.
 */
import { expectClose, type Numbers } from "./compare.ts";
import type { FloatDType, PlainTensor, ReferenceCase } from "./reference.ts";

/** What the check needs of a tensor; core's has it. */
export interface Differentiable {
  readonly shape: readonly number[];
  readonly grad: Numbers | null;
  toTypedArray(): ArrayLike<number>;
  backward(gradient?: unknown): void;
}

/** How tensors are made: core's `tensor`. It is passed in, so that this package needs no core. */
export type MakeTensor<T> = (
  data: Float64Array,
  options: {
    shape: readonly number[];
    dtype: FloatDType | "int32" | "bool";
    requiresGrad?: boolean;
  },
) => T;

/**
 * Computes a case and compares its value, and the gradient by every input that the case has one for, with what
 * PyTorch found.
 *
 * Float inputs are made in `dtype`, int32 and bool ones as they are. `compute` gets the inputs and the options by name.
 *
 * @param make core's `tensor`.
 * @param tolerance in place of the one that the fixtures' README names for the file and dtype.
 * @throws AssertionError for the first number or shape that is off.
 *
 * @example
 * describe.each(bothDTypes)("mse in %s", (dtype) => {
 *   for (const reference of referenceCases("losses", "mse"))
 *     it(reference.name, () =>
 *       checkReference(tensor, reference, dtype, ({ pred, target }, options: { reduction: Reduction }) =>
 *         mse(pred, target, options)));
 * });
 */
export function checkReference<T extends Differentiable, Options = Record<string, unknown>>(
  make: MakeTensor<T>,
  reference: ReferenceCase,
  dtype: FloatDType,
  compute: (inputs: Record<string, T>, options: Options) => T,
  { tolerance }: { tolerance?: number } = {},
): void {
  const { inputs, options, cotangent, expect, file, op, name } = reference;
  const of = (plain: PlainTensor, requiresGrad = false): T =>
    make(Float64Array.from(plain.data), {
      shape: plain.shape,
      dtype: plain.dtype === "float64" ? dtype : plain.dtype,
      requiresGrad,
    });
  const tensors: Record<string, T> = {};
  for (const [key, plain] of Object.entries(inputs)) tensors[key] = of(plain, Object.hasOwn(expect.grads, key));
  const value = compute(tensors, options as Options);
  const compare = (actual: Numbers, expected: PlainTensor, what: string): void =>
    expectClose(actual, expected, { dtype, file, tolerance, what: `${op} (${name}), ${dtype}: ${what}` });
  compare(value, expect.value, "value");
  if (Object.keys(expect.grads).length === 0) return;
  value.backward(cotangent && of(cotangent));
  for (const [key, expected] of Object.entries(expect.grads)) {
    const { grad } = tensors[key];
    compare(grad ?? { shape: [], data: [] }, expected, `gradient by ${key}`);
  }
}
