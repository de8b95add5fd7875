/**
 * The hooks that training calls before and after epochs and batches, and the numbers that it hands them.
 */

/** Numbers of an epoch by name: `loss`, the metrics, and with validation data `val_loss` and the like. */
export type Logs = Record<string, number>;

/** Numbers of one batch. */
export interface BatchLogs {
  /** The loss of this batch alone, penalties included. */
  loss: number;
  /** How many samples it has. */
  size: number;
}

/** What a hook may return: training waits for a promise. */
export type Awaitable = void | Promise<void>;

/**
 * The hooks. Epochs and batches count from 0. Numbers that are added to the logs of an epoch get into the history.
 */
export interface Hooks {
  onTrainBegin?(): Awaitable;
  onTrainEnd?(logs: Logs): Awaitable;
  onEpochBegin?(epoch: number, logs: Logs): Awaitable;
  onEpochEnd?(epoch: number, logs: Logs): Awaitable;
  onBatchBegin?(batch: number): Awaitable;
  onBatchEnd?(batch: number, logs: BatchLogs): Awaitable;
  /**
   * What it remembers between epochs, for checkpoints: numbers, texts, tensors, and lists and objects of these. What
   * decides what happens next belongs to it, so that a training that is resumed goes on as if it had not ended.
   */
  stateDict?(): Readonly<Record<string, unknown>>;
  /** Goes on from what {@link stateDict} gave: after `onTrainBegin`, where a training is resumed. */
  loadStateDict?(state: Readonly<Record<string, unknown>>): void;
}

export const hookNames = [
  "onTrainBegin",
  "onTrainEnd",
  "onEpochBegin",
  "onEpochEnd",
  "onBatchBegin",
  "onBatchEnd",
] as const satisfies readonly (keyof Hooks)[];

/** What training calls. */
export type HookName = (typeof hookNames)[number];
