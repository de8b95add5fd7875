/**
 * A run of the program: what it wrote, how long it took, how it ended.
 */
import { type Signal, signal } from "@preact/signals";
import { type SandboxError, SandboxedWorker } from "../../sandbox/sandboxed-worker.ts";
import { joined } from "./join.ts";
import { type Item, limits, readOutput } from "./runner/output.ts";
import runner from "./runner/program.ts?sandboxed";

export type Phase = "idle" | "starting" | "running" | "done" | "stopped" | "failed";

export interface Run {
  readonly phase: Signal<Phase>;
  /** Lines of one level that follow each other are one item. */
  readonly items: Signal<readonly Item[]>;
  readonly steps: Signal<number>;
  readonly seconds: Signal<number>;
  readonly error: Signal<SandboxError | null>;
  start(source: string, seconds: number): void;
  stop(): void;
}

/** A run that has not begun. */
export function createRun(): Run {
  const phase = signal<Phase>("idle");
  const items = signal<readonly Item[]>([]);
  const steps = signal(0);
  const seconds = signal(0);
  const error = signal<SandboxError | null>(null);
  let worker: SandboxedWorker | undefined;
  let began = 0;
  let count = 0;
  let characters = 0;
  const end = (how: Phase) => {
    worker?.terminate();
    worker = undefined;
    phase.value = how;
  };
  const receive = (data: unknown) => {
    const output = readOutput(data);
    if (!output) return;
    if (phase.value !== "done") {
      phase.value = output.isDone ? "done" : "running";
      seconds.value = (performance.now() - began) / 1000;
    }
    steps.value = output.steps;
    for (const { text } of output.items) characters += text.length;
    count += output.items.length;
    // The runner keeps to these; a program that sends by itself does not.
    if (count > limits.items + 1 || characters > limits.characters + limits.drawingLength) return;
    if (output.items.length > 0) items.value = joined(items.value, output.items);
  };
  const start = (source: string, most: number) => {
    worker?.terminate();
    [items.value, steps.value, seconds.value, error.value, count, characters] = [[], 0, 0, null, 0, 0];
    phase.value = "starting";
    began = performance.now();
    worker = new SandboxedWorker(runner, { learner: source, deadline: most * 1000 });
    worker.onready = () => {
      began = performance.now();
      phase.value = "running";
    };
    worker.onmessage = ({ data }) => receive(data);
    worker.onerror = (found) => {
      // What was started and left behind ends without a word.
      const isLate = phase.value === "done" && found.name === "Deadline";
      if (!isLate) {
        error.value = found;
        seconds.value = (performance.now() - began) / 1000;
      }
      end(isLate ? "done" : "failed");
    };
  };
  return { phase, items, steps, seconds, error, start, stop: () => end("stopped") };
}
