/**
 * Which weights are held to what after each step of an optimizer, and the names of constraints.
 */
import { OptionError, type Parameter, ShapeError, Tensor } from "@chainrule/core";
import { describe, formatShape, lookUp, sameShape } from "@chainrule/core/internal";

/** Where the feature axes of a weight stand: last, as in a dense kernel, or first, as in a convolution's. */
type WeightLayout = "in-out" | "out-in";

/** What becomes of a weight after a step: another value of the same shape. Any such function can be given for a name. */
export type Constraint = (weight: Tensor, layout?: WeightLayout) => Tensor;

/** A name that finds a constraint. */
export type ConstraintName = "max_norm" | "non_neg" | "unit_norm";

/** A constraint, or the name of one with its defaults. */
export type ConstraintLike = Constraint | ConstraintName;

/** How the constraint of a name is made. */
const byName: Record<string, () => Constraint> = {};

/** Gives constraints names. */
export function nameConstraints(constraints: Readonly<Record<ConstraintName, () => Constraint>>): void {
  Object.assign(byName, constraints);
}

/** The constraint itself, that of a name, or null for none. @throws OptionError for anything else. */
export function toConstraint(constraint: ConstraintLike | null | undefined): Constraint | null {
  if (constraint === undefined || constraint === null) return null;
  if (typeof constraint === "string") return lookUp("constraint", byName, constraint)();
  if (typeof constraint === "function") return constraint;
  throw new OptionError({
    where: "constraint",
    expected: 'a name such as "max_norm", or a function of a tensor',
    got: describe(constraint),
  });
}

let constraints: WeakMap<Parameter, (weight: Tensor) => Tensor> | null = null;

/** Holds a weight to a constraint from now on. */
export function constrain(weight: Parameter, constraint: Constraint, layout?: WeightLayout): void {
  constraints ??= new WeakMap();
  constraints.set(weight, (value) => {
    const held: unknown = constraint(value, layout);
    if (held instanceof Tensor && sameShape(held.shape, value.shape)) return held;
    throw new ShapeError({
      where: "constraint",
      expected: `a function that returns a weight of shape ${formatShape(value.shape)}`,
      got: held instanceof Tensor ? formatShape(held.shape) : describe(held),
    });
  });
}

/** A weight's next value, as its constraint has it. */
export function constrained(weight: Parameter, next: Tensor): Tensor {
  const hold = constraints?.get(weight);
  return hold ? hold(next) : next;
}

/** Whether one of the weights is held to a constraint. */
export function hasConstraint(weights: readonly Parameter[]): boolean {
  return constraints !== null && weights.some((weight) => constraints!.has(weight));
}
