/**
 * What a step of training changes, taken at one moment and put back: models, optimizers, generators, parameters, Values,
 * and whatever says by `stateDict` what it remembers.
 */
import { Generator, OptionError, Parameter, Tensor, Value } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { Layer } from "../layers/layer.ts";
import { Module } from "../module/module.ts";
import { isPlainObject } from "../module/tree.ts";
import { Optimizer } from "../optimizers/index.ts";

/** A state, which can be put back as often as one likes. */
export interface Taken {
  /** How much memory it may take that nobody else needs. */
  readonly bytes: number;
  /** The weights and buffers that there were. */
  readonly variables: readonly Parameter[];
  restore(): void;
}

/** One thing that is taken and put back. */
interface Part {
  /** Its weights and buffers, where it has any. */
  variables?(): readonly Parameter[];
  /** How to put all else back as it is now. */
  take(): () => void;
  /** Variables that `take` sees to, of which there may be more after a step. */
  slots?(): readonly Parameter[];
  /** Plain values of it that code between steps may change. */
  plain?(): readonly unknown[];
}

/** All that a step changes, as far as it was named. */
export class Parts {
  readonly #parts: readonly Part[];
  readonly #modules: readonly Module<unknown>[];
  readonly #generators: readonly Part[];
  /** Those of the last state that was taken: what is looked at between steps. */
  #known: readonly Parameter[] = [];

  /** @param random the generator of `manualSeed`, which is taken always. @throws OptionError for what cannot be put back. */
  constructor(where: string, given: Readonly<Record<string, unknown>>, random: Generator) {
    if (!isPlainObject(given) || Object.keys(given).length === 0)
      throw new OptionError({
        where,
        expected: "what the step changes, by name, such as { model, optimizer }",
        got: describe(given),
      });
    const found: unknown[] = [random];
    for (const [name, part] of Object.entries(given)) collect(where, name, part, found);
    const unique = [...new Set(found)];
    this.#parts = unique.map(partOf);
    this.#modules = unique.filter((part) => part instanceof Module);
    this.#generators = this.#parts.filter((_, i) => unique[i] instanceof Generator);
  }

  /** Whether layers have yet to make their weights, which they do when they are first called. */
  get areUnbuilt(): boolean {
    return !this.#modules.every(areBuilt);
  }

  /** All of it as it is now. Values of tensors never change, so that only what compiled steps hold has to be copied. */
  take(): Taken {
    const variables = [...new Set(this.#parts.flatMap((part) => part.variables?.() ?? []))];
    const slots = this.#parts.flatMap((part) => part.slots?.() ?? []);
    this.#known = [...variables, ...slots];
    const values = variables.map((variable) => ({
      variable,
      value: variable.detach(),
      grad: variable.grad,
      requiresGrad: variable.requiresGrad,
    }));
    const others = this.#parts.map((part) => part.take());
    const tensors = [...slots, ...values.flatMap(({ value, grad }) => (grad ? [value, grad] : [value]))];
    return {
      bytes: tensors.reduce((sum, each) => sum + bytesOf(each), 0),
      variables,
      restore() {
        for (const { variable, value, grad, requiresGrad } of values) {
          variable.assign(value);
          variable.requiresGrad = requiresGrad;
          variable.grad = grad;
        }
        for (const restore of others) restore();
      },
    };
  }

  /** The states of the generators alone: what batches are drawn by. */
  takeRandom(): Taken {
    const restores = this.#generators.map((part) => part.take());
    return {
      bytes: 0,
      variables: [],
      restore() {
        for (const restore of restores) restore();
      },
    };
  }

  /** What is compared, by identity, to see whether code between two steps has changed something. */
  marks(): unknown[] {
    const marks: unknown[] = [];
    for (const { buffer, held, requiresGrad } of this.#known)
      marks.push(buffer !== null && !buffer.stale ? null : held, requiresGrad);
    for (const part of this.#parts) if (part.plain) marks.push(...part.plain());
    return marks;
  }
}

/** Whether all layers have their weights, which many make when they are first called. */
export function areBuilt(module: Module<unknown>): boolean {
  return module.modules().every((part) => !(part instanceof Layer) || part.built);
}

/** The memory of a tensor's numbers. */
export const bytesOf = ({ size, dtype }: Tensor) => size * (dtype === "float64" ? 8 : dtype === "bool" ? 1 : 4);

/** Whether it says what it remembers. */
interface Stateful {
  stateDict(): unknown;
  loadStateDict(state: never): void;
}

function isStateful(x: object): x is Stateful {
  const { stateDict, loadStateDict } = x as Partial<Stateful>;
  return typeof stateDict === "function" && typeof loadStateDict === "function";
}

/** Whether it has parameters that are scalar Values: a ScalarMLP, or a class of one's own. */
function hasValues(x: object): x is { parameters(): readonly Value[] } {
  const { parameters } = x as { parameters?: unknown };
  if (typeof parameters !== "function") return false;
  const found: unknown = parameters.call(x);
  return Array.isArray(found) && found.length > 0 && found.every((each) => each instanceof Value);
}

/** Finds what can be put back, also in lists and plain objects. */
function collect(where: string, name: string, given: unknown, found: unknown[]): void {
  const isObject = typeof given === "object" && given !== null;
  if (isObject && found.includes(given)) return;
  const isKnown =
    isObject &&
    (given instanceof Module ||
      given instanceof Optimizer ||
      given instanceof Generator ||
      given instanceof Parameter ||
      given instanceof Value ||
      isStateful(given) ||
      hasValues(given));
  if (isKnown) found.push(given);
  else if (isObject && (Array.isArray(given) || isPlainObject(given))) {
    found.push(given);
    for (const [key, part] of Object.entries(given))
      if (!isPlainData(part)) collect(where, `${name}.${key}`, part, found);
  } else
    throw new OptionError({
      where: `${where}, ${name}`,
      expected:
        "what can be put back: a model, an optimizer, a generator, a parameter, a Value, an object with stateDict and loadStateDict, or a list or plain object of these and of numbers",
      got: describe(given),
      hint:
        given instanceof Tensor
          ? "A tensor never changes: make it a parameter(…) or a buffer(…) if training is to replace its value."
          : isPlainData(given)
            ? "A variable of your program cannot be set from outside: hold it in an object, { temperature: 1 }, or in a buffer(1)."
            : undefined,
    });
}

const isPlainData = (x: unknown) => x === null || x === undefined || ["number", "string", "boolean"].includes(typeof x);

function partOf(part: unknown): Part {
  if (part instanceof Module) return modulePart(part);
  if (part instanceof Optimizer) return optimizerPart(part);
  if (part instanceof Parameter) return { variables: () => [part], take: () => () => {} };
  if (part instanceof Generator)
    return {
      take() {
        const { state } = part;
        return () => {
          part.state = state;
        };
      },
      plain: () => {
        const { key, counter } = part.state;
        return [...key, ...counter];
      },
    };
  if (part instanceof Value) return valuesPart(() => [part]);
  if (isStateful(part as object)) {
    const { stateDict, loadStateDict } = part as Stateful;
    return {
      take() {
        const state = copied(stateDict.call(part));
        return () => loadStateDict.call(part, copied(state) as never);
      },
    };
  }
  if (hasValues(part as object)) return valuesPart(() => (part as { parameters(): readonly Value[] }).parameters());
  return dataPart(part as Record<string, unknown> | unknown[]);
}

function modulePart(module: Module<unknown>): Part {
  // Looked for when a state is taken, and not at every step.
  let modules = module.modules();
  return {
    variables: () => [...module.namedParameters().values(), ...module.buffers()],
    take() {
      modules = module.modules();
      const states = modules.map((part) => ({
        part: part as Module<unknown> & { isFrozen: boolean },
        training: part.training,
        isFrozen: part.isFrozen,
        extra: copied(part.extraState()),
      }));
      return () => {
        for (const { part, training, isFrozen, extra } of states) {
          part.training = training;
          part.isFrozen = isFrozen;
          part.loadExtraState(copied(extra) as Record<string, unknown>);
        }
      };
    },
    plain: () => modules.flatMap(({ training, isFrozen }) => [training, isFrozen]),
  };
}

function optimizerPart(optimizer: Optimizer): Part {
  return {
    slots: () => optimizer.variables(),
    take() {
      const [state, spent] = [optimizer.stateDict(), optimizer.updatesSpent];
      return () => {
        optimizer.loadStateDict(state);
        optimizer.updatesSpent = spent;
      };
    },
    plain: () => [optimizer.lr],
  };
}

function valuesPart(values: () => readonly Value[]): Part {
  return {
    take() {
      const states = values().map((value) => ({ value, data: value.data, grad: value.grad }));
      return () => {
        for (const { value, data, grad } of states) {
          value.data = data;
          value.grad = grad;
        }
      };
    },
    plain: () => values().map(({ data }) => data),
  };
}

/** The numbers, texts and truth values of a list or a plain object, and which parts it has. */
function dataPart(data: Record<string, unknown> | unknown[]): Part {
  return {
    take() {
      const kept = Array.isArray(data) ? [...data] : { ...data };
      return () => {
        if (Array.isArray(data)) data.splice(0, data.length, ...(kept as unknown[]));
        else {
          for (const key of Object.keys(data)) if (!Object.hasOwn(kept, key)) delete data[key];
          Object.assign(data, kept);
        }
      };
    },
    plain: () => Object.values(data),
  };
}

/** A copy of lists, plain objects and typed arrays, which may change; tensors never do. */
export function copied(state: unknown): unknown {
  if (Array.isArray(state)) return state.map(copied);
  if (ArrayBuffer.isView(state) && !(state instanceof DataView)) return (state as Float32Array).slice();
  if (state instanceof Parameter) return state.detach();
  if (!isPlainObject(state)) return state;
  return Object.fromEntries(Object.entries(state).map(([key, value]) => [key, copied(value)]));
}
