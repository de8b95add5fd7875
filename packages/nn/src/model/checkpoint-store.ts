/**
 * The seam to checkpoints: how `fit` keeps and finds them is said by who knows files. A bundle has them where it has those.
 */
import { ModelError, type Tensor } from "@chainrule/core";
import type { Module } from "../module/module.ts";
import type { CallbackList } from "./callback.ts";
import type { Checkpoints } from "./checkpointing.ts";
import type { FitData } from "./fit-data.ts";
import type { Model } from "./model.ts";
import { importFiles } from "./model-writer.ts";

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

/** Opens the checkpoints of a training: what is there is read, and compared with what is to be trained. */
type CheckpointOpener = (model: Model<unknown>, data: FitData, callbacks: CallbackList) => Promise<Checkpoints>;

let opener: CheckpointOpener | null = null;

/** Says how checkpoints are opened. */
export function setCheckpointOpener(open: CheckpointOpener): void {
  opener = open;
}

/** Opens the folder of a training, or gives null where it is not to be kept. @throws ModelError where nobody knows how. */
export async function openCheckpoints(
  model: Model<unknown>,
  data: FitData,
  callbacks: CallbackList,
): Promise<Checkpoints | null> {
  if (data.options.checkpoint === undefined) return null;
  if (opener) return opener(model, data, callbacks);
  throw new ModelError({
    where: "fit, checkpoint",
    expected: "the package that writes files",
    got: "a program that does not have it",
    hint: importFiles,
  });
}
