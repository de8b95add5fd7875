/**
 * Runs one reference case in one dtype, eagerly and compiled: value and gradients.
 */
import { expectClose, type Numbers } from "./compare.ts";
import type { FloatDType, PlainTensor, ReferenceCase } from "./reference.ts";

/** What the check needs of a tensor; core's has it. */
export interface Differentiable {
  readonly shape: readonly number[];
  readonly grad: Numbers | null;
  requiresGrad: boolean;
  detach(): Differentiable;
  toTypedArray(): ArrayLike<number>;
  backward(gradient?: unknown): void;
}

/** What the check needs of core, and of the compiler. It is passed in, so that this package needs neither. */
export interface Core<T> {
  tensor(
    data: Float64Array,
    options: { shape: readonly number[]; dtype: FloatDType | "int32" | "bool"; requiresGrad?: boolean },
  ): T;
  gradients(outputs: readonly T[], inputs: readonly T[], options: { cotangents?: readonly T[] }): T[];
  /** The compiler's; without it the case is run eagerly only. */
  jit?<F extends (...args: never[]) => unknown>(f: F): F;
}

interface CheckReferenceOptions {
  /** In place of the one that the fixtures' README names for the file and dtype. */
  readonly tolerance?: number;
  /** Inputs whose numbers the function reads: compiled, it sees them from outside. */
  readonly reads?: readonly string[];
}

/**
 * Computes a case and compares its value, and the gradient by every input that the case has one for, with what
 * PyTorch found; then, where there is a compiler, again within `jit`, twice, so that the second run is the finished program's.
 *
 * Float inputs are made in `dtype`, int32 and bool ones as they are. `compute` gets the inputs and the options by name.
 *
 * @throws AssertionError for the first number or shape that is off.
 *
 * @example
 * import * as core from "@chainrule/core";
 *
 * describe.each(bothDTypes)("mse in %s", (dtype) => {
 *   for (const reference of referenceCases("losses", "mse"))
 *     it(reference.name, () =>
 *       checkReference(core, reference, dtype, ({ pred, target }, options: { reduction: Reduction }) =>
 *         mse(pred, target, options)));
 * });
 */
export function checkReference<T extends Differentiable, Options = Record<string, unknown>>(
  core: Core<T>,
  reference: ReferenceCase,
  dtype: FloatDType,
  compute: (inputs: Record<string, T>, options: Options) => T,
  { tolerance, reads = [] }: CheckReferenceOptions = {},
): void {
  const { inputs, options, cotangent, expect, file, op, name } = reference;
  const of = (plain: PlainTensor, requiresGrad = false): T =>
    core.tensor(Float64Array.from(plain.data), {
      shape: plain.shape,
      dtype: plain.dtype === "float64" ? dtype : plain.dtype,
      requiresGrad,
    });
  const differentiated = Object.keys(expect.grads);
  const compare = (mode: string, value: Numbers, gradients: readonly (Numbers | null)[]): void => {
    const what = (part: string) => `${op} (${name}), ${dtype}, ${mode}: ${part}`;
    expectClose(value, expect.value, { dtype, file, tolerance, what: what("value") });
    differentiated.forEach((key, i) => {
      const found = gradients[i] ?? { shape: [], data: [] };
      expectClose(found, expect.grads[key], { dtype, file, tolerance, what: what(`gradient by ${key}`) });
    });
  };
  const tensors = Object.fromEntries(Object.entries(inputs).map(([key, plain]) => [key, of(plain)]));
  const seed = cotangent && of(cotangent);

  const leaves = { ...tensors };
  for (const key of differentiated) leaves[key] = of(inputs[key], true);
  const value = compute(leaves, options as Options);
  if (differentiated.length > 0) value.backward(seed);
  compare(
    "eager",
    value,
    differentiated.map((key) => leaves[key].grad),
  );

  if (!core.jit) return;
  const passed = Object.keys(inputs).filter((key) => !reads.includes(key));
  const compiled = core.jit((given: Record<string, T>) => {
    const traced = { ...tensors, ...given };
    for (const key of differentiated) {
      traced[key] = traced[key].detach() as T;
      traced[key].requiresGrad = true;
    }
    const result = compute(traced, options as Options);
    const by = differentiated.map((key) => traced[key]);
    const found = by.length > 0 ? core.gradients([result], by, { cotangents: seed && [seed] }) : [];
    return [result.detach() as T, ...found];
  });
  for (const call of [1, 2]) {
    const [again, ...gradients] = compiled(Object.fromEntries(passed.map((key) => [key, tensors[key]])));
    compare(`compiled, call ${call}`, again, gradients);
  }
}
