/**
 * What files call by name: the classes and functions of the library, and those that a program has given names.
 *
 * Nothing else can come out of a file, whatever is written in it.
 */
import * as core from "@chainrule/core";
import { OptionError } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { MinMaxScaler, StandardScaler, Vocabulary } from "@chainrule/data";
import * as nn from "@chainrule/nn";
import {
  chained,
  cosineDecay,
  cosineRestarts,
  cyclic,
  exponentialDecay,
  inverseTimeDecay,
  l1,
  l1l2,
  l2,
  linearDecay,
  maxNorm,
  multiStepDecay,
  nonNegative,
  oneCycle,
  oneCycleMomentum,
  piecewiseConstant,
  polynomialDecay,
  sequential,
  stepDecay,
  unitNorm,
  warmup,
} from "@chainrule/nn";

/** Classes and functions by the names that they have in files. */
export type Custom = Readonly<Record<string, unknown>>;

/** Whether it is a class, told from functions by what it makes. */
export function isClassOf(base: object, x: unknown): boolean {
  return typeof x === "function" && (x as { prototype?: unknown }).prototype instanceof (base as never);
}

/** Two-way table: what a name stands for, and what something is called. */
class Names {
  readonly #byName: ReadonlyMap<string, unknown>;
  readonly #names: ReadonlyMap<unknown, string>;

  constructor(entries: readonly (readonly [name: string, thing: unknown])[]) {
    this.#byName = new Map(entries);
    // Where a thing has several names, the first one is written.
    this.#names = new Map(entries.toReversed().map(([name, thing]) => [thing, name]));
  }

  get(name: string): unknown {
    return this.#byName.get(name);
  }

  nameOf(thing: unknown): string | undefined {
    return this.#names.get(thing);
  }

  get names(): string[] {
    return [...this.#byName.keys()];
  }
}

/** Functions that make activations, initialisers, regularisers and schedules, which {@link nn.madeBy} notes. */
const factories = {
  l1,
  l2,
  l1l2,
  maxNorm,
  nonNegative,
  unitNorm,
  stepDecay,
  multiStepDecay,
  exponentialDecay,
  polynomialDecay,
  linearDecay,
  cosineDecay,
  cosineRestarts,
  warmup,
  oneCycle,
  oneCycleMomentum,
  chained,
  inverseTimeDecay,
  piecewiseConstant,
  cyclic,
  sequential,
};

/** Functions of several tensors, which are no methods of them. */
const functionNames = ["concat", "stack", "where"] as const;

interface Known {
  /** Layers, models, metrics and optimizers. */
  readonly classes: Names;
  /** Functions that make functions. */
  readonly factories: Names;
  /** Functions of tensors. */
  readonly functions: Names;
  /** Classes of what was fitted to data: those with `toJSON` and `fromJSON`. */
  readonly fitted: Names;
}

let known: Known | null = null;

/** The names of what is in the library. Made when it is first asked for. */
export function library(): Known {
  known ??= makeKnown();
  return known;
}

function makeKnown(): Known {
  const bases = [nn.Module, nn.Metric, nn.Optimizer];
  const all = core as unknown as Readonly<Record<string, unknown>>;
  const methods = Object.getOwnPropertyNames(core.Tensor.prototype);
  const operations = [...methods, ...functionNames].filter((name) => typeof all[name] === "function");
  return {
    classes: new Names(Object.entries(nn).filter(([, x]) => bases.some((base) => isClassOf(base, x)))),
    factories: new Names([
      ...Object.entries(factories),
      ...Object.entries(nn.initializers).map(([name, x]) => [`initializers.${name}`, x] as const),
    ]),
    functions: new Names([
      ...operations.map((name) => [name, all[name]] as const),
      ...Object.entries(nn.metrics).map(([name, x]) => [`metrics.${name}`, x] as const),
    ]),
    fitted: new Names(Object.entries({ MinMaxScaler, StandardScaler, Vocabulary })),
  };
}

/** A class whose objects become JSON and come back. */
export interface FittedClass {
  readonly name: string;
  readonly prototype: { toJSON(): unknown };
  fromJSON(json: never, options?: object): object;
}

/** Whether its objects become JSON and come back. */
export function isFittedClass(x: unknown): x is FittedClass {
  const { prototype, fromJSON } = (typeof x === "function" ? x : {}) as Partial<FittedClass>;
  return typeof fromJSON === "function" && typeof prototype?.toJSON === "function";
}

/** Throws for what is no record of classes and functions. */
export function checkCustom(where: string, custom: unknown): void {
  checkOptions(where, custom as object, Object.keys((custom as object) ?? {}));
  for (const [name, x] of Object.entries((custom ?? {}) as object))
    if (typeof x !== "function")
      throw new OptionError({ where, expected: `a class or a function as "${name}"`, got: describe(x) });
}

/** The name that a class or function of one's own goes by: that given to it, or its own; "" where it has none. */
export function customNameOf(x: { readonly name: string }): string {
  return nn.serializableName(x) ?? x.name;
}

/** What a program has given names, and functions of these by their own names: what fitted things refer to. */
export function customByName(custom: Custom): Custom {
  const registered = nn.allSerializable();
  const byOwnName = [registered, custom].flatMap((each) =>
    Object.values(each).map((x) => [(x as { name: string }).name, x] as const),
  );
  return { ...Object.fromEntries(byOwnName), ...registered, ...custom };
}

/** What a name stands for that the library does not have. */
export function findCustom(name: string, custom: Custom): unknown {
  return Object.hasOwn(custom, name) ? custom[name] : nn.findSerializable(name);
}
