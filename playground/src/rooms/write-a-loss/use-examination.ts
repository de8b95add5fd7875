/**
 * Examinations of the learner's loss in the sandbox: asked for by a click, and from then on whenever something changes.
 */
import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type SandboxError, SandboxedWorker } from "../../sandbox/sandboxed-worker.ts";
import check from "./check.ts?sandboxed";
import { examples } from "./examples.ts";
import { type Points, type Report, readReport } from "./report.ts";

/** Longer than any check of a loss takes, in milliseconds. */
const deadline = 10_000;
/** After the last key, in milliseconds. */
const pause = 500;

export interface Examination {
  /** Whether the learner has asked for it, or the code is the page's own: what a link brings never is. */
  readonly isWanted: Signal<boolean>;
  readonly isRunning: Signal<boolean>;
  readonly report: Signal<Report | null>;
  readonly error: Signal<SandboxError | null>;
}

export function useExamination(
  code: Signal<string>,
  points: Signal<readonly number[]>,
  target: Signal<number>,
): Examination {
  const isWanted = useSignal(Object.values(examples).some((example) => example.code === code.peek()));
  const isRunning = useSignal(false);
  const report = useSignal<Report | null>(null);
  const error = useSignal<SandboxError | null>(null);
  const worker = useRef<SandboxedWorker | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const end = () => {
    worker.current?.terminate();
    worker.current = null;
  };
  const begin = (source: string, given: Points) => {
    end();
    const started = new SandboxedWorker(check, { learner: source, deadline });
    worker.current = started;
    const finish = (found: Report | null, failure: SandboxError | null) => {
      report.value = found;
      error.value = failure;
      isRunning.value = false;
      started.terminate();
    };
    started.onmessage = ({ data }) => {
      const found = readReport(data);
      if (found) finish(found, null);
    };
    started.onerror = (failure) => finish(null, failure);
    started.postMessage(given);
  };
  useSignalEffect(() => {
    const [source, given] = [code.value, { points: points.value, target: target.value }];
    if (!isWanted.value) return;
    clearTimeout(timer.current);
    const isFirst = report.peek() === null && error.peek() === null;
    isRunning.value = true;
    timer.current = setTimeout(() => begin(source, given), isFirst ? 0 : pause);
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      end();
    },
    [],
  );
  return { isWanted, isRunning, report, error };
}
