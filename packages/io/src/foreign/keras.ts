/**
 * `loadKerasWeights`: what Keras trained, in a model of the same layers.
 */
import { ModelError, OptionError, type Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { readBytes, type Source } from "@chainrule/data";
import { type Module, SeparableConv1d, SeparableConv2d, Sequential } from "@chainrule/nn";
import { nameOfSource } from "../files/names.ts";
import { parseWantedNpz } from "../formats/npz.ts";
import { parseWanted } from "../formats/safetensors.ts";
import type { LoadReport } from "../model/state.ts";
import { checkModule } from "../model/weights.ts";
import { checkFlattened, type Flattened, featureOrders, reordered } from "./feature-order.ts";
import { kerasRulesOf } from "./keras-layers.ts";
import { type ForeignTensors, loadPlanned } from "./load.ts";
import { Names } from "./names.ts";
import { checkForeignOptions, type ForeignOptions, Ignored, refuseOtherFormats } from "./options.ts";
import { type Framework, findModule, leavesOf, planOf } from "./plan.ts";

/** How Keras's weights find their layers, and where the model had its channels. */
export interface LoadKerasWeightsOptions extends ForeignOptions {
  /** Where channels were in the Keras model: "channels_last", which is its default, or "channels_first". */
  dataFormat?: "channels_last" | "channels_first";
  /**
   * Which layers take flattened images, with the shapes of these here, as in `{ dense: [16, 7, 7] }`: only for models
   * whose layers cannot be followed, such as classes of your own.
   */
  flattened?: Readonly<Record<string, readonly number[]>>;
}

/** The state of random numbers, which are others here. */
const seeds = /(^|\/)seed_generator_state$/;

/**
 * Puts the weights of a Keras 3 model into a model of the same layers. In Python:
 *
 *     numpy.savez("weights.npz", **{w.path: w.numpy() for w in model.weights})
 *
 * Kernels of convolutions are turned, gates of a GRU put in the order that they have here, the weights of attention's
 * heads put side by side, and weights that take flattened images put in the order of channels first. Weights of a
 * `Sequential` go to the layers of a `Sequential` in their order; those of other models by the layers' names, and where
 * these differ as `layers` says. A safetensors file of the same names will do, but has no order: there everything goes
 * by names. Either all is loaded or nothing; with `partial` all that fits.
 *
 * What is no weight is not in the file and has to be the same here: activations, padding, `eps`, which is 1e-3 in
 * Keras's normalisations. See docs/from-pytorch-and-keras.md for the table of layers.
 *
 * @param source a path (in Node), a URL, or the bytes.
 * @returns the names that were loaded, are missing, are surplus, or have another shape.
 * @throws ModelError where something is missing, surplus or of another shape, unless `partial`, and where it cannot be
 *   seen which layers take flattened images; OptionError for `layers` that there are not; DataError where the file
 *   cannot be read or is damaged.
 *
 * @example
 * const net = new Sequential([new Dense({ units: 3, inputDim: 2, activation: "relu" }), new Dense({ units: 1 })]);
 * const bytes = encodeNpz({
 *   "sequential/dense/kernel": ones([2, 3]),
 *   "sequential/dense/bias": zeros([3]),
 *   "sequential/dense_1/kernel": ones([3, 1]),
 *   "sequential/dense_1/bias": zeros([1]),
 * });
 * await loadKerasWeights(net, bytes); // missing: []
 * net.predict([[1, 2]]); // [[9]]
 */
export async function loadKerasWeights(
  model: Module<unknown>,
  source: Source | Uint8Array,
  options: LoadKerasWeightsOptions = {},
): Promise<LoadReport> {
  const name = "loadKerasWeights";
  checkModule(name, model);
  checkKerasOptions(name, options);
  const isBytes = source instanceof Uint8Array;
  const where = isBytes ? name : nameOfSource(source);
  const bytes = isBytes ? source : await readBytes(source);
  refuseOtherFormats(where, bytes, "a .npz or safetensors file", ["PK\x03\x04"]);
  const isNpz = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const ignored = new Ignored(where, options.ignore, seeds);
  const found = isNpz
    ? parseWantedNpz(bytes, where, {}, ignored.isWanted)
    : parseWanted(bytes, where, ignored.isWanted).tensors;
  ignored.check();
  const isSplit = !model.modules().some((part) => part instanceof SeparableConv1d || part instanceof SeparableConv2d);
  const foreign = foreignTensors(found, isSplit);
  const names = new Names([...foreign.tensors.keys()], "/");
  if (!isNpz) checkNamed(where, model, names, options);
  const { dataFormat = "channels_last", flattened } = options;
  const orders =
    dataFormat === "channels_first" ? null : () => featureOrders(where, model, flattenedOf(where, model, flattened));
  const plan = planOf(where, model, names, keras(isNpz, orders), options.layers ?? {});
  return loadPlanned(where, model, plan, foreign, options.partial ?? false);
}

function checkKerasOptions(where: string, options: LoadKerasWeightsOptions): void {
  checkForeignOptions(where, options, ["dataFormat", "flattened"]);
  const { dataFormat = "channels_last", flattened = {} } = options;
  if (dataFormat !== "channels_last" && dataFormat !== "channels_first")
    throw new OptionError({
      where,
      expected: 'dataFormat "channels_last" or "channels_first"',
      got: describe(dataFormat),
    });
  const isShape = (x: unknown) => Array.isArray(x) && x.length > 1 && x.every((n) => Number.isInteger(n) && n > 0);
  const wrong = Object.values(Object(flattened)).find((shape) => !isShape(shape));
  if (wrong !== undefined)
    throw new OptionError({
      where: `${where}, flattened`,
      expected: "shapes by the names of layers: { dense: [channels, height, width] }",
      got: Array.isArray(wrong) ? JSON.stringify(wrong).slice(0, 60) : describe(wrong),
    });
}

function flattenedOf(
  where: string,
  model: Module<unknown>,
  flattened: LoadKerasWeightsOptions["flattened"],
): Flattened | null {
  if (flattened === undefined) return null;
  return new Map(
    Object.entries(flattened).map(([name, shape]) => {
      const layer = findModule(`${where}, flattened`, model, name);
      checkFlattened(where, layer, shape);
      return [layer, shape];
    }),
  );
}

/**
 * The tensors of the model, without the model's own name.
 *
 * @param isSplit whether the parts of separable convolutions are layers by themselves here.
 */
function foreignTensors(found: Readonly<Record<string, Tensor>>, isSplit: boolean): ForeignTensors {
  const all = Object.keys(found);
  const tree = new Names(all, "/");
  const { modules, tensors: loose } = tree.partsOf("");
  const isModel = modules.length === 1 && loose.length === 0 && !isLayer(tree, modules[0]);
  const start = isModel ? `${modules[0]}/` : "";
  const tensors = new Map<string, Tensor>();
  const inFile = new Map<string, string>();
  for (const name of all) {
    const module = name.slice(0, name.lastIndexOf("/"));
    const isSeparable = isSplit && Object.hasOwn(found, `${module}/depthwise_kernel`);
    const short = name.slice(start.length);
    const alias = isSeparable
      ? short.replace(/\/(depthwise|pointwise)_kernel$/, "/$1/kernel").replace(/\/bias$/, "/pointwise/bias")
      : short;
    tensors.set(alias, found[name]);
    inFile.set(alias, name);
  }
  return { tensors, nameInFile: (alias) => inFile.get(alias) ?? start + alias };
}

/** Whether a module is a layer with weights, and not a model of layers. */
function isLayer(names: Names, module: string): boolean {
  const { modules, tensors } = names.partsOf(module);
  const has = (pattern: RegExp) => modules.some((name) => pattern.test(name));
  const isBidirectional = has(/^forward_/) && has(/^backward_/);
  return tensors.length > 0 || has(/^attention_output$/) || has(/_cell(_\d+)?$/) || isBidirectional;
}

function keras(isOrdered: boolean, ordersOf: (() => ReturnType<typeof featureOrders>) | null): Framework {
  let orders: ReturnType<typeof featureOrders> | null = null;
  const sequenceOf = (names: Names, module: string): readonly string[] =>
    names.partsOf(module).modules.flatMap((name) => {
      const part = names.join(module, name);
      return isLayer(names, part) ? [part] : sequenceOf(names, part);
    });
  return {
    rulesOf(layer, names, module) {
      const rules = kerasRulesOf(layer, names, module);
      if (!rules || !ordersOf) return rules;
      orders ??= ordersOf();
      return reordered(layer, rules, orders.get(layer) ?? {});
    },
    partsOf: () => undefined,
    placeOf: (_names, _layer, module) => module,
    sequenceOf: (names, module) => (isOrdered ? sequenceOf(names, module) : null),
  };
}

/** Throws where layers are to be found by names that none of them has. */
function checkNamed(where: string, model: Module<unknown>, names: Names, { layers }: LoadKerasWeightsOptions): void {
  if (!(model instanceof Sequential) || layers !== undefined || leavesOf(model).some(({ name }) => names.has(name)))
    return;
  throw new ModelError({
    where,
    expected: "layers of the names that the file has, since a safetensors file has no order",
    got: leavesOf(model)
      .map(({ name }) => `"${name}"`)
      .join(", "),
    hint: `The file has ${names.partsOf("").modules.slice(0, 20).join(", ")}. Name the layers so, pass { layers }, or write a .npz file, which keeps the order.`,
  });
}
