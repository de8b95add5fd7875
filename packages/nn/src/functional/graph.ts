/**
 * The graph of a functional model: which calls lead from its inputs to its outputs, and in which order.
 */
import { ModelError, type Tensor } from "@chainrule/core";
import type { Module } from "../module/module.ts";
import { uniqueName } from "../module/names.ts";
import { hasSymbolic, isSymbolic, type Symbolic, type SymbolicCall } from "../module/symbolic.ts";
import { isPlainObject } from "../module/tree.ts";

/** Symbolic tensors by name, in their order. */
export type NamedSymbols = ReadonlyMap<string, Symbolic>;

/**
 * The calls between inputs and outputs, each once, in topological order.
 *
 * @throws ModelError where an output needs an input that is not given, and for inputs that no output needs.
 */
export function callsBetween(where: string, inputs: NamedSymbols, outputs: NamedSymbols): SymbolicCall[] {
  const graphInputs = new Set(inputs.values());
  const used = new Set<Symbolic>();
  const calls = new Set<SymbolicCall>();
  for (const [name, output] of outputs) {
    const stack = [output];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (graphInputs.has(next)) used.add(next);
      else if (next.producer === null) throw missingInput(where, name, next, inputs);
      else if (!calls.has(next.producer)) {
        calls.add(next.producer);
        stack.push(...next.producer.inputs);
      }
    }
  }
  const unused = [...inputs].find(([, symbolic]) => !used.has(symbolic));
  if (unused)
    throw new ModelError({
      where,
      expected: "inputs that the outputs are made of",
      got: `"${unused[0]}", which no output needs`,
    });
  return [...calls].sort((a, b) => a.number - b.number);
}

function missingInput(where: string, output: string, input: Symbolic, inputs: NamedSymbols): ModelError {
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

/** Reads an argument from the values computed so far. */
type ReadArgument = (values: readonly Tensor[]) => unknown;

/** Writes the tensors of a result to the values. */
type WriteResult = (result: unknown, values: Tensor[]) => void;

/** The index of a symbolic tensor among the values. */
type SlotOf = (symbolic: Symbolic) => number;

/** The calls as one function, which computes each of them once. */
export function programOf(inputs: NamedSymbols, outputs: NamedSymbols, calls: readonly SymbolicCall[]): Program {
  const slots = new Map<Symbolic, number>();
  const slotOf: SlotOf = (symbolic) => slots.set(symbolic, slots.get(symbolic) ?? slots.size).get(symbolic)!;
  for (const symbolic of inputs.values()) slotOf(symbolic);
  const steps = calls.map(({ module, args, result }) => ({
    module,
    args: args.map((arg) => argumentReader(arg, slotOf)),
    write: resultWriter(result, slotOf),
  }));
  const outputSlots = [...outputs.values()].map(slotOf);
  return (inputValues) => {
    const values = [...inputValues];
    for (const { module, args, write } of steps)
      write(module.call(...(args.map((read) => read(values)) as Tensor[])), values);
    return outputSlots.map((slot) => values[slot]);
  };
}

/** Reads an argument with its symbolic tensors replaced by values, and all else as it was given. */
function argumentReader(arg: unknown, slotOf: SlotOf): ReadArgument {
  if (isSymbolic(arg)) {
    const slot = slotOf(arg);
    return (values) => values[slot];
  }
  if (!hasSymbolic([arg])) return () => arg;
  if (Array.isArray(arg)) {
    const parts = arg.map((part) => argumentReader(part, slotOf));
    return (values) => parts.map((read) => read(values));
  }
  const parts = Object.entries(arg as object).map(([key, part]) => [key, argumentReader(part, slotOf)] as const);
  return (values) => Object.fromEntries(parts.map(([key, read]) => [key, read(values)]));
}

/** Writes each tensor of a result to the slot of its symbolic tensor. */
function resultWriter(result: unknown, slotOf: SlotOf): WriteResult {
  if (isSymbolic(result)) {
    const slot = slotOf(result);
    return (tensor, values) => {
      values[slot] = tensor as Tensor;
    };
  }
  if (!Array.isArray(result) && !isPlainObject(result)) return () => {};
  const parts = Object.entries(result).map(([key, part]) => [key, resultWriter(part, slotOf)] as const);
  return (computed, values) => {
    for (const [key, write] of parts) write((computed as Record<string, unknown>)[key], values);
  };
}
