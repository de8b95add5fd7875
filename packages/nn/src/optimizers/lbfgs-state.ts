/**
 * What L-BFGS remembers between steps, as a flat record of tensors, and back.
 */
import { asTensor, ModelError, scalar, type Tensor, type TensorLike, tensor } from "@chainrule/core";
import { describe, formatShape, sameShape } from "@chainrule/core/internal";

/** Changes of the gradient and of the parameters in an iteration. */
export interface Pair {
  readonly y: Float64Array;
  readonly s: Float64Array;
}

export interface CurvatureState {
  readonly iterations: number;
  readonly evaluations: number;
  /** The last iteration: where it was, which way and how far it went, and the pairs before it, the oldest first. */
  readonly last: {
    readonly gradient: Float64Array;
    readonly direction: Float64Array;
    readonly t: number;
    readonly pairs: readonly Pair[];
  } | null;
}

export function writeCurvature({ iterations, evaluations, last }: CurvatureState, lr: number): Record<string, Tensor> {
  const counts = Object.entries({ iterations, evaluations, lr, ...(last && { stepLength: last.t }) });
  const state = Object.fromEntries(counts.map(([name, count]) => [name, scalar(count, "float64")]));
  if (!last) return state;
  const { gradient, direction, pairs } = last;
  const stack = (rows: readonly Float64Array[]) =>
    tensor(Float64Array.from(rows.flatMap((row) => [...row])), {
      shape: [rows.length, gradient.length],
      dtype: "float64",
    });
  return {
    ...state,
    gradient: tensor(gradient, { dtype: "float64" }),
    direction: tensor(direction, { dtype: "float64" }),
    gradientChanges: stack(pairs.map(({ y }) => y)),
    weightChanges: stack(pairs.map(({ s }) => s)),
  };
}

/** @throws ModelError for names that are missing or not expected, and for other shapes than those of `size` weights. */
export function readCurvature(
  state: Readonly<Record<string, TensorLike>>,
  size: number,
): CurvatureState & { readonly lr: number } {
  const where = "LBFGS.loadStateDict";
  if (typeof state !== "object" || state === null)
    throw new ModelError({ where, expected: "what stateDict() gave", got: describe(state) });
  const given = Object.fromEntries(
    Object.entries(state).map(([name, value]) => [name, asTensor(value, name, "float64")]),
  );
  const pairs = given.gradientChanges?.shape[0] ?? 0;
  const hasBegun = Object.hasOwn(given, "direction");
  const shapes: Record<string, readonly number[]> = {
    ...{ iterations: [], evaluations: [], lr: [] },
    ...(hasBegun && { stepLength: [], gradient: [size], direction: [size] }),
    ...(hasBegun && { gradientChanges: [pairs, size], weightChanges: [pairs, size] }),
  };
  const [missing, unexpected] = [
    Object.keys(shapes).filter((name) => !Object.hasOwn(given, name)),
    Object.keys(given).filter((name) => !Object.hasOwn(shapes, name)),
  ];
  if (missing.length + unexpected.length > 0)
    throw new ModelError({
      where,
      expected: `the state of LBFGS: ${Object.keys(shapes).join(", ")}`,
      got: missing.length > 0 ? `no ${missing.join(", ")}` : `also ${unexpected.join(", ")}`,
    });
  for (const [name, shape] of Object.entries(shapes))
    if (!sameShape(shape, given[name].shape))
      throw new ModelError({
        where,
        expected: `${name} of shape ${formatShape(shape)}`,
        got: formatShape(given[name].shape),
      });
  const number = (name: string) => given[name].item();
  const numbers = (name: string) => Float64Array.from(given[name].toTypedArray());
  const counts = { iterations: number("iterations"), evaluations: number("evaluations"), lr: number("lr") };
  if (!hasBegun) return { ...counts, last: null };
  const [ys, ss] = [numbers("gradientChanges"), numbers("weightChanges")];
  const row = (rows: Float64Array, i: number) => rows.slice(i * size, (i + 1) * size);
  return {
    ...counts,
    last: {
      gradient: numbers("gradient"),
      direction: numbers("direction"),
      t: number("stepLength"),
      pairs: Array.from({ length: pairs }, (_, i) => ({ y: row(ys, i), s: row(ss, i) })),
    },
  };
}
