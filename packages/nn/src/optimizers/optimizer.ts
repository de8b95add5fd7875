/**
 * The optimizer: everything around an update rule, the same for all of them. Groups of parameters, clipping, weight
 * decay, the learning rate and its schedule, what is remembered of each weight, and its state.
 */

import {
  buffer,
  everyRun,
  isTracing,
  ModelError,
  noGrad,
  OptionError,
  type Parameter,
  Tensor,
  type TensorLike,
} from "@chainrule/core";
import { atomic, describe, onFailure, tracer } from "@chainrule/core/internal";
import { refuseWrites } from "../assignments.ts";
import { constrained, hasConstraint } from "../constrained.ts";
import type { Schedule } from "../schedules/schedule.ts";
import { refuseSurplus } from "../surplus.ts";
import { clipByGlobalNorm } from "./clip.ts";
import { type ExtendedRule, extension } from "./extension.ts";
import { checkGradient, sayOnce } from "./gradients.ts";
import {
  defaultGroup,
  type Group,
  groupsByParameter,
  hasParameters,
  type OptimizerTarget,
  parametersOf,
  toGroups,
} from "./groups.ts";
import { type CommonOptions, completeOptions, type OptimizerOptions } from "./options.ts";
import { checkRule, type Hyperparameters, scaledBy, type Tensors, type UpdateRule } from "./rule.ts";
import { readState, writeState } from "./state.ts";
import { StepCounters } from "./step-counters.ts";
import { Updates } from "./updates.ts";

/** What is remembered of one weight, by name. */
export type Slots = Readonly<Record<string, Parameter>>;

/**
 * Changes parameters so that a loss gets smaller. Made by `defineOptimizer`: `SGD`, `Adam`, ….
 *
 * @example
 * const optimizer = new Adam(model, { lr: 0.001 });
 * optimizer.zeroGrad();
 * loss.backward();
 * optimizer.step();
 */
export class Optimizer<H extends Hyperparameters = Hyperparameters> {
  readonly rule: UpdateRule<H>;
  /** With what options add around it. */
  readonly #rule: ExtendedRule<H>;
  /** The options, defaults filled in. */
  readonly options: Readonly<H & CommonOptions>;
  #groups: readonly Group<H>[];
  #bound = false;
  readonly #counters = new StepCounters();
  readonly #updates = new Updates();
  readonly #slots = new Map<Parameter, Slots>();
  /** The learning rate that groups without one of their own have. */
  #base: Hyperparameters["lr"];
  /** Steps, also those that only added up gradients. */
  #steps = 0;

  /** @internal */
  constructor(rule: UpdateRule<H>, target?: OptimizerTarget<H>, options: OptimizerOptions<H> = {}) {
    checkRule(rule as never);
    refuseWrites(new.target as never);
    this.rule = rule;
    this.options = completeOptions(
      rule.name,
      options,
      rule.defaults as H & CommonOptions,
      ["clipNorm", "clipValue", ...extension.names],
      rule.ranges,
    );
    if (this.options.clipNorm !== undefined && this.options.clipValue !== undefined)
      throw new OptionError({ where: rule.name, expected: "either clipNorm or clipValue", got: "both" });
    rule.check?.(this.options);
    this.#rule = extension.extend(rule, this.options);
    this.#base = this.options.lr;
    this.#groups = [defaultGroup([], this.options)];
    if (target !== undefined) this.bind(target);
  }

  /** The rule's name: "Adam". */
  get name(): string {
    return this.rule.name;
  }

  /** Whether it has been told which parameters to update. */
  get isBound(): boolean {
    return this.#bound;
  }

  /**
   * Tells it which parameters to update, where that was not said at first. What it remembers of a parameter stays.
   *
   * @param target a module (asked for its parameters at each step, so that its layers may still make theirs), a list
   *   of parameters, or groups `[{ params, lr, … }, …]` with options of their own.
   * @throws OptionError for anything else, and for an empty list.
   */
  bind(target: OptimizerTarget<H>): this {
    this.#groups = toGroups(this.rule, target, { ...this.options, lr: this.#base });
    if (this.#groups.some(({ source }) => !hasParameters(source))) groupsByParameter(this.name, this.#groups);
    this.#bound = true;
    return this;
  }

  /** The groups of parameters: their options, and their learning rate as a variable. */
  get groups(): readonly Group<H>[] {
    return this.#groups;
  }

  /** The parameters that it updates. @throws ModelError where there are none. */
  get parameters(): Parameter[] {
    return [...groupsByParameter(this.name, this.#groups).keys()];
  }

  /** How many updates it has made. */
  get iterations(): number {
    return Math.floor(this.#steps / this.#gradientsPerUpdate);
  }

  get #gradientsPerUpdate(): number {
    return this.#rule.gradientsPerUpdate ?? 1;
  }

  /** Whether the next step updates, and does not only add up gradients. */
  get #isDue(): boolean {
    return (this.#steps + 1) % this.#gradientsPerUpdate === 0;
  }

  /** The schedule that the learning rate follows, if it follows one. */
  get schedule(): Schedule | null {
    return typeof this.#base === "function" ? this.#base : null;
  }

  /** The learning rate: that of the last step where a schedule sets it. Setting it changes all groups in proportion. */
  get lr(): number {
    return typeof this.#base === "number" ? this.#base : this.#base(Math.max(0, this.iterations - 1));
  }

  /** @throws ValueError for a rate below 0; OptionError where a schedule sets it. */
  set lr(lr: number) {
    if (this.schedule)
      throw new OptionError({
        where: `${this.name}, lr`,
        expected: "a learning rate that is a number, to set it",
        got: "one that follows a schedule",
        hint: "Make the optimizer with a number as lr, or change the schedule.",
      });
    completeOptions(this.name, { lr }, { lr: 0 }, []);
    this.#base = lr;
    for (const group of this.#groups) if (typeof group.hyper.lr === "number") group.lr.assign(lr * group.scale);
  }

  /** Keras's name for {@link lr}. */
  get learningRate(): number {
    return this.lr;
  }

  set learningRate(lr: number) {
    this.lr = lr;
  }

  /** Forgets the gradients of all its parameters. */
  zeroGrad(): void {
    for (const group of this.#groups) for (const parameter of parametersOf(group)) parameter.zeroGrad();
  }

  /**
   * Updates every parameter that has a gradient; those without, and frozen ones, stay as they are. If it throws, it has
   * changed nothing.
   *
   * @throws ModelError where it has no parameters; ShapeError for a gradient of another shape than its parameter.
   */
  step(): void {
    refuseSurplus(`${this.name}.step`, arguments, 0, "Call loss.backward() first.");
    this.#noteDependencies();
    const members = groupsByParameter(`${this.name}.step`, this.#groups);
    const isDue = this.#isDue;
    if (isDue) this.#rule.complete?.(this.#slots);
    const weights = [...members.keys()].filter((weight) => weight.grad !== null && weight.requiresGrad);
    for (const weight of weights) checkGradient(this.name, weight);
    if (weights.length === 0) sayOnce(this.name, members.keys());
    const groups = weights.map((weight) => members.get(weight)!);
    const counters = this.#counters.forUpdateOf(weights);
    const update = (...gradients: Tensor[]) => this.#update(weights, gradients, groups, counters, isDue);
    const runUpdate = () => {
      // A constraint may go by anything, and is seen to be pure only where it is a part of a step that is compiled.
      if (!this.rule.pure || !isDue || isTracing() || hasConstraint(weights)) {
        atomic(() => update(...weights.map((weight) => weight.grad!)));
        return;
      }
      const settings = [...new Set(groups)].flatMap(({ hyper }) => Object.values(hyper));
      this.#updates.run([...weights, ...groups, ...counters, ...settings], weights, update);
    };
    noGrad(() => atomic(() => everyRun(() => this.#advance()), runUpdate));
  }

  /** What a compiled step goes by beside tensors. */
  #noteDependencies(): void {
    const state = tracer?.state;
    state?.dependsOn(this, () => this.#groups);
    state?.dependsOn(this.#rule, () => this.#isDue);
    for (const { hyper } of this.#groups) state?.dependsOn(hyper);
  }

  /** The part of a step that is plain numbers: counts it, and takes the learning rate from the schedule. Says how to undo it. */
  #advance(): () => void {
    const before = this.#steps;
    for (const { lr, hyper } of this.#groups)
      if (typeof hyper.lr === "function") lr.assign(checkedRate(this.name, hyper.lr(this.iterations)));
    this.#rule.advance?.(this.iterations);
    this.#steps = before + 1;
    return () => {
      this.#steps = before;
    };
  }

  /** The part of a step that is tensor operations. */
  #update(
    weights: readonly Parameter[],
    given: readonly Tensor[],
    groups: readonly Group<H>[],
    counters: readonly Parameter[],
    isDue: boolean,
  ): void {
    const rule = this.#rule;
    const prepared = rule.prepare
      ? given.map((gradient, i) => rule.prepare!(gradient, this.#slotsOf(weights[i], groups[i].hyper), isDue))
      : given;
    if (!isDue) return;
    const gradients = this.#clipped(prepared);
    for (const counter of new Set(counters)) counter.assign(counter.add(1));
    const scalarsOf = memoized((group: Group<H>, counter: Parameter) =>
      rule.scalars ? rule.scalars(group.lr, counter, group.hyper) : { lr: group.lr },
    );
    weights.forEach((weight, i) => {
      this.#updateOne(weight, gradients[i], groups[i], scalarsOf(groups[i], counters[i]));
    });
  }

  #updateOne(weight: Parameter, gradient: Tensor, { hyper, lr }: Group<H>, scalars: Tensors): void {
    const slots = this.#slotsOf(weight, hyper);
    let value: Tensor = weight;
    let decayed = gradient;
    if (hyper.weightDecay !== 0) {
      if (this.rule.decoupledDecay) value = scaledBy(weight, lr.mul(-hyper.weightDecay).add(1));
      else decayed = gradient.add(weight.mul(hyper.weightDecay));
    }
    const next = this.#rule.update(value, decayed, slots, scalars, hyper);
    if (!(next?.weight instanceof Tensor))
      throw new ModelError({
        where: `${this.name}, update`,
        expected: "a rule that returns { weight, slots }",
        got: describe(next),
      });
    weight.assign(constrained(weight, next.weight));
    for (const [name, slot] of Object.entries(next.slots ?? {})) slots[name].assign(slot);
  }

  #clipped(gradients: readonly Tensor[]): readonly Tensor[] {
    const { clipNorm, clipValue } = this.options;
    if (clipNorm !== undefined) return clipByGlobalNorm(gradients, clipNorm);
    if (clipValue !== undefined) return gradients.map((gradient) => gradient.clamp(-clipValue, clipValue));
    return gradients;
  }

  /** What is remembered of the weight, made at its first step. */
  #slotsOf(weight: Parameter, hyper: H): Slots {
    let slots = this.#slots.get(weight);
    if (!slots) {
      const initial = Object.entries(this.#rule.slots?.(weight, hyper) ?? {});
      slots = Object.fromEntries(initial.map(([name, value]) => [name, buffer(value)]));
      this.#slots.set(weight, slots);
      // Those that a trace makes belong to what is compiled.
      if (!isTracing()) onFailure(() => this.#slots.delete(weight));
    }
    return slots;
  }

  /** Every variable that a step changes besides the parameters: what was remembered so far, counts and learning rates. */
  variables(): Parameter[] {
    return [...this.namedVariables().values()];
  }

  /**
   * What a step changes besides the parameters, by name: "lr" (of several groups "groups.1.lr"), and for each parameter in
   * order, as far as it has been updated, "0.step" and its slots, such as "0.m". A shared count goes by its first name.
   */
  namedVariables(): Map<string, Parameter> {
    const rates = this.#groups.map((group, i) => [i === 0 ? "lr" : `groups.${i}.lr`, group.lr] as const);
    const remembered = (this.#bound ? this.parameters : []).flatMap((weight, i) => {
      const step = this.#counters.of(weight);
      const slots = Object.entries(this.#slots.get(weight) ?? {});
      return [...(step ? [["step", step] as const] : []), ...slots].map(
        ([name, slot]) => [`${i}.${name}`, slot] as const,
      );
    });
    const named = new Map<string, Parameter>();
    const known = new Set<Parameter>();
    for (const [name, variable] of [...rates, ...remembered])
      if (!known.has(variable)) {
        known.add(variable);
        named.set(name, variable);
      }
    return named;
  }

  /**
   * How much each set of weights has been updated outside of compiled steps, which decides when updates are compiled: for
   * training that is resumed with the same bits. Weights are numbers of {@link parameters}. @internal
   */
  get updatesSpent(): { readonly weights: readonly number[]; readonly spent: number }[] {
    const index = new Map(this.parameters.map((parameter, i) => [parameter, i]));
    return this.#updates
      .spent()
      .filter(({ weights }) => weights.every((weight) => index.has(weight)))
      .map(({ weights, spent }) => ({ weights: weights.map((weight) => index.get(weight)!), spent }));
  }

  set updatesSpent(spent: readonly { readonly weights: readonly number[]; readonly spent: number }[]) {
    const { parameters } = this;
    this.#updates.resume(spent.map((each) => ({ ...each, weights: each.weights.map((i) => parameters[i]) })));
  }

  /**
   * Everything that it remembers, by name: "iterations", "lr", "groups.0.lr", and for each parameter in order "0.step" and
   * its slots, such as "0.m". The options are not among it.
   *
   * @example
   * const state = new Adam(model).stateDict();
   * new Adam(model).loadStateDict(state);
   */
  stateDict(): Record<string, Tensor> {
    return writeState({
      iterations: this.#steps,
      lr: this.lr,
      rates: this.#groups.map((group) => group.lr),
      weights: this.parameters.map((weight) => ({
        step: this.#counters.of(weight),
        slots: this.#slots.get(weight) ?? {},
      })),
    });
  }

  /**
   * Continues from a state that `stateDict` gave. Either all of it is taken or nothing. What is there already gets new
   * values and stays the same variable, so that compiled steps go on.
   *
   * @throws ModelError where names or shapes are not those of this optimizer and its parameters.
   */
  loadStateDict(state: Readonly<Record<string, TensorLike>>): void {
    const members = groupsByParameter(`${this.name}.loadStateDict`, this.#groups);
    const expected = [...members].map(([weight, group]) => this.#rule.slots?.(weight, group.hyper) ?? {});
    const read = readState(this.name, state, this.#groups.length, expected);
    this.#steps = read.iterations;
    if (!this.schedule) this.#base = read.lr;
    this.#groups.forEach((group, i) => {
      group.lr.assign(read.rates[i]);
    });
    const steps = new Map<Parameter, number>();
    [...members].forEach(([weight, group], i) => {
      const { step, slots } = read.weights[i];
      if (!Object.hasOwn(state, `${i}.step`) && !this.#slots.has(weight)) return;
      const own = this.#slotsOf(weight, group.hyper);
      for (const [name, value] of Object.entries(slots)) own[name].assign(value);
      steps.set(weight, step);
    });
    this.#counters.restore(steps);
  }
}

function checkedRate(where: string, lr: number): number {
  if (typeof lr === "number" && lr >= 0 && lr < Number.POSITIVE_INFINITY) return lr;
  throw new ModelError({ where: `${where}, schedule`, expected: "a learning rate of at least 0", got: describe(lr) });
}

/** The function of two objects, computed once for each pair. */
function memoized<A extends object, B extends object, R>(f: (a: A, b: B) => R): (a: A, b: B) => R {
  const known = new Map<A, Map<B, R>>();
  return (a, b) => {
    const row = known.get(a) ?? new Map<B, R>();
    const result = row.get(b) ?? f(a, b);
    known.set(a, row.set(b, result));
    return result;
  };
}
