/**
 * The graph of a functional model: which calls lead from its inputs to its outputs, and in which order.
 */
import { ModelError, type Tensor } from "@chainrule/core";
import type { Module } from "../module/module.ts";
import { uniqueName } from "../module/names.ts";
import { hasSymbolic, isSymbolic, type Symbolic, type SymbolicCall } from "../module/symbolic.ts";
import { isPlainObject } from "../module/tree.ts";

/** Symbolic tensors by name, in their order. */
export type Named = ReadonlyMap<string, Symbolic>;

/**
 * The calls between inputs and outputs, each once, those first that others need.
 *
 * @throws ModelError where an output needs an input that is not given, and for inputs that no output needs.
 */
export function callsBetween(where: string, inputs: Named, outputs: Named): SymbolicCall[] {
  const given = new Set(inputs.values());
  const used = new Set<Symbolic>();
  const calls = new Set<SymbolicCall>();
  for (const [name, output] of outputs) {
    const waiting = [output];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (given.has(next)) used.add(next);
      else if (next.producer === null) throw missing(where, name, next, inputs);
      else if (!calls.has(next.producer)) {
        calls.add(next.producer);
        waiting.push(...next.producer.inputs);
      }
    }
  }
  const useless = [...inputs].find(([, symbolic]) => !used.has(symbolic));
  if (useless)
    throw new ModelError({
      where,
      expected: "inputs that the outputs are made of",
      got: `"${useless[0]}", which no output needs`,
    });
  return [...calls].sort((a, b) => a.number - b.number);
}

function missing(where: string, output: string, input: Symbolic, inputs: Named): ModelError {
  return new ModelError({
    where,
    expected: `all inputs that the output "${output}" is made of`,
    got: `${[...inputs.keys()].map((name) => `"${name}"`).join(", ")} without ${input}`,
    hint: "Add it to inputs. Two inputs with the same options are still two: make each once, and use it everywhere.",
  });
}

/** The modules that are called, each once, by names of their own: equal ones are numbered. */
export function nameModules(calls: readonly SymbolicCall[], taken: Iterable<string>): Map<string, Module<unknown>> {
  const modules = new Set(calls.map(({ module }) => module));
  const names = new Set(taken);
  const named = new Map<string, Module<unknown>>();
  for (const module of modules) {
    const name = uniqueName(module.name, names);
    names.add(name);
    module.name = name;
    named.set(name, module);
  }
  return named;
}

/** Computes the outputs from the inputs. */
export type Program = (inputs: readonly Tensor[]) => Tensor[];

/** Finds out a value among those computed so far. */
type Read = (values: readonly Tensor[]) => unknown;

/** The calls as one function, which computes each of them once. */
export function programOf(inputs: Named, outputs: Named, calls: readonly SymbolicCall[]): Program {
  const places = new Map<Symbolic, number>();
  const place = (symbolic: Symbolic) => places.set(symbolic, places.get(symbolic) ?? places.size).get(symbolic)!;
  for (const symbolic of inputs.values()) place(symbolic);
  const steps = calls.map(({ module, args, result }) => ({
    module,
    args: args.map((arg) => reader(arg, place)),
    keep: keeper(result, place),
  }));
  const wanted = [...outputs.values()].map(place);
  return (given) => {
    const values = [...given];
    for (const { module, args, keep } of steps)
      keep(module.call(...(args.map((read) => read(values)) as Tensor[])), values);
    return wanted.map((at) => values[at]);
  };
}

/** How to come by an argument: its symbolic tensors replaced by values, all else as it was given. */
function reader(arg: unknown, place: (symbolic: Symbolic) => number): Read {
  if (isSymbolic(arg)) {
    const at = place(arg);
    return (values) => values[at];
  }
  if (!hasSymbolic([arg])) return () => arg;
  if (Array.isArray(arg)) {
    const parts = arg.map((part) => reader(part, place));
    return (values) => parts.map((read) => read(values));
  }
  const parts = Object.entries(arg as object).map(([key, part]) => [key, reader(part, place)] as const);
  return (values) => Object.fromEntries(parts.map(([key, read]) => [key, read(values)]));
}

/** How to keep a result: each tensor of it where its symbolic one has its place. */
function keeper(result: unknown, place: (symbolic: Symbolic) => number): (found: unknown, values: Tensor[]) => void {
  if (isSymbolic(result)) {
    const at = place(result);
    return (found, values) => {
      values[at] = found as Tensor;
    };
  }
  if (!Array.isArray(result) && !isPlainObject(result)) return () => {};
  const parts = Object.entries(result).map(([key, part]) => [key, keeper(part, place)] as const);
  return (found, values) => {
    for (const [key, keep] of parts) keep((found as Record<string, unknown>)[key], values);
  };
}
