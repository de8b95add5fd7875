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
  const runs = read("fit-by-name") as Omit<FitByName, "activations">[];
  return runs.map((run) => ({ ...run, activations: activations[run.label] ?? ["linear"] }));
}
