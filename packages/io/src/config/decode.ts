/**
 * What {@link encodeValue} wrote, made again. Nothing in the JSON is trusted: names find only what the library and the
 * program have given names, and everything is made by constructors that check what they are given.
 */
import {
  buffer,
  ChainRuleError,
  DataError,
  type DType,
  Generator,
  isFloat,
  ModelError,
  parameter,
  type Tensor,
} from "@chainrule/core";
import { describe, didYouMean } from "@chainrule/core/internal";
import * as losses from "@chainrule/losses";
import { combineLosses, type Loss, lossByName } from "@chainrule/losses";
import { apply, Functional, input, Metric, Module, Optimizer, Symbolic } from "@chainrule/nn";
import { isRecord, type Json } from "../formats/json.ts";
import { type Custom, customByName, findCustom, isClassOf, isFittedClass, library } from "./known.ts";

/** An object of JSON. */
type Fields = { readonly [key: string]: Json };

/** How much a single example of an input may have; more would be computed on to find the shapes of layers. */
const maxInput = 2 ** 24;

/** What was made so far, and where the rest comes from. */
export class Decoding {
  /** Who asks, for messages. */
  readonly where: string;
  readonly custom: Custom;
  readonly #tensors: readonly Tensor[];
  readonly #made = new Map<number, unknown>();
  #symbols = new Map<number, Symbolic>();

  constructor(where: string, tensors: readonly Tensor[], custom: Custom) {
    this.where = where;
    this.#tensors = tensors;
    this.custom = custom;
  }

  /** Keeps what others refer to by its number. */
  keep<T>(fields: Fields, made: T): T {
    this.#made.set(this.whole(fields, "id"), made);
    return made;
  }

  reference(fields: Fields): unknown {
    const id = this.whole(fields, "id");
    if (!this.#made.has(id)) throw this.damaged(`what stands before, as number ${id}`, "nothing");
    return this.#made.get(id);
  }

  readonly #generators: (readonly [Generator, Generator["state"]])[] = [];

  /** A generator in a state; in the same one after {@link restoreGenerators}. */
  generator(state: Generator["state"]): Generator {
    const made = new Generator(0);
    made.state = state;
    this.#generators.push([made, state]);
    return made;
  }

  /** Takes back what constructors have drawn. */
  restoreGenerators(): void {
    for (const [generator, state] of this.#generators) generator.state = state;
  }

  /** Does something with numbers of its own for symbolic tensors: those of one graph. */
  withSymbols<T>(f: () => T): T {
    const before = this.#symbols;
    this.#symbols = new Map();
    const result = f();
    this.#symbols = before;
    return result;
  }

  keepSymbol(id: Json, symbolic: Symbolic): Symbolic {
    if (typeof id !== "number" || this.#symbols.has(id))
      throw this.damaged("numbers of tensors, each once", describe(id));
    this.#symbols.set(id, symbolic);
    return symbolic;
  }

  symbol(id: Json): Symbolic {
    const found = this.#symbols.get(id as number);
    if (!found) throw this.damaged("the number of a tensor that is there", describe(id));
    return found;
  }

  tensor(fields: Fields): Tensor {
    const found = this.#tensors[this.whole(fields, "tensor")];
    if (!found) throw this.damaged("the number of a tensor in the file", describe(fields.tensor));
    return found;
  }

  /** A field that is a whole number. */
  whole(fields: Fields, key: string): number {
    const value = fields[key];
    if (!Number.isSafeInteger(value) || (value as number) < 0)
      throw this.damaged(`a whole number as ${key}`, describe(value));
    return value as number;
  }

  /** A field that is a text. */
  text(fields: Fields, key: string): string {
    const value = fields[key];
    if (typeof value !== "string") throw this.damaged(`a text as ${key}`, describe(value));
    return value;
  }

  /** A field that is a list. */
  list(fields: Fields, key: string): readonly Json[] {
    const value = fields[key];
    if (!Array.isArray(value)) throw this.damaged(`a list as ${key}`, describe(value));
    return value;
  }

  /** A field that is an object. */
  record(fields: Fields, key: string): Fields {
    const value = fields[key];
    if (!isRecord(value)) throw this.damaged(`an object as ${key}`, describe(value));
    return value;
  }

  damaged(expected: string, got: string): DataError {
    return new DataError({ where: this.where, expected, got, hint: "The file is damaged, or of a later version." });
  }

  /**
   * What a name stands for: in the library, or where it is one's own in what the program has given names.
   *
   * @throws ModelError for a name of one's own that nothing stands for, with how to give it.
   */
  named(fields: Fields, key: string, kind: string, known: { get(name: string): unknown; names: string[] }): unknown {
    const name = this.text(fields, key);
    if (fields.custom !== true) {
      const found = known.get(name);
      if (found !== undefined) return found;
      throw new DataError({
        where: this.where,
        expected: `a ${kind} of the library`,
        got: `"${name.slice(0, 60)}"`,
        hint: didYouMean(name.slice(0, 60), known.names),
      });
    }
    const found = findCustom(name, this.custom);
    if (found !== undefined) return found;
    const short = /^[A-Za-z_$][\w$]*$/.test(name) ? `{ ${name} }` : `{ "${name.slice(0, 60)}": … }`;
    throw new ModelError({
      where: this.where,
      expected: `the ${kind} "${name.slice(0, 60)}", which the model was saved with`,
      got: "no such name",
      hint: `Give it when loading, { custom: ${short} }, or where it is defined: registerSerializable(${short}).`,
    });
  }
}

/** Runs `f`; what constructors and functions throw that take for granted what a file may not have becomes our error. */
export function asOurs<T>(where: string, f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (error instanceof ChainRuleError) throw error;
    throw new DataError({
      where,
      expected: "what can be made again",
      got: `an error: ${(error as Error | null)?.message ?? String(error)}`,
      hint: "The file is damaged, or the constructor of a class of your own takes something else now.",
    });
  }
}

/** What the JSON stands for. @throws DataError for what is not as it was written; what constructors throw. */
export function decodeValue(decoding: Decoding, json: Json): unknown {
  if (Array.isArray(json)) return json.map((item) => decodeValue(decoding, item));
  if (!isRecord(json)) return json;
  if (!("$" in json))
    return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, decodeValue(decoding, value)]));
  const kind = decoding.text(json, "$");
  if (!Object.hasOwn(decoders, kind)) throw decoding.damaged("a kind of value that there is", `"${kind.slice(0, 40)}"`);
  return decoders[kind](decoding, json);
}

const arrays = { Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array };

const decoders: Readonly<Record<string, (decoding: Decoding, fields: Fields) => unknown>> = {
  undefined: () => undefined,
  number: (decoding, fields) => {
    const value = decoding.text(fields, "value");
    if (!["NaN", "Infinity", "-Infinity", "-0"].includes(value)) throw decoding.damaged("a number", describe(value));
    return Number(value);
  },
  ref: (decoding, fields) => decoding.reference(fields),
  symbol: (decoding, fields) => decoding.symbol(fields.id),
  record: (decoding, fields) => {
    const entries = decoding.list(fields, "entries").map((entry) => {
      if (!Array.isArray(entry) || typeof entry[0] !== "string" || entry[0] === "__proto__")
        throw decoding.damaged("names and values", describe(entry));
      return [entry[0], decodeValue(decoding, entry[1] ?? null)] as const;
    });
    return Object.fromEntries(entries);
  },
  array: (decoding, fields) => {
    const name = decoding.text(fields, "class");
    const values = decoding.list(fields, "values").map((value) => decodeValue(decoding, value));
    if (!Object.hasOwn(arrays, name) || !values.every((value) => typeof value === "number"))
      throw decoding.damaged("an array of numbers", `${values.length} of ${name.slice(0, 40)}`);
    return arrays[name as keyof typeof arrays].from(values as number[]);
  },
  generator: (decoding, fields) => {
    const state = decodeValue(decoding, fields.state ?? null) as Generator["state"];
    return decoding.keep(fields, decoding.generator(state));
  },
  tensor: (decoding, fields) => decoding.tensor(fields),
  parameter: (decoding, fields) => {
    const value = decoding.tensor(fields);
    if (fields.isBuffer !== true && !isFloat(value.dtype)) throw decoding.damaged("floats as weights", value.dtype);
    const made = fields.isBuffer === true ? buffer(value) : parameter(value);
    if (fields.requiresGrad === false) made.requiresGrad = false;
    return decoding.keep(fields, made);
  },
  module: decodeModule,
  function: (decoding, fields) => {
    const found = decoding.named(fields, "name", "function", library().functions);
    if (typeof found === "function") return found;
    throw decoding.damaged("a function", describe(found));
  },
  made: (decoding, fields) => {
    const factory = decoding.named(fields, "by", "function", library().factories) as (...args: unknown[]) => unknown;
    const made = factory(...decodeArguments(decoding, fields));
    if (typeof made === "function") return made;
    throw decoding.damaged("a function that makes functions", describe(made));
  },
  loss: (decoding, fields) => {
    const name = decoding.text(fields, "name");
    const options = decodeValue(decoding, decoding.record(fields, "options")) as object;
    return Object.keys(options).length === 0
      ? findLoss(decoding, name)
      : findLoss(decoding, name).with(options as never);
  },
  combined: (decoding, fields) => {
    const parts = decoding.list(fields, "parts").map((part) => {
      const [name, loss, weight] = Array.isArray(part) ? part : [];
      if (typeof name !== "string") throw decoding.damaged("a loss with its name and weight", describe(part));
      return [name, [decodeValue(decoding, loss ?? null), weight]] as [string, [string, number]];
    });
    const combined = combineLosses(Object.fromEntries(parts));
    const options = decodeValue(decoding, decoding.record(fields, "options")) as object;
    return Object.keys(options).length === 0 ? combined : combined.with(options);
  },
  metric: (decoding, fields) => {
    const Class = decoding.named(fields, "class", "metric", library().classes) as new (...args: unknown[]) => unknown;
    if (!isClassOf(Metric, Class)) throw decoding.damaged("the class of a metric", describe(Class));
    const args = decodeArguments(decoding, fields);
    // Before metrics said that they take nothing, files held their name.
    const isName = fields.custom !== true && args.length === 1 && typeof args[0] === "string";
    return new Class(...(isName ? [] : args));
  },
  optimizer: (decoding, fields) => {
    const Class = decoding.named(fields, "class", "optimizer", library().classes) as new (options: unknown) => unknown;
    if (!isClassOf(Optimizer, Class)) throw decoding.damaged("the class of an optimizer", describe(Class));
    return new Class(decodeValue(decoding, decoding.record(fields, "options")));
  },
  fitted: (decoding, fields) => {
    const Class = decoding.named(fields, "class", "class", library().fitted);
    if (!isFittedClass(Class)) throw decoding.damaged("a class with fromJSON", describe(Class));
    return Class.fromJSON(decodeValue(decoding, fields.value) as never, customByName(decoding.custom));
  },
};

function decodeArguments(decoding: Decoding, fields: Fields): unknown[] {
  return decoding.list(fields, "args").map((arg) => decodeValue(decoding, arg));
}

function findLoss(decoding: Decoding, name: string): Loss {
  const given = findCustom(name, decoding.custom) as Loss | undefined;
  if (given?.lossName === name) return given;
  // Named as a whole, so that a bundle which loads models has all of them.
  const own = Object.values(losses).find((each) => (each as Partial<Loss> | undefined)?.lossName === name);
  if (own) return own as Loss;
  try {
    return lossByName(name);
  } catch (error) {
    throw new ModelError({
      where: decoding.where,
      expected: `the loss "${name.slice(0, 60)}", which the model was compiled with`,
      got: "no such loss",
      hint: `Define it before you load: defineLoss("${name.slice(0, 60)}", …). ${(error as ChainRuleError).hint ?? ""}`.trim(),
    });
  }
}

function decodeModule(decoding: Decoding, fields: Fields): Module<unknown> {
  const name = decoding.text(fields, "name");
  const Class = decoding.named(fields, "class", "layer or model", library().classes) as new (
    ...args: unknown[]
  ) => unknown;
  if (!isClassOf(Module, Class)) throw decoding.damaged("the class of a layer or model", describe(Class));
  const args =
    Class === Functional || isClassOf(Functional, Class)
      ? decoding.withSymbols(() => decodeGraph(decoding, decoding.list(fields, "args")[0]))
      : decodeArguments(decoding, fields);
  try {
    const module = decoding.keep(fields, new Class(...args) as Module<unknown>);
    if (module.name !== name) module.name = name;
    return module;
  } catch (error) {
    throw error instanceof ChainRuleError ? error.inside(`${decoding.where}, "${name.slice(0, 60)}"`) : error;
  }
}

/** Calls the layers of a functional model on symbolic tensors again, in the same order. */
function decodeGraph(decoding: Decoding, json: Json): unknown[] {
  if (!isRecord(json)) throw decoding.damaged("the graph of a functional model", describe(json));
  for (const each of decoding.list(json, "inputs")) decodeInput(decoding, each);
  for (const each of decoding.list(json, "calls")) {
    if (!isRecord(each)) throw decoding.damaged("a call", describe(each));
    const result = decodeCall(decoding, each);
    const outputs = callOf(result)?.outputs;
    const ids = decoding.list(each, "outputs");
    if (!outputs || outputs.length !== ids.length)
      throw decoding.damaged(`a call that returns ${ids.length} tensors`, `${outputs?.length ?? "none"}`);
    ids.forEach((id, i) => {
      decoding.keepSymbol(id, outputs[i]);
    });
  }
  return [decodeValue(decoding, decoding.record(json, "given"))];
}

function decodeInput(decoding: Decoding, json: Json): void {
  if (!isRecord(json)) throw decoding.damaged("an input", describe(json));
  const shape = decoding.list(json, "shape") as (number | null)[];
  const size = shape.reduce<number>((product, length) => product * (length ?? 1), 1);
  if (!(size <= maxInput))
    throw decoding.damaged(`inputs of at most ${maxInput} numbers`, `[${shape.join(", ")}]`.slice(0, 60));
  const dtype = decoding.text(json, "dtype") as DType;
  const isGiven = json.isCast === true || !isFloat(dtype);
  decoding.keepSymbol(json.id, input(shape, { name: decoding.text(json, "name"), ...(isGiven && { dtype }) }));
}

function decodeCall(decoding: Decoding, call: Fields): unknown {
  const args = decodeArguments(decoding, call);
  if (call.apply !== undefined) {
    const f = decodeValue(decoding, call.apply);
    const result: unknown = apply(f as never, ...(args as never[]));
    const producer = callOf(result);
    if (producer) producer.module.name = decoding.text(call, "name");
    return result;
  }
  const module = decodeValue(decoding, decoding.record(call, "module"));
  if (!(module instanceof Module)) throw decoding.damaged("a layer to call", describe(module));
  return (module.call as (...args: unknown[]) => unknown).apply(module, args);
}

/** The call that returned a list or an object of symbolic tensors. */
function callOf(result: unknown): Symbolic["producer"] {
  if (result instanceof Symbolic) return result.producer;
  if (typeof result !== "object" || result === null) return null;
  for (const part of Object.values(result)) {
    const call = callOf(part);
    if (call) return call;
  }
  return null;
}
