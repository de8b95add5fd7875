/**
 * `exportOnnx`: a model's inference as an ONNX file, for any batch size.
 */
import {
  flatten,
  type Graph,
  type GraphNode,
  simplify,
  Trace,
  traceFunction,
  withoutGuards,
} from "@chainrule/compiler/internal";
import {
  all,
  type DType,
  equal,
  noGrad,
  type Op,
  OptionError,
  Tensor,
  type TensorSpec,
  type TypedArray,
  zeros,
} from "@chainrule/core";
import { allocate, checkOptions, checkText, describe, formatShape } from "@chainrule/core/internal";
import { Module } from "@chainrule/nn";
import { withForwardHook } from "@chainrule/nn/internal";
import { writeFile } from "../files/atomic.ts";
import { type Length, lengthsOf, varies } from "../graph/batch.ts";
import { version } from "../version.ts";
import {
  type AttributeValue,
  encodeModel,
  type GraphMessage,
  type InitializerMessage,
  type NodeMessage,
} from "./messages.ts";
import { cannot, operatorOf, type Writer } from "./operators.ts";

const where = "exportOnnx";

/** The batch sizes that a model is traced for; what differs between them depends on the batch. */
const batchSizes = [5, 7] as const;

/** A trace that knows which layer applied each op first. */
class LayerTrace extends Trace {
  readonly layerOf = new Map<Op, Module<unknown>>();
  readonly #running: Module<unknown>[] = [];

  /** Modules say at the beginning of a call that what is traced depends on their mode. */
  override dependsOn(owner: object, read?: () => unknown): void {
    super.dependsOn(owner, read);
    if (owner instanceof Module) this.#running.push(owner);
  }

  leave(): void {
    this.#running.pop();
  }

  override record(op: Op, inputs: readonly Tensor[], attributes: unknown, spec: TensorSpec): Tensor {
    const layer = this.#running.at(-1);
    if (layer && !this.layerOf.has(op)) this.layerOf.set(op, layer);
    return super.record(op, inputs, attributes, spec);
  }
}

/** `layer "encoder.dense" (Dense)`: what the layer is called, by its path where it is within the model. */
function titleOf(model: Exportable, layer: Module<unknown> | undefined): string | null {
  if (layer === undefined) return null;
  const paths = model instanceof Module ? model.namedModules() : [];
  const path = paths.find(([, module]) => module === layer)?.[0];
  return `layer "${layer.name}" (${layer.constructor.name}${path && path !== layer.name ? `, ${path}` : ""})`;
}

/** Turns a graph of tensors, traced for two batch sizes, into ONNX's. */
class GraphWriter implements Writer {
  readonly #nodes: NodeMessage[] = [];
  readonly #initializers = new Map<string, InitializerMessage>();
  readonly #names = new Map<GraphNode, string>();
  readonly #counts = new Map<string, number>();
  readonly #lengths: ReadonlyMap<GraphNode, readonly Length[]>;
  readonly #inputs: readonly string[];
  readonly #parameterNames: ReadonlyMap<unknown, string>;
  /** What error messages call the layer that applied an op first; null where none did. */
  readonly #layerOf: (op: Op) => string | null;
  #batch: string | null = null;

  constructor(
    lengths: ReadonlyMap<GraphNode, readonly Length[]>,
    inputs: readonly string[],
    parameterNames: ReadonlyMap<unknown, string>,
    layerOf: (op: Op) => string | null,
  ) {
    this.#lengths = lengths;
    this.#inputs = inputs;
    this.#parameterNames = parameterNames;
    this.#layerOf = layerOf;
  }

  write(graph: Graph, inputs: readonly Tensor[], outputNames: readonly string[], name: string): GraphMessage {
    for (const node of graph.nodes) this.#writeNode(node);
    const outputs = graph.outputs.map((node, i) => {
      this.#nodes.push({
        op: "Identity",
        name: outputNames[i],
        inputs: [this.#nameOf(node)],
        outputs: [outputNames[i]],
        attributes: {},
      });
      return { name: outputNames[i], dtype: node.dtype, shape: this.#described(this.#lengths.get(node)!) };
    });
    return {
      name,
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs: inputs.map(({ dtype, shape }, i) => ({
        name: this.#inputs[i],
        dtype,
        shape: ["batch", ...shape.slice(1)],
      })),
      outputs,
    };
  }

  #described(lengths: readonly Length[]): (number | string)[] {
    return lengths.map((length) =>
      varies(length) ? (length.perExample === 1 ? "batch" : `${length.perExample} batch`) : length,
    );
  }

  #writeNode(node: GraphNode): void {
    const { source } = node;
    if (source.kind === "input") this.#names.set(node, this.#inputs[source.index]);
    else if (source.kind === "state") {
      const { storage, shape, dtype } = source.parameter;
      const name = this.#parameterNames.get(source.parameter) ?? this.#fresh("state");
      this.#names.set(node, this.#initializer(name, shape, dtype, storage));
    } else if (source.kind === "op") this.#names.set(node, this.#apply(node));
  }

  /** The value's name; a constant is written when it is first asked for. */
  #nameOf(node: GraphNode): string {
    const known = this.#names.get(node);
    if (known !== undefined) return known;
    const name = this.#constant(node);
    this.#names.set(node, name);
    return name;
  }

  #constant(node: GraphNode): string {
    const { source, dtype, shape, size, uniform } = node;
    if (source.kind !== "constant") throw new Error("only constants are written late");
    const lengths = this.#lengths.get(node)!;
    if (uniform === null && !lengths.some(varies))
      return this.#initializer(this.#fresh("constant"), shape, dtype, source.numbers);
    if (uniform === null) {
      const one = forOneExample(source.numbers, shape, lengths);
      const single = shape.map((length, axis) => (varies(lengths[axis]) ? 1 : length));
      return this.add("Expand", [this.#initializer(this.#fresh("constant"), single, dtype, one), this.shape(lengths)]);
    }
    if (shape.length === 0) return this.number(uniform, dtype);
    if (size <= 1024 && !lengths.some(varies))
      return this.#initializer(this.#fresh("constant"), shape, dtype, allocate(dtype, size).fill(uniform));
    return this.add("Expand", [this.number(uniform, dtype), this.shape(lengths)]);
  }

  #apply(node: GraphNode): string {
    const { source } = node;
    if (source.kind !== "op") throw new Error("only ops are applied");
    const operator = operatorOf(source.op);
    if (!operator) throw this.#notExported(source.op);
    return operator(this, {
      inputs: node.inputs.map((input) => this.#nameOf(input)),
      inputLengths: node.inputs.map((input) => this.#lengths.get(input)!),
      inputDTypes: node.inputs.map(({ dtype }) => dtype),
      lengths: this.#lengths.get(node)!,
      shape: node.shape,
      dtype: node.dtype,
      attributes: source.attributes as never,
    });
  }

  #notExported(op: Op): OptionError {
    const layer = this.#layerOf(op);
    return new OptionError({
      where: layer === null ? where : `${where}, ${layer}`,
      expected: "a model of operations that ONNX has",
      got: `"${op.name}"`,
      hint: Object.hasOwn(cannot, op.name)
        ? `It cannot be written: ${cannot[op.name]}.`
        : "Write an op of your own with compose, in operations of the library, and it is exported as those.",
    });
  }

  add(op: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>> = {}): string {
    const name = this.#fresh(op);
    this.#nodes.push({ op, name, inputs, outputs: [name], attributes });
    return name;
  }

  number(value: number, dtype: DType): string {
    const key = `${dtype} ${Object.is(value, -0) ? "-0" : value}`;
    return this.#initializer(key, [], dtype, allocate(dtype, 1).fill(value));
  }

  list(values: readonly number[]): string {
    return this.#initializer(`[${values.join(", ")}]`, [values.length], "int64", values);
  }

  shape(lengths: readonly Length[]): string {
    if (!lengths.some(varies)) return this.list(lengths as number[]);
    const parts = lengths.map((length) => {
      if (!varies(length)) return this.list([length]);
      return length.perExample === 1
        ? this.#batchLength()
        : this.add("Mul", [this.#batchLength(), this.list([length.perExample])]);
    });
    return parts.length === 1 ? parts[0] : this.add("Concat", parts, { axis: { int: 0 } });
  }

  /** The batch's length, as a list of one. */
  #batchLength(): string {
    this.#batch ??= this.add("Slice", [this.add("Shape", [this.#inputs[0]]), this.list([0]), this.list([1])]);
    return this.#batch;
  }

  #initializer(
    name: string,
    shape: readonly number[],
    dtype: InitializerMessage["dtype"],
    numbers: InitializerMessage["numbers"],
  ): string {
    if (!this.#initializers.has(name)) this.#initializers.set(name, { name, shape, dtype, numbers });
    return name;
  }

  #fresh(name: string): string {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return `${name}_${count}`;
  }
}

/** The numbers of one example, where all have the same: a mask that was repeated for each of the batch. */
function forOneExample(numbers: TypedArray, shape: readonly number[], lengths: readonly Length[]): TypedArray {
  let kept = new Tensor(numbers, shape, dtypeOfArray(numbers));
  lengths.forEach((length, axis) => {
    if (!varies(length)) return;
    const first = kept.slice(...kept.shape.map((_, a) => (a === axis ? ([0, 1] as const) : ":")));
    if (!all(equal(kept, first)).item())
      throw new OptionError({
        where,
        expected: "constants that do not depend on the batch size",
        got: `one of shape ${formatShape(shape)} with other numbers for each example`,
        hint: "Make it an input of the model.",
      });
    kept = first;
  });
  return kept.toTypedArray();
}

function dtypeOfArray(numbers: TypedArray): DType {
  if (numbers instanceof Float64Array) return "float64";
  if (numbers instanceof Int32Array) return "int32";
  return numbers instanceof Uint8Array ? "bool" : "float32";
}

/** A model, as far as inference needs it. */
export interface Exportable {
  call(...inputs: Tensor[]): unknown;
  train(mode?: boolean): unknown;
  modules(): { training: boolean }[];
  namedParameters(): Map<string, unknown>;
  namedBuffers(): Map<string, unknown>;
  /** The shape of its only input, batch first, where it is known; null for a length that varies. */
  readonly inputShape?: readonly (number | null)[] | null;
}

/** What {@link exportOnnx} is told besides the model. */
export interface ExportOnnxOptions {
  /** A batch like those that it will get, one tensor for each input: its shapes and dtypes count, its numbers do not. */
  example?: Tensor | readonly Tensor[];
  /** What the inputs are called; by default "input", or "input_1" and so on. */
  inputs?: readonly string[];
  /** What the outputs are called; by default "output", or "output_1" and so on, or the names that the model gives them. */
  outputs?: readonly string[];
  name?: string;
}

/**
 * Writes a model's inference as an ONNX file, which ONNX Runtime and others run: for any batch size, without dropout, with
 * the statistics of evaluation. ONNX 1.12 (opset 17) and newer. Checks of numbers, such as indices that are not there, are
 * the runtime's then.
 *
 * @param example a batch like those that it will get, in the options; without it, where the model knows its input's shape.
 * @throws OptionError for an operation that ONNX has no operator of, with the layer that has it, and for a model that computes something else for
 *   other batch sizes; DataError where the file cannot be written.
 *
 * @example
 * const model = new Sequential([new Dense({ units: 3, inputDim: 4, activation: "softmax" })]);
 * await exportOnnx(model, "iris.onnx");
 */
export async function exportOnnx(
  model: Exportable,
  path: string | URL,
  options: ExportOnnxOptions = {},
): Promise<void> {
  await writeFile(path, encodeOnnx(model, options));
}

/**
 * The bytes that {@link exportOnnx} writes: for a download, or a runtime in the page.
 *
 * @example
 * const bytes = encodeOnnx(new Sequential([new Dense({ units: 3, inputDim: 4 })]));
 * bytes.length > 100; // true
 */
export function encodeOnnx(model: Exportable, options: ExportOnnxOptions = {}): Uint8Array {
  checkOptions(where, options, ["example", "inputs", "outputs", "name"]);
  const methods = ["call", "train", "modules", "namedParameters", "namedBuffers"];
  if (methods.some((method) => typeof (model as unknown as Record<string, unknown> | null)?.[method] !== "function"))
    throw new OptionError({ where, expected: "a model first", got: describe(model) });
  checkText(where, "name", options.name ?? "model");
  const examples = examplesFor(model, options.example);
  const [first, second] = batchSizes.map((batch) => traceFor(model, examples, batch));
  const lengths = lengthsOf(where, [first.graph, second.graph], batchSizes);
  const inputs = named("input", examples.length, options.inputs);
  const outputs = named("output", first.graph.outputs.length, options.outputs ?? first.names ?? undefined);
  const parameterNames = new Map([...model.namedParameters(), ...model.namedBuffers()].map(([name, of]) => [of, name]));
  const writer = new GraphWriter(lengths, inputs, parameterNames, first.layerOf);
  return encodeModel(writer.write(first.graph, examples, outputs, options.name ?? "model"), version);
}

/** The example that is given, or zeros of the shape that the model says. */
function examplesFor(model: Exportable, given: ExportOnnxOptions["example"]): readonly Tensor[] {
  const shape = model.inputShape;
  if (given === undefined && shape) {
    if (shape.slice(1).every((length) => length !== null)) return [zeros([1, ...(shape.slice(1) as number[])])];
    throw new OptionError({
      where,
      expected: "an example of an input whose lengths vary",
      got: `an input of shape [${shape.map((length) => length ?? "batch").join(", ")}]`,
      hint: "Pass { example: x }, a batch like those that the model will get.",
    });
  }
  const examples = given instanceof Tensor ? [given] : given;
  if (Array.isArray(examples) && examples.length > 0 && examples.every((x) => x instanceof Tensor && x.rank > 0))
    return examples;
  throw new OptionError({
    where,
    expected: "an example batch, a tensor for each input",
    got: describe(given),
    hint: "Pass { example: x }: its shapes and dtypes count, its numbers do not.",
  });
}

interface TracedModel {
  readonly graph: Graph;
  /** The layer that applied an op first. */
  layerOf(op: Op): string | null;
  /** The names of the outputs, where the model gives them. */
  readonly names: readonly string[] | null;
}

/** Traces inference on a batch of this size. Modes are put back. */
function traceFor(model: Exportable, examples: readonly Tensor[], batch: number): TracedModel {
  const inputs = examples.map(({ shape, dtype }) => zeros([batch, ...shape.slice(1)], { dtype }));
  const modes = model.modules().map((module) => [module, module.training] as const);
  model.train(false);
  try {
    const run = (...given: Tensor[]) => noGrad(() => model.call(...given));
    const tree = flatten(where, "inputs", inputs, false);
    const trace = new LayerTrace(where, tree.tensors);
    const traced = withForwardHook(
      () => trace.leave(),
      () => traceFunction(where, run as never, tree, trace),
    );
    const result = traced.result.unflatten(traced.result.tensors);
    const isRecord =
      typeof result === "object" && result !== null && !(result instanceof Tensor) && !Array.isArray(result);
    const graph = simplify({
      ...withoutGuards(traced.graph),
      assigned: [],
      outputs: traced.graph.outputs.slice(0, traced.result.tensors.length),
    });
    const layerOf = (op: Op) => titleOf(model, trace.layerOf.get(op));
    return { graph, layerOf, names: isRecord ? Object.keys(result) : null };
  } finally {
    for (const [module, mode] of modes) module.training = mode;
  }
}

function named(what: string, count: number, given?: readonly string[]): readonly string[] {
  if (given === undefined) return count === 1 ? [what] : Array.from({ length: count }, (_, i) => `${what}_${i + 1}`);
  if (given.length === count && new Set(given).size === count && given.every((name) => typeof name === "string"))
    return given;
  throw new OptionError({ where, expected: `${count} different names of ${what}s`, got: describe(given) });
}
