/**
 * The progress bar on a terminal. Browsers get `progress-none.ts` in place of this file (see "browser" in package.json).
 */
import cliProgress from "cli-progress";
import type { Logs } from "./callbacks/index.ts";
import { formatLogs, formatPerStep, formatTime, type Plan, type Progress } from "./progress.ts";

/** Epochs shorter than this share a line, in milliseconds: a toy model would fill the screen with hundreds. */
const lineLasts = 200;
/** How often the bar is drawn, in milliseconds. */
const frame = 100;

/** A bar for each epoch, with the time, the loss and the metrics. */
export function openBar({ epochs, steps }: Plan, stream: NodeJS.WriteStream = process.stderr): Progress {
  const bar = new cliProgress.SingleBar({
    format: "Epoch {epoch} {count} [{bar}] {time} {logs}",
    barsize: 20,
    barCompleteChar: "=",
    barIncompleteChar: ".",
    stream,
    fps: 1000 / frame,
    // Ctrl-C is for the training loop to handle, which closes the bar; with this on, SIGTERM would no longer end the process.
    gracefulExit: false,
    // Where there is no terminal this file is not loaded; should there be none all the same, the bar stays silent.
    noTTYOutput: false,
    // Everything is drawn when there is something new; the bar's own timer only runs while training pauses.
    synchronousUpdate: false,
  });
  let [total, open, name, epochSince, lineSince, drawn] = [steps, false, "", 0, 0, 0];

  const show = (step: number, logs: Logs) => {
    const spent = performance.now() - epochSince;
    const count = `${step}/${total ?? "?"}`;
    const time = `${formatTime(spent)} ${formatPerStep(spent / Math.max(step, 1))}`;
    bar.setTotal(total ?? Math.max(step, 1));
    bar.update(total === null ? 0 : step, { epoch: name, count, time, logs: formatLogs(logs) });
  };
  const open_ = () => {
    open = true;
    lineSince = performance.now();
    bar.start(total ?? 1, 0, { epoch: name, count: `0/${total ?? "?"}`, time: "", logs: "" });
  };
  const endLine = () => {
    if (open) bar.stop();
    open = false;
  };
  let step = 0;
  return {
    beginEpoch(epoch) {
      name = `${epoch + 1}/${epochs}`;
      step = 0;
      epochSince = performance.now();
      if (!open) open_();
    },
    update(done, logs) {
      step = done;
      if (performance.now() - drawn < frame) return;
      drawn = performance.now();
      show(done, logs());
    },
    endEpoch(logs) {
      total ??= step;
      show(total, logs);
      if (performance.now() - lineSince >= lineLasts) endLine();
    },
    close: endLine,
  };
}
