/**
 * What an optimizer is: one rule that says how a weight changes, written in tensor operations.
 */
import { OptionError, type Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import type { NumberRange } from "../number-checks.ts";
import type { Schedule } from "../schedules/schedule.ts";

/** The hyperparameters that every optimizer has. */
export interface Hyperparameters {
  /** The learning rate: a number, or a schedule that gives one for each step. */
  lr: number | Schedule;
  /** How much of the weight itself is added to its gradient, or (decoupled) taken off it; 0 by default. */
  weightDecay: number;
}

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** What a step makes of one weight. */
export interface Update {
  /** The weight's next value. */
  readonly weight: Tensor;
  /** The slots' next values. */
  readonly slots?: Tensors;
}

/**
 * The one definition of an optimizer. See {@link defineOptimizer}.
 *
 * Nothing here reads numbers out of tensors, so that a whole training step can be compiled.
 */
export interface UpdateRule<H extends Hyperparameters = Hyperparameters> {
  readonly name: string;
  readonly defaults: H;
  /** Weight decay shrinks the weight itself (Loshchilov & Hutter 2019) and does not go through the gradient. */
  readonly decoupledDecay?: boolean;
  /**
   * Whether all that `scalars` and `update` do is in their results, for the same hyperparameters the same operations: they
   * write nothing out, count nothing, and look at nothing else. Eager steps then compile them when there are many.
   */
  readonly pure?: boolean;
  /** What the options that no other rule has may be; any finite number by default. */
  readonly ranges?: Readonly<Record<string, NumberRange>>;
  /** Throws for options that do not go together. */
  check?(hyper: H): void;
  /** The first values of what it remembers of each weight; most are zeros in the weight's shape. */
  slots?(weight: Tensor, hyper: H): Tensors;
  /**
   * What is the same for all numbers of a weight, in float64 scalars: computed once for all weights, in double
   * precision because 1 - 0.999ᵗ in float32 is off by 4e-5. By default only `lr`.
   *
   * @param step how many steps the weight has seen, this one included.
   */
  scalars?(lr: Tensor, step: Tensor, hyper: H): Tensors;
  /** The step itself. */
  update(weight: Tensor, gradient: Tensor, slots: Tensors, scalars: Tensors, hyper: H): Update;
}

/** weight - rate · direction. */
export function descend(weight: Tensor, direction: Tensor, rate: Tensor): Tensor {
  return weight.sub(scaledBy(direction, rate));
}

/** The tensor times a scalar of another dtype; the tensor's dtype stays. */
export function scaledBy(x: Tensor, scalar: Tensor): Tensor {
  return x.mul(scalar.cast(x.dtype));
}

/** The tensor divided by a scalar of another dtype; the tensor's dtype stays. */
export function dividedBy(x: Tensor, scalar: Tensor): Tensor {
  return x.div(scalar.cast(x.dtype));
}

/** The exponential moving average, β · before + (1 - β) · now; β is a tensor where a schedule sets it. */
export function movingAverage(before: Tensor, now: Tensor, beta: number | Tensor): Tensor {
  return before.mul(beta).add(now.mul(typeof beta === "number" ? 1 - beta : beta.neg().add(1)));
}

/** Throws an OptionError for what is no rule. */
export function checkRule(rule: UpdateRule<Hyperparameters> | null | undefined): void {
  const { name, update, defaults } = rule ?? {};
  if (typeof name === "string" && name !== "" && typeof update === "function" && defaults?.lr !== undefined) return;
  throw new OptionError({
    where: "defineOptimizer",
    expected: "a rule with a name, defaults (lr and weightDecay among them) and an update function",
    got: describe(rule),
  });
}
