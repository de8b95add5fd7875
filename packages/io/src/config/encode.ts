/**
 * Models and what belongs to them as JSON: classes by name with the arguments of their constructors, functions by name.
 *
 * What JSON does not have is an object with a key "$", which says what it is: see {@link encodeValue}.
 */
import { Generator, ModelError, Parameter, Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { isCombinedLoss } from "@chainrule/losses";
import { constructorArgumentsOf, Functional, Metric, Module, makingOf, Optimizer, Symbolic } from "@chainrule/nn";
import type { Json } from "../formats/json.ts";
import { customNameOf, isFittedClass, library } from "./known.ts";

/** What is written beside the JSON, and what has been written already. */
export class Encoding {
  /** Who asks, for messages. */
  readonly where: string;
  /** Tensors that the JSON refers to, by number. */
  readonly tensors: Tensor[] = [];
  /** Modules, generators and parameters, which may be in several places: each by its number. */
  readonly #ids = new Map<object, number>();
  #symbols = new Map<Symbolic, number>();
  /** Where in the model we are. */
  readonly #path: string[] = [];

  constructor(where: string) {
    this.where = where;
  }

  /** The number of something that may be in several places, and whether it is here for the first time. */
  idOf(x: object): { id: number; isNew: boolean } {
    const before = this.#ids.get(x);
    const id = before ?? this.#ids.size;
    this.#ids.set(x, id);
    return { id, isNew: before === undefined };
  }

  /** Gives a symbolic tensor a number. */
  number(symbolic: Symbolic): number {
    const id = this.#symbols.get(symbolic) ?? this.#symbols.size;
    this.#symbols.set(symbolic, id);
    return id;
  }

  /** Does something with numbers of its own for symbolic tensors: those of one graph. */
  withSymbols<T>(f: () => T): T {
    const before = this.#symbols;
    this.#symbols = new Map();
    const result = f();
    this.#symbols = before;
    return result;
  }

  /** Whether we are within a model, whose weights are in the file. */
  isInModel = false;

  /** Does something within a model. */
  inModel<T>(f: () => T): T {
    this.isInModel = true;
    const result = f();
    this.isInModel = false;
    return result;
  }

  /** Does something for a part of the model, which messages then name. */
  within<T>(part: string, f: () => T): T {
    if (this.#path.length === deepest)
      throw new ModelError({
        where: [this.where, ...this.#path.slice(0, 3), "…"].join(", "),
        expected: `parts within parts, at most ${deepest} deep`,
        got: "deeper ones, or a list that holds itself",
      });
    this.#path.push(part);
    const result = f();
    this.#path.pop();
    return result;
  }

  /** The error for what cannot be saved here. */
  refusal(expected: string, got: string, hint: string): ModelError {
    return new ModelError({ where: [this.where, ...this.#path].join(", "), expected, got, hint });
  }
}

/** Deeper than any model: what goes on is a circle. */
const deepest = 500;

/** A value as JSON, with what JSON does not have as objects with a key "$". @throws ModelError for what has no name. */
export function encodeValue(encoding: Encoding, x: unknown): Json {
  if (x === null || typeof x === "boolean" || typeof x === "string") return x;
  if (typeof x === "number")
    return Number.isFinite(x) && !Object.is(x, -0) ? x : { $: "number", value: Object.is(x, -0) ? "-0" : String(x) };
  if (x === undefined) return { $: "undefined" };
  if (typeof x === "function") return encodeFunction(encoding, x as never);
  if (typeof x !== "object") throw noName(encoding, x);
  if (Array.isArray(x)) return x.map((item, i) => encoding.within(String(i), () => encodeValue(encoding, item)));
  if (x instanceof Symbolic) return { $: "symbol", id: encoding.number(x) };
  if (x instanceof Module) return encodeModule(encoding, x);
  if (x instanceof Optimizer) return encodeOptimizer(encoding, x);
  if (x instanceof Metric) return encodeMetric(encoding, x);
  if (x instanceof Tensor) return encodeTensor(encoding, x);
  if (x instanceof Generator) {
    const { id, isNew } = encoding.idOf(x);
    return isNew ? { $: "generator", id, state: x.state as unknown as Json } : { $: "ref", id };
  }
  if (isFittedClass(x.constructor)) return encodeFitted(encoding, x);
  if (ArrayBuffer.isView(x) && !(x instanceof DataView))
    return {
      $: "array",
      class: x.constructor.name,
      values: Array.from(x as Float64Array, (n) => encodeValue(encoding, n)),
    };
  const prototype = Object.getPrototypeOf(x);
  if (prototype !== Object.prototype && prototype !== null) throw noName(encoding, x);
  return encodeRecord(encoding, x as Readonly<Record<string, unknown>>);
}

function encodeRecord(encoding: Encoding, record: Readonly<Record<string, unknown>>): Json {
  const entries = Object.entries(record)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, encoding.within(key, () => encodeValue(encoding, value))] as const);
  return "$" in record ? { $: "record", entries } : Object.fromEntries(entries);
}

/** Where a program says what something is called. */
const register = "Give it a name where it is defined: registerSerializable({ … }).";

function noName(encoding: Encoding, x: unknown): ModelError {
  return encoding.refusal(
    "what a file can hold",
    describe(x),
    "Options hold numbers, texts, tensors, layers, functions.",
  );
}

/** How a class is called, and whether it is one of the library's. */
function className(encoding: Encoding, x: object): { class: string; custom?: true } {
  const Class = x.constructor;
  const name = library().classes.nameOf(Class);
  if (name !== undefined) return { class: name };
  const custom = customNameOf(Class);
  if (custom === "") throw encoding.refusal("a class with a name", describe(x), register);
  return { class: custom, custom: true };
}

/** The arguments with which a class makes another one like it. */
function argumentsOf(encoding: Encoding, x: object): Json {
  const args = constructorArgumentsOf(x, (Class) => library().classes.nameOf(Class) !== undefined);
  if (args) return encodeValue(encoding, args);
  const { name } = x.constructor;
  throw encoding.refusal(
    `a ${name} that says what its constructor was given`,
    "one whose constructor has parameters, and that does not",
    `Write in class ${name}: constructorArguments() { return [/* what the constructor was given */]; }`,
  );
}

function encodeModule(encoding: Encoding, module: Module<unknown>): Json {
  if (!encoding.isInModel)
    throw encoding.refusal(
      "models by themselves: { model, … }",
      `${describe(module)} within something else`,
      "Its weights would not be saved. Give each model a name of its own: { encoder, decoder }.",
    );
  const { id, isNew } = encoding.idOf(module);
  if (!isNew) return { $: "ref", id };
  const { name } = module;
  return encoding.within(`"${name}" (${module.constructor.name})`, () => {
    const named = className(encoding, module);
    const args = module instanceof Functional ? encodeGraph(encoding, module) : argumentsOf(encoding, module);
    return { $: "module", id, ...named, name, args };
  });
}

/** The calls of a functional model in order; symbolic tensors are numbers. */
function encodeGraph(encoding: Encoding, model: Pick<Functional, "graph">): Json {
  return encoding.withSymbols(() => graphOf(encoding, model));
}

function graphOf(encoding: Encoding, model: Pick<Functional, "graph">): Json {
  const [given] = constructorArgumentsOf(model, () => true) as [{ inputs: unknown; outputs: unknown }];
  const inputs = model.graph.inputs.map((symbolic) => ({
    id: encoding.number(symbolic),
    name: symbolic.name,
    shape: symbolic.shape.slice(1),
    dtype: symbolic.dtype,
    isCast: symbolic.isCast,
  }));
  const calls = model.graph.calls.map(({ module, args, outputs }) => {
    const making = makingOf(module);
    return {
      ...(making
        ? { apply: encodeValue(encoding, making.args[0]), name: module.name }
        : { module: encodeModule(encoding, module) }),
      args: encodeValue(encoding, args),
      outputs: outputs.map((symbolic) => encoding.number(symbolic)),
    };
  });
  return [{ inputs, calls, given: encodeValue(encoding, given) }] as unknown as Json;
}

function encodeFunction(encoding: Encoding, f: ((...args: never[]) => unknown) & { lossName?: string }): Json {
  const making = makingOf(f);
  if (making) {
    const by = library().factories.nameOf(making.factory);
    const name = by ?? customNameOf(making.factory);
    if (name === "") throw encoding.refusal("a function whose maker has a name", "one without", register);
    return { $: "made", by: name, ...(by === undefined && { custom: true }), args: encodeValue(encoding, making.args) };
  }
  if (isCombinedLoss(f)) {
    const parts = Object.entries(f.parts).map(([name, { loss, weight }]) =>
      encoding.within(name, () => [name, encodeValue(encoding, loss), weight]),
    );
    return { $: "combined", parts, options: encodeValue(encoding, f.options) };
  }
  if (f.lossName !== undefined)
    return { $: "loss", name: f.lossName, options: encodeValue(encoding, (f as { options?: object }).options ?? {}) };
  const name = library().functions.nameOf(f);
  if (name !== undefined) return { $: "function", name };
  const custom = customNameOf(f);
  if (custom === "")
    throw encoding.refusal(
      "functions that have names",
      `(${String(f).replace(/\s+/g, " ").slice(0, 60)})`,
      "A file can hold only the name: const double = …; registerSerializable({ double }).",
    );
  return { $: "function", name: custom, custom: true };
}

function encodeMetric(encoding: Encoding, metric: Metric): Json {
  return encoding.within(metric.name, () => ({
    $: "metric",
    ...className(encoding, metric),
    args: argumentsOf(encoding, metric),
  }));
}

/** Which weights it updates is said apart: it is the model's, or groups of them. */
function encodeOptimizer(encoding: Encoding, optimizer: Optimizer): Json {
  return encoding.within(optimizer.name, () => {
    const named = className(encoding, optimizer);
    return { $: "optimizer", ...named, options: encodeValue(encoding, { ...optimizer.options }) };
  });
}

function encodeTensor(encoding: Encoding, x: Tensor): Json {
  if (!(x instanceof Parameter)) return { $: "tensor", tensor: encoding.tensors.push(x.detach()) - 1 };
  const { id, isNew } = encoding.idOf(x);
  if (!isNew) return { $: "ref", id };
  const tensor = encoding.tensors.push(x.detach()) - 1;
  return { $: "parameter", id, tensor, isBuffer: x.isBuffer, requiresGrad: x.requiresGrad };
}

function encodeFitted(encoding: Encoding, x: object): Json {
  const Class = x.constructor;
  const known = library().fitted.nameOf(Class);
  const name = known ?? customNameOf(Class as never);
  if (name === "") throw encoding.refusal("a class with a name", describe(x), register);
  const value = (x as { toJSON(): unknown }).toJSON();
  return {
    $: "fitted",
    class: name,
    ...(known === undefined && { custom: true }),
    value: encodeValue(encoding, value),
  };
}
