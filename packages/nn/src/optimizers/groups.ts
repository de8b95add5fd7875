/**
 * Which parameters an optimizer updates, and in groups of which options.
 */
import { buffer, ModelError, OptionError, Parameter, scalar, Tensor } from "@chainrule/core";
import { describe, refusePromise } from "@chainrule/core/internal";
import { completeOptions } from "./options.ts";
import type { Hyperparameters, UpdateRule } from "./rule.ts";

/** What has parameters, such as a module. */
export interface HasParameters {
  parameters(): Parameter[];
}

/** Parameters with options of their own; what is not said goes by the optimizer's. */
export type ParameterGroup<H extends Hyperparameters = Hyperparameters> = Partial<H> & {
  params: HasParameters | Iterable<Parameter>;
};

/** What an optimizer updates: a module, parameters, or groups of them. */
export type OptimizerTarget<H extends Hyperparameters = Hyperparameters> =
  | HasParameters
  | Iterable<Parameter>
  | readonly ParameterGroup<H>[];

/** A group as the optimizer holds it. */
export interface Group<H extends Hyperparameters = Hyperparameters> {
  /** A module is asked anew at each step, because layers may make their weights after the optimizer is made. */
  readonly source: HasParameters | readonly Parameter[];
  readonly hyper: H;
  /** The learning rate of the next step, a float64 scalar. */
  readonly lr: Parameter;
  /** The group's learning rate as a multiple of the optimizer's. */
  readonly scale: number;
}

/** A group of the optimizer's own options. */
export function defaultGroup<H extends Hyperparameters>(source: Group["source"], hyper: H, lr?: Parameter): Group<H> {
  return { source, hyper, lr: lr ?? rateVariable(hyper.lr), scale: 1 };
}

function rateVariable(lr: Hyperparameters["lr"]): Parameter {
  const first: unknown = typeof lr === "number" ? lr : refusePromise("schedule", lr(0));
  // What is no number is refused by the step that takes it.
  return buffer(scalar(typeof first === "number" ? first : Number.NaN, "float64"));
}

/**
 * The groups that a target stands for.
 *
 * @throws OptionError for what is no parameter, module or group, for unknown options, and where a list is empty.
 */
export function toGroups<H extends Hyperparameters>(
  rule: UpdateRule<H>,
  target: OptimizerTarget<H>,
  hyper: H,
): Group<H>[] {
  if (hasParameters(target)) return [defaultGroup(target, hyper)];
  if (!isList(target)) throw noTarget(rule.name, target);
  const items = [...target];
  if (items.length === 0) throw noTarget(rule.name, items);
  if (items.every(isGroup)) return items.map((group) => toGroup(rule, group as ParameterGroup<H>, hyper));
  return [defaultGroup(checkParameters(rule.name, items), hyper)];
}

export function hasParameters(target: unknown): target is HasParameters {
  return typeof (target as HasParameters | null | undefined)?.parameters === "function";
}

/** Whether it is a module, or as good as one. */
function isModule(source: object): source is { namedParameters(): ReadonlyMap<string, Parameter> } {
  return "namedParameters" in source && typeof source.namedParameters === "function";
}

/** The parameters of a group as they are now. */
export function parametersOf({ source }: Pick<Group, "source">): readonly Parameter[] {
  // Of a module those that there are: its layers may still make some.
  if (isModule(source)) return [...source.namedParameters().values()];
  return hasParameters(source) ? checkParameters("step", source.parameters()) : source;
}

function isGroup(item: unknown): boolean {
  return typeof item === "object" && item !== null && !(item instanceof Tensor) && "params" in item;
}

function toGroup<H extends Hyperparameters>(
  rule: UpdateRule<H>,
  { params, ...own }: ParameterGroup<H>,
  base: H,
): Group<H> {
  const hyper = completeOptions(`${rule.name}, group`, own, base, [], rule.ranges);
  rule.check?.(hyper);
  const source = hasParameters(params) ? params : checkParameters(rule.name, params);
  const scale = typeof hyper.lr === "number" && typeof base.lr === "number" && base.lr > 0 ? hyper.lr / base.lr : 1;
  return { source, hyper, lr: rateVariable(hyper.lr), scale };
}

/** The parameters, each once. @throws OptionError for anything else. */
export function checkParameters(where: string, given: unknown): readonly Parameter[] {
  if (!isList(given)) throw noTarget(where, given);
  const items = [...new Set(given)];
  for (const item of items)
    if (!(item instanceof Parameter))
      throw new OptionError({
        where,
        expected: "parameters",
        got: item instanceof Tensor ? "a tensor that is no parameter" : describe(item),
        hint: "Make weights with parameter(…), and pass model.parameters(), the model itself, or [{ params, lr }, …].",
      });
  return items as readonly Parameter[];
}

function isList(given: unknown): given is Iterable<unknown> {
  // A tensor goes through its rows, which are no parameters.
  if (typeof given !== "object" || given === null || given instanceof Tensor) return false;
  return Symbol.iterator in given && !ArrayBuffer.isView(given);
}

function noTarget(where: string, got: unknown): OptionError {
  return new OptionError({
    where,
    expected: "parameters to update: a list of them, a module, or groups [{ params, lr }, …]",
    got: describe(got),
    hint:
      typeof got === "number"
        ? `A learning rate has a name: new ${where}({ lr: ${got} }) for compile, new ${where}(model, { lr: ${got} }) for a training by hand.`
        : undefined,
  });
}

/**
 * The parameters of all groups, each with its group.
 *
 * @throws OptionError where one is in two groups; ModelError where there are none.
 */
export function groupsByParameter<H extends Hyperparameters>(
  where: string,
  groups: readonly Group<H>[],
): Map<Parameter, Group<H>> {
  const members = new Map<Parameter, Group<H>>();
  for (const group of groups) {
    for (const parameter of new Set(parametersOf(group))) {
      if (members.has(parameter))
        throw new OptionError({ where, expected: "each parameter in one group", got: "one that is in two" });
      members.set(parameter, group);
    }
  }
  if (members.size === 0)
    throw new ModelError({
      where,
      expected: "parameters to update",
      got: "none",
      hint: "Pass them, or bind(model). Layers have theirs once they know their input; weights of a module are parameter(…), in fields without #.",
    });
  return members;
}
