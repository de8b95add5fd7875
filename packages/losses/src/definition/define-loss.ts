/**
 * How losses are defined: a function of tensors becomes a loss with checks, reductions, sample weights and a name.
 */
import {
  ChainRuleError,
  DTypeError,
  normalizeAxis,
  OptionError,
  Tensor,
  type TensorLike,
  ValueError,
} from "@chainrule/core";
import { checkOptions, checkText, describe, enterScope, leaveScope, lookUp } from "@chainrule/core/internal";
import { type ClassOptions, checkClasses, isLabels } from "../inputs/class-targets.ts";
import { type Domain, domains, isClassDomain } from "../inputs/domains.ts";
import { axesOf, leaveOut, uncounted, weightless } from "../inputs/left-out.ts";
import { checkSameShape } from "../inputs/shapes.ts";
import { asFloat, asPrediction, isTensorLike } from "../inputs/tensors.ts";
import { checkValues } from "../inputs/values.ts";
import { refuseSwapped } from "./argument-order.ts";
import type { Loss, LossSettings, NumberOptions } from "./loss.ts";
import { checkReduction, type PerElement, reduceLosses } from "./reduction.ts";
import { registerLoss } from "./registry.ts";
import { lossWatcher } from "./watcher.ts";

type AsTensors<Inputs extends readonly TensorLike[]> = { [K in keyof Inputs]: Tensor };

/** All there is to know of a loss, its types forgotten. */
interface Definition {
  readonly name: string;
  readonly perElement: (...args: unknown[]) => PerElement;
  readonly settings: LossSettings<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Domain | ((options: Record<string, unknown>) => Domain)>>;
  readonly given: readonly string[];
}

const commonOptions = ["reduction", "sampleWeight"] as const;

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
  const known = ["options", "aliases", "inputs", "given", "whole", "reduces", "shared", "check", "sample", "formula"];
  checkText("defineLoss", "the loss's name, which comes first", name);
  checkOptions(`defineLoss("${name}")`, settings, known);
  if (typeof perElement !== "function")
    throw new OptionError({
      where: `defineLoss("${name}")`,
      expected: "a function from predictions, targets and options to losses",
      got: describe(perElement),
    });
  const declared = settings as LossSettings<Record<string, unknown>>;
  if (!declared.options && !declared.inputs) refuseSwapped(`defineLoss("${name}")`, perElement);
  const { formula } = declared;
  if (formula !== undefined && (typeof formula?.text !== "string" || typeof formula.tex !== "string"))
    throw new OptionError({
      where: `defineLoss("${name}"), formula`,
      expected: "its text and its TeX: { text, tex }",
      got: describe(formula),
    });
  const definition: Definition = {
    name,
    perElement: perElement as Definition["perElement"],
    settings: declared,
    inputs: declared.inputs ?? { prediction: "real", target: "real" },
    given: declared.given ?? ["target"],
  };
  checkInputs(definition);
  const loss = makeLoss(definition, {});
  registerLoss(loss, declared.aliases);
  return loss;
}

type Options = Record<string, unknown>;

/** Throws for a kind of numbers that there is not, and for data that is none of the inputs. */
function checkInputs({ name, inputs, given, settings }: Definition): void {
  const where = `defineLoss("${name}")`;
  if (typeof inputs !== "object" || inputs === null || Object.keys(inputs).length === 0)
    throw new OptionError({
      where: `${where}, inputs`,
      expected: 'its inputs in order, and what numbers each takes: { prediction: "real", target: "real" }',
      got: describe(inputs),
    });
  for (const [input, domain] of Object.entries(inputs))
    if (typeof domain !== "function") lookUp(`${where}, inputs, ${input}`, domains, domain);
  if (settings.given === undefined) return;
  const unknown = Array.isArray(given) ? given.findIndex((input) => !Object.hasOwn(inputs, input)) : 0;
  if (unknown >= 0)
    throw new OptionError({
      where: `${where}, given`,
      expected: `a list of names of its inputs: ${Object.keys(inputs).join(", ")}`,
      got: describe(Array.isArray(given) ? given[unknown] : given),
    });
}

/** The loss with some options fixed. */
function makeLoss(definition: Definition, fixed: Options): Loss {
  const { name, settings, inputs, given } = definition;
  const read = (args: unknown[]) => {
    const call = readArguments(definition, args);
    return { ...call, options: { ...fixed, ...call.options } };
  };
  const loss = (...args: unknown[]): Tensor => {
    const { tensors, options } = read(args);
    const compute = () => reduceLosses(name, evaluate(definition, tensors, options), options);
    const around = enterScope(loss);
    try {
      return lossWatcher === null ? compute() : watched(definition, tensors, options, compute);
    } finally {
      leaveScope(around);
    }
  };
  return Object.assign(Object.defineProperty(loss, "name", { value: name }), {
    lossName: name,
    inputs: Object.fromEntries(Object.entries(inputs).map(([input, domain]) => [input, resolveDomain(domain, fixed)])),
    given,
    options: fixed,
    optionNames: settings.options,
    whole: settings.whole ?? false,
    sample: settings.sample,
    formula: settings.formula,
    with: (options: Options) => {
      checkNames(definition, options);
      if (options.reduction !== undefined) checkReduction(name, options.reduction);
      return makeLoss(definition, { ...fixed, ...options });
    },
    evaluate: (...args: unknown[]) => {
      const { tensors, options } = read(args);
      return evaluate(definition, tensors, options);
    },
  });
}

/** Computes a loss before the eyes of whoever watches. */
function watched(
  definition: Definition,
  given: readonly TensorLike[],
  options: Options,
  compute: () => Tensor,
): Tensor {
  const own = ownOptions(options);
  const inputs = Object.entries(definition.inputs).map(([role, domain], i) => ({
    role,
    domain: resolveDomain(domain, own),
    isGiven: definition.given.includes(role),
    value: given[i],
  }));
  const done = lossWatcher!({ name: definition.name, inputs, options });
  const output = compute();
  done(output);
  return output;
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

/** Throws for options that the loss does not know, where it has declared which it knows. */
function checkNames({ name, settings }: Definition, options: Options): void {
  if (settings.options) checkOptions(name, options, [...settings.options, ...commonOptions]);
  else checkOptions(name, options, Object.keys(options));
}

function resolveDomain(domain: Domain | ((options: Options) => Domain), options: Options): Domain {
  return typeof domain === "function" ? domain(options) : domain;
}

/** The options without those that every loss has. */
function ownOptions(options: Options): Options {
  return Object.fromEntries(
    Object.entries(options).filter(([key]) => !(commonOptions as readonly string[]).includes(key)),
  );
}

/** Checks the inputs and applies the loss's function. */
function evaluate(definition: Definition, given: readonly TensorLike[], options: Options): PerElement {
  const { name, perElement, settings } = definition;
  const own = ownOptions(options);
  const inputs = prepareInputs(definition, given, own, options.sampleWeight as TensorLike | undefined);
  const recorded = recordReads(own);
  const found = nameErrors(name, () => perElement(...inputs, recorded.options));
  // A loss that has not listed its options knows those that it reads.
  if (!settings.options) checkOptions(name, own, [...recorded.read, ...commonOptions]);
  const losses = found instanceof Tensor ? found : found?.losses;
  if (!(losses instanceof Tensor))
    throw new DTypeError({
      where: name,
      expected: "a loss function that returns a tensor of losses",
      got: describe(found),
      hint: "Has its function a return statement, and no async?",
    });
  return found;
}

/** An error from inside the loss's function says whose function it was. */
function nameErrors<T>(name: string, f: () => T): T {
  try {
    return f();
  } catch (error) {
    throw error instanceof ChainRuleError && !error.where.startsWith(name) ? error.inside(name) : error;
  }
}

/** The options, and the names that are read from them. */
function recordReads(own: Options): { options: Options; read: ReadonlySet<string> } {
  const read = new Set<string>();
  const get = (target: Options, key: string) => {
    read.add(key);
    return target[key];
  };
  return { options: new Proxy(own, { get }), read };
}

/**
 * The inputs as tensors of one dtype, of shapes that belong together, with values that make sense; harmless ones where
 * they do not count.
 */
function prepareInputs(
  definition: Definition,
  given: readonly TensorLike[],
  own: Options,
  sampleWeight?: TensorLike,
): Tensor[] {
  const { name, settings } = definition;
  const roles = Object.keys(definition.inputs);
  const kinds = Object.values(definition.inputs).map((domain) => resolveDomain(domain, own));
  const first = asPrediction(given[0], name);
  const tensors = given.map((x, i) => (i === 0 ? first : nameErrors(name, () => asInput(x, first, kinds[i]))));
  if (settings.check) settings.check(name, tensors, own);
  else
    tensors.forEach((x, i) => {
      if (i > 0 && !isClassDomain(kinds[i])) checkSameShape(name, roles[i], x, first, roles[0]);
    });
  const weighed =
    sampleWeight === undefined ? tensors : leaveOutWeightless(definition, tensors, kinds, own, sampleWeight);
  const targets = weighed.map((x, i) => {
    if (!isClassDomain(kinds[i])) return x;
    const labels = checkClasses(name, first, x, kinds[i], own as ClassOptions);
    return x.cast(labels ? "int32" : first.dtype);
  });
  const counting = leaveOutUncounted(targets, kinds, own as ClassOptions);
  counting.forEach((x, i) => {
    const isGiven = definition.given.includes(roles[i]);
    if (!isClassDomain(kinds[i])) checkValues(name, roles[i], x, kinds[i], !isGiven);
  });
  return counting;
}

/** The inputs, harmless where the loss has weight 0. */
function leaveOutWeightless(
  { inputs, settings }: Definition,
  tensors: readonly Tensor[],
  kinds: readonly Domain[],
  own: Options,
  sampleWeight: TensorLike,
): readonly Tensor[] {
  const [first] = tensors;
  const gone = axesWithoutLoss(settings, own, first.rank);
  const left = weightless(sampleWeight, first, gone);
  if (!left) return tensors;
  const shared = settings.shared?.(own) ?? [];
  const roles = Object.keys(inputs);
  return tensors.map((x, i) =>
    shared.includes(roles[i]) ? x : leaveOut(x, kinds[i], left, gone ?? [], first.shape[gone?.[0] ?? 0]),
  );
}

/** The axes of the first input that the losses lack; null for a loss that does not say which options it has. */
function axesWithoutLoss({ reduces, options }: Definition["settings"], own: Options, rank: number) {
  if (reduces) return reduces(own, rank);
  if (!options) return null;
  return options.includes("axis") ? axesOf((own.axis as number | undefined) ?? -1, rank) : [];
}

/** The predictions, harmless where their label does not count. */
function leaveOutUncounted(inputs: readonly Tensor[], kinds: readonly Domain[], own: ClassOptions): Tensor[] {
  const labels = inputs.find((x, i) => isClassDomain(kinds[i]) && isLabels(x));
  const left = labels && uncounted(labels, own.classWeight, own.ignoreIndex);
  if (!left) return [...inputs];
  const axis = normalizeAxis("axis", own.axis ?? -1, inputs[0].rank);
  const spread = left.unsqueeze(axis);
  return inputs.map((x, i) => (isClassDomain(kinds[i]) ? x : leaveOut(x, kinds[i], spread, [axis], x.shape[axis])));
}

/** Labels stay as they came, so that a fraction in them is seen. */
function asInput(x: TensorLike, first: Tensor, domain: Domain): Tensor {
  return isClassDomain(domain) && x instanceof Tensor ? x : asFloat(x, first.dtype);
}
