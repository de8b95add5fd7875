/**
 * Callbacks: what training calls before and after epochs and batches.
 */
export { type Awaitable, type BatchLogs, Callback, type Hooks, LambdaCallback, type Logs } from "./callback.ts";
export { CSVLogger, type CSVLoggerOptions } from "./csv-logger.ts";
export { EarlyStopping, type EarlyStoppingOptions } from "./early-stopping.ts";
export { History } from "./history.ts";
export { LearningRateScheduler, ReduceLROnPlateau, type ReduceLROnPlateauOptions } from "./learning-rate.ts";
export type { MonitorOptions } from "./monitor.ts";
export { TerminateOnNaN } from "./terminate-on-nan.ts";
