/**
 * Connects the host with whoever started this worker.
 */
import { type Surroundings, TrainingHost } from "./host.ts";
import type { Request } from "./protocol.ts";

/** Answers messages, from now on. */
export function listen(more: Pick<Surroundings, "ownLoss" | "pytorch">): void {
  const { port1, port2 } = new MessageChannel();
  let waiting: (() => void) | null = null;
  port1.onmessage = () => {
    const run = waiting;
    waiting = null;
    run?.();
  };
  const host = new TrainingHost({
    ...more,
    post: (reply, transfer) => postMessage(reply, { transfer }),
    // A message to itself comes after those that wait; timers of nested calls would come only every 4 ms.
    soon: (run) => {
      waiting = run;
      port2.postMessage(null);
    },
    now: () => performance.now(),
  });
  addEventListener("message", ({ data }: MessageEvent<Request>) => host.hear(data));
}
