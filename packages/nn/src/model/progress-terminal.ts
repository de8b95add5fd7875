/**
 * The progress bar on a terminal. Browsers have none: see `progress-bar.ts`.
 */
import cliProgress from "cli-progress";
import type { Logs } from "./hooks.ts";
import { formatLogs, formatPerStep, formatTime, type Progress, type ProgressParams } from "./progress-lines.ts";

/** Epochs shorter than this share a line, in milliseconds: a toy model would fill the screen with hundreds. */
const lineLasts = 200;
/** How often the bar is drawn, in milliseconds. */
const frame = 100;

/** A bar for each epoch, with the time, the loss and the metrics. */
export function openProgressBar(
  { epochs, steps }: ProgressParams,
  stream: NodeJS.WriteStream = process.stderr,
): Progress {
  const bar = new cliProgress.SingleBar({
    format: "Epoch {epoch} {count} [{bar}] {time} {logs}",
    barsize: 20,
    barCompleteChar: "=",
    barIncompleteChar: ".",
    stream,
    fps: 1000 / frame,
    // The bar's own timer draws it, whenever training pauses.
    synchronousUpdate: false,
    // Ctrl-C is the training loop's business, which closes the bar. With this on, SIGTERM would not end the process.
    gracefulExit: false,
    // This file is loaded only where there is a terminal; elsewhere the bar stays silent.
    noTTYOutput: false,
  });
  let total = steps;
  let step = 0;
  let epochName = "";
  let epochSince = 0;
  /** When the current line was begun; null where there is none. */
  let lineSince: number | null = null;
  let updated = 0;

  const startLine = () => {
    lineSince = performance.now();
    bar.start(total ?? 1, 0, { epoch: epochName, count: `0/${total ?? "?"}`, time: "", logs: "" });
  };
  const endLine = () => {
    if (lineSince !== null) bar.stop();
    lineSince = null;
  };
  const show = (logs: Logs, lossFloor?: number | null) => {
    const spent = performance.now() - epochSince;
    const count = `${step}/${total ?? "?"}`;
    const time = `${formatTime(spent)} ${formatPerStep(spent / Math.max(step, 1))}`;
    bar.setTotal(total ?? 1);
    bar.update(total === null ? 0 : step, { epoch: epochName, count, time, logs: formatLogs(logs, lossFloor) });
  };
  return {
    beginEpoch(epoch) {
      epochName = `${epoch + 1}/${epochs}`;
      step = 0;
      epochSince = performance.now();
      if (lineSince === null) startLine();
    },
    update(done, logs) {
      step = done;
      if (performance.now() - updated < frame) return;
      updated = performance.now();
      show(logs());
    },
    endEpoch(done, logs, lossFloor) {
      total ??= done;
      step = done;
      show(logs, lossFloor);
      if (performance.now() - lineSince! >= lineLasts) endLine();
    },
    close: endLine,
  };
}
