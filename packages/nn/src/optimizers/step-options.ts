/**
 * Options that every optimizer has, for what a step does around its rule: maximising, clipping each weight's gradient by itself,
 * adding up gradients of several batches, and moving averages of the weights.
 */
import { buffer, noGrad, OptionError, type Parameter, scalar, type Tensor, where, zerosLike } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { aboveZero, checkCount, checkRange, zeroToOne } from "../number-checks.ts";
import type { Schedule } from "../schedules/schedule.ts";
import { refuseSurplus } from "../surplus.ts";
import { type ExtendedRule, extension } from "./extension.ts";
import type { Optimizer } from "./optimizer.ts";
import { type Hyperparameters, scaledBy, type UpdateRule } from "./rule.ts";

/** What every optimizer takes for its steps, not for a group by itself; Keras's names in snake_case do as well. */
export interface StepOptions {
  /**
   * The momentum of each update in place of `momentum`, or of the first of `betas`: a schedule, such as `oneCycleMomentum`. What
   * PyTorch's `OneCycleLR` cycles.
   */
  momentumSchedule?: Schedule;
  /** Raises the loss instead of lowering it: gradients change their sign; false by default. PyTorch's `maximize`. */
  maximize?: boolean;
  /** Scales each weight's gradient down by itself so that its length is at most this. Keras's `clipnorm`. */
  clipNormPerVariable?: number;
  /**
   * So many gradients make one update, by their mean: as good as batches so many times as large, where losses are means over
   * batches of one size. Steps between leave the weights as they are. Keras's `gradient_accumulation_steps`.
   */
  gradientAccumulationSteps?: number;
  /**
   * Keeps moving averages of the weights: a ← emaMomentum · a + (1 - emaMomentum) w after each update, from the weights after the
   * first. `fit` puts them in the weights' place when it ends; elsewhere {@link useAverages} does. Keras's `use_ema`.
   */
  useEma?: boolean;
  /** How slowly the averages follow; 0.99 by default. */
  emaMomentum?: number;
  /** Puts the averages in the weights' place after every so many updates; never by default. */
  emaOverwriteFrequency?: number;
}

const names = [
  "momentumSchedule",
  "maximize",
  "clipNormPerVariable",
  "gradientAccumulationSteps",
  "useEma",
  "emaMomentum",
  "emaOverwriteFrequency",
];

/** As in Keras: its `clipnorm` is each weight's, and not {@link CommonOptions.clipNorm}. */
const aliases = {
  clipnorm: "clipNormPerVariable",
  clipvalue: "clipValue",
  globalClipnorm: "clipNorm",
  global_clipnorm: "clipNorm",
  use_ema: "useEma",
  ema_momentum: "emaMomentum",
  ema_overwrite_frequency: "emaOverwriteFrequency",
  gradient_accumulation_steps: "gradientAccumulationSteps",
};

/** @throws OptionError, ValueError for what is out of range or does not go together. */
function check(where: string, options: StepOptions & { clipNorm?: number; clipValue?: number }): void {
  const { clipNorm, clipValue, clipNormPerVariable, emaMomentum, emaOverwriteFrequency } = options;
  for (const name of ["maximize", "useEma"] as const)
    if (typeof (options[name] ?? false) !== "boolean")
      throw new OptionError({ where: `${where}, ${name}`, expected: "true or false", got: describe(options[name]) });
  if (clipNormPerVariable !== undefined) checkRange(where, "clipNormPerVariable", clipNormPerVariable, aboveZero);
  if (clipNormPerVariable !== undefined && (clipNorm ?? clipValue) !== undefined)
    throw new OptionError({ where, expected: "one of clipNorm, clipValue and clipNormPerVariable", got: "two" });
  if (emaMomentum !== undefined) checkRange(where, "emaMomentum", emaMomentum, zeroToOne);
  for (const name of ["gradientAccumulationSteps", "emaOverwriteFrequency"] as const)
    if (options[name] !== undefined) checkCount(where, name, options[name], 1);
  if (options.momentumSchedule !== undefined && typeof options.momentumSchedule !== "function")
    throw new OptionError({
      where: `${where}, momentumSchedule`,
      expected: "a schedule, such as oneCycleMomentum({ steps })",
      got: describe(options.momentumSchedule),
    });
  if (!options.useEma && (emaMomentum ?? emaOverwriteFrequency) !== undefined)
    throw new OptionError({ where, expected: "useEma: true, for averages", got: "settings of averages alone" });
}

function extend<H extends Hyperparameters>(own: UpdateRule<H>, options: StepOptions): ExtendedRule<H> {
  check(own.name, options);
  const rule = options.momentumSchedule ? scheduled(own, options.momentumSchedule) : own;
  const { maximize, clipNormPerVariable, gradientAccumulationSteps: steps = 1, useEma } = options;
  if (!maximize && clipNormPerVariable === undefined && steps === 1 && !useEma) return rule;
  const extended: ExtendedRule<H> = {
    ...rule,
    gradientsPerUpdate: steps,
    complete: (slots) => {
      if (steps > 1) for (const [weight] of slots) if (weight.requiresGrad) weight.grad ??= zerosLike(weight);
    },
    prepare: (given, slots, isDue) => {
      let gradient = maximize ? given.neg() : given;
      if (steps > 1) {
        const sum = slots.accumulated.add(gradient);
        (slots.accumulated as Parameter).assign(isDue ? zerosLike(sum) : sum);
        gradient = sum.div(steps);
      }
      return isDue && clipNormPerVariable !== undefined ? clipped(gradient, clipNormPerVariable) : gradient;
    },
    slots: (weight, hyper) => ({
      ...rule.slots?.(weight, hyper),
      ...(steps > 1 && { accumulated: zerosLike(weight) }),
    }),
  };
  return useEma ? averaged(extended, options) : extended;
}

/** The rule with a momentum that is set before each update. @throws OptionError for one that has none. */
function scheduled<H extends Hyperparameters>(rule: UpdateRule<H>, schedule: Schedule): ExtendedRule<H> {
  const where = `${rule.name}, momentumSchedule`;
  if (!("momentum" in rule.defaults || "betas" in rule.defaults))
    throw new OptionError({ where, expected: "an optimizer with momentum or betas", got: rule.name });
  const momentum = buffer(scalar(0, "float64"));
  // Rules take a tensor where they multiply by a number.
  const having = (hyper: H, value: Tensor | number): H =>
    "momentum" in hyper
      ? { ...hyper, momentum: value }
      : { ...hyper, betas: [value, (hyper as unknown as { betas: number[] }).betas[1]] };
  return {
    ...rule,
    advance: (updates) => {
      const value: unknown = schedule(updates);
      checkRange(where, `update ${updates + 1}`, value, zeroToOne);
      momentum.assign(value as number);
    },
    slots: (weight, hyper) => rule.slots?.(weight, having(hyper, 0.5)) ?? {},
    scalars: (lr, step, hyper) => ({ ...(rule.scalars?.(lr, step, having(hyper, momentum)) ?? { lr }), momentum }),
    update: (weight, gradient, slots, scalars, hyper) =>
      rule.update(weight, gradient, slots, scalars, having(hyper, scalars.momentum.cast(weight.dtype))),
  };
}

/** Keras's formula: g · max / max(|g|, max). In float64, because squares of float32 overflow from 2e19 on. */
function clipped(gradient: Tensor, max: number): Tensor {
  const norm = gradient.cast("float64").square().sum().sqrt();
  return scaledBy(gradient, norm.maximum(max).reciprocal().mul(max));
}

function averaged<H extends Hyperparameters>(
  rule: ExtendedRule<H>,
  { emaMomentum = 0.99, emaOverwriteFrequency: every }: StepOptions,
): ExtendedRule<H> {
  return {
    ...rule,
    slots: (weight, hyper) => ({ ...rule.slots?.(weight, hyper), average: zerosLike(weight) }),
    scalars: (lr, step, hyper) => ({
      ...(rule.scalars?.(lr, step, hyper) ?? { lr }),
      kept: where(step.equal(1), scalar(0, "float64"), scalar(emaMomentum, "float64")),
      ...(every && { isOverwriting: step.div(every).floor().mul(every).equal(step) }),
    }),
    update: (weight, gradient, slots, scalars, hyper) => {
      const next = rule.update(weight, gradient, slots, scalars, hyper);
      const { kept, isOverwriting } = scalars;
      const average = scaledBy(slots.average, kept).add(scaledBy(next.weight, kept.neg().add(1)));
      return {
        weight: isOverwriting ? where(isOverwriting, average, next.weight) : next.weight,
        slots: { ...next.slots, average },
      };
    },
  };
}

/**
 * Puts the moving averages of an optimizer's weights in the weights' place, where it keeps any (`useEma`): what `fit` does when it
 * ends. Keras's `finalize_variable_values`.
 *
 * @throws OptionError for an optimizer without averages.
 *
 * @example
 * const optimizer = new SGD([w], { lr: 0.1, useEma: true, emaMomentum: 0.9 });
 * loss.backward();
 * optimizer.step();
 * useAverages(optimizer);
 */
export function useAverages(optimizer: Optimizer<never> | Optimizer): void {
  refuseSurplus("useAverages", arguments, 1);
  if (!(optimizer as Optimizer | undefined)?.options?.useEma)
    throw new OptionError({
      where: "useAverages",
      expected: "an optimizer that keeps averages",
      got: describe(optimizer),
      hint: "Make it with useEma: new Adam(model, { useEma: true }).",
    });
  putAverages(optimizer as Optimizer);
}

/** Those weights that have had no update stay as they are. */
function putAverages(optimizer: Optimizer): void {
  const variables = optimizer.namedVariables();
  noGrad(() =>
    optimizer.parameters.forEach((weight, i) => {
      const average = variables.get(`${i}.average`);
      if (average && variables.get(`${i}.step`)?.item() !== 0) weight.assign(average);
    }),
  );
}

/**
 * The options, checked. They are those of every optimizer, `new Adam({ useEma: true })`; a bundle has left out what they do unless it
 * imports this: `new Adam(stepOptions({ useEma: true }))`.
 *
 * @throws OptionError, ValueError for unknown ones, and for values out of their range.
 * @example new SGD(model, { lr: 0.1, ...stepOptions({ gradientAccumulationSteps: 4 }) });
 */
export function stepOptions(options: StepOptions): StepOptions {
  refuseSurplus("stepOptions", arguments, 1);
  const where = "stepOptions";
  checkOptions(where, options, names);
  if (options === undefined) throw new OptionError({ where, expected: `options: ${names.join(", ")}`, got: "none" });
  check(where, options);
  return { ...options };
}

const finish = (optimizer: Optimizer) => optimizer.options.useEma && putAverages(optimizer);

Object.assign(extension, { names, aliases, extend, finish });
