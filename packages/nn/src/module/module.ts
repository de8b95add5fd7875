/**
 * The module: something with weights that computes, and knows its weights by name.
 *
 * Nothing is registered. A module's parts are the parameters and modules that it holds in its properties, directly or
 * in arrays, plain objects, maps and sets; every method here finds them by looking. What is in private #fields or in a
 * function's closure is not seen.
 */
import {
  asTensor,
  ChainRuleError,
  Generator,
  ModelError,
  OptionError,
  Parameter,
  type Tensor,
  type TensorLike,
} from "@chainrule/core";
import {
  describe,
  didYouMean,
  enterScope,
  formatShape,
  isPromise,
  leaveScope,
  sameShape,
  tracer,
} from "@chainrule/core/internal";
import { refuseWrites } from "../assignments.ts";
import { noteCreation } from "./creation.ts";
import { formatModule } from "./format.ts";
import { inputRangeOf } from "./forward-inputs.ts";
import { inferOutputSpec } from "./infer-output-spec.ts";
import { batchResult, type LookedAtBatch, type LookedAtLoss } from "./look-at-batch.ts";
import { snakeCase } from "./names.ts";
import { hasSymbolic, type Symbolic, SymbolicCall, type Symbols } from "./symbolic.ts";
import { isPlainObject } from "./tree.ts";
import { trial } from "./trial.ts";

/** Numbers in a module: those that training changes, those that it does not, and both together. */
export interface ParameterCount {
  readonly total: number;
  readonly trainable: number;
  /** Frozen weights, and state such as running statistics. */
  readonly nonTrainable: number;
}

/** The module whose `forward` is running, innermost; null outside of any. */
let running: Module<unknown> | null = null;
/** The number of forward passes so far: calls of a module from outside of any other. */
let forwardPasses = 0;
/** Called after every call of a module, as long as {@link withForwardHook} runs. */
let forwardHook: ForwardHook | null = null;

/** Sees calls of modules begin and end; one that throws does not end. */
export interface CallWatcher {
  /** @param title what error messages call the module. */
  begin(module: Module<unknown>, inputs: readonly Tensor[], title: () => string): void;
  end(module: Module<unknown>, output: unknown): void;
}

/** The watcher at work; null where nobody watches. */
let callWatcher: CallWatcher | null = null;

/** Runs `f`, in which every call of a module is shown to a watcher. */
export function withCallWatcher<T>(watcher: CallWatcher, f: () => T): T {
  const before = callWatcher;
  callWatcher = watcher;
  try {
    return f();
  } finally {
    callWatcher = before;
  }
}

/** Is told what a call returned, and what error messages call the module. Inner modules come before outer ones. */
export type ForwardHook = (module: Module<unknown>, output: unknown, inputs: readonly Tensor[], title: string) => void;

/** Runs `f`, and calls `hook` after every call of a module meanwhile. */
export function withForwardHook<T>(hook: ForwardHook, f: () => T): T {
  const before = forwardHook;
  forwardHook = hook;
  try {
    return f();
  } finally {
    forwardHook = before;
  }
}

/**
 * Base class of layers and models. Write `forward`, hold the parts in properties, and call it with `call`.
 *
 * @example
 * class Net extends Module {
 *   fc1 = new Linear(4, 16);
 *   fc2 = new Linear(16, 3);
 *   forward(x: Tensor) {
 *     return this.fc2.call(this.fc1.call(x).relu());
 *   }
 * }
 * const net = new Net();
 * net.call(randn([8, 4])); // shape [8, 3]
 * [...net.namedParameters().keys()]; // ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
 */
export abstract class Module<Output = Tensor> {
  /** Whether layers that behave differently in training (dropout, batch normalisation) do so now. */
  training = true;
  /** Whether it is frozen: see {@link freeze}, which sets it. */
  readonly isFrozen: boolean = false;
  #name: string | undefined;
  /** The forward pass of the last call. */
  #lastPass = 0;
  #addedPenalty: { pass: number; penalty: Tensor } | null = null;

  constructor() {
    refuseWrites(new.target);
    noteCreation(this);
  }

  /** What it computes. Called by `call`, which is what everybody else calls. */
  abstract forward(...inputs: Tensor[]): Output;

  /**
   * What the constructor was given, so that another one can be made: a saved model is rebuilt with it. To be said by
   * classes whose constructor has parameters.
   */
  protected constructorArguments(): readonly unknown[] {
    return [];
  }

  /** The name in error messages and summaries: by default the class's in snake case. */
  get name(): string {
    return this.#name ?? snakeCase(this.constructor.name);
  }

  /** @throws OptionError for what is no text, and for an empty one. */
  set name(name: string) {
    if (typeof name !== "string" || name === "")
      throw new OptionError({ where: `${this.title()}, name`, expected: "a text", got: describe(name) });
    this.#name = name;
  }

  /** What error messages call it before its name. */
  protected get kind(): string {
    return "module";
  }

  /**
   * Computes the output. Called on symbolic inputs, it records the call in a graph and returns symbolic outputs.
   *
   * @throws what `forward` throws; errors of this library then name the module.
   */
  call(...inputs: TensorLike[]): Output;
  call(...inputs: (TensorLike | Symbolic)[]): Symbols<Output>;
  call(...inputs: (TensorLike | Symbolic)[]): Output | Symbols<Output> {
    return hasSymbolic(inputs) ? (this.symbolicCall(inputs) as Symbols<Output>) : this.#compute(inputs as TensorLike[]);
  }

  #compute(inputs: readonly TensorLike[]): Output {
    const outer = running;
    if (outer === null) forwardPasses++;
    running = this;
    const around = enterScope(this);
    this.#lastPass = forwardPasses;
    // What is compiled of a module holds for its mode, and for what else it holds in its properties.
    tracer?.state?.dependsOn(this);
    try {
      if (inputs.length > this.forward.length) this.#refuseSurplus(inputs.length);
      const tensors = inputs.map((input) => asTensor(input, "input"));
      this.prepare(tensors);
      callWatcher?.begin(this, tensors, () => this.title(outer));
      const output = this.forward(...tensors);
      callWatcher?.end(this, output);
      this.finish(output, tensors);
      forwardHook?.(this, output, tensors, this.title(outer));
      return output;
    } catch (error) {
      const isMissing = inputs.length < this.forward.length && isOfUndefined(error);
      const own = isMissing ? wrongCount(this.forward.length, inputs.length) : error;
      throw own instanceof ChainRuleError ? own.inside(this.title(outer)) : own;
    } finally {
      running = outer;
      leaveScope(around);
    }
  }

  /** An input that `forward` has no parameter for would be lost. */
  #refuseSurplus(count: number): void {
    const { most } = inputRangeOf(this.forward);
    if (count > most) throw wrongCount(most, count);
  }

  /** Records a call with symbolic tensors among its arguments; returns symbolic tensors in place of tensors. */
  protected symbolicCall(args: readonly unknown[]): unknown {
    try {
      return new SymbolicCall(this, args, this.computeOutputSpec(args)).result;
    } catch (error) {
      const title = this.title();
      throw error instanceof ChainRuleError && !error.where.startsWith(title) ? error.inside(title) : error;
    }
  }

  /** The specs of what a call with symbolic tensors among its arguments returns; by default found on zeros. */
  protected computeOutputSpec(args: readonly unknown[]): unknown {
    return inferOutputSpec(this, args);
  }

  /** What happens before `forward`, for example checks of the inputs. */
  protected prepare(_inputs: readonly Tensor[]): void {}

  /** What happens after `forward`, for example checks of the output. */
  protected finish(output: Output, _inputs: readonly Tensor[]): void {
    if (output === undefined || isPromise(output))
      throw new ModelError({
        where: "forward",
        expected: "a result",
        got: describe(output),
        hint: output === undefined ? "Is a return missing in forward?" : "forward cannot be async.",
      });
  }

  /** `layer "dense_1" (Dense)`; without a name of its own it goes by its path in the module that calls it. */
  protected title(caller: Module<unknown> | null = null): string {
    const path = this.#name ?? caller?.namedModules().find(([, module]) => module === this)?.[0];
    return `${this.kind} "${path || this.name}" (${this.constructor.name})`;
  }

  /**
   * Computes a batch for someone who looks at how: `[x]` the prediction, `[x, y]` the loss. What it changes is undone.
   * @internal
   */
  lookAtBatch<T>(where: string, batch: LookedAtBatch, loss: LookedAtLoss, look: (result: Tensor) => T): T {
    return trial(this, () => look(this.batchResult(where, batch, loss)));
  }

  /** The loss of a batch, or without targets the prediction. */
  protected batchResult(where: string, batch: LookedAtBatch, loss: LookedAtLoss): Tensor {
    return batchResult(where, this, batch, loss);
  }

  // Parts

  /** This module and all within it, by the path that leads there; its own path is empty. */
  namedModules(): [path: string, module: Module<unknown>][] {
    const found: [string, Module<unknown>][] = [["", this]];
    for (const [path, member] of membersOf(this)) if (member instanceof Module) found.push([path, member]);
    return found;
  }

  /** This module and all within it, each once. */
  modules(): Module<unknown>[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** The weights by name, such as "layers.0.kernel", frozen ones too; a shared one once, by its first name. */
  namedParameters(): Map<string, Parameter> {
    return variablesOf(this, (variable) => !variable.isBuffer);
  }

  /**
   * The weights, frozen ones too, each once: what an optimizer is given.
   *
   * @throws ModelError while a layer has not made its weights, since they would be missing.
   */
  parameters(): Parameter[] {
    for (const [path, module] of this.namedModules()) if (module.lacksWeights) throw this.#unmade(path, module);
    return [...this.namedParameters().values()];
  }

  #unmade(path: string, module: Module<unknown>): ModelError {
    return new ModelError({
      where: `parameters, ${this.title()}`,
      expected: "weights that have been made",
      got: `${module.title()}${path ? ` at ${path}` : ""}, which makes its own when it knows the shape of its input`,
      hint: "Say it by inputDim or inputShape of the first layer, or call the model on data once; or give the optimizer the model itself, which it asks at each step: new Adam(model).",
    });
  }

  /** Whether there are weights that it will make when it knows the shape of its input. @internal */
  get lacksWeights(): boolean {
    return false;
  }

  /** State that is no weight, such as running statistics, by name: what was made with `buffer()`. */
  namedBuffers(): Map<string, Parameter> {
    return variablesOf(this, (variable) => variable.isBuffer);
  }

  /** State that is no weight, such as running statistics: what was made with `buffer()`. */
  buffers(): Parameter[] {
    return [...this.namedBuffers().values()];
  }

  /** How many numbers it has; `total` counts weights and state, as Keras's summary does. */
  countParameters(): ParameterCount {
    let trainable = 0;
    let nonTrainable = 0;
    for (const variable of variablesOf(this).values())
      if (variable.requiresGrad) trainable += variable.size;
      else nonTrainable += variable.size;
    return { total: trainable + nonTrainable, trainable, nonTrainable };
  }

  // Modes

  /** Switches this module and all within it to training, or with `false` to evaluation. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Switches this module and all within it to evaluation: nothing is dropped, statistics stay as they are. */
  eval(): this {
    return this.train(false);
  }

  // Freezing

  /**
   * Keeps training from changing this module and all within it, as `trainable = false` does in Keras: its weights get no
   * gradient, no optimizer moves them, whenever it was made, and batch normalisation keeps its statistics and uses them.
   * Weights that layers make later are frozen, too. Dropout goes on dropping: for that there is `eval`.
   *
   * @example
   * const encoder = new Dense({ units: 8, inputDim: 4 });
   * const model = new Sequential([encoder.freeze(), new Dense(1)]);
   * model.countParameters(); // { total: 49, trainable: 9, nonTrainable: 40 }
   * encoder.unfreeze();
   */
  freeze(): this {
    return this.#setFrozen(true);
  }

  /** Lets training change this module and all within it, each weight of them. */
  unfreeze(): this {
    return this.#setFrozen(false);
  }

  /** Whether training may change it. Setting it is {@link freeze} and {@link unfreeze}. */
  get trainable(): boolean {
    return !this.isFrozen;
  }

  /** @throws OptionError for what is not true or false. */
  set trainable(trainable: boolean) {
    if (typeof trainable !== "boolean")
      throw new OptionError({
        where: `${this.title()}, trainable`,
        expected: "true or false",
        got: describe(trainable),
      });
    this.#setFrozen(!trainable);
  }

  #setFrozen(frozen: boolean): this {
    for (const module of this.modules()) (module as { isFrozen: boolean }).isFrozen = frozen;
    for (const parameter of this.namedParameters().values()) {
      parameter.requiresGrad = !frozen;
      if (frozen) parameter.zeroGrad();
    }
    return this;
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.namedParameters().values()) parameter.zeroGrad();
  }

  // State

  /**
   * The values of all weights and state by name. Values never change, so that this is a snapshot and costs nothing.
   *
   * @example
   * const best = model.stateDict();
   * // … train on …
   * model.loadStateDict(best);
   */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries([...variablesOf(this)].map(([name, variable]) => [name, variable.detach()]));
  }

  /**
   * Replaces the values of all weights and state. Either all are replaced or none.
   *
   * @throws ModelError where names are missing or unexpected, or shapes differ; all of them are listed.
   */
  loadStateDict(state: Readonly<Record<string, TensorLike>>): void {
    if (!isPlainObject(state))
      throw new ModelError({
        where: `${this.title()}, loadStateDict`,
        expected: "an object of values by name, as stateDict gives it",
        got: describe(state),
      });
    const variables = variablesOf(this);
    const values = new Map(Object.entries(state).map(([name, value]) => [name, asTensor(value, name, "float64")]));
    checkState(variables, values);
    for (const [name, variable] of variables) variable.assign(values.get(name)!);
  }

  /**
   * What is neither weights nor buffers and yet decides how training goes on, for checkpoints: the states of the generators
   * that it holds in its properties, directly or in arrays and plain objects. Override it for other things, such as
   * counters, in numbers, texts, tensors, and lists and objects of these; as PyTorch's `get_extra_state`.
   *
   * @example
   * class Counting extends Layer {
   *   calls = 0;
   *   forward(x: Tensor) {
   *     everyRun(() => {
   *       this.calls++;
   *       return () => this.calls--;
   *     });
   *     return x;
   *   }
   *   override extraState() {
   *     return { ...super.extraState(), calls: this.calls };
   *   }
   *   override loadExtraState({ calls, ...others }: { calls: number }) {
   *     super.loadExtraState(others);
   *     this.calls = calls;
   *   }
   * }
   */
  extraState(): Record<string, unknown> {
    return Object.fromEntries([...generatorsOf(this)].map(([name, { state }]) => [name, state]));
  }

  /** Goes on from what {@link extraState} gave. @throws ModelError, ValueError for what it did not give. */
  loadExtraState(state: Readonly<Record<string, unknown>>): void {
    const generators = generatorsOf(this);
    if (typeof state !== "object" || state === null)
      throw new ModelError({ where: this.title(), expected: "what extraState() gave", got: describe(state) });
    const other =
      Object.keys(state).find((name) => !generators.has(name)) ??
      [...generators.keys()].find((name) => !Object.hasOwn(state, name));
    if (other !== undefined)
      throw new ModelError({
        where: this.title(),
        expected: `the states of its generators (${[...generators.keys()].join(", ") || "none"})`,
        got: Object.keys(state).join(", ") || "none",
      });
    for (const [name, generator] of generators) generator.state = state[name] as Generator["state"];
  }

  /** Its parts as an indented list, with the shapes of weights and state. */
  toString(): string {
    return formatModule(this);
  }

  /** How Node's console shows it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  // Penalties

  /**
   * What is added to the loss besides the data's: the regularisers of this module and all within it, and what they
   * added with `addPenalty` in the last call. Null where there is nothing to add.
   */
  penalty(): Tensor | null {
    const parts = this.modules().flatMap((module) => module.#penaltiesSince(this.#lastPass));
    return parts.length === 0 ? null : parts.reduce((total, part) => total.add(part));
  }

  /** The penalties of this module's own weights. */
  protected ownPenalties(): Tensor[] {
    return [];
  }

  /**
   * Adds a scalar to the loss from within `forward`, as Keras's `add_loss` does.
   *
   * @example
   * class Sparse extends Module {
   *   forward(x: Tensor) {
   *     this.addPenalty(x.abs().mean().mul(0.01));
   *     return x;
   *   }
   * }
   */
  protected addPenalty(penalty: Tensor): void {
    const before = this.#addedPenalty?.pass === forwardPasses ? this.#addedPenalty.penalty : null;
    this.#addedPenalty = { pass: forwardPasses, penalty: before ? before.add(penalty) : penalty };
  }

  /** Without what was added in an earlier forward pass: its graph is gone. */
  #penaltiesSince(pass: number): Tensor[] {
    // As in Keras, weights that do not change are not penalised.
    const own = this.isFrozen ? [] : this.ownPenalties();
    return this.#addedPenalty && this.#addedPenalty.pass >= pass ? [...own, this.#addedPenalty.penalty] : own;
  }
}

/** What a module finds in its properties. */
type Member = Parameter | Module<unknown>;

/** Every parameter and module within `owner`, each once, by the path of properties that leads there. */
function membersOf(
  owner: object,
  prefix = "",
  seen = new Set<object>([owner]),
  found: [string, Member][] = [],
): [path: string, member: Member][] {
  const visit = (key: string, value: unknown) => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    const isMember = value instanceof Parameter || value instanceof Module;
    if (!isMember && !isContainer(value)) return;
    seen.add(value);
    if (isMember) found.push([prefix + key, value]);
    if (!(value instanceof Parameter)) membersOf(value, `${prefix}${key}.`, seen, found);
  };
  if (owner instanceof Map) for (const [key, value] of owner) visit(String(key), value);
  else {
    const record = (owner instanceof Set ? [...owner] : owner) as Record<string, unknown>;
    for (const key of Object.keys(record)) visit(key, record[key]);
  }
  return found;
}

/** Whether an error is what comes of an input that is not there. */
function isOfUndefined(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof ChainRuleError && error.got === "undefined");
}

/** The error for inputs that are not those of `forward`. */
function wrongCount(expected: number, got: number): ModelError {
  return new ModelError({
    where: "call",
    expected: expected === 1 ? "one input" : `${numeral(expected)} inputs, the parameters of forward`,
    got: numeral(got),
    hint:
      got > expected && expected === 1 ? "Rows of one input are one tensor: tensor(rows), or stack(rows)." : undefined,
  });
}

function numeral(count: number): string {
  return ["none", "one", "two", "three", "four"][count] ?? `${count}`;
}

/** The generators in the properties of an object, but not those of modules within it. */
function generatorsOf(
  owner: object,
  prefix = "",
  seen = new Set<object>([owner]),
  found = new Map<string, Generator>(),
): Map<string, Generator> {
  for (const [key, value] of Object.entries(owner)) {
    if (value instanceof Generator) found.set(prefix + key, value);
    else if (
      typeof value === "object" &&
      value !== null &&
      !seen.has(value) &&
      (Array.isArray(value) || isPlainObject(value))
    ) {
      seen.add(value);
      generatorsOf(value, `${prefix}${key}.`, seen, found);
    }
  }
  return found;
}

function isContainer(value: object): boolean {
  return Array.isArray(value) || value instanceof Map || value instanceof Set || isPlainObject(value);
}

function variablesOf(owner: object, wanted: (variable: Parameter) => boolean = () => true): Map<string, Parameter> {
  const found = new Map<string, Parameter>();
  for (const [path, member] of membersOf(owner))
    if (member instanceof Parameter && wanted(member)) found.set(path, member);
  return found;
}

/** Throws unless both sides have the same names, with the same shapes. */
function checkState(variables: ReadonlyMap<string, Parameter>, values: ReadonlyMap<string, Tensor>): void {
  const missing = [...variables.keys()].filter((name) => !values.has(name));
  const unexpected = [...values.keys()].filter((name) => !variables.has(name));
  if (missing.length > 0 || unexpected.length > 0)
    throw new ModelError({
      where: "loadStateDict",
      expected: `the names of this module's ${variables.size} weights and buffers`,
      got: [list("no ", missing), list("also ", unexpected)].filter(Boolean).join(", and "),
      hint: hintForNames(missing, unexpected, variables),
    });
  const wrong = [...variables].filter(([name, variable]) => !sameShape(variable.shape, values.get(name)!.shape));
  if (wrong.length > 0)
    throw new ModelError({
      where: "loadStateDict",
      expected: wrong.map(([name, variable]) => `${name} of shape ${formatShape(variable.shape)}`).join(", "),
      got: wrong.map(([name]) => formatShape(values.get(name)!.shape)).join(", "),
    });
}

function list(before: string, names: readonly string[]): string {
  const shown = names.slice(0, 8).join(", ");
  return names.length === 0 ? "" : `${before}${shown}${names.length > 8 ? ` (and ${names.length - 8} more)` : ""}`;
}

function hintForNames(
  missing: readonly string[],
  unexpected: readonly string[],
  variables: ReadonlyMap<string, Parameter>,
) {
  if (variables.size === 0) return "It has no weights yet: give its first layer inputDim, or call it once.";
  return unexpected.length > 0
    ? didYouMean(unexpected[0], missing.length > 0 ? missing : [...variables.keys()])
    : undefined;
}
