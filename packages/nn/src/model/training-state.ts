/**
 * All that decides how a training goes on, taken after an epoch and put back before the next: weights, optimizer, random
 * numbers, the order of the data, what callbacks remember, and what has been compiled.
 */
import {
  ChainRuleError,
  DataError,
  defaultGenerator,
  type Generator,
  type Parameter,
  type Tensor,
} from "@chainrule/core";
import { Layer, withoutInitialization } from "../layers/layer.ts";
import type { Module } from "../module/module.ts";
import type { BatchIterator } from "./batch-iterator.ts";
import type { CallbackList } from "./callback.ts";
import type { SavedTraining } from "./checkpoint-store.ts";
import type { DataAdapter } from "./data-adapter.ts";
import type { Logs } from "./hooks.ts";
import type { CompiledShapes } from "./jit-step.ts";
import type { Model } from "./model.ts";
import { randomState, restoreRandom } from "./random-state.ts";
import { SavedFields } from "./saved-fields.ts";

/** What is kept, and put back. */
export interface TrainingParts {
  readonly model: Model<unknown>;
  readonly callbacks: CallbackList;
  readonly batches: BatchIterator;
  readonly data: DataAdapter;
  readonly validationData: DataAdapter | null;
  readonly shapes: { readonly train: CompiledShapes; readonly test: CompiledShapes };
}

/** Where it goes on. */
export interface Resumed {
  readonly epoch: number;
  /** Those of the last epoch. */
  readonly logs: Logs;
}

/** A training as it is after `epoch` epochs. Tensors never change, so that this copies no weights. */
export function saveTraining(parts: TrainingParts, epoch: number, logs: Logs): SavedTraining {
  const { model, callbacks, batches, data, validationData, shapes } = parts;
  const { optimizer } = model;
  const modules = model.namedModules();
  const layers = modules.filter(([, part]) => part instanceof Layer && part.built) as [string, Layer][];
  const extra = modules.map(([path, part]) => [path, part.extraState()] as const);
  const rest = {
    logs,
    stopTraining: model.stopTraining,
    model: {
      built: layers.map(([path, { inputShape }]) => ({ path, inputShape })),
      evaluating: modules.filter(([, { training }]) => !training).map(([path]) => path),
      frozenModules: modules.filter(([, { isFrozen }]) => isFrozen).map(([path]) => path),
      frozen: [...model.namedParameters()].filter(([, { requiresGrad }]) => !requiresGrad).map(([name]) => name),
      extra: Object.fromEntries(extra.filter(([, state]) => Object.keys(state).length > 0)),
    },
    optimizer: { state: optimizer.stateDict(), spent: optimizer.updatesSpent },
    random: randomState(data),
    data: { pass: batches.position, taken: data.taken, validationTaken: validationData?.taken ?? 0 },
    compiled: {
      train: { ...shapes.train.state(), isCompilable: shapes.train.isCompilable },
      test: { ...shapes.test.state(), isCompilable: shapes.test.isCompilable },
    },
    callbacks: Object.fromEntries([...callbacks.stateful].map(([name, callback]) => [name, callback.stateDict()])),
  };
  return { epoch, weights: model.stateDict(), rest };
}

/**
 * Puts a training back. If it throws, the model, its optimizer and the random numbers are as they were.
 *
 * @throws DataError, ModelError for what does not fit this training.
 */
export async function restoreTraining(parts: TrainingParts, saved: SavedTraining, where: string): Promise<Resumed> {
  const { model, data } = parts;
  const rest = new SavedFields(where, saved.rest);
  const undo = [noteRandom(defaultGenerator())];
  if (data.shuffling) undo.push(noteRandom(data.shuffling));
  try {
    build(where, model, rest.fields("model"), saved.weights);
    const [weights, optimizer, spent] = [model.stateDict(), model.optimizer.stateDict(), model.optimizer.updatesSpent];
    undo.push(noteModules(model), () => {
      model.loadStateDict(weights);
      model.optimizer.loadStateDict(optimizer);
      model.optimizer.updatesSpent = spent;
    });
    restoreModel(where, model, rest.fields("model"), saved.weights);
    restoreOptimizer(model, rest.fields("optimizer"));
    restoreCompiled(parts, rest.fields("compiled"));
    restoreCallbacks(where, parts.callbacks, rest.fields("callbacks"));
    const position = rest.fields("data");
    await parts.data.skip(position.count("taken"));
    await parts.validationData?.skip(position.count("validationTaken"));
    await parts.batches.resume(position.orNull("pass", position.fields));
    restoreRandom(rest.fields("random"), data);
    const stop = rest.any("stopTraining");
    model.stopTraining = typeof stop === "string" || stop === true ? stop : false;
    const logs = rest.fields("logs");
    return { epoch: saved.epoch, logs: Object.fromEntries(logs.names.map((name) => [name, logs.number(name)])) };
  } catch (error) {
    for (const each of undo.reverse()) each();
    throw error instanceof ChainRuleError ? error : notRestored(where, error);
  }
}

/** The error for what layers and callbacks throw that take for granted what a checkpoint may not have. */
function notRestored(where: string, error: unknown): DataError {
  const made = new DataError({
    where,
    expected: "what the layers and callbacks of this training gave to be kept",
    got: `an error when they got it back: ${(error as Error | null)?.message ?? error}`,
  });
  made.cause = error;
  return made;
}

/** Modes, what is frozen, and what layers remember besides their weights. */
function noteModules(model: Model<unknown>): () => void {
  const modules = model.modules().map((part) => ({
    part: part as Module<unknown> & { isFrozen: boolean },
    training: part.training,
    isFrozen: part.isFrozen,
    extra: part.extraState(),
  }));
  const gradients = [...model.namedParameters().values()].map(
    (parameter) => [parameter, parameter.requiresGrad] as const,
  );
  return () => {
    for (const { part, training, isFrozen, extra } of modules) {
      part.training = training;
      part.isFrozen = isFrozen;
      part.loadExtraState(extra);
    }
    for (const [parameter, requiresGrad] of gradients) parameter.requiresGrad = requiresGrad;
  };
}

function noteRandom(generator: Generator): () => void {
  const { state } = generator;
  return () => {
    generator.state = state;
  };
}

/** Makes the weights of layers that have none yet, for the shapes that their inputs had. */
function build(where: string, model: Model<unknown>, saved: SavedFields, weights: SavedTraining["weights"]): void {
  const size = Object.values(weights).reduce((sum, x) => sum + x.size, 0);
  withoutInitialization(size, () => {
    for (const each of saved.list("built")) {
      const fields = new SavedFields(`${where}, built`, each);
      const [path, shape] = [fields.text("path"), fields.list("inputShape")];
      if (!shape.every((length) => length === null || Number.isSafeInteger(length)))
        throw fields.damaged("the shape of a layer's input", shape);
      const part = model.namedModules().find(([name]) => name === path)?.[1];
      if (part instanceof Layer && !part.built) part.ensureBuilt(shape as (number | null)[]);
    }
  });
}

function restoreModel(
  where: string,
  model: Model<unknown>,
  saved: SavedFields,
  weights: Readonly<Record<string, Tensor>>,
): void {
  const variables = new Map([...model.namedParameters(), ...model.namedBuffers()]);
  checkDTypes(where, variables, weights);
  model.loadStateDict(weights);
  const [evaluating, frozenModules] = [new Set(saved.texts("evaluating")), new Set(saved.texts("frozenModules"))];
  const extra = saved.fields("extra");
  for (const [path, part] of model.namedModules()) {
    part.training = !evaluating.has(path);
    (part as { isFrozen: boolean }).isFrozen = frozenModules.has(path);
    part.loadExtraState(extra.names.includes(path) ? plain(extra, path) : {});
  }
  const frozen = new Set(saved.texts("frozen"));
  for (const [name, parameter] of model.namedParameters()) parameter.requiresGrad = !frozen.has(name);
}

function plain(fields: SavedFields, name: string): Readonly<Record<string, unknown>> {
  const inner = fields.fields(name);
  return Object.fromEntries(inner.names.map((key) => [key, inner.any(key)]));
}

function checkDTypes(
  where: string,
  variables: ReadonlyMap<string, Parameter>,
  weights: SavedTraining["weights"],
): void {
  for (const [name, { dtype }] of variables)
    if (Object.hasOwn(weights, name) && weights[name].dtype !== dtype)
      throw new DataError({ where, expected: `${name} in ${dtype}`, got: weights[name].dtype });
}

function restoreOptimizer({ optimizer }: Model<unknown>, saved: SavedFields): void {
  optimizer.loadStateDict(saved.tensors("state"));
  const count = optimizer.parameters.length;
  optimizer.updatesSpent = saved.list("spent").map((each) => {
    const fields = new SavedFields("checkpoint, optimizer, spent", each);
    const weights = fields.numbers("weights");
    const isIndex = (i: number) => Number.isInteger(i) && i >= 0 && i < count;
    if (!weights.every(isIndex)) throw fields.damaged(`numbers of its ${count} weights`, weights);
    return { weights, spent: fields.number("spent") };
  });
}

function restoreCompiled({ shapes }: TrainingParts, saved: SavedFields): void {
  for (const name of ["train", "test"] as const) {
    const fields = saved.fields(name);
    const [seen, left] = [fields.texts("seen"), fields.numbers("left")];
    if (left.length !== seen.length || !left.every((each) => Number.isSafeInteger(each) && each >= 0))
      throw fields.damaged("how many calls of each kind are left", left);
    shapes[name].restore(seen, left);
    shapes[name].isCompilable = fields.boolean("isCompilable");
  }
}

/** Those that were not there before start anew; `fit` has said so. */
function restoreCallbacks(where: string, callbacks: CallbackList, saved: SavedFields): void {
  for (const [name, callback] of callbacks.stateful) {
    if (!saved.names.includes(name)) continue;
    const state = plain(saved, name);
    const returned: unknown = callback.loadStateDict(state);
    if (returned instanceof Promise)
      throw new DataError({
        where: `${where}, ${name}`,
        expected: "loadStateDict that is done when it returns",
        got: "a promise",
      });
  }
}
