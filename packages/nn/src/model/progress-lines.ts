/**
 * Progress of training in lines of text, and how times and logs are written.
 */
import type { Logs } from "./hooks.ts";

/** Shows how training goes. Epochs count from 0. */
export interface Progress {
  beginEpoch(epoch: number): void;
  /** After a step, now and then; the numbers are only computed where they are shown. */
  update(step: number, logs: () => Logs): void;
  /** After the last step of an epoch and its validation, with the least that the loss can be where that is known. */
  endEpoch(steps: number, logs: Logs, lossFloor?: number | null): void;
  /** Leaves the terminal as it was. May be called at any time. */
  close(): void;
}

/** How long training will be. */
export interface ProgressParams {
  readonly epochs: number;
  /** Batches in an epoch; null where it is not known yet. */
  readonly steps: number | null;
}

/** A line for each epoch. */
export function lineProgress({ epochs }: ProgressParams, print: (line: string) => void): Progress {
  let [epoch, since] = [0, 0];
  return {
    beginEpoch(number) {
      epoch = number;
      since = performance.now();
    },
    update() {},
    endEpoch(steps, logs, lossFloor) {
      const count = `${steps} ${steps === 1 ? "step" : "steps"}`;
      const time = formatTime(performance.now() - since);
      print([`Epoch ${epoch + 1}/${epochs}`, count, time, formatLogs(logs, lossFloor)].join(" - "));
    },
    close() {},
  };
}

/** `loss: 0.6931 - accuracy: 0.5000`, and beside the loss the least that it can be, unless that is 0. */
export function formatLogs(logs: Logs, lossFloor: number | null = null): string {
  const beside = (name: string) =>
    name === "loss" && lossFloor ? ` (${formatNumber(lossFloor)} of it the labels' entropy)` : "";
  return Object.entries(logs)
    .map(([name, value]) => `${name}: ${formatNumber(value)}${beside(name)}`)
    .join(" - ");
}

/** Four digits after the point, as Keras shows them; small numbers by their power of ten. */
function formatNumber(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(4);
  return value.toFixed(4);
}

/** `340ms`, `12s`, `3m20s`. */
export function formatTime(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`;
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
}

/** The time a step takes: `35us/step`, `5ms/step`. */
export function formatPerStep(milliseconds: number): string {
  if (milliseconds < 1) return `${Math.round(milliseconds * 1000)}us/step`;
  return `${Math.round(milliseconds)}ms/step`;
}
