/**
 * The worker behind the room: trained again when its options change, asked again when the drawing does.
 */
import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { connect, type Remote } from "../../workers/call.ts";
import type { DigitsWorker } from "./digits.worker.ts";
import type { Drawing, Progress, Reading } from "./drawing.ts";
import { pixelsOf } from "./ink.ts";
import type { DigitsState } from "./room.tsx";

/** What is known so far. */
export interface Digits {
  readonly progress: Signal<readonly Progress[]>;
  readonly isTrained: Signal<boolean>;
  readonly taught: Signal<Progress | null>;
  readonly isTeaching: Signal<boolean>;
  readonly reading: Signal<{ readonly trained: Reading; readonly taught: Reading | null } | null>;
  readonly problem: Signal<string>;
}

/** The visitor's drawings, out of their texts in the link. */
export function ownDrawings(texts: readonly string[]): Drawing[] {
  return texts.map((written) => ({ label: Number(written[0]), pixels: pixelsOf(written.slice(2)) }));
}

/** Starts the worker with the room, ends it with the room. */
export function useDigits(state: DigitsState): Digits {
  const digits: Digits = {
    progress: useSignal([]),
    isTrained: useSignal(false),
    taught: useSignal(null),
    isTeaching: useSignal(false),
    reading: useSignal(null),
    problem: useSignal(""),
  };
  const remote = useRef<Remote<DigitsWorker> | null>(null);
  const isReading = useRef(false);
  useEffect(() => {
    const worker = new Worker(new URL("./digits.worker.ts", import.meta.url), { type: "module" });
    remote.current = connect<DigitsWorker>(worker, (told) => {
      const progress = told as Progress;
      // A training that was asked for before may still tell of its last epochs: the first of the next begins anew.
      digits.progress.value = progress.epoch === 1 ? [progress] : [...digits.progress.value, progress];
    });
    return () => worker.terminate();
  }, []);
  const options = useComputed(() => ({
    units: state.units.value,
    epochs: state.epochs.value,
    lr: 0.003,
    seed: state.seed.value,
  }));

  useSignalEffect(() => {
    const given = options.value;
    // A number is often typed in several keys.
    const timer = setTimeout(() => void train(given), 250);
    return () => clearTimeout(timer);
  });
  const train = (given: typeof options.value) =>
    telling(digits, async () => {
      digits.progress.value = [];
      digits.isTrained.value = false;
      const last = await remote.current?.train(given);
      if (given !== options.peek() || !last) return;
      if (given.epochs === 0) digits.progress.value = [last];
      digits.isTrained.value = true;
    });

  useSignalEffect(() => {
    const [texts, epochs, isTrained] = [state.own.value, state.ownEpochs.value, digits.isTrained.value];
    if (isTrained) void teach(ownDrawings(epochs > 0 ? texts : []), epochs);
  });
  const teach = (drawings: Drawing[], epochs: number) =>
    telling(digits, async () => {
      digits.isTeaching.value = drawings.length > 0;
      try {
        digits.taught.value = (await remote.current?.teach(drawings, epochs)) ?? null;
      } finally {
        digits.isTeaching.value = false;
      }
      await read();
    });

  const read = () =>
    telling(digits, async () => {
      if (isReading.current || !digits.isTrained.peek()) return;
      isReading.current = true;
      try {
        // The drawing may change while it is read: then it is read again.
        let of = "";
        const now = () => `${state.label.peek()}.${state.drawing.peek()}`;
        while (of !== now()) {
          of = now();
          const drawing = { label: state.label.peek(), pixels: pixelsOf(state.drawing.peek()) };
          digits.reading.value = (await remote.current?.read(drawing)) ?? null;
        }
      } finally {
        isReading.current = false;
      }
    });
  useSignalEffect(() => {
    void state.drawing.value;
    void state.label.value;
    if (digits.isTrained.value) void read();
  });
  return digits;
}

/** Does something in the worker; what goes wrong there is told in the room. */
async function telling({ problem }: Digits, act: () => Promise<void>): Promise<void> {
  try {
    await act();
    problem.value = "";
  } catch (error) {
    problem.value = (error as Error).message;
  }
}
