/**
 * How losses are defined: a function of tensors becomes a loss with checks, reductions, sample weights and a name.
 */
import {
  ChainRuleError,
  checkOptions,
  DTypeError,
  describe,
  formatShape,
  OptionError,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
  Tensor,
  type TensorLike,
  ValueError,
} from "@chainrule/core";
import { type ClassOptions, checkClasses } from "./classes.ts";
import { type Domain, isOverClasses } from "./domains.ts";
import { asFloat, asPrediction, isTensorLike } from "./inputs.ts";
import { checkReduction, type LossOptions, type PerElement, reduceLosses } from "./reduce.ts";
import { registerLoss } from "./registry.ts";
import { checkValues } from "./values.ts";

/** Options of a loss that does not declare their types: numbers by name. */
export type NumberOptions = { readonly [name: string]: number | undefined };
/** The options of a loss that has none of its own. */
export type NoOptions = Readonly<Record<never, never>>;
/** A loss's own options, and those that every loss has. */
export type OptionsOf<Own extends object> = LossOptions &
  (string extends keyof Own ? Readonly<Record<string, unknown>> : Own);
/** What most losses compare. */
export type PredictionAndTarget = readonly [prediction: TensorLike, target: TensorLike];

type AsTensors<Inputs extends readonly TensorLike[]> = { [K in keyof Inputs]: Tensor };

/**
 * A loss: a function of predictions and targets that returns one number (or, with reduction "none", one for each
 * element or sample).
 */
export interface Loss<Own extends object = NoOptions, Inputs extends readonly TensorLike[] = PredictionAndTarget> {
  (...args: [...inputs: Inputs, options?: OptionsOf<Own>]): Tensor;
  /** By which `compile({ loss: … })` and {@link lossByName} find it. */
  readonly lossName: string;
  /** The inputs in their order, and what numbers each takes under the options fixed so far. */
  readonly inputs: Readonly<Record<string, Domain>>;
  /** The inputs that are data, not something to learn: no gradient is expected by them. */
  readonly given: readonly string[];
  /** The options fixed so far. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether it is one loss for the whole batch, as long as no axis is named. */
  readonly whole: boolean;
  /**
   * The same loss with options fixed: `compile({ loss: binaryFocal.with({ gamma: 1 }) })`.
   *
   * @throws OptionError for options that the loss does not know.
   */
  with(options: OptionsOf<Own>): Loss<Own, Inputs>;
  /**
   * Throws what the loss itself would for inputs and options that make no sense, and computes nothing.
   *
   * For compiled steps, which cannot look at numbers; the values of predictions are not looked at.
   * @internal
   */
  check(...args: [...inputs: Inputs, options?: OptionsOf<Own>]): void;
  /** The losses before weights and reduction. @internal */
  evaluate(...args: [...inputs: Inputs, options?: OptionsOf<Own>]): PerElement;
  /** Inputs and options to check it with, drawn from standard normals, where its domains do not say enough. @internal */
  readonly sample: ((normal: () => number) => LossSample) | undefined;
}

/** Inputs by name, and the options that belong to them. */
export interface LossSample {
  readonly inputs: Readonly<Record<string, TensorLike>>;
  readonly options?: object;
}

/** What a loss says of itself beyond its formula; everything has a default. */
export interface LossSettings<Own extends object> {
  /** The names of its own options, which are then checked before anything is computed. By default those it reads. */
  readonly options?: readonly (keyof Own & string)[];
  /** Other names that find it, Keras's string among them; they are also what a misspelt name is compared with. */
  readonly aliases?: readonly string[];
  /**
   * Its inputs in their order and the numbers that each takes, which may depend on the options.
   * By default `{ prediction: "real", target: "real" }`.
   */
  readonly inputs?: Readonly<Record<string, Domain | ((options: Own) => Domain)>>;
  /** Which inputs are data; by default "target". */
  readonly given?: readonly string[];
  /** One loss for the whole batch, so that sample weights have nothing to weigh; by default there is one for each. */
  readonly whole?: boolean;
  /** Checks of its own for shapes and options, in place of "all inputs have one shape". */
  readonly check?: (name: string, inputs: readonly Tensor[], options: Own) => void;
  /** Inputs to check it with, where random numbers in the inputs' domains will not do. */
  readonly sample?: (normal: () => number) => LossSample;
}

/** All there is to know of a loss, its types forgotten. */
interface Definition {
  readonly name: string;
  readonly perElement: (...args: unknown[]) => PerElement;
  readonly settings: LossSettings<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Domain | ((options: Record<string, unknown>) => Domain)>>;
  readonly given: readonly string[];
}

const ofEvery = ["reduction", "sampleWeight"] as const;

/**
 * Makes a loss of a function that says what one element (or one sample) costs, and registers it by its name.
 *
 * The loss then has reductions and sample weights, checks shapes and values (it never broadcasts predictions against
 * targets), and is found by `compile({ loss: name })`. Check it with {@link checkLoss}.
 *
 * @param name what to call it; `lossByName` takes it in snake_case too.
 * @param perElement gets predictions, targets and its own options, and returns the losses in tensor operations.
 * @param settings what numbers it takes, the names of its options, other names for it.
 * @throws OptionError for a name that a loss of the library has.
 *
 * @example
 * const tukey = defineLoss("tukey", (prediction, target, { c = 4.685 } = {}) => {
 *   const inside = prediction.sub(target).div(c).square().neg().add(1).relu();
 *   return inside.pow(3).neg().add(1).mul(c ** 2 / 6);
 * });
 * tukey([1, 2], [1, 9]); // 1.829
 * tukey([1, 2], [1, 9], { c: 2, reduction: "sum" }); // 0.667
 */
export function defineLoss(
  name: string,
  perElement: (prediction: Tensor, target: Tensor, options?: NumberOptions) => PerElement,
  settings?: LossSettings<NumberOptions>,
): Loss<NumberOptions>;
export function defineLoss<Own extends object>(
  name: string,
  perElement: (prediction: Tensor, target: Tensor, options: Own) => PerElement,
  settings?: LossSettings<Own>,
): Loss<Own>;
export function defineLoss<Own extends object, Inputs extends readonly TensorLike[]>(
  name: string,
  perElement: (...args: [...AsTensors<Inputs>, options: Own]) => PerElement,
  settings?: LossSettings<Own>,
): Loss<Own, Inputs>;
export function defineLoss(name: string, perElement: unknown, settings: object = {}): unknown {
  const known = ["options", "aliases", "inputs", "given", "whole", "check", "sample"];
  checkOptions(`defineLoss("${name}")`, settings, known);
  if (typeof perElement !== "function")
    throw new OptionError({
      where: `defineLoss("${name}")`,
      expected: "a function from predictions, targets and options to losses",
      got: describe(perElement),
    });
  const said = settings as LossSettings<Record<string, unknown>>;
  const definition: Definition = {
    name,
    perElement: perElement as Definition["perElement"],
    settings: said,
    inputs: said.inputs ?? { prediction: "real", target: "real" },
    given: said.given ?? ["target"],
  };
  const loss = lossOf(definition, {});
  registerLoss(loss, said.aliases);
  return loss;
}

type Options = Record<string, unknown>;

/** The loss with some options fixed. */
function lossOf(definition: Definition, fixed: Options): Loss {
  const { name, settings, inputs, given } = definition;
  const read = (args: unknown[]) => {
    const call = readArguments(definition, args);
    return { ...call, options: { ...fixed, ...call.options } };
  };
  const loss = (...args: unknown[]): Tensor => {
    const { tensors, options } = read(args);
    return reduceLosses(name, evaluate(definition, tensors, options), options);
  };
  return Object.assign(Object.defineProperty(loss, "name", { value: name }), {
    lossName: name,
    inputs: Object.fromEntries(Object.entries(inputs).map(([input, domain]) => [input, domainOf(domain, fixed)])),
    given,
    options: fixed,
    whole: settings.whole ?? false,
    sample: settings.sample,
    with: (options: Options) => {
      checkNames(definition, options);
      if (options.reduction !== undefined) checkReduction(name, options.reduction);
      return lossOf(definition, { ...fixed, ...options });
    },
    check: (...args: unknown[]) => {
      const { tensors, options } = read(args);
      prepare(definition, tensors, ownOf(options), false);
    },
    evaluate: (...args: unknown[]) => {
      const { tensors, options } = read(args);
      return evaluate(definition, tensors, options);
    },
  });
}

/** Tells inputs from options. */
function readArguments(definition: Definition, args: unknown[]): { tensors: TensorLike[]; options: Options } {
  const names = Object.keys(definition.inputs);
  const missing = names.findIndex((_, i) => !isTensorLike(args[i]));
  if (missing >= 0)
    throw new ValueError({
      where: definition.name,
      expected: `${names.length} tensors (${names.join(", ")}) and then options`,
      got: args[missing] === undefined ? `no ${names[missing]}` : `${describe(args[missing])} as ${names[missing]}`,
      hint: `Call it as ${definition.name}(${names.join(", ")}, { reduction: "mean" }).`,
    });
  const options = args[names.length] ?? {};
  checkNames(definition, options as Options);
  return { tensors: args.slice(0, names.length) as TensorLike[], options: options as Options };
}

/** Throws for options that the loss does not know, where it has said which it knows. */
function checkNames({ name, settings }: Definition, options: Options): void {
  if (settings.options) checkOptions(name, options, [...settings.options, ...ofEvery]);
  else checkOptions(name, options, Object.keys(options));
}

function domainOf(domain: Domain | ((options: Options) => Domain), options: Options): Domain {
  return typeof domain === "function" ? domain(options) : domain;
}

/** The options without those that every loss has. */
function ownOf(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([key]) => !(ofEvery as readonly string[]).includes(key)));
}

/** Checks the inputs and applies the loss's function. */
function evaluate(definition: Definition, given: readonly TensorLike[], options: Options): PerElement {
  const { name, perElement, settings } = definition;
  const own = ownOf(options);
  const inputs = prepare(definition, given, own);
  const watched = watch(own);
  const found = withName(name, () => perElement(...inputs, watched.options));
  // A loss that has not listed its options knows those that it reads.
  if (!settings.options) checkOptions(name, own, [...watched.read, ...ofEvery]);
  const losses = found instanceof Tensor ? found : found?.losses;
  if (!(losses instanceof Tensor))
    throw new DTypeError({
      where: name,
      expected: "a loss function that returns a tensor of losses",
      got: describe(found),
      hint: "Has its function a return statement?",
    });
  return found;
}

/** An error from inside the loss's function says whose function it was. */
function withName<T>(name: string, f: () => T): T {
  try {
    return f();
  } catch (error) {
    throw error instanceof ChainRuleError && !error.where.startsWith(name) ? error.inside(name) : error;
  }
}

/** The options, and the names that are read from them. */
function watch(own: Options): { options: Options; read: ReadonlySet<string> } {
  const read = new Set<string>();
  const get = (target: Options, key: string) => {
    read.add(key);
    return target[key];
  };
  return { options: new Proxy(own, { get }), read };
}

/** The inputs as tensors of one dtype, of shapes that belong together, with values that make sense. */
function prepare(definition: Definition, given: readonly TensorLike[], own: Options, predictionsToo = true): Tensor[] {
  const { name, settings } = definition;
  const roles = Object.keys(definition.inputs);
  const kinds = Object.values(definition.inputs).map((domain) => domainOf(domain, own));
  const first = asPrediction(given[0], name);
  const tensors = given.map((x, i) => (i === 0 ? first : withName(name, () => asInput(x, first, kinds[i]))));
  if (settings.check) settings.check(name, tensors, own);
  else
    tensors.forEach((x, i) => {
      if (i > 0 && !isOverClasses(kinds[i])) checkSameShape(name, roles[i], x, first, roles[0]);
    });
  return tensors.map((x, i) => {
    if (isOverClasses(kinds[i])) {
      const labels = checkClasses(name, first, x, kinds[i], own as ClassOptions);
      return x.cast(labels ? "int32" : first.dtype);
    }
    const isGiven = definition.given.includes(roles[i]);
    if (isGiven || predictionsToo) checkValues(name, roles[i], x, kinds[i], !isGiven);
    return x;
  });
}

/** Labels stay as they came, so that a fraction in them is seen. */
function asInput(x: TensorLike, first: Tensor, domain: Domain): Tensor {
  return isOverClasses(domain) && x instanceof Tensor ? x : asFloat(x, first.dtype);
}

/**
 * Throws unless an input has the predictions' shape.
 *
 * PyTorch's mse and TensorFlow.js's subtraction broadcast [64, 1] against [64] to 64 times too many losses; a loss of
 * ours never does.
 */
export function checkSameShape(name: string, role: string, x: Tensor, first: Tensor, firstRole: string): void {
  if (sameShape(x.shape, first.shape)) return;
  throw new ShapeError({
    where: name,
    expected: `${role} and ${firstRole} of the same shape`,
    got: `${role} ${formatShape(x.shape)} and ${firstRole} ${formatShape(first.shape)}`,
    hint: reshapeHint(role, x.shape, first.shape),
  });
}

function reshapeHint(role: string, shape: Shape, wanted: Shape): string {
  const never = "A loss never broadcasts one against the other.";
  if (sizeOf(shape) === sizeOf(wanted)) return `Write ${role}.reshape(${formatShape(wanted)}). ${never}`;
  if (shape.length === wanted.length - 1 && shape.every((length, axis) => length === wanted[axis]))
    return `If these are class indices, use crossEntropy or sparseCategoricalCrossEntropy, or oneHot(${role}, ${wanted.at(-1)}). ${never}`;
  return `Look at what the last layer returns: it needs as many outputs as the ${role} has numbers. ${never}`;
}
