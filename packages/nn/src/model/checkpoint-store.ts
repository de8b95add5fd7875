/**
 * The seam to checkpoints: how `fit` keeps and finds them is said by who knows files.
 */
import type { Tensor } from "@chainrule/core";
import type { Module } from "../module/module.ts";

/** Where and how often {@link FitOptions.checkpoint} keeps a training. */
export interface CheckpointOptions {
  /** The folder, which is made where it is not there: one for each training. */
  folder: string | URL;
  /** After how many epochs one is written; 1 by default. The last epoch has one in any case. */
  every?: number;
  /** How many of the last ones stay; 2 by default, so that there is one where the last is damaged. */
  keep?: number;
}

/** A training as it was after an epoch. */
export interface SavedTraining {
  /** How many epochs it had. */
  readonly epoch: number;
  /** Weights and buffers of the model by name. */
  readonly weights: Readonly<Record<string, Tensor>>;
  /** All else: numbers, texts, truth values, tensors, and lists and plain objects of these. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** An open folder of checkpoints, which nobody else has meanwhile. */
export interface CheckpointFolder {
  /** What it is called in messages. */
  readonly name: string;
  /** The version of the library that writes. */
  readonly version: string;
  /** The last checkpoint that is whole, or null where there is none at all. @throws where there are only damaged ones. */
  read(): Promise<SavedTraining | null>;
  /** Writes one, and removes all but the last `keep`. */
  write(saved: SavedTraining, model: Module<unknown>, keep: number): Promise<void>;
  /** Lets others have the folder. */
  close(): Promise<void>;
}

/** Opens a folder. @throws where somebody else has it. */
export type CheckpointStore = (folder: string | URL) => Promise<CheckpointFolder>;

/** Null until somebody knows how. */
export let checkpointStore: CheckpointStore | null = null;

/** Says how `fit` keeps checkpoints. @internal */
export function setCheckpointStore(store: CheckpointStore): void {
  checkpointStore = store;
}
