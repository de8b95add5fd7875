/**
 * What of a training can be set, and how it stands in a link.
 */
import { choice, type Field, list, number, text, whole } from "../../state/fields.ts";
import type { Values } from "../../state/link.ts";
import { lossCatalogue } from "./losses.ts";

/** The data sets, and what they are called. */
export const dataSets = {
  moons: "Two moons",
  circles: "Circles",
  spirals: "Spirals",
  xor: "XOR",
  blobs: "Blobs",
  curve: "Above a curve",
  drawn: "Draw your own",
  csv: "Your own table (CSV)",
} as const;

/** A name of a data set. */
export type DataSet = keyof typeof dataSets;

/** Activations by the library's names. */
export const activations = {
  tanh: "tanh",
  relu: "ReLU",
  sigmoid: "sigmoid",
  linear: "none (linear)",
  leaky_relu: "leaky ReLU",
  elu: "ELU",
  selu: "SELU",
  gelu: "GELU",
  silu: "SiLU",
  mish: "Mish",
  softplus: "softplus",
  softsign: "softsign",
} as const;

/** Optimizers by the library's names; momentum is gradient descent with it. */
export const optimizers = {
  SGD: "SGD",
  Momentum: "SGD, momentum 0.9",
  Adam: "Adam",
  AdamW: "AdamW",
  NAdam: "NAdam",
  Adamax: "Adamax",
  RMSprop: "RMSprop",
  Adagrad: "Adagrad",
  Adadelta: "Adadelta",
  Adafactor: "Adafactor",
  Ftrl: "Ftrl",
  Lion: "Lion",
  Muon: "Muon",
} as const;

export const penalties = { none: "none", l1: "L1", l2: "L2" } as const;

/** Steps in a second, at most. */
export const speeds = { "1": "1 step a second", "10": "10", "100": "100", "1000": "1,000", max: "as fast as it can" };

/** The value of an option of a loss: a number, one for each class, yes or no, or a name. */
export type OptionValue = number | readonly number[] | boolean | string;
/** The options of a loss that are set; the others have the loss's defaults. */
export type LossOptionValues = Readonly<Record<string, OptionValue>>;

/** The name of the loss that somebody has written. */
export const own = "own";

/** `gamma:3;alpha:1,2` */
const lossOptions: Field<LossOptionValues> = {
  initial: {},
  read(text) {
    if (text.length > 500) return undefined;
    const options: Record<string, OptionValue> = {};
    for (const part of text === "" ? [] : text.split(";")) {
      const [, name, value] = /^([a-zA-Z]\w{0,30}):([\w.,+-]{1,100})$/.exec(part) ?? [];
      const read = value === undefined ? undefined : readOption(value);
      if (read === undefined) return undefined;
      options[name] = read;
    }
    return options;
  },
  write: (options) =>
    Object.entries(options)
      .map(([name, value]) => `${name}:${Array.isArray(value) ? value.join(",") : value}`)
      .join(";"),
};

/** An option's value of what was typed; undefined for what is none. */
export function readOption(text: string): OptionValue | undefined {
  const parts = text.split(",").map((part) => part.trim());
  const numbers = parts.map((part) => (part === "" ? Number.NaN : Number(part)));
  if (numbers.every(Number.isFinite)) return numbers.length === 1 ? numbers[0] : numbers;
  if (parts.length > 1) return undefined;
  if (text === "true" || text === "false") return text === "true";
  return /^[a-zA-Z]\w{0,40}$/.test(text) ? text : undefined;
}

const names = <T extends string>(table: Readonly<Record<T, string>>) => Object.keys(table) as T[];

/** What makes the data. */
export const dataFields = {
  data: choice("moons", names(dataSets)),
  samples: whole(250, { min: 10, max: 1000 }),
  noise: number(0.15, { min: 0, max: 1 }),
  classes: whole(3, { min: 2, max: 5 }),
  /** How many of a hundred points are held back. */
  test: whole(20, { min: 0, max: 60 }),
  dataSeed: whole(1, { min: 0, max: 9999 }),
  /** Drawn points, `x y class` each, in thousandths. */
  points: text("", { maxLength: 20_000 }),
  csv: text("", { maxLength: 60_000 }),
  /** Of the table: the columns across and up, and that of the class; -1 is the last. */
  columns: list([0, 1, -1], whole(0, { min: -1, max: 200 }), { min: 3, max: 3 }),
  seed: whole(1, { min: 0, max: 9999 }),
};

/** What may differ between two trainings that are compared. */
export const modelFields = {
  layers: list([8, 8], whole(8, { min: 1, max: 16 }), { max: 6 }),
  activation: choice("tanh", names(activations)),
  loss: choice("binaryCrossEntropyWithLogits", [...lossCatalogue().map(({ name }) => name), own]),
  lossOptions,
  ownLoss: text("", { maxLength: 20_000 }),
  optimizer: choice("Adam", names(optimizers)),
  lr: number(0.03, { min: 0, max: 100 }),
  /** 0 for all points at once. */
  batch: whole(0, { min: 0, max: 1000 }),
  penalty: choice("none", names(penalties)),
  strength: number(0.001, { min: 0, max: 10 }),
  dropout: number(0, { min: 0, max: 0.9 }),
};

/** What makes the data, and the seed of the weights. */
export type DataSettings = Values<typeof dataFields>;
/** The network, its loss and how it is trained. */
export type ModelSettings = Values<typeof modelFields>;
/** All that decides what a training does. */
export type Settings = DataSettings & ModelSettings;

/** The settings as a text, as in a link: what differs from the first values. */
export function writeModel(settings: ModelSettings): string {
  const query = new URLSearchParams();
  for (const [name, field] of Object.entries(modelFields) as [keyof ModelSettings, Field<unknown>][]) {
    const value = field.write(settings[name]);
    if (value !== field.write(field.initial)) query.set(name, value);
  }
  return query.size === 0 ? "same" : query.toString();
}

/** What {@link writeModel} wrote; undefined for anything else. */
export function readModel(text: string): ModelSettings | undefined {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(modelFields)) values[name] = field.initial;
  if (text !== "same")
    for (const [name, value] of new URLSearchParams(text)) {
      const read = Object.hasOwn(modelFields, name)
        ? (modelFields as Readonly<Record<string, Field<unknown>>>)[name].read(value)
        : undefined;
      if (read === undefined) return undefined;
      values[name] = read;
    }
  return values as ModelSettings;
}

/** The settings of what a training is compared with: empty for none. */
const pinned: Field<string> = {
  initial: "",
  read: (text) => (text === "" || (text.length < 30_000 && readModel(text)) ? text : undefined),
  write: (text) => text,
};

/** All that is in the link. */
export const fields = {
  ...dataFields,
  ...modelFields,
  pinned,
  /** At which step it stands. */
  step: whole(0, { min: 0, max: 100_000 }),
  speed: choice("100", names(speeds)),
};
