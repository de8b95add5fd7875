/**
 * A model out of the parts of a file. It is whole before anybody gets it, and making it draws no random numbers.
 */
import {
  defaultGenerator,
  getDefaultDType,
  ModelError,
  type Parameter,
  setDefaultDType,
  type Tensor,
} from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { type CompileOptions, Layer, Model, Module, Optimizer, withoutInitialization } from "@chainrule/nn";
import { type Decoding, decodeValue } from "../config/decode.ts";
import { isRecord, type Json } from "../formats/json.ts";
import { assignState, checkComplete, compareState } from "./state.ts";

type Fields = { readonly [key: string]: Json };
type Values = Readonly<Record<string, Tensor>>;

/** How long an axis of an input may be that layers are built for. */
const maxLength = 2 ** 24;

/**
 * The model that {@link encodeWhole} wrote.
 *
 * @param values the tensors of the file.
 * @throws DataError, ModelError for what is not as it was written.
 */
export function decodeWhole(decoding: Decoding, fields: Fields, values: Values): Module<unknown> {
  const prefix = decoding.text(fields, "prefix");
  const own = withoutPrefix(values, prefix);
  const size = Object.values(own.state).reduce((sum, x) => sum + x.size, 0);
  const module = asItWas(decoding, fields, () => withoutInitialization(size, () => rebuild(decoding, fields)));
  decoding.restoreGenerators();
  const report = compareState(module, own.state);
  checkComplete(decoding.where, module, report, "The file is damaged, or a class of your own is not what it was.");
  const variables = new Map([...module.namedParameters(), ...module.namedBuffers()]);
  checkDTypes(decoding, variables, own.state);
  assignState(module, own.state, report.loaded);
  for (const name of decoding.list(fields, "frozen")) {
    const parameter = module.namedParameters().get(name as string);
    if (!parameter) throw decoding.damaged("the names of frozen weights", describe(name));
    parameter.requiresGrad = false;
  }
  const modules = new Map(module.namedModules());
  for (const path of decoding.list(fields, "evaluating")) {
    const part = modules.get(path as string);
    if (part) part.training = false;
  }
  if (fields.extra !== undefined) restoreExtra(decoding, fields, modules);
  if (fields.compile !== null && fields.compile !== undefined)
    compile(
      decoding,
      decoding.record(fields, "compile"),
      module,
      fields.optimizerState === null ? null : own.optimizer,
    );
  return module;
}

/** The model's own tensors among those of the file: its state, and its optimizer's. */
function withoutPrefix(values: Values, prefix: string): { state: Values; optimizer: Values } {
  const mine = Object.entries(values)
    .filter(([name]) => name.startsWith(prefix) && !name.startsWith("$"))
    .map(([name, x]) => [name.slice(prefix.length), x] as const);
  const isOptimizer = (name: string) => name.startsWith("optimizer/");
  return {
    state: Object.fromEntries(mine.filter(([name]) => !isOptimizer(name))),
    optimizer: Object.fromEntries(
      mine.filter(([name]) => isOptimizer(name)).map(([name, x]) => [name.slice("optimizer/".length), x]),
    ),
  };
}

/** Runs `f` with the default dtype that the model was made under, and leaves it and the random numbers as they were. */
function asItWas<T>(decoding: Decoding, fields: Fields, f: () => T): T {
  const dtype = getDefaultDType();
  const generator = defaultGenerator();
  const { state } = generator;
  const wanted = decoding.text(fields, "dtype");
  if (wanted !== "float32" && wanted !== "float64") throw decoding.damaged("a dtype of floats", describe(wanted));
  setDefaultDType(wanted);
  try {
    return f();
  } finally {
    setDefaultDType(dtype);
    generator.state = state;
  }
}

/** The modules, with weights that are all 0. */
function rebuild(decoding: Decoding, fields: Fields): Module<unknown> {
  const module = decodeValue(decoding, decoding.record(fields, "model"));
  if (!(module instanceof Module)) throw decoding.damaged("a model", describe(module));
  for (const each of decoding.list(fields, "built")) {
    const [path, shape] = Array.isArray(each) ? each : [];
    if (!Array.isArray(shape) || !shape.every((length) => length === null || (length as number) <= maxLength))
      throw decoding.damaged("the shapes of layers' inputs", describe(shape));
    const part = module.namedModules().find(([name]) => name === path)?.[1];
    if (part instanceof Layer && !part.built) part.ensureBuilt(shape as (number | null)[]);
  }
  return module;
}

/** What layers remember besides weights and buffers, where training is to go on. */
function restoreExtra(decoding: Decoding, fields: Fields, modules: ReadonlyMap<string, Module<unknown>>): void {
  for (const each of decoding.list(fields, "extra")) {
    const [path, state] = Array.isArray(each) ? each : [];
    const part = modules.get(path as string);
    if (!part || !isRecord(state)) throw decoding.damaged("the paths of layers and what they remember", describe(each));
    part.loadExtraState(decodeValue(decoding, state) as Readonly<Record<string, unknown>>);
  }
}

function checkDTypes(decoding: Decoding, variables: ReadonlyMap<string, Parameter>, values: Values): void {
  for (const [name, { dtype }] of variables)
    if (dtype !== values[name].dtype)
      throw new ModelError({
        where: decoding.where,
        expected: `${name} in ${dtype}, as its layer has it`,
        got: values[name].dtype,
        hint: "Give layers of another dtype than the rest of the model their own: { dtype }.",
      });
}

function compile(decoding: Decoding, fields: Fields, module: Module<unknown>, optimizerState: Values | null): void {
  if (!(module instanceof Model)) throw decoding.damaged("a model that can be compiled", describe(module));
  const options = decodeValue(decoding, decoding.record(fields, "given")) as CompileOptions;
  const groups = fields.groups === null ? null : decodeGroups(decoding, fields, module);
  if (groups && options.optimizer instanceof Optimizer) options.optimizer.bind(groups as never);
  module.compile(options);
  if (typeof fields.lr === "number" && !groups && module.optimizer.lr !== fields.lr) module.optimizer.lr = fields.lr;
  if (optimizerState) module.optimizer.loadStateDict(optimizerState);
}

function decodeGroups(decoding: Decoding, fields: Fields, model: Model): object[] {
  const weights = model.namedParameters();
  return decoding.list(fields, "groups").map((group) => {
    if (!isRecord(group)) throw decoding.damaged("a group of weights", describe(group));
    const params = decoding.list(group, "params").map((name) => {
      const found = weights.get(name as string);
      if (!found) throw decoding.damaged("the names of weights", describe(name));
      return found;
    });
    return { ...(decodeValue(decoding, decoding.record(group, "hyper")) as object), params };
  });
}
