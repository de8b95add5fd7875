/**
 * `loadTorchWeights`: what PyTorch trained, in a model of the same layers.
 */
import { OptionError, type Tensor } from "@chainrule/core";
import { describe } from "@chainrule/core/internal";
import { readBytes, type Source } from "@chainrule/data";
import { Bidirectional, type Module, RNN } from "@chainrule/nn";
import { nameOfSource } from "../files/names.ts";
import { parseWanted } from "../formats/safetensors.ts";
import type { LoadReport } from "../model/state.ts";
import { checkModule } from "../model/weights.ts";
import { type ForeignTensors, loadPlanned } from "./load.ts";
import { Names } from "./names.ts";
import { checkForeignOptions, type ForeignOptions, Ignored, refuseOtherFormats } from "./options.ts";
import { type Framework, planOf } from "./plan.ts";
import { torchPartsOf, torchRulesOf } from "./torch-layers.ts";

/** How PyTorch's weights find their layers. */
export interface LoadTorchWeightsOptions extends ForeignOptions {
  /** What the names of the model's weights begin with, where the file has others besides: "generator.". */
  prefix?: string;
}

/** What counts the batches of a batch normalisation, for an average that there is not here. */
const counter = /(^|\.)num_batches_tracked$/;

/** What `DataParallel`, `DistributedDataParallel` and `torch.compile` put before every name. */
const wrappers = ["module.", "_orig_mod."];

/** A weight of a recurrent layer as PyTorch calls it: its module, its name, and the number of the layer. */
const ofRecurrent = /^(.*?)((?:weight|bias)_(?:ih|hh|hr))_l(\d+)(_reverse)?$/;

/** The same as it is called here: with the layer as a module. */
const ofNumbered = /(^|\.)l(\d+)\.((?:weight|bias)_(?:ih|hh|hr))(_reverse)?$/;

/**
 * Puts a `state_dict` of PyTorch into a model of the same layers. In Python:
 *
 *     from safetensors.torch import save_file
 *     save_file(model.state_dict(), "weights.safetensors")
 *
 * Matrices are transposed where they lie otherwise here, and `num_batches_tracked` is left out. Weights of an
 * `nn.Sequential` ("0.weight", "3.bias") go to the layers of a `Sequential` in their order; others by the names of
 * properties and layers, and where these differ as `layers` says. Either all is loaded or nothing; with `partial` all
 * that fits.
 *
 * What is no weight is not in the file and has to be the same here: activations, padding, eps. See
 * docs/from-pytorch-and-keras.md for the table of layers.
 *
 * @param source a path (in Node), a URL, or the bytes.
 * @returns the names that were loaded, are missing, are surplus, or have another shape.
 * @throws ModelError where something is missing, surplus or of another shape, unless `partial`; OptionError for `layers`
 *   that there are not; DataError where the file cannot be read or is damaged.
 *
 * @example
 * const net = new Sequential([new Dense({ units: 3, inputDim: 2, activation: "relu" }), new Dense({ units: 1 })]);
 * const state = { "0.weight": ones([3, 2]), "0.bias": zeros([3]), "2.weight": ones([1, 3]), "2.bias": zeros([1]) };
 * await loadTorchWeights(net, encodeSafetensors(state)); // missing: []
 * net.predict([[1, 2]]); // [[9]]
 */
export async function loadTorchWeights(
  model: Module<unknown>,
  source: Source | Uint8Array,
  options: LoadTorchWeightsOptions = {},
): Promise<LoadReport> {
  const name = "loadTorchWeights";
  checkModule(name, model);
  checkForeignOptions(name, options, ["prefix"]);
  checkPrefix(name, options.prefix);
  const isBytes = source instanceof Uint8Array;
  const where = isBytes ? name : nameOfSource(source);
  const bytes = isBytes ? source : await readBytes(source);
  refuseOtherFormats(where, bytes, "a safetensors file", []);
  const ignored = new Ignored(where, options.ignore, counter);
  const { prefix = "" } = options;
  const { tensors } = parseWanted(bytes, where, (key) => ignored.isWanted(key) && key.startsWith(prefix));
  ignored.check();
  const foreign = foreignTensors(tensors, options);
  const plan = planOf(where, model, new Names([...foreign.tensors.keys()], "."), torch, options.layers ?? {});
  return loadPlanned(where, model, plan, foreign, options.partial ?? false);
}

function checkPrefix(where: string, prefix: unknown): void {
  if (prefix !== undefined && typeof prefix !== "string")
    throw new OptionError({ where, expected: "a text as prefix", got: describe(prefix) });
}

/** The tensors of the model, each layer of a recurrent one as a module of its own. */
function foreignTensors(found: Readonly<Record<string, Tensor>>, { prefix }: LoadTorchWeightsOptions): ForeignTensors {
  const start = prefix ?? wrapperOf(Object.keys(found));
  const tensors = new Map<string, Tensor>();
  const inFile = new Map<string, string>();
  for (const [name, x] of Object.entries(found)) {
    if (!name.startsWith(start)) continue;
    const alias = name.slice(start.length).replace(ofRecurrent, "$1l$3.$2$4");
    tensors.set(alias, x);
    inFile.set(alias, name);
  }
  return { tensors, nameInFile: (alias) => inFile.get(alias) ?? start + alias.replace(ofNumbered, "$1$3_l$2$4") };
}

/** What all names begin with that wrappers have put there. */
function wrapperOf(names: readonly string[]): string {
  let start = "";
  for (let depth = 0; depth < wrappers.length; depth++) {
    const next = wrappers.find(
      (wrapper) => names.length > 0 && names.every((name) => name.startsWith(start + wrapper)),
    );
    start += next ?? "";
  }
  return start;
}

const torch: Framework = {
  rulesOf: torchRulesOf,
  partsOf: torchPartsOf,
  placeOf(names, layer, module) {
    if (layer instanceof RNN && layer.above.length > 0) return module;
    const first = names.join(module, "l0");
    return (layer instanceof RNN || layer instanceof Bidirectional) && names.has(first) ? first : module;
  },
  sequenceOf,
};

/** The modules of an `nn.Sequential`, and of those in it, by their numbers. */
function sequenceOf(names: Names, module: string): readonly string[] | null {
  const { modules, tensors } = names.partsOf(module);
  if (tensors.length > 0 || !modules.every((name) => /^\d+$/.test(name))) return null;
  return modules
    .toSorted((a, b) => Number(a) - Number(b))
    .flatMap((name) => {
      const part = names.join(module, name);
      return sequenceOf(names, part) ?? layersOf(names, part);
    });
}

/** The module, or the layers that it has where it is a recurrent one of several. */
function layersOf(names: Names, module: string): readonly string[] {
  const { modules, tensors } = names.partsOf(module);
  const layers = modules.map((name) => names.join(module, name));
  const isStack = tensors.length === 0 && layers.every((name) => names.partsOf(name).tensors.includes("weight_ih"));
  return isStack && modules.every((name) => /^l\d+$/.test(name)) ? layers : [module];
}
