/**
 * Models, and what belongs to them, as one safetensors file: all tensors by name, and the rest as JSON in its metadata.
 */
import { DataError, OptionError, type Tensor } from "@chainrule/core";
import { checkOptions, describe, withAwaitHint } from "@chainrule/core/internal";
import { type ProgressFunction, readBytes, type Source } from "@chainrule/data";
import { type Model, type ModelWriter, Module, type SaveOptions, setModelWriter } from "@chainrule/nn";
import { asOurs, Decoding, decodeValue } from "../config/decode.ts";
import { Encoding, encodeValue } from "../config/encode.ts";
import { type Custom, checkCustom } from "../config/known.ts";
import { writeFile } from "../files/atomic.ts";
import { nameOfSource, progressOf } from "../files/names.ts";
import { isRecord, type Json, parseJson } from "../formats/json.ts";
import { encodeSafetensors, parseSafetensors } from "../formats/safetensors.ts";
import { formatVersion, version } from "../version.ts";
import { decodeWhole } from "./decode-model.ts";
import { encodeWhole } from "./encode-model.ts";

/** What a program gives for what a file calls by name. */
export interface LoadOptions {
  /** Classes and functions of your own, by the names that the model was saved with. */
  custom?: Readonly<Record<string, unknown>>;
  /** Is told how many bytes have been read, and how many there are; null where that is not known. */
  onProgress?: ProgressFunction;
}

/** Things by name: models, tensors, and whatever JSON can say. */
export type Parts = Readonly<Record<string, unknown>>;

/** Where in the metadata everything stands that is no tensor. */
const key = "chainrule";

/** The part that a model is which was saved alone. */
const alone = "model";

/**
 * Models and what belongs to them as the bytes of one file: class names, tensors such as means, and whatever JSON can
 * say. {@link parseAll} reads them.
 *
 * @param parts by name. A model keeps its weights, its state, and what it was compiled with.
 * @param options `optimizerState` to go on training from there; false by default.
 * @throws ModelError for what has no name to be called by in a file, and for models within lists and objects.
 *
 * @example
 * const bytes = encodeAll({ model, mean: xTrain.mean(0), classes: ["no", "yes"] });
 * parseAll(bytes).classes; // ["no", "yes"]
 */
export function encodeAll(parts: Parts, options: SaveOptions = {}): Uint8Array {
  return encode("encodeAll", parts, (name) => `${name}.`, options);
}

function encode(where: string, parts: Parts, prefixOf: (name: string) => string, options: SaveOptions): Uint8Array {
  checkOptions(where, options, ["optimizerState", "onProgress"]);
  if (typeof parts !== "object" || parts === null)
    throw new OptionError({ where, expected: "parts by name, { model, vocabulary }", got: describe(parts) });
  const state = new Map<string, Tensor>();
  const encoding = new Encoding(where);
  const encoded = Object.entries(parts).map(([name, part]) => {
    if (!/^[^.$/]+$/.test(name) || name === "__proto__")
      throw new OptionError({ where, expected: "names without dots, slashes and $", got: describe(name) });
    const json = encoding.within(name, () =>
      part instanceof Module
        ? encodeWhole(encoding, part, state, prefixOf(name), options)
        : encodeValue(encoding, part),
    );
    return [name, json] as const;
  });
  encoding.tensors.forEach((x, i) => {
    state.set(`$${i}`, x);
  });
  const text = JSON.stringify({ format: formatVersion, version, parts: Object.fromEntries(encoded) });
  // What could not be read is not written: nesting deeper than any file may have.
  parseJson(where, text);
  return encodeSafetensors(Object.fromEntries(state), { metadata: { [key]: text } });
}

/**
 * What {@link encodeAll} made bytes of.
 *
 * @param bytes the whole file.
 * @param options `custom`: classes and functions of your own.
 * @param name what to call it in messages.
 * @throws DataError for bytes that are no such file; ModelError for names of your own that nothing stands for.
 *
 * @example
 * const { model: same } = parseAll<{ model: Model }>(encodeAll({ model }));
 */
export function parseAll<P extends Parts = Parts>(bytes: Uint8Array, options: LoadOptions = {}, name = "parseAll"): P {
  checkOptions(name, options, ["custom", "onProgress"]);
  const custom: Custom = options.custom ?? {};
  checkCustom(`${name}, custom`, custom);
  const { tensors, metadata } = parseSafetensors(bytes, name);
  const header = readHeader(name, metadata);
  const listed: Tensor[] = [];
  for (let i = 0; Object.hasOwn(tensors, `$${i}`); i++) listed.push(tensors[`$${i}`]);
  const decoding = new Decoding(name, listed, custom);
  const decoded = Object.entries(header).map(([part, json]) => {
    const isModel = isRecord(json) && json.$ === "model";
    const decode = () => (isModel ? decodeWhole(decoding, json, tensors) : decodeValue(decoding, json));
    return [part, asOurs(`${name}, "${part.slice(0, 60)}"`, decode)] as const;
  });
  return Object.fromEntries(decoded) as P;
}

function readHeader(where: string, metadata: Readonly<Record<string, string>>): { readonly [part: string]: Json } {
  if (!Object.hasOwn(metadata, key))
    throw new DataError({
      where,
      expected: "a file that model.save wrote",
      got: "one with tensors alone",
      hint: "Make the model, and put the weights into it: await loadWeights(model, path).",
    });
  const header = parseJson(where, metadata[key]);
  if (!isRecord(header) || !isRecord(header.parts))
    throw new DataError({ where, expected: "what a model is made of", got: describe(header) });
  if (header.format !== formatVersion)
    throw new DataError({
      where,
      expected: `version ${formatVersion} of the format`,
      got: `version ${JSON.stringify(header.format)?.slice(0, 40)}, of chainrule ${JSON.stringify(header.version)?.slice(0, 40)}`,
      hint: "Update chainrule.",
    });
  return header.parts;
}

/**
 * Writes models and what belongs to them into one file (in Node), so that predicting the next day takes two lines. See
 * {@link encodeAll}.
 *
 * @throws as `encodeAll`; DataError where the file cannot be written, and in a browser.
 *
 * @example
 * await saveAll("houses.safetensors", { model, mean: xTrain.mean(0) });
 */
export async function saveAll(path: string | URL, parts: Parts, options: SaveOptions = {}): Promise<void> {
  await writeFile(
    path,
    encode(`saveAll, ${nameOfSource(path)}`, parts, (name) => `${name}.`, options),
    options.onProgress,
  );
}

/**
 * What {@link saveAll} wrote.
 *
 * @param source a path (in Node) or a URL.
 * @param options `custom`: classes and functions of your own.
 * @throws DataError where it cannot be read; as `parseAll`.
 *
 * @example
 * await saveAll("houses.safetensors", { model, mean: xTrain.mean(0) });
 * const { model: same, mean } = await loadAll<{ model: Model; mean: Tensor }>("houses.safetensors");
 * same.predict(xTest.sub(mean));
 */
export async function loadAll<P extends Parts = Parts>(source: Source, options: LoadOptions = {}): Promise<P> {
  return parseAll<P>(await readBytes(source, progressOf(options)), options, nameOfSource(source));
}

/**
 * A model as the bytes of a file, for a page to download, upload, or keep in IndexedDB. {@link parseModel} reads them.
 *
 * @param options `optimizerState` to go on training from there; false by default.
 * @throws ModelError for functions without a name and for classes that do not say what their constructors were given.
 *
 * @example
 * const bytes = encodeModel(model);
 * parseModel(bytes).countParameters().total === model.countParameters().total; // true
 */
export function encodeModel(model: Module<unknown>, options: SaveOptions = {}): Uint8Array {
  return encodeAlone("encodeModel", model, options);
}

function encodeAlone(where: string, model: Module<unknown>, options: SaveOptions): Uint8Array {
  if (model instanceof Module) return encode(where, { [alone]: model }, () => "", options);
  throw new OptionError({
    where,
    expected: "a model",
    got: describe(model),
    hint: "Of several make one file: saveAll.",
  });
}

/**
 * The model in the bytes that {@link encodeModel} made, or that `model.save` wrote.
 *
 * @param bytes the whole file.
 * @param options `custom`: classes and functions of your own.
 * @param name what to call it in messages.
 * @throws DataError for bytes that are no such file; ModelError for names of your own that nothing stands for.
 *
 * @example
 * parseModel(encodeModel(model)).predict(x);
 */
export function parseModel<M extends Module<unknown> = Model>(
  bytes: Uint8Array,
  options: LoadOptions = {},
  name = "parseModel",
): M {
  const models = Object.entries(parseAll(bytes, options, name)).filter(([, part]) => part instanceof Module);
  if (models.length === 1) return models[0][1] as M;
  throw new DataError({
    where: name,
    expected: "one model",
    got: models.length === 0 ? "none" : models.map(([part]) => `"${part}"`).join(", "),
    hint: "parseAll and loadAll give all that is in the file.",
  });
}

/** What the endings of other libraries' files promise, and what keeps that promise. */
const endings: Readonly<Record<string, string>> = {
  h5: "Keras reads .npz: see docs/from-pytorch-and-keras.md.",
  hdf5: "Keras reads .npz: see docs/from-pytorch-and-keras.md.",
  keras: 'Write model.save("model.safetensors"), which loadModel reads.',
  pt: "For PyTorch there is exportPyTorch(model, path).",
  pth: "For PyTorch there is exportPyTorch(model, path).",
  onnx: "For ONNX there is exportOnnx(model, path).",
  json: 'Write model.save("model.safetensors"), which loadModel reads.',
  pkl: 'Write model.save("model.safetensors"), which loadModel reads.',
};

/** A name that promises another format would mislead whoever opens the file. */
function refuseOtherFormat(where: string, path: string | URL): void {
  const text = String(path);
  const [, scheme] = /^([a-z]{2,}):\/\//i.exec(text) ?? [];
  if (scheme && scheme !== "file")
    throw new DataError({
      where,
      expected: "the path of a file",
      got: `"${text}"`,
      hint: `encodeModel(model) gives the bytes, to keep where you want: in IndexedDB, or offered as a download.`,
    });
  const [, ending] = /\.(\w+)$/.exec(text) ?? [];
  const hint = endings[ending?.toLowerCase()];
  if (hint)
    throw new DataError({
      where,
      expected: "a path that ends in .safetensors, which is what is written",
      got: `"${text}"`,
      hint,
    });
}

/** What `model.save` does. @internal */
export const writeModel: ModelWriter = async (model, path, options, weightsOnly = false) => {
  refuseOtherFormat(`save, model "${model.name}"`, path);
  const encode = () => encodeAlone(`save, model "${model.name}"`, model, options);
  await writeFile(path, weightsOnly ? encodeSafetensors(model.stateDict()) : encode(), options.onProgress);
};

// Here, where `loadModel` is: a bundle that has the one has the other.
setModelWriter(writeModel);

/**
 * The model in a file that `model.save` wrote, with its weights, its state and what it was compiled with.
 *
 * No random numbers are drawn, so that a program goes on with the same ones whether it loads a model or not.
 *
 * @param source a path (in Node) or a URL.
 * @param options `custom`: classes and functions of your own, by name, where they are not registered.
 * @throws DataError where the file cannot be read or is damaged; ModelError for names of your own that nothing stands
 *   for, with how to give them.
 *
 * @example
 * await model.save("digits.safetensors");
 * const same = await loadModel("digits.safetensors");
 * same.predict(x);
 */
export function loadModel<M extends Module<unknown> = Model>(source: Source, options: LoadOptions = {}): Promise<M> {
  const load = async () => parseModel<M>(await readBytes(source, progressOf(options)), options, nameOfSource(source));
  return withAwaitHint("loadModel(…)", load(), ["predict", "evaluate", "fit", "call", "summary", "layers"]);
}
