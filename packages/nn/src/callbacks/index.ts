/**
 * The callbacks: early stopping, learning rates, log files and other things to do while a model trains.
 */
export { CSVLogger, type CSVLoggerOptions } from "./csv-logger.ts";
export { EarlyStopping, type EarlyStoppingOptions } from "./early-stopping.ts";
export { LambdaCallback } from "./lambda-callback.ts";
export { LearningRateScheduler, ReduceLROnPlateau, type ReduceLROnPlateauOptions } from "./learning-rate.ts";
export { ModelCheckpoint, type ModelCheckpointOptions } from "./model-checkpoint.ts";
export type { LogName, MonitorOptions } from "./monitor.ts";
export { TerminateOnNaN } from "./terminate-on-nan.ts";
