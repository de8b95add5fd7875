/**
 * The seam to `Rewind`: what it is told of a training, and by what it has the training begin and end elsewhere.
 */
import type { FitData } from "./fit-data.ts";
import type { History } from "./history.ts";
import type { Logs } from "./hooks.ts";
import type { Model } from "./model.ts";
import type { Resumed, TrainingParts } from "./training-state.ts";

/** A training that is about to begin. */
export interface RecordedTraining extends FitData {
  readonly model: Model<unknown>;
  /** Runs it again, silently or as it was. */
  again(isSilent: boolean): Promise<History>;
}

/** Follows a training step by step. */
export interface TrainingRecorder {
  /** @throws for a training that cannot be run again. */
  open(training: RecordedTraining): void;
  /** When the training has ended, however it did. */
  close(): void;
  /** Where the training begins; null at its beginning. After `onTrainBegin`. */
  resume(parts: TrainingParts): Promise<Resumed | null>;
  /** Before an epoch, and after the last; whether training ends here, as if it were cut off. */
  beforeEpoch(parts: TrainingParts, epoch: number, logs: Logs): boolean;
  /** After a step: "end" where training ends here, as if it were cut off; "changed" where it has changed weights or settings. */
  afterStep(loss: number): "end" | "changed" | null;
}
