/**
 * The options of layers: a table says what each may be, and from it a layer has the names that it knows and the checks of
 * their values.
 */
import { Generator, isFloat, OptionError, ValueError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { isActivationName, toActivation } from "../activations.ts";
import { type ConstraintLike, toConstraint } from "../constrained.ts";
import { type InitializerLike, toInitializer } from "../initializers/by-name.ts";
import { isPlainObject } from "../module/tree.ts";
import { checkCount, checkNotNegative } from "../number-checks.ts";
import { type RegularizerLike, toRegularizer } from "../regularizers.ts";

/** What every layer's options may hold. */
export interface LayerOptions {
  /** By default the class's name in snake case; `Sequential` numbers equal ones. */
  name?: string;
  /** The input's shape without the batch axis; null for a length that varies. Needed only to make weights early. */
  inputShape?: readonly (number | null)[];
  /** `inputDim: 4` is short for `inputShape: [4]`. */
  inputDim?: number;
  /** Of the weights; by default the default float dtype at the time they are made. */
  dtype?: "float32" | "float64";
  /** Where random numbers come from; by default the generator that `manualSeed` seeds. */
  generator?: Generator;
  /** False for weights that training does not change: the layer is frozen, see {@link Module.freeze}. */
  trainable?: boolean;
  /** A penalty on the output, divided by the number of examples. */
  activityRegularizer?: RegularizerLike;
}

/** How a layer's kernel and bias start, and what they are penalised by. */
export interface KernelOptions {
  /** Whether to add a bias; true by default. */
  useBias?: boolean;
  /** Of the kernel or kernels, each by itself; "glorot_uniform" by default. */
  kernelInitializer?: InitializerLike;
  /** Of the bias; "zeros" by default. */
  biasInitializer?: InitializerLike;
  kernelRegularizer?: RegularizerLike;
  biasRegularizer?: RegularizerLike;
  /** What the kernel or kernels are held to after each step of an optimizer, such as `maxNorm()`. */
  kernelConstraint?: ConstraintLike;
  biasConstraint?: ConstraintLike;
}

/** Throws for what an option cannot be; undefined stands for an option that is not given. */
export type OptionCheck = (where: string, name: string, value: unknown) => void;

/**
 * What each of a layer's own options may be. The type wants every option of the interface, and no other, so that none
 * can be forgotten.
 */
export type OptionTable<Options, Inherited = LayerOptions> = Readonly<
  Record<Exclude<keyof Options, keyof Inherited>, OptionCheck>
>;

type Checks = Readonly<Record<string, OptionCheck>>;

/** A layer's own options as its base class takes them: a table, or their names alone. */
export type OwnOptions = Checks | readonly string[];

/** For options that the layer checks itself, because it must know others for it. */
export const unchecked: OptionCheck = () => {};

/** True, false, or not said. */
export const flag: OptionCheck = optional((where, name, value) => {
  if (typeof value !== "boolean")
    throw new OptionError({ where, expected: `${name} as true or false`, got: describe(value) });
});

/** What is told apart in messages and summaries. */
const text: OptionCheck = optional((where, name, value) => {
  if (typeof value !== "string" || value === "")
    throw new OptionError({ where, expected: `${name} as a text`, got: describe(value) });
});

/** A whole number of at least 1, always needed. */
export const count: OptionCheck = (where, name, value) =>
  checkCount(where, name, value, 1, { ErrorClass: OptionError });
/** What turns a tensor into another by name or function, or nothing. */
export const activation: OptionCheck = (_where, _name, value) => toActivation(value as never);
/** How weights start. */
export const initializer: OptionCheck = optional((_where, name, value) => toInitializer(value as never, name));
/** A penalty on weights or outputs, or none. */
export const regularizer: OptionCheck = (_where, _name, value) => toRegularizer(value as never);

/** What weights are held to, or nothing. */
export const constraint: OptionCheck = (_where, _name, value) => toConstraint(value as never);

/** What keeps a division finite. */
export const epsilon: OptionCheck = optional(checkNotNegative);

/** The share that dropout drops. */
export const dropoutRate: OptionCheck = (where, name, value) => {
  if (typeof value === "number" && value >= 0 && value < 1) return;
  throw new ValueError({
    where,
    expected: `${name} from 0 up to but not including 1`,
    got: describe(value),
    hint: "It is the share that is dropped.",
  });
};

/** What {@link KernelOptions} may be. */
export const kernelOptions: Readonly<Record<keyof KernelOptions, OptionCheck>> = {
  useBias: flag,
  kernelInitializer: initializer,
  biasInitializer: initializer,
  kernelRegularizer: regularizer,
  biasRegularizer: regularizer,
  kernelConstraint: constraint,
  biasConstraint: constraint,
};

const dtype: OptionCheck = optional((where, _name, value) => {
  if (!isFloat(value as never))
    throw new OptionError({ where, expected: 'dtype "float32" or "float64"', got: describe(value) });
});

/** The check for an option that need not be given. */
export function optional(check: OptionCheck): OptionCheck {
  return (where, name, value) => {
    if (value !== undefined) check(where, name, value);
  };
}

/** What {@link LayerOptions} may be. */
export const layerOptions: Readonly<Record<keyof LayerOptions, OptionCheck>> = {
  name: text,
  inputShape: unchecked,
  inputDim: unchecked,
  dtype,
  generator: optional((where, name, value) => {
    if (!(value instanceof Generator))
      throw new OptionError({ where, expected: `${name} as a Generator`, got: describe(value) });
  }),
  trainable: flag,
  activityRegularizer: regularizer,
};

/** Several sources of own options as one table. @throws OptionError for what is neither names nor a table. */
export function mergeOptions(...sources: readonly OwnOptions[]): Checks {
  for (const own of sources) checkOwn(own);
  return Object.assign(
    {},
    ...sources.map((own) => (Array.isArray(own) ? Object.fromEntries(own.map((name) => [name, unchecked])) : own)),
  );
}

function checkOwn(own: unknown): void {
  const isList = Array.isArray(own) && Array.from(own).every((name) => typeof name === "string");
  const checks = isPlainObject(own) ? Object.values(own) : [];
  const isTable = checks.length > 0 && checks.every((check) => typeof check === "function");
  if (isList || isTable) return;
  throw new OptionError({
    where: "layer",
    expected: "all options in one object, and after it the names of options that the layer has of its own",
    got: describe(own),
  });
}

/**
 * Checks the options of a layer: their names, and what they are.
 *
 * @throws OptionError for an option that the layer does not know, with the nearest; what the checks throw.
 */
export function checkLayerOptions(
  where: string,
  options: object,
  own: OwnOptions,
  inherited: Checks = layerOptions,
): void {
  const table = { ...mergeOptions(own), ...inherited };
  if (!isPlainObject(options)) throw notNamed(where, options, Object.keys(mergeOptions(own)));
  checkOptions(where, options, Object.keys(table));
  for (const [name, check] of Object.entries(table)) check(where, name, (options as Record<string, unknown>)[name]);
}

/** For `new Conv2d(1, 8, 3)`: a layer's options have names. */
function notNamed(where: string, given: unknown, names: readonly string[]): OptionError {
  // PyTorch's convolutions and norms begin with the size of their input.
  const isSize = typeof given === "number" && ["filters", "eps"].includes(names[0]);
  const first = typeof given === "number" && !isSize ? given : "…";
  const shown = names.slice(0, 2).map((name, i) => `${name}: ${i === 0 ? first : "…"}`);
  const call = `new ${where}({ ${[...shown, ...(names.length > 2 ? ["…"] : [])].join(", ")} })`;
  const size = isSize ? " The size of the input is found at the first call." : "";
  return new OptionError({
    where,
    expected: "an object of options",
    got: describe(given),
    hint: names.length > 0 ? `Options have names: ${call}.${size} Known: ${names.join(", ")}.` : undefined,
  });
}

/** Throws for what is no object of options: for layers that look at them before their base class does. */
export function requireOptions(where: string, options: unknown, own: OwnOptions = []): void {
  if (!isPlainObject(options)) throw notNamed(where, options, Object.keys(mergeOptions(own)));
}

/** The named options, and with them the dtype, the generator and whether it is trainable, for a layer that hands them on to its parts. */
export function pickOptions<Options extends object>(options: Options, own: OwnOptions): Options {
  const wanted = [...Object.keys(mergeOptions(own)), "dtype", "generator", "trainable"];
  return Object.fromEntries(Object.entries(options).filter(([name]) => wanted.includes(name))) as Options;
}

/**
 * The options of a layer whose most important one may stand first: `new Dropout(0.5)` is `new Dropout({ rate: 0.5 })`.
 *
 * @throws OptionError for further options that are no object, and for options given twice.
 */
export function withPositional<Options extends object, Key extends keyof Options & string>(
  where: string,
  key: Key,
  first: Options[Key] | Options | undefined,
  rest: object | undefined,
): Options {
  const isObject = isPlainObject(first);
  if (rest === undefined) return (isObject ? first : first === undefined ? {} : { [key]: first }) as Options;
  if (!isPlainObject(rest))
    throw new OptionError({
      where,
      expected: "an object of options as the last argument",
      got: describe(rest),
      hint: positionalHint(where, key, first, rest),
    });
  if (isObject || (first !== undefined && Object.hasOwn(rest, key)))
    throw new OptionError({
      where,
      expected: `${key} once, and all other options in one object`,
      got: isObject ? "two objects of options" : `${key} twice`,
      hint: `Write new ${where}(${key}, { … }), or new ${where}({ ${key}, … }).`,
    });
  return { ...rest, ...(first !== undefined && { [key]: first }) } as Options;
}

/** `new Dense(4, "relu")` and `new Dense(784, 128)` are what other libraries write: the second argument needs its name, or comes first. */
function positionalHint(where: string, key: string, first: unknown, rest: unknown): string {
  if (typeof rest === "string" && typeof first === "number" && isActivationName(rest))
    return `Write new ${where}(${first}, { activation: "${rest}" }).`;
  if (typeof rest === "number" && typeof first === "number" && key === "units")
    return `Write new ${where}(${rest}): the size of the input is found at the first call.`;
  return `Write new ${where}(${key}, { … }), or new ${where}({ ${key}, … }).`;
}
