/**
 * What other packages of this library build on, and nobody else. It changes without notice.
 */
export { refuseSwapped } from "./definition/argument-order.ts";
export { type LossWatcher, type WatchedLoss, withLossWatcher } from "./definition/watcher.ts";
