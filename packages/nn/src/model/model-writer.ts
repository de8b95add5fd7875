/**
 * The seam to files: how a model writes itself is said by who knows formats.
 */
import type { Module } from "../module/module.ts";

/** What is saved of a model besides its weights. */
export interface SaveOptions {
  /** Whether to keep what the optimizer remembers (moments, counts), to go on training; false by default. */
  optimizerState?: boolean;
  /** Is told how many bytes have been written, and how many there are. */
  onProgress?: (done: number, total: number | null) => void;
}

/** Writes a model to a file, or its weights alone. */
export type ModelWriter = (
  model: Module<unknown>,
  path: string | URL,
  options: SaveOptions,
  weightsOnly?: boolean,
) => Promise<void>;

/** Null until somebody knows how. */
export let modelWriter: ModelWriter | null = null;

/** Says how `model.save` writes files. @internal */
export function setModelWriter(writer: ModelWriter): void {
  modelWriter = writer;
}

/** What to do where nobody knows how. A bundle has only what is used. */
export const importFiles =
  'Import it: import "@chainrule/io"; — in a bundle also use something of it, such as loadModel or latestCheckpoint.';
