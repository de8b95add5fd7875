/**
 * What a loss is: its call, what it says of itself, and the settings from which `defineLoss` makes it.
 */
import type { Tensor, TensorLike } from "@chainrule/core";
import type { Domain } from "../inputs/domains.ts";
import type { LossOptions, PerElement } from "./reduction.ts";

/** Options of a loss that does not declare their types: numbers by name. */
export type NumberOptions = { readonly [name: string]: number | undefined };
/** The options of a loss that has none of its own. */
export type NoOptions = Readonly<Record<never, never>>;
/** A loss's own options, and those that every loss has. */
export type OptionsOf<Own extends object> = string extends keyof Own
  ? LossOptions & Readonly<Record<string, unknown>>
  : [keyof Own] extends [never]
    ? LossOptions
    : LossOptions & Own;
/** What most losses compare. */
export type PredictionAndTarget = readonly [prediction: TensorLike, target: TensorLike];

/**
 * A loss: a function of predictions and targets that returns one number (or, with reduction "none", one for each
 * element or sample).
 */
export interface Loss<Own extends object = NoOptions, Inputs extends readonly TensorLike[] = PredictionAndTarget> {
  (...args: [...inputs: Inputs, options?: OptionsOf<Own>]): Tensor;
  /** By which `compile({ loss: … })` and {@link lossByName} find it. */
  readonly lossName: string;
  /** The inputs in their order, and what numbers each takes under the options fixed so far. */
  readonly inputs: Readonly<Record<string, Domain>>;
  /** The inputs that are data, not something to learn: no gradient is expected by them. */
  readonly given: readonly string[];
  /** The options fixed so far. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The names of its own options; undefined where it takes those that it reads. @internal */
  readonly optionNames: readonly string[] | undefined;
  /** Whether it is one loss for the whole batch, as long as no axis is named. */
  readonly whole: boolean;
  /**
   * The same loss with options fixed: `compile({ loss: binaryFocal.with({ gamma: 1 }) })`.
   *
   * @throws OptionError for options that the loss does not know.
   */
  with(options: OptionsOf<Own>): Loss<Own, Inputs>;
  /** The losses before weights and reduction. @internal */
  evaluate(...args: [...inputs: Inputs, options?: OptionsOf<Own>]): PerElement;
  /** Inputs and options to check it with, drawn from standard normals, where its domains do not say enough. @internal */
  readonly sample: ((normal: () => number) => LossSample) | undefined;
}

/** Inputs by name, and the options that belong to them. */
export interface LossSample {
  readonly inputs: Readonly<Record<string, TensorLike>>;
  readonly options?: object;
}

/** What a loss computes, for people to read. */
export interface LossFormula {
  readonly text: string;
  readonly tex: string;
}

/** What a loss says of itself beyond its formula; everything has a default. */
export interface LossSettings<Own extends object> {
  /** The names of its own options, which are then checked before anything is computed. By default those it reads. */
  readonly options?: readonly (keyof Own & string)[];
  /** Other names that find it, Keras's string among them; they are also what a misspelt name is compared with. */
  readonly aliases?: readonly string[];
  /**
   * Its inputs in their order and the numbers that each takes, which may depend on the options.
   * By default `{ prediction: "real", target: "real" }`.
   */
  readonly inputs?: Readonly<Record<string, Domain | ((options: Own) => Domain)>>;
  /** Which inputs are data; by default "target". */
  readonly given?: readonly string[];
  /** One loss for the whole batch, so that sample weights have nothing to weigh; by default there is one for each. */
  readonly whole?: boolean;
  /**
   * The axes of the first input that the losses lack, so that a sample of weight 0 is known before it is computed. By
   * default those of its option `axis` (the last), and none for a loss that has no such option.
   */
  readonly reduces?: (options: Own, rank: number) => readonly number[];
  /** Inputs of a sample that others' losses depend on too, so that they count though it has weight 0. */
  readonly shared?: (options: Own) => readonly string[];
  /** Checks of its own for shapes and options, in place of "all inputs have one shape". */
  readonly check?: (name: string, inputs: readonly Tensor[], options: Own) => void;
  /** What explanations say that it computes, in plain text and in TeX. */
  readonly formula?: LossFormula;
  /** Inputs to check it with, where random numbers in the inputs' domains will not do. */
  readonly sample?: (normal: () => number) => LossSample;
}
