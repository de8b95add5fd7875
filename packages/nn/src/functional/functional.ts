/**
 * The functional model: a graph of layers, with any number of inputs and outputs.
 */

import { ModelError, OptionError, Parameter, ShapeError, type Tensor, type TensorLike } from "@chainrule/core";
import { checkOptions, formatShape } from "@chainrule/core/internal";
import { checkModelOptions, Model, type ModelOptions } from "../model/model.ts";
import type { SummaryRow } from "../model/summary.ts";
import { type BatchShape, formatBatchShape } from "../module/batch-shape.ts";
import { specWithShape } from "../module/infer-output-spec.ts";
import type { Module } from "../module/module.ts";
import { uniqueName } from "../module/names.ts";
import { checkSymbolic, Symbolic, type SymbolicCall, type Symbols } from "../module/symbolic.ts";
import { isPlainObject, leavesOf } from "../module/tree.ts";
import { refuseSurplus } from "../surplus.ts";
import { callsBetween, type NamedSymbols, nameModules, type Program, programOf } from "./graph.ts";
import { summaryRowsOf } from "./summary-rows.ts";

/** One symbolic tensor, a list of them, or an object of them by name. */
export type SymbolicTree = Symbolic | readonly Symbolic[] | Readonly<Record<string, Symbolic>>;

/** Tensors in the structure of symbolic ones. */
export type TensorsOf<Tree> = Tree extends Symbolic ? Tensor : { -readonly [Key in keyof Tree]: Tensor };

/** Tensors, or whatever stands for them, by name. */
type ByName<T> = Readonly<Record<string, T>>;

/** From what to what a {@link Functional} model goes. */
export interface FunctionalOptions<Outputs extends SymbolicTree = SymbolicTree> extends ModelOptions {
  /** What `input` made: one, a list, or an object of names of your own. */
  inputs: SymbolicTree;
  /** What is to be computed from them: one, a list, or an object of names of your own. */
  outputs: Outputs;
}

/**
 * A model of layers that were called on symbolic tensors: any graph without cycles, from inputs to outputs.
 *
 * A layer that was called twice has one set of weights. The model is a module as any other: it can be called on tensors,
 * and on symbolic tensors to become a part of another model. What is computed between given inputs and outputs belongs
 * to the model, so that symbolic tensors from the middle of one can be the inputs or outputs of another, with the same
 * weights.
 *
 * Shape: the inputs' and the outputs', as `input` and the layers say; outputs come out in the structure that `outputs`
 * has here.
 *
 * @throws ModelError where an output needs an input that is not given, and for inputs that no output needs.
 *
 * @example
 * const x = input([10]);
 * const hidden = new Dense({ units: 16, activation: "relu" }).call(x);
 * const price = new Dense({ units: 1 }).call(hidden);
 * const kind = new Dense({ units: 3, activation: "softmax" }).call(hidden);
 * const model = new Functional({ inputs: x, outputs: { price, kind } });
 * model.compile({ loss: { price: "mse", kind: "sparse_categorical_crossentropy" }, metrics: { kind: "accuracy" } });
 * model.predict(randn([5, 10])).price; // shape [5, 1]
 */
export class Functional<const Outputs extends SymbolicTree = Symbolic> extends Model<TensorsOf<Outputs>> {
  /** The layers by name. */
  readonly layers: ReadonlyMap<string, Module<unknown>>;
  /** Parameters that were handed to layers as they are. */
  readonly constants: readonly Parameter[];
  readonly #inputs: NamedSymbols;
  readonly #inputTree: SymbolicTree;
  /** The inputs in their order. */
  readonly #inputList: readonly (readonly [name: string, input: Symbolic])[];
  readonly #outputs: NamedSymbols;
  /** The outputs as they were given, which is the structure of what `forward` returns. */
  readonly #outputTree: SymbolicTree;
  readonly #calls: readonly SymbolicCall[];
  readonly #program: Program;

  constructor(options: FunctionalOptions<Outputs>) {
    super();
    refuseSurplus("Functional", arguments, 1);
    if (options === undefined)
      throw new OptionError({ where: "Functional", expected: "options: inputs, outputs", got: "none" });
    checkModelOptions("Functional", options, ["inputs", "outputs"]);
    if (options.name !== undefined) this.name = options.name;
    const where = this.title();
    this.#inputs = toNamed(`${where}, inputs`, options.inputs, ({ name }) => name);
    this.#inputList = [...this.#inputs];
    checkOnce(`${where}, inputs`, this.#inputs);
    this.#inputTree = options.inputs;
    this.#outputTree = options.outputs;
    // Layers get their names before outputs are called by them.
    const anonymous = toNamed(`${where}, outputs`, options.outputs, () => "output");
    this.#calls = callsBetween(where, this.#inputs, anonymous);
    this.layers = nameModules(this.#calls, this.#inputs.keys());
    this.#outputs = toNamed(where, options.outputs, ({ name }) => name);
    this.constants = this.#calls.flatMap(({ args }) => leavesOf(args, isParameter).map(([parameter]) => parameter));
    this.#program = programOf(this.#inputs, this.#outputs, this.#calls);
    if (options.trainable === false) this.freeze();
  }

  protected override constructorArguments(): readonly unknown[] {
    return [{ inputs: this.#inputTree, outputs: this.#outputTree }];
  }

  /** Its inputs, and the calls between them and the outputs in order: what it is made of. */
  get graph(): { readonly inputs: readonly Symbolic[]; readonly calls: readonly SymbolicCall[] } {
    return { inputs: [...this.#inputs.values()], calls: this.#calls };
  }

  override get inputNames(): readonly string[] {
    return [...this.#inputs.keys()];
  }

  override get outputNames(): readonly string[] {
    return [...this.#outputs.keys()];
  }

  /** The input's shape, batch axis first; null where there are several. */
  get inputShape(): BatchShape | null {
    const [first, second] = this.#inputs.values();
    return second === undefined ? first.shape : null;
  }

  /** Computes the outputs: inputs in their order, or by name. Symbolic inputs make it a part of another model. */
  override call(...inputs: TensorLike[]): TensorsOf<Outputs>;
  override call(inputs: ByName<TensorLike>): TensorsOf<Outputs>;
  override call(...inputs: (TensorLike | Symbolic)[]): Symbols<TensorsOf<Outputs>>;
  override call(inputs: ByName<TensorLike | Symbolic>): Symbols<TensorsOf<Outputs>>;
  override call(
    ...inputs: (TensorLike | Symbolic | ByName<TensorLike | Symbolic>)[]
  ): TensorsOf<Outputs> | Symbols<TensorsOf<Outputs>> {
    const [first] = inputs;
    const list = inputs.length === 1 && isPlainObject(first) ? this.#inOrder(first) : inputs;
    if (list.length !== this.#inputs.size)
      throw new ModelError({
        where: this.title(),
        expected: `${this.#inputs.size} inputs (${this.inputNames.join(", ")})`,
        got: `${list.length}`,
      });
    return super.call(...(list as TensorLike[]));
  }

  #inOrder(byName: Readonly<Record<string, unknown>>): unknown[] {
    checkOptions(`${this.title()}, inputs`, byName, this.inputNames);
    return this.inputNames.filter((name) => byName[name] !== undefined).map((name) => byName[name]);
  }

  forward(...inputs: Tensor[]): TensorsOf<Outputs> {
    const outputs = this.#program(inputs.map((x, i) => this.#readInput(x, i)));
    if (this.#outputTree instanceof Symbolic) return outputs[0] as TensorsOf<Outputs>;
    if (Array.isArray(this.#outputTree)) return outputs as TensorsOf<Outputs>;
    return Object.fromEntries(this.outputNames.map((name, i) => [name, outputs[i]])) as TensorsOf<Outputs>;
  }

  /** Checks an input, and casts it where its dtype was given. @throws ShapeError for another shape. */
  #readInput(x: Tensor, index: number): Tensor {
    const [name, { shape, dtype, isCast }] = this.#inputList[index];
    if (x.rank !== shape.length || shape.some((n, axis) => n !== null && n !== x.shape[axis]))
      throw new ShapeError({
        where: `input "${name}"`,
        expected: formatBatchShape(shape),
        got: formatShape(x.shape),
      });
    return isCast && x.dtype !== dtype ? x.cast(dtype) : x;
  }

  protected override computeOutputSpec(args: readonly unknown[]): unknown {
    const [x] = args;
    const [[, declared]] = this.#inputs;
    const isAsDeclared =
      args.length === 1 && x instanceof Symbolic && formatBatchShape(x.shape) === formatBatchShape(declared.shape);
    if (!isAsDeclared || !(this.#outputTree instanceof Symbolic)) return super.computeOutputSpec(args);
    return specWithShape(this, this.#outputTree.dtype, this.#outputTree.shape);
  }

  /** What the summary shows. @internal */
  summaryRows(): SummaryRow[] {
    return summaryRowsOf(this.#inputs, this.layers, this.#calls);
  }
}

/** Symbolic tensors by name: those of a record by its keys, others by what `nameOf` says, numbered where it is equal. */
function toNamed(where: string, tree: unknown, nameOf: (symbolic: Symbolic) => string): NamedSymbols {
  const entries: [string | null, unknown][] = isPlainObject(tree)
    ? Object.entries(tree)
    : (Array.isArray(tree) ? tree : [tree]).map((symbolic) => [null, symbolic]);
  if (entries.length === 0) throw new OptionError({ where, expected: "at least one symbolic tensor", got: "none" });
  const found = new Map<string, Symbolic>();
  for (const [key, symbolic] of entries) {
    checkSymbolic(where, symbolic);
    found.set(key ?? uniqueName(nameOf(symbolic), new Set(found.keys())), symbolic);
  }
  return found;
}

function checkOnce(where: string, inputs: NamedSymbols): void {
  if (new Set(inputs.values()).size < inputs.size)
    throw new OptionError({ where, expected: "each input once", got: "one of them twice" });
}

function isParameter(x: unknown): x is Parameter {
  return x instanceof Parameter;
}
