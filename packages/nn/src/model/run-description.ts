/**
 * What a training is, in words that can be compared: a training that is resumed has to be the same one.
 */
import { getNumThreads } from "@chainrule/compiler";
import { Generator, getDefaultDType, Tensor } from "@chainrule/core";
import { formatShape } from "@chainrule/core/internal";
import { isCombinedLoss } from "@chainrule/losses";
import { Checksum } from "../checksum.ts";
import { constructorArgumentsOf } from "../constructor-arguments.ts";
import { makingOf } from "../made-by.ts";
import { Metric } from "../metrics/metric.ts";
import { Module } from "../module/module.ts";
import { Symbolic } from "../module/symbolic.ts";
import { isPlainObject } from "../module/tree.ts";
import { Optimizer } from "../optimizers/index.ts";
import type { CallbackList } from "./callback.ts";
import type { FitData } from "./fit-data.ts";
import type { Model } from "./model.ts";

/** What has to be the same, and what is said where it is not. */
export interface RunDescription {
  readonly same: Readonly<Record<string, string>>;
  readonly noticed: Readonly<Record<string, string>>;
}

/** Longer texts are cut, and end in the check sum of the whole. */
const longest = 300;

/** @param version of the library. */
export function describeRun(
  model: Model<unknown>,
  { data, validationData, options }: FitData,
  callbacks: CallbackList,
  version: string,
): RunDescription {
  const speller = new Speller();
  const same: Record<string, string> = {};
  const add = (name: string, value: unknown) => {
    same[name] = speller.spell(value);
  };
  for (const [path, module] of model.namedModules()) same[`layer "${path}"`] = speller.spellModule(module, model);
  const { optimizer, ...compiled } = model.compileOptions!;
  add("optimizer", model.optimizer);
  for (const { hyper, scale } of model.optimizer.groups.slice(1))
    same.optimizer += `, ${speller.spell([hyper, scale])}`;
  for (const [name, value] of Object.entries(compiled)) add(name, value);
  add("default dtype", getDefaultDType());
  const { stepsPerEpoch, validationSteps, seed, classWeight, debugNaN } = options;
  for (const [name, value] of Object.entries({ stepsPerEpoch, validationSteps, seed, classWeight, debugNaN }))
    if (value !== undefined) add(name, value);
  add("jit", options.jit);
  for (const [name, value] of Object.entries(data.describe())) same[name] = inWords(value);
  for (const [name, value] of Object.entries(validationData?.describe() ?? {}))
    same[`validation ${name}`] = inWords(value);
  const noticed = {
    version: `chainrule ${version}`,
    engine: engine(),
    threads: String(getNumThreads()),
    callbacks: callbacks.settings
      .filter(([name]) => name !== "History")
      .map(([name, settings]) => name + (settings ? ` ${speller.spell(settings)}` : ""))
      .join(", "),
    functions: speller.sources,
  };
  return { same, noticed };
}

/** Data as what they are, or numbers as shapes, dtypes and check sums: other data have others. */
function inWords(data: string | readonly Tensor[]): string {
  return typeof data === "string" ? data : data.map(fingerprint).join(", ");
}

function fingerprint(x: Tensor): string {
  return `${formatShape(x.shape)} ${x.dtype} #${new Checksum().add(x.storage)}`;
}

/** Elementary functions and fused operations differ between engines in the last digit. */
function engine(): string {
  if (typeof process !== "object" || !process.versions) return "a browser";
  return `Node ${process.versions.node?.split(".")[0]} on ${process.arch}`;
}

/** A class of a program that does not say what its constructor was given leaves it to what it extends. */
const all = () => true;

class Speller {
  readonly #sources = new Checksum();
  readonly #symbols = new Map<Symbolic, number>();
  readonly #inside = new Set<object>();

  /** Of the functions so far whose names may stand for anything. */
  get sources(): string {
    return this.#sources.toString();
  }

  spell(x: unknown): string {
    const text = this.#spell(x);
    if (text.length <= longest) return text;
    return `${text.slice(0, longest)}… #${new Checksum().add(new TextEncoder().encode(text))}`;
  }

  /** A module without its parts, which stand for themselves. */
  spellModule(module: Module<unknown>, model: Module<unknown>): string {
    const { graph } = module as {
      graph?: { calls: readonly { module: Module<unknown>; args: unknown; outputs: unknown }[] };
    };
    const calls = () => {
      const paths = new Map(model.namedModules().map(([path, part]) => [part, path]));
      const called = (part: Module<unknown>) => paths.get(part) ?? this.#spell(makingOf(part)?.args ?? part);
      return graph!.calls.map((call) => [called(call.module), call.args, call.outputs]);
    };
    return this.spell([module, graph ? calls() : constructorArgumentsOf(module, all)]);
  }

  #spell(x: unknown): string {
    if (typeof x === "string") return JSON.stringify(x);
    if (typeof x === "function") return this.#spellFunction(x as never);
    if (typeof x !== "object" || x === null) return Object.is(x, -0) ? "-0" : String(x);
    if (x instanceof Tensor) return fingerprint(x);
    if (x instanceof Generator) return "Generator";
    if (x instanceof Symbolic) {
      const number = this.#symbols.get(x) ?? this.#symbols.size;
      this.#symbols.set(x, number);
      return `%${number}`;
    }
    if (x instanceof Module) return x.constructor.name;
    if (x instanceof Optimizer) return `${x.name} ${this.#spell({ ...x.options })}`;
    if (ArrayBuffer.isView(x)) return `${x.constructor.name} #${new Checksum().add(x)}`;
    if (this.#inside.has(x)) return "itself";
    this.#inside.add(x);
    const text = this.#spellParts(x);
    this.#inside.delete(x);
    return text;
  }

  #spellParts(x: object): string {
    if (Array.isArray(x)) return `[${x.map((item) => this.#spell(item)).join(", ")}]`;
    const own = x instanceof Metric ? constructorArgumentsOf(x, all) : isPlainObject(x) ? null : [];
    if (own) return `${x.constructor?.name} ${this.#spell(own)}`;
    const entries = Object.entries(x).filter(([, value]) => value !== undefined);
    return `{${entries.map(([name, value]) => `${name}: ${this.#spell(value)}`).join(", ")}}`;
  }

  #spellFunction(f: ((...args: never[]) => unknown) & { lossName?: string; options?: object }): string {
    const making = makingOf(f);
    if (making) return `${making.factory.name}${this.#spell(making.args)}`;
    if (isCombinedLoss(f)) return `combineLosses${this.#spell([f.parts, f.options])}`;
    if (f.lossName !== undefined) return `${f.lossName}${this.#spell(f.options ?? {})}`;
    this.#sources.add(new TextEncoder().encode(String(f)));
    return f.name || "a function";
  }
}
