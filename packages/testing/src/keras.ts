/**
 * Reads what Keras 3.15 does by a name: its optimizers' steps, and whole runs of its `fit`.
 */
import { readFileSync } from "node:fs";

/** An optimizer's steps from `start`: the gradient that each is given, and the weights after it. */
export interface OptimizerByName {
  readonly start: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
}

type Weights = readonly (readonly number[] | readonly (readonly number[])[])[];

/** A run of `fit` without shuffling, of dense layers: kernel and bias of each before and after. */
export interface FitByName {
  readonly label: string;
  /** Of each layer. */
  readonly activations: readonly string[];
  /** Of the first kernel. */
  readonly regularizer: string | null;
  readonly start: Weights;
  readonly x: readonly (readonly number[])[];
  readonly y: readonly (readonly number[])[] | readonly number[];
  readonly compile: {
    readonly optimizer?: string;
    readonly loss: string;
    readonly metrics?: readonly string[];
    readonly weighted_metrics?: readonly string[];
  };
  readonly fit: {
    readonly epochs: number;
    readonly batch_size: number;
    readonly validation_split?: number;
    readonly class_weight?: Readonly<Record<string, number>>;
  };
  readonly sample_weight: readonly number[] | null;
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly weights: Weights;
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/keras/${file}.json`, import.meta.url), "utf8"));
}

/** Keras's optimizers by name. */
export function optimizersByName(): Record<string, OptimizerByName> {
  return read("optimizers-by-name") as Record<string, OptimizerByName>;
}

/** Steps of two weights by an optimizer of Keras's with options of its base class. */
export interface StepOptionsOfKeras {
  readonly start: readonly unknown[];
  readonly gradients: readonly (readonly unknown[])[];
  readonly cases: readonly {
    readonly name: string;
    readonly options: Readonly<Record<string, number | boolean>>;
    /** The weights after each step. */
    readonly steps: readonly (readonly unknown[])[];
    /** The weights after `finalize_variable_values`. */
    readonly final: readonly unknown[];
    readonly iterations: number;
  }[];
}

/** What Keras does around an optimizer's rule, in float64; `make-step-options.py` made it. */
export function stepOptionsOfKeras(): StepOptionsOfKeras {
  return read("step-options") as StepOptionsOfKeras;
}

type Rows = readonly (readonly number[])[];

/** What Keras computes for the strings that layers and `compile` take; `make-keras.py` made it. */
export interface NamesOfKeras {
  readonly activations: { readonly rows: Rows; readonly values: Readonly<Record<string, Rows>> };
  readonly data: Readonly<Record<string, { readonly prediction: Rows; readonly target: Rows | readonly number[] }>>;
  /** Of the samples of all data but "sure". */
  readonly weights: readonly number[];
  /** The gradient is that of the value by the predictions. */
  readonly losses: readonly {
    readonly loss: string;
    readonly data: string;
    readonly value: number;
    readonly gradient: Rows;
    readonly weighted?: number;
  }[];
  /** Of a model that was compiled with the loss, in batches of 4. */
  readonly metrics: readonly {
    readonly metric: string;
    readonly data: string;
    readonly loss: string;
    readonly value: number | readonly number[];
    readonly weighted: number | readonly number[];
  }[];
  /** Of weights [50, 80]; constants of [2, 3]. */
  readonly initializers: {
    readonly random: Readonly<
      Record<string, { readonly largest: number; readonly std: number; readonly mean: number }>
    >;
    readonly constant: Readonly<Record<string, Rows>>;
  };
  /** Steps of weights [3, 2] by the optimizer of the name. */
  readonly matrixSteps: Readonly<
    Record<string, { readonly start: Rows; readonly gradients: readonly Rows[]; readonly weights: readonly Rows[] }>
  >;
  readonly fits: readonly FitByName[];
  readonly regularizers: { readonly weight: Rows; readonly values: Readonly<Record<string, number>> };
  /** All the strings that Keras knows. */
  readonly names: Readonly<
    Record<"activations" | "losses" | "metrics" | "initializers" | "regularizers", readonly string[]>
  >;
}

/** What stands for other strings than those of optimizers. */
export function namesOfKeras(): NamesOfKeras {
  return read("names") as NamesOfKeras;
}

/** The file does not say which activations the layers had: those that give its weights. */
const activations: Readonly<Record<string, readonly string[]>> = {
  "the seed's program": ["sigmoid"],
  "class weights, uneven batches": ["tanh", "sigmoid"],
  "sample weights, weighted metric": ["softmax"],
  "validation split": ["relu", "linear"],
  "lion, kl_divergence": ["softmax"],
};

/** Runs of Keras's `fit` with strings only. */
export function fitsByName(): FitByName[] {
  const runs = read("fit-by-name") as Omit<FitByName, "activations" | "regularizer">[];
  const given = runs.map((run) => ({ ...run, activations: activations[run.label] ?? ["linear"], regularizer: null }));
  return [...given, ...namesOfKeras().fits];
}
