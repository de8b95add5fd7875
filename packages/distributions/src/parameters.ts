/**
 * Parameters of distributions made into tensors of one dtype, and the checks of their numbers.
 */
import {
  asTensor,
  broadcastShapes,
  where as choose,
  type DType,
  getDefaultDType,
  isFloat,
  OptionError,
  promote,
  refuseWhere,
  type Shape,
  ShapeError,
  Tensor,
  type TensorLike,
  ValueError,
} from "@chainrule/core";
import { describe, formatShape } from "@chainrule/core/internal";

/** All as floats of one dtype: the widest among the tensors, which numbers and arrays take, else the default. */
export function asFloats(where: string, ...inputs: TensorLike[]): Tensor[] {
  const [first] = inputs;
  if (typeof first === "object" && first !== null && Object.getPrototypeOf(first) === Object.prototype)
    throw new OptionError({
      where,
      expected: "its parameters one after the other",
      got: describe(first),
      hint: `Write new ${where}(${Object.keys(first).join(", ")}), in the order that its documentation has.`,
    });
  const known = inputs.flatMap((x) => (x instanceof Tensor && isFloat(x.dtype) ? [x.dtype] : []));
  const dtype = known.length > 0 ? (known as DType[]).reduce(promote) : getDefaultDType();
  return inputs.map((x) => toFloat(where, x, dtype));
}

/** A value to evaluate at: floats stay what they are, the rest becomes the distribution's dtype. */
export function asValue(where: string, x: TensorLike, dtype: DType): Tensor {
  return x instanceof Tensor && isFloat(x.dtype) ? x : toFloat(where, x, dtype);
}

/** What to add to a log-probability: 0 where a value is possible, else -Infinity, and NaN for NaN. */
export function impossible(value: Tensor, isPossible: Tensor): Tensor {
  const not = choose(value.isNaN(), Number.NaN, Number.NEGATIVE_INFINITY);
  return choose(isPossible, 0, not).cast(value.dtype);
}

/** In double precision, for sums of large logarithms that nearly cancel. */
export function double(x: Tensor): Tensor {
  return x.cast("float64");
}

function toFloat(where: string, x: TensorLike, dtype: DType): Tensor {
  const made = asTensor(x, where, dtype);
  return made.dtype === dtype ? made : made.cast(dtype);
}

/** The shape that all broadcast to. */
export function commonShape(where: string, shapes: readonly Shape[]): Shape {
  return shapes.reduce((a, b) => broadcastShapes(where, a, b), [] as Shape);
}

/** What the numbers of a parameter have to be. */
export interface Constraint {
  readonly expected: string;
  readonly hint?: string;
  /** In tensor operations, so that compiled functions check it too; false for NaN. */
  readonly holds: (x: Tensor) => Tensor;
}

const fromNetwork = "If it comes from a network, pass it through softplus or exp first.";

/** The constraints that distributions have in common. */
export const constraints = {
  finite: {
    expected: "finite numbers",
    hint: "A parameter that is NaN or infinite may have been trained with too large a learning rate.",
    holds: (x) => x.isFinite(),
  },
  positive: {
    expected: "finite numbers above 0",
    hint: fromNetwork,
    holds: (x) => x.greater(0).logicalAnd(x.isFinite()),
  },
  nonNegative: {
    expected: "finite numbers of at least 0",
    hint: fromNetwork,
    holds: (x) => x.greaterEqual(0).logicalAnd(x.isFinite()),
  },
  probability: {
    expected: "probabilities from 0 to 1",
    hint: "Numbers of any size, as a network gives them, are { logits }.",
    holds: (x) => x.greaterEqual(0).logicalAnd(x.lessEqual(1)),
  },
  notNaN: { expected: "numbers other than NaN", holds: (x) => x.isNaN().logicalNot() },
} satisfies Record<string, Constraint>;

/** Throws a ValueError for the first number that breaks the constraint, compiled or not. */
export function check(where: string, name: string, x: Tensor, { expected, hint, holds }: Constraint): void {
  const seen = x.detach();
  refuseWhere(
    holds(seen).logicalNot(),
    (at) =>
      new ValueError({
        where,
        expected: `${name} with ${expected}`,
        got: `${seen.at(...at)}${at.length > 0 ? ` at [${at.join(", ")}]` : ""}`,
        hint,
      }),
  );
}

/** Throws unless the parameter has an axis for the parts of an event. */
export function checkVector(where: string, name: string, x: Tensor): void {
  if (x.rank === 0 || x.shape[x.rank - 1] === 0)
    throw new ShapeError({
      where,
      expected: `${name} of shape [..batch, n], with n of at least 1`,
      got: formatShape(x.shape),
    });
}

/** Throws unless a value's last axes are those of one event. */
export function checkEvent(where: string, x: Tensor, eventShape: Shape): void {
  const last = x.shape.slice(Math.max(0, x.rank - eventShape.length));
  if (last.length === eventShape.length && last.every((n, i) => n === eventShape[i])) return;
  throw new ShapeError({
    where,
    expected: `values of shape [.., ${eventShape.join(", ")}]`,
    got: formatShape(x.shape),
  });
}
