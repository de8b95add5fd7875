/**
 * A model as a part of a file: its architecture and what it was compiled with as JSON, its weights and state as tensors.
 */
import { getDefaultDType, isFloat, ModelError, type Tensor } from "@chainrule/core";
import { type CompileOptions, Layer, Model, type Module, type Optimizer, type SaveOptions } from "@chainrule/nn";
import { type Encoding, encodeValue } from "../config/encode.ts";
import type { Json } from "../formats/json.ts";

/** A module as JSON; its state, and the optimizer's, goes to `state` by name. */
export function encodeWhole(
  encoding: Encoding,
  module: Module<unknown>,
  state: Map<string, Tensor>,
  prefix: string,
  { optimizerState = false }: SaveOptions,
): Json {
  const values = module.stateDict();
  for (const [name, x] of Object.entries(values)) state.set(prefix + name, x);
  const floats = Object.values(values).filter(({ dtype }) => isFloat(dtype));
  const modules = module.namedModules();
  const built = modules.filter(([, part]) => part instanceof Layer && part.built) as [string, Layer][];
  const compile = module instanceof Model ? encodeCompile(encoding, module) : null;
  const extra = modules.map(([path, part]) => [path, part.extraState()] as const);
  const rates = compile && optimizerState ? encodeOptimizerState(module as Model, state, prefix) : null;
  return {
    $: "model",
    model: encoding.inModel(() => encodeValue(encoding, module)),
    prefix,
    dtype: floats[0]?.dtype ?? getDefaultDType(),
    built: built.map(([path, { inputShape }]) => [path, inputShape as Json]),
    evaluating: modules.filter(([, { training }]) => !training).map(([path]) => path),
    frozen: [...module.namedParameters()].filter(([, { requiresGrad }]) => !requiresGrad).map(([name]) => name),
    compile,
    optimizerState: rates,
    ...(optimizerState && {
      extra: extra
        .filter(([, state]) => Object.keys(state).length > 0)
        .map(([path, state]) => [path, encodeValue(encoding, state)]),
    }),
  };
}

/** What `compile` was given, and the learning rate as it is now. */
function encodeCompile(encoding: Encoding, model: Model<unknown>): Json {
  const options = model.compileOptions;
  if (options === null) return null;
  return encoding.within("compile", () => {
    const { optimizer } = model;
    const given = encodeValue(encoding, { ...options } satisfies CompileOptions);
    const lr = optimizer.schedule ? null : optimizer.lr;
    return { given, lr, groups: encodeGroups(encoding, model, optimizer) };
  });
}

/** The groups of parameters that an optimizer has, where it does not simply update the model. */
function encodeGroups(encoding: Encoding, model: Model<unknown>, optimizer: Optimizer): Json {
  const { groups } = optimizer;
  if (groups.length === 1 && groups[0].source === model) return null;
  const names = new Map([...model.namedParameters()].map(([name, parameter]) => [parameter, name]));
  return groups.map(({ source, hyper, lr }) => {
    const parameters = "parameters" in source ? source.parameters() : source;
    const params = parameters.map((parameter) => {
      const name = names.get(parameter);
      if (name !== undefined) return name;
      throw new ModelError({
        where: `${encoding.where}, ${optimizer.name}`,
        expected: "an optimizer of the model's weights",
        got: "one of others besides",
      });
    });
    const rate = typeof hyper.lr === "function" ? hyper.lr : lr.item();
    return { params, hyper: encodeValue(encoding, { ...hyper, lr: rate }) };
  });
}

function encodeOptimizerState(model: Model, state: Map<string, Tensor>, prefix: string): Json {
  const found = model.optimizer.stateDict();
  for (const [name, x] of Object.entries(found)) state.set(`${prefix}optimizer/${name}`, x);
  return Object.keys(found);
}
