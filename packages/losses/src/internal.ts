/**
 * What other packages of this library build on, and nobody else. It changes without notice.
 */
export { type LossWatcher, type WatchedLoss, withLossWatcher } from "./definition/watcher.ts";
