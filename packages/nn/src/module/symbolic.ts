/**
 * Symbolic tensors: placeholders with a shape and a dtype and no numbers. Each knows the call that will produce it, so
 * that calling layers on symbolic tensors builds the graph of a model.
 */
import { type DType, ModelError, Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { type BatchShape, formatBatchShape } from "./batch-shape.ts";
import type { Module } from "./module.ts";
import { isPlainObject, leavesOf, mapLeaves } from "./tree.ts";

/** Shape and dtype of a tensor that a call will return; the batch axis comes first, null stands for what varies. */
export class OutputSpec {
  readonly shape: BatchShape;
  readonly dtype: DType;

  constructor(shape: BatchShape, dtype: DType) {
    this.shape = shape;
    this.dtype = dtype;
  }
}

/** What a module makes of symbolic tensors: each tensor of its output is a symbolic one. */
export type Symbols<Output> = Output extends Tensor
  ? Symbolic
  : Output extends object
    ? { [Key in keyof Output]: Symbols<Output[Key]> }
    : Output;

/** Options of a call, in which symbolic tensors may stand for tensors. */
export type SymbolicOptions<Options> = {
  [Key in keyof Options]: Options[Key] | (Tensor extends Options[Key] ? Symbolic | readonly Symbolic[] : never);
};

/** A call of a module on symbolic tensors: a node of the graph that {@link Functional} is made of. */
export class SymbolicCall {
  readonly module: Module<unknown>;
  /** As they were given, options among them. */
  readonly args: readonly unknown[];
  /** The symbolic tensors among the arguments. */
  readonly inputs: readonly Symbolic[];
  /** Calls in the order of their numbers are computed after what they need. */
  readonly number: number;
  /** What the call returns, with a symbolic tensor for each tensor. */
  readonly result: unknown;
  /** The symbolic tensors in the result. */
  readonly outputs: readonly Symbolic[];

  constructor(module: Module<unknown>, args: readonly unknown[], spec: unknown) {
    this.module = module;
    this.args = args;
    this.inputs = leavesOf(args, isSymbolic).map(([symbolic]) => symbolic);
    this.number = calls++;
    this.result = mapLeaves(spec, isOutputSpec, (leaf, path) => new Symbolic(leaf, this, path));
    this.outputs = leavesOf(this.result, isSymbolic).map(([symbolic]) => symbolic);
  }
}

let calls = 0;

/**
 * A tensor without numbers: made by `input`, and by calling layers on others. Numbers come when the model is called.
 *
 * @example
 * const x = input([10], { name: "features" });
 * const y = new Dense({ units: 3 }).call(x);
 * y.shape; // [null, 3]
 */
export class Symbolic {
  /** Batch axis first; null for what varies. */
  readonly shape: BatchShape;
  readonly dtype: DType;
  /** The call that returns it; null for what `input` made. */
  readonly producer: SymbolicCall | null;
  /** Of inputs: whether tensors of another dtype are cast to this one. */
  readonly isCast: boolean;
  readonly #name: string;

  /** @param name an input's name, or its path in the result of its producer: "" for the result itself. */
  constructor(spec: OutputSpec, producer: SymbolicCall | null, name: string, isCast = false) {
    if (!(spec instanceof OutputSpec))
      throw new ModelError({
        where: "Symbolic",
        expected: "the spec of an output",
        got: describe(spec),
        hint: "Inputs are made by input([10]), and other symbolic tensors by calling layers on them.",
      });
    this.shape = spec.shape;
    this.dtype = spec.dtype;
    this.producer = producer;
    this.#name = name;
    this.isCast = isCast;
  }

  /** An input's name; otherwise that of the layer that returns it. */
  get name(): string {
    if (this.producer === null) return this.#name;
    return this.#name === "" ? this.producer.module.name : `${this.producer.module.name}.${this.#name}`;
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** `symbolic "features" [null, 10]`. */
  toString(): string {
    return `symbolic "${this.name}" ${formatBatchShape(this.shape)}`;
  }

  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw noNumbers(this, "in JavaScript arithmetic or a comparison");
  }

  /** How Node's console shows it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** The hint of core's errors where a symbolic tensor stands in place of numbers. */
  get [Symbol.for("chainrule.noNumbers")](): string {
    return howTo;
  }
}

const howTo =
  "It has no numbers yet. Make a node of the computation: apply((x) => x.add(1), symbolic); or call a layer on it.";

function noNumbers(symbolic: Symbolic, where: string): ModelError {
  return new ModelError({
    where: "symbolic tensor",
    expected: "a tensor with numbers",
    got: `${symbolic} ${where}`,
    hint: howTo,
  });
}

// People write `x.add(y)` out of habit: each of a tensor's methods says what to write instead.
for (const name of Object.getOwnPropertyNames(Tensor.prototype))
  if (name !== "constructor" && !["shape", "dtype", "name"].includes(name) && !Object.hasOwn(Symbolic.prototype, name))
    Object.defineProperty(Symbolic.prototype, name, {
      get(this: Symbolic) {
        throw noNumbers(this, `asked for its "${name}"`);
      },
    });

/** Whether it is a symbolic tensor. */
export function isSymbolic(x: unknown): x is Symbolic {
  return x instanceof Symbolic;
}

function isOutputSpec(x: unknown): x is OutputSpec {
  return x instanceof OutputSpec;
}

/** Whether a symbolic tensor is among the arguments of a call, or in plain objects and lists among them. */
export function hasSymbolic(args: readonly unknown[]): boolean {
  for (const arg of args) {
    if (arg instanceof Symbolic) return true;
    if (typeof arg !== "object" || arg === null || arg instanceof Tensor) continue;
    // Rows of numbers are long, and nothing stands beside them.
    if (
      Array.isArray(arg)
        ? typeof arg[0] === "object" && hasSymbolic(arg)
        : isPlainObject(arg) && hasSymbolic(Object.values(arg))
    )
      return true;
  }
  return false;
}

/** Throws unless it is a symbolic tensor. */
export function checkSymbolic(where: string, x: unknown): asserts x is Symbolic {
  if (x instanceof Symbolic) return;
  throw new ModelError({
    where,
    expected: "symbolic tensors, made by input and by calling layers on them",
    got: describe(x),
    hint: x instanceof Tensor ? "Draw the model with input(shape); numbers go to the finished model." : undefined,
  });
}
