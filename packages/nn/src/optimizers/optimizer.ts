/**
 * The optimizer: everything around an update rule, the same for all of them. Groups of parameters, clipping, weight
 * decay, the learning rate and its schedule, what is remembered of each weight, and its state.
 */
import {
  buffer,
  describe,
  everyRun,
  formatShape,
  isTracing,
  ModelError,
  noGrad,
  OptionError,
  type Parameter,
  ShapeError,
  sameShape,
  type Tensor,
  type TensorLike,
} from "@chainrule/core";
import { Module } from "../module/module.ts";
import type { Schedule } from "../schedules/schedule.ts";
import { clippedByNorm } from "./clip.ts";
import { Clocks } from "./clocks.ts";
import { type Group, membersOf, type OptimizerTarget, plainGroup, toGroups } from "./groups.ts";
import { type CommonOptions, completeOptions, type OptimizerOptions } from "./options.ts";
import { type Hyper, type Tensors, times, type UpdateRule } from "./rule.ts";
import { readState, writeState } from "./state.ts";
import { Updates } from "./updates.ts";

/** What is remembered of one weight, by name. */
export type Slots = Readonly<Record<string, Parameter>>;

/**
 * Changes parameters so that a loss gets smaller. Made by {@link defineOptimizer}: `SGD`, `Adam`, ….
 *
 * @example
 * const optimizer = new Adam(model, { lr: 0.001 });
 * optimizer.zeroGrad();
 * loss.backward();
 * optimizer.step();
 */
export class Optimizer<H extends Hyper = Hyper> {
  readonly rule: UpdateRule<H>;
  /** The options, defaults filled in. */
  readonly options: Readonly<H & CommonOptions>;
  #groups: readonly Group<H>[];
  #bound = false;
  readonly #clocks = new Clocks();
  readonly #updates = new Updates();
  readonly #slots = new Map<Parameter, Slots>();
  /** The learning rate that groups without one of their own have. */
  #base: Hyper["lr"];
  #iterations = 0;

  /** @internal */
  constructor(rule: UpdateRule<H>, target?: OptimizerTarget<H>, options: OptimizerOptions<H> = {}) {
    this.rule = rule;
    this.options = completeOptions(rule.name, options, rule.defaults as H & CommonOptions, ["clipNorm", "clipValue"]);
    if (this.options.clipNorm !== undefined && this.options.clipValue !== undefined)
      throw new OptionError({ where: rule.name, expected: "either clipNorm or clipValue", got: "both" });
    rule.check?.(this.options);
    this.#base = this.options.lr;
    this.#groups = [plainGroup([], this.options)];
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
    if (this.#groups.some((group) => !(group.source instanceof Module))) membersOf(this.name, this.#groups);
    this.#bound = true;
    return this;
  }

  /** The groups of parameters: their options, and their learning rate as a variable. */
  get groups(): readonly Group<H>[] {
    return this.#groups;
  }

  /** The parameters that it updates. @throws ModelError where there are none. */
  get parameters(): Parameter[] {
    return [...membersOf(this.name, this.#groups).keys()];
  }

  /** How many steps it has taken. */
  get iterations(): number {
    return this.#iterations;
  }

  /** The schedule that the learning rate follows, if it follows one. */
  get schedule(): Schedule | null {
    return typeof this.#base === "function" ? this.#base : null;
  }

  /** The learning rate: that of the last step where a schedule sets it. Setting it changes all groups in proportion. */
  get lr(): number {
    return typeof this.#base === "number" ? this.#base : this.#base(Math.max(0, this.#iterations - 1));
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

  /** Forgets the gradients of all its parameters. */
  zeroGrad(): void {
    for (const { source } of this.#groups)
      for (const parameter of source instanceof Module ? source.parameters() : source) parameter.zeroGrad();
  }

  /**
   * Updates every parameter that has a gradient; those without stay as they are.
   *
   * @throws ModelError where it has no parameters; ShapeError for a gradient of another shape than its parameter.
   */
  step(): void {
    const members = membersOf(`${this.name}.step`, this.#groups);
    const weights = [...members.keys()].filter((weight) => weight.grad !== null);
    for (const weight of weights) checkGradient(this.name, weight);
    everyRun(() => this.#advance());
    const groups = weights.map((weight) => members.get(weight)!);
    const clocks = this.#clocks.together(weights);
    const update = (...gradients: Tensor[]) => this.#update(weights, gradients, groups, clocks);
    noGrad(() => {
      if (!this.rule.pure || isTracing()) update(...weights.map((weight) => weight.grad!));
      else {
        const settings = [...new Set(groups)].flatMap(({ hyper }) => Object.values(hyper));
        this.#updates.run([...weights, ...groups, ...clocks, ...settings], weights, update);
      }
    });
  }

  /** The part of a step that is plain numbers: counts it, and takes the learning rate from the schedule. */
  #advance(): void {
    for (const { lr, hyper } of this.#groups)
      if (typeof hyper.lr === "function") lr.assign(checkedRate(this.name, hyper.lr(this.#iterations)));
    this.#iterations++;
  }

  /** The part of a step that is tensor operations. */
  #update(
    weights: readonly Parameter[],
    given: readonly Tensor[],
    groups: readonly Group<H>[],
    clocks: readonly Parameter[],
  ): void {
    const gradients = this.#clipped(given);
    for (const clock of new Set(clocks)) clock.assign(clock.add(1));
    const scalarsOf = remembering((group: Group<H>, clock: Parameter) =>
      this.rule.scalars ? this.rule.scalars(group.lr, clock, group.hyper) : { lr: group.lr },
    );
    weights.forEach((weight, i) => {
      this.#updateOne(weight, gradients[i], groups[i], scalarsOf(groups[i], clocks[i]));
    });
  }

  #updateOne(weight: Parameter, gradient: Tensor, { hyper, lr }: Group<H>, scalars: Tensors): void {
    const slots = this.#slotsOf(weight, hyper);
    let value: Tensor = weight;
    let slope = gradient;
    if (hyper.weightDecay !== 0) {
      if (this.rule.decoupledDecay) value = times(weight, lr.mul(-hyper.weightDecay).add(1));
      else slope = gradient.add(weight.mul(hyper.weightDecay));
    }
    const next = this.rule.update(value, slope, slots, scalars, hyper);
    weight.assign(next.weight);
    for (const [name, slot] of Object.entries(next.slots ?? {})) slots[name].assign(slot);
  }

  #clipped(gradients: readonly Tensor[]): readonly Tensor[] {
    const { clipNorm, clipValue } = this.options;
    if (clipNorm !== undefined) return clippedByNorm(gradients, clipNorm);
    if (clipValue !== undefined) return gradients.map((gradient) => gradient.clamp(-clipValue, clipValue));
    return gradients;
  }

  /** What is remembered of the weight, made at its first step. */
  #slotsOf(weight: Parameter, hyper: H): Slots {
    let slots = this.#slots.get(weight);
    if (!slots) {
      const initial = Object.entries(this.rule.slots?.(weight, hyper) ?? {});
      slots = Object.fromEntries(initial.map(([name, value]) => [name, buffer(value)]));
      this.#slots.set(weight, slots);
    }
    return slots;
  }

  /** Every variable that a step changes besides the parameters: what was remembered so far, counts and learning rates. */
  variables(): Parameter[] {
    const members = this.#bound ? this.parameters : [];
    const clocks = new Set(members.map((weight) => this.#clocks.of(weight)).filter((clock) => clock !== undefined));
    const slots = members.flatMap((weight) => Object.values(this.#slots.get(weight) ?? {}));
    return [...this.#groups.map((group) => group.lr), ...clocks, ...slots];
  }

  /**
   * Everything that it remembers, by name: "iterations", "lr", "groups.0.lr", and for each parameter in order "0.step" and
   * its slots, such as "0.m". The options are not among it.
   *
   * @example
   * const state = optimizer.stateDict();
   * new Adam(sameModel).loadStateDict(state);
   */
  stateDict(): Record<string, Tensor> {
    return writeState({
      iterations: this.#iterations,
      lr: this.lr,
      rates: this.#groups.map((group) => group.lr),
      weights: this.parameters.map((weight) => ({
        step: this.#clocks.of(weight),
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
    const members = membersOf(`${this.name}.loadStateDict`, this.#groups);
    const expected = [...members].map(([weight, group]) => this.rule.slots?.(weight, group.hyper) ?? {});
    const read = readState(this.name, state, this.#groups.length, expected);
    this.#iterations = read.iterations;
    if (!this.schedule) this.#base = read.lr;
    this.#groups.forEach((group, i) => {
      group.lr.assign(read.rates[i]);
    });
    const steps = new Map<Parameter, number>();
    [...members].forEach(([weight, group], i) => {
      const { step, slots } = read.weights[i];
      if (step === 0 && !this.#slots.has(weight)) return;
      const own = this.#slotsOf(weight, group.hyper);
      for (const [name, value] of Object.entries(slots)) own[name].assign(value);
      steps.set(weight, step);
    });
    this.#clocks.restore(steps);
  }
}

/** A class of optimizers: what {@link defineOptimizer} makes. */
export interface OptimizerClass<H extends Hyper = Hyper> {
  /** Without parameters, which `compile` or `bind` gives later. */
  new (options?: OptimizerOptions<H>): Optimizer<H>;
  /** For a module, a list of parameters, or groups of them. */
  new (target: OptimizerTarget<H>, options?: OptimizerOptions<H>): Optimizer<H>;
  readonly rule: UpdateRule<H>;
}

/**
 * Makes a class of optimizers of an update rule.
 *
 * @throws OptionError for a rule without a name, defaults or an update.
 *
 * @example
 * const SignSGD = defineOptimizer({
 *   name: "SignSGD",
 *   defaults: { lr: 0.001, weightDecay: 0 },
 *   update: (weight, gradient, _slots, { lr }) => ({ weight: weight.sub(gradient.sign().mul(lr.cast(weight.dtype))) }),
 * });
 * new SignSGD(model, { lr: 0.01 }).step();
 */
export function defineOptimizer<H extends Hyper>(rule: UpdateRule<H>): OptimizerClass<H> {
  if (!rule.name || typeof rule.update !== "function" || rule.defaults?.lr === undefined)
    throw new OptionError({
      where: "defineOptimizer",
      expected: "a rule with a name, defaults (lr and weightDecay among them) and an update function",
      got: describe(rule),
    });
  const Made = class extends Optimizer<H> {
    static readonly rule = rule;

    constructor(first?: OptimizerTarget<H> | OptimizerOptions<H>, second?: OptimizerOptions<H>) {
      if (isOptions(first)) {
        if (second !== undefined) throw twoOptions(rule.name);
        super(rule, undefined, first);
      } else super(rule, first, second);
    }
  };
  Object.defineProperty(Made, "name", { value: rule.name });
  return Made;
}

function isOptions<H extends Hyper>(x: OptimizerTarget<H> | OptimizerOptions<H> | undefined): x is OptimizerOptions<H> {
  return x !== undefined && x !== null && Object.getPrototypeOf(x) === Object.prototype && !(Symbol.iterator in x);
}

function twoOptions(where: string): OptionError {
  return new OptionError({
    where,
    expected: "parameters first, then options",
    got: "two objects of options",
    hint: "Groups go in a list: [{ params, lr }, …].",
  });
}

function checkedRate(where: string, lr: number): number {
  if (typeof lr === "number" && lr >= 0 && lr < Number.POSITIVE_INFINITY) return lr;
  throw new ModelError({ where: `${where}, schedule`, expected: "a learning rate of at least 0", got: describe(lr) });
}

function checkGradient(where: string, weight: Parameter): void {
  if (sameShape(weight.shape, weight.grad!.shape)) return;
  throw new ShapeError({
    where: `${where}.step`,
    expected: `a gradient in its parameter's shape, ${formatShape(weight.shape)}`,
    got: formatShape(weight.grad!.shape),
  });
}

/** The function of two objects, computed once for each pair. */
function remembering<A extends object, B extends object, R>(f: (a: A, b: B) => R): (a: A, b: B) => R {
  const known = new Map<A, Map<B, R>>();
  return (a, b) => {
    const row = known.get(a) ?? new Map<B, R>();
    const result = row.get(b) ?? f(a, b);
    known.set(a, row.set(b, result));
    return result;
  };
}
