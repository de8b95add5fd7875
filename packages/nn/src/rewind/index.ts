/**
 * Trainings that can go back to any of their steps.
 */
export { Rewind, type RewindFitOptions } from "./fit.ts";
export type { Batches } from "./passes.ts";
export { type Rewindable, type RewindOptions, rewindable } from "./rewindable.ts";
