/**
 * The training of a learner's loss: apart from the page, with the interface of a worker.
 */
import { SandboxedWorker } from "../../sandbox/sandboxed-worker.ts";
import type { Reply, Request } from "./protocol.ts";
import type { Trainer } from "./session.ts";

/** It is asked for a frame every two seconds at least; a loss that takes longer than this for its slice is ended. */
const silence = 15_000;

/** Starts the sandbox; what is sent to it before it is ready waits. */
export function sandboxedTrainer(learner: string): Trainer {
  let worker: SandboxedWorker | null = null;
  let hasEnded = false;
  let waiting: Request[] | null = [];
  const trainer: Trainer = {
    onmessage: null,
    onerror: null,
    postMessage(request) {
      if (waiting) waiting.push(request);
      else worker?.postMessage(request);
    },
    terminate() {
      hasEnded = true;
      worker?.terminate();
    },
  };
  const begin = async () => {
    const { default: main } = await import("./train.sandbox.ts?sandboxed");
    if (hasEnded) return;
    worker = new SandboxedWorker(main, { learner, silence });
    worker.onmessage = ({ data }) => {
      if (data !== "ready") return trainer.onmessage?.({ data: data as Reply });
      const first = waiting ?? [];
      waiting = null;
      for (const request of first) worker?.postMessage(request);
    };
    worker.onerror = ({ name, message, line }) => {
      const place = line === undefined ? "" : ` (line ${line} of the loss)`;
      trainer.onerror?.({ message: `${name ? `${name}: ` : ""}${message}${place}` });
    };
  };
  begin().catch((error: unknown) => trainer.onerror?.({ message: String(error) }));
  return trainer;
}
