/**
 * `exportJax`: any step that `jit` can trace as a JAX program that checks itself.
 */
import {
  type FlatTree,
  flatten,
  type Graph,
  type GraphNode,
  type TensorFunction,
  type TracedFunction,
} from "@chainrule/compiler/internal";
import { type Generator, OptionError, type Parameter, Tensor, tensor } from "@chainrule/core";
import { checkOptions, describe } from "@chainrule/core/internal";
import { fileSystem, writeFile } from "../files/atomic.ts";
import { encodeNpz } from "../formats/npz.ts";
import { firstSteps } from "../graph/evaluate.ts";
import { traceStep, updatesOf } from "../graph/scopes.ts";
import { version } from "../version.ts";
import { iterations, type Names, writeBody, writeCheck, writeProgram } from "./program.ts";
import type { Draw } from "./random.ts";

/** A module, as far as its parameters and buffers have names. */
interface Named {
  namedParameters(): Map<string, Parameter>;
  namedBuffers(): Map<string, Parameter>;
}

/** An optimizer, as far as its state has names and its rate may follow a schedule. */
interface NamedOptimizer {
  readonly options?: { readonly gradientAccumulationSteps?: number; readonly momentumSchedule?: unknown };
  readonly iterations: number;
  readonly parameters: readonly Parameter[];
  readonly groups: readonly {
    readonly lr: Parameter;
    readonly hyper: { readonly lr: number | ((iteration: number) => number) };
  }[];
  namedVariables(): Map<string, Parameter>;
}

/** What {@link exportJax} is told besides the step and its arguments. */
export interface ExportJaxOptions {
  /** What the parameters belong to: their names in the program. */
  model?: Named;
  /** What the step updates them with: the names of what it remembers, and the schedule of its rate. */
  optimizer?: NamedOptimizer;
  /** Names of other buffers that the step reads or assigns. */
  state?: Readonly<Record<string, Parameter>>;
  /** Names of the arguments; by default those of the function. */
  inputs?: readonly string[];
  /** What the program is called; by default as the function. */
  name?: string;
  /** How many steps the check repeats, 10 by default. */
  steps?: number;
  /** For how many steps the rates of a schedule are written out, 10,000 by default; after those the rate is NaN. */
  scheduleSteps?: number;
}

/** The files of a program: texts, and arrays by name that go into an .npz file each. */
export interface JaxProgram {
  readonly "program.py": string;
  readonly "check.py": string;
  readonly "state.npz": Readonly<Record<string, Tensor>>;
  readonly "batch.npz": Readonly<Record<string, Tensor>>;
  readonly "expected.npz": Readonly<Record<string, Tensor>>;
  readonly "constants.npz"?: Readonly<Record<string, Tensor>>;
}

const where = "exportJax";
const optionNames = ["model", "optimizer", "state", "inputs", "name", "steps", "scheduleSteps"];

/**
 * Writes a step, everything that `jit` could compile, as a JAX program: a folder with `program.py` (a line for each
 * operation), the state and the batch as .npz, and `check.py`, which repeats the first steps there and compares. Random
 * numbers are the same, so that losses agree with dropout too. The step is traced and not run: nothing here changes.
 * Checks of numbers, such as labels that are no classes, are not in the program, which says so.
 *
 * @param args the arguments of the step, which become the batch of the check.
 * @throws OptionError for operations and random numbers that JAX cannot repeat, and for an optimizer that is not given;
 *   JitError for a step that reads numbers; DataError where files cannot be written.
 *
 * @example
 * const model = new Sequential([new Dense({ units: 3, inputDim: 4 })]);
 * const optimizer = new Adam(model);
 * const step = (x, y) => {
 *   optimizer.zeroGrad();
 *   const loss = crossEntropy(model.call(x), y);
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * };
 * await exportJax(step, [randn([16, 4]), randint(0, 3, [16])], "digits-in-jax", { model, optimizer });
 */
export async function exportJax<Args extends unknown[]>(
  step: (...args: Args) => unknown,
  args: Args,
  folder: string,
  options: ExportJaxOptions = {},
): Promise<void> {
  await writeFolder(folder, jaxProgram(step, args, options));
}

async function writeFolder(folder: string, files: JaxProgram): Promise<void> {
  await fileSystem()?.mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files))
    await writeFile(
      `${folder}/${name}`,
      typeof content === "string" ? new TextEncoder().encode(content) : encodeNpz(content),
    );
}

/**
 * The files that {@link exportJax} writes. The step is traced and not run: nothing of the caller's changes.
 *
 * @example
 * const { "program.py": program } = jaxProgram((x) => x.square().sum(), [tensor([1, 2])]);
 * program.includes("def "); // true
 */
export function jaxProgram<Args extends unknown[]>(
  step: (...args: Args) => unknown,
  args: Args,
  options: ExportJaxOptions = {},
): JaxProgram {
  checkOptions(where, options, optionNames);
  if (typeof step !== "function")
    throw new OptionError({ where, expected: "a step to export, a function of tensors", got: describe(step) });
  const { steps = 10 } = options;
  const name = options.name ?? (step.name || "step");
  const given = flatten(where, "arguments", args, true);
  const { traced, graph, scopes } = traceStep(where, step as unknown as TensorFunction, given);
  checkTrace(traced, options);
  const names = namesOf(graph, inputNames(step, args, given, options.inputs), options);
  const body = writeBody(where, graph, names, scopesOf(graph, scopes, names, options));
  const generators = [...names.generators.keys()];
  const gradients = traced.gradients.flatMap(({ leaf, output }) =>
    output === null ? [] : [[gradientName(leaf, names), output] as const],
  );
  const indices = traced.result.tensors.map((_, i) => i);
  const tree = {
    result: traced.result.unflatten(indices as never),
    ...(gradients.length > 0 && { gradients: Object.fromEntries(gradients) }),
  };
  const result = written(gradients.length > 0 ? tree : tree.result, body.outputs);
  const schedules = schedulesOf(options);
  const expected = firstSteps(graph, given.tensors, generators, steps, (i, state) => {
    for (const [lr, rate] of schedules) state.set(lr, tensor(rate(i), { dtype: lr.dtype }));
  });
  const x64 = graph.nodes.some(({ dtype }) => dtype === "float64");
  return {
    "program.py": writeProgram(body, { name, version, inputs: names.inputs, result, x64 }),
    "check.py": writeCheck(names.inputs, steps, gradients.length > 0),
    "state.npz": stateArrays(names, schedules, options),
    "batch.npz": Object.fromEntries(names.inputs.map((input, i) => [input, given.tensors[i].detach()])),
    "expected.npz": Object.fromEntries(
      expected.flatMap((outputs, i) => leavesOf(tree, `${i}`).map(([path, k]) => [path, outputs[k]] as const)),
    ),
    ...(body.constants.size > 0 && {
      "constants.npz": Object.fromEntries([...body.constants].map(([key, node]) => [key, constantOf(node)])),
    }),
  };
}

/** What each operation is written under: a layer, its backward pass, or the update of a weight. */
function scopesOf(
  graph: Graph,
  scopes: ReadonlyMap<GraphNode, string>,
  { parameters }: Names,
  { optimizer }: ExportJaxOptions,
): Map<GraphNode, string> {
  const weights = optimizer?.parameters ?? [];
  const remembered = new Map(
    [...(optimizer?.namedVariables() ?? [])].flatMap(([name, variable]) => {
      const weight = weights[Number(/^(\d+)\./.exec(name)?.[1])];
      return weight ? [[variable, weight] as const] : [];
    }),
  );
  const updates = updatesOf(
    graph,
    (variable) => remembered.get(variable) ?? (weights.includes(variable) ? variable : null),
  );
  return new Map(
    graph.nodes.flatMap((node) => {
      const scope = scopes.get(node);
      const weight = updates.get(node);
      if (scope || weight === undefined) return scope ? [[node, scope] as const] : [];
      return [[node, weight ? `update of ${parameters.get(weight) ?? "a weight"}` : "update"] as const];
    }),
  );
}

function checkTrace({ effects, priorGradients }: TracedFunction, options: ExportJaxOptions): void {
  checkUpdates(options);
  if (priorGradients.some(({ spec }) => spec !== null))
    throw new OptionError({
      where,
      expected: "a step that starts without gradients",
      got: "one that adds to gradients from before it",
      hint: "Call optimizer.zeroGrad() at the start of the step.",
    });
  if (effects.length > 0 && !options.optimizer)
    throw new OptionError({
      where,
      expected: "the optimizer of a step that has one",
      got: "no optimizer among the options",
      hint: "Pass { optimizer }: its rate may follow a schedule, which the operations do not show.",
    });
}

/** Throws for steps of which some update and some only add up gradients. */
function checkUpdates({ optimizer }: ExportJaxOptions): void {
  const { gradientAccumulationSteps: steps = 1, momentumSchedule } = optimizer?.options ?? {};
  if (momentumSchedule !== undefined)
    throw new OptionError({ where, expected: "an optimizer whose momentum stays", got: "one with momentumSchedule" });
  if (steps > 1)
    throw new OptionError({
      where,
      expected: "an optimizer that makes an update in each step",
      got: `one that makes an update of ${steps} steps`,
      hint: `Leave gradientAccumulationSteps out, and pass a batch ${steps} times as large.`,
    });
}

/** The names of the function's parameters, where it has plain ones. */
function inputNames(step: object, args: readonly unknown[], tree: FlatTree, given?: readonly string[]): string[] {
  const count = tree.tensors.length;
  if (given && given.length === count && given.every((name) => /^[A-Za-z_]\w*$/.test(name))) return [...given];
  if (given)
    throw new OptionError({ where, expected: `${count} names of inputs, as Python writes them`, got: describe(given) });
  const head = /^(?:async\s+)?(?:function[^(]*)?\(?([\w\s,$]*?)\)?\s*(?:=>|\{)/.exec(String(step))?.[1] ?? "";
  const own = head.split(",").map((part) => part.trim());
  const isPlain = args.length === count && own.length >= count && own.every((part) => /^[a-zA-Z]\w*$/.test(part));
  return Array.from({ length: count }, (_, i) => (isPlain ? own[i] : `input_${i}`));
}

function namesOf(graph: Graph, inputs: readonly string[], { model, optimizer, state = {} }: ExportJaxOptions): Names {
  const known = new Map<Parameter, string>();
  const name = (parameter: Parameter, text: string) => {
    if (!known.has(parameter)) known.set(parameter, text);
  };
  for (const [text, parameter] of Object.entries(state)) name(parameter, text);
  for (const [text, parameter] of [...(model?.namedParameters() ?? []), ...(model?.namedBuffers() ?? [])])
    name(parameter, text);
  const weights = optimizer?.parameters ?? [];
  // "0.m" is the m of the first weight.
  for (const [text, parameter] of optimizer?.namedVariables() ?? [])
    name(parameter, `optimizer.${text.replace(/^\d+(?=\.)/, (i) => known.get(weights[Number(i)]) ?? i)}`);
  const parameters = new Map<Parameter, string>();
  const used = [
    ...graph.nodes.flatMap(({ source }) => (source.kind === "state" ? [source.parameter] : [])),
    ...graph.assigned.map(([parameter]) => parameter),
  ];
  for (const parameter of used)
    if (!parameters.has(parameter)) parameters.set(parameter, known.get(parameter) ?? `state_${parameters.size}`);
  const generators = new Map<Generator, string>();
  for (const { op, source } of graph.nodes) {
    if (!op?.random || source.kind !== "op") continue;
    const { generator } = source.attributes as Draw;
    if (!generators.has(generator))
      generators.set(generator, generators.size === 0 ? "random" : `random_${generators.size}`);
  }
  const schedules = new Map(
    [...schedulesOf({ optimizer }).keys()].flatMap((lr) => {
      const text = parameters.get(lr);
      return text === undefined ? [] : [[lr, `${text}.schedule`] as const];
    }),
  );
  return { inputs, parameters, generators, schedules };
}

function gradientName(leaf: Tensor, { parameters }: Names): string {
  return parameters.get(leaf as Parameter) ?? "input";
}

/** A tree of the outputs' numbers as Python writes it. */
function written(tree: unknown, outputs: readonly string[]): string {
  if (typeof tree === "number") return outputs[tree];
  if (Array.isArray(tree)) return `[${tree.map((item) => written(item, outputs)).join(", ")}]`;
  if (tree === null || tree === undefined) return "None";
  const entries = Object.entries(tree).map(([key, item]) => `${JSON.stringify(key)}: ${written(item, outputs)}`);
  return `{${entries.join(", ")}}`;
}

/** Each output's number, with the way to it through the tree. */
function leavesOf(tree: unknown, path: string): [path: string, output: number][] {
  if (typeof tree === "number") return [[path, tree]];
  if (tree === null || tree === undefined) return [];
  return Object.entries(tree).flatMap(([key, item]) => leavesOf(item, `${path}.${key}`));
}

/** The rate of each group that follows a schedule, by the number of steps from now on. */
function schedulesOf({ optimizer }: ExportJaxOptions): Map<Parameter, (step: number) => number> {
  const schedules = new Map<Parameter, (step: number) => number>();
  for (const { lr, hyper } of optimizer?.groups ?? []) {
    const rate = hyper.lr;
    if (typeof rate === "function") schedules.set(lr, (step) => rate(optimizer!.iterations + step));
  }
  return schedules;
}

function stateArrays(
  { parameters, generators, schedules: names }: Names,
  schedules: ReadonlyMap<Parameter, (step: number) => number>,
  { scheduleSteps = 10_000 }: ExportJaxOptions,
): Record<string, Tensor> {
  const words = (pair: readonly number[]) => tensor(Int32Array.from(pair));
  return {
    ...Object.fromEntries(
      [...parameters]
        .filter(([parameter]) => !names.has(parameter))
        .map(([parameter, name]) => [name, parameter.detach()]),
    ),
    ...Object.fromEntries(
      [...generators].flatMap(([{ state }, name]) => [
        [`${name}.key`, words(state.key)],
        [`${name}.counter`, words(state.counter)],
      ]),
    ),
    ...Object.fromEntries(
      [...names].map(([lr, name]) => [
        name,
        tensor(
          Float64Array.from({ length: scheduleSteps }, (_, i) => schedules.get(lr)!(i)),
          { dtype: lr.dtype },
        ),
      ]),
    ),
    ...(names.size > 0 && { [iterations]: tensor(Int32Array.of(0)).reshape([]) }),
  };
}

function constantOf({ source, shape, dtype }: GraphNode): Tensor {
  return new Tensor(source.kind === "constant" ? source.numbers : new Float32Array(), shape, dtype);
}
