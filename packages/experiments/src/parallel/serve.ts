/**
 * The process that runs for a sweep: imports the module, then does one run after the other as it is told.
 */
import { setNumThreads } from "@chainrule/compiler";
import { defaultGenerator, setDefaultDType } from "@chainrule/core";
import { messageOf, runOnce, type Train } from "../runs/run.ts";
import type { Answer, Order } from "./protocol.ts";
import { type Exports, receive } from "./send.ts";
import { here } from "./state.ts";

/** The other end of the line: Node's `process`. */
interface Line {
  on(event: "message" | "disconnect", listener: (message: unknown) => void): unknown;
  send?(message: unknown): unknown;
  exit(code: number): never;
}

/** Serves a sweep until it hangs up. */
export function serveRuns(line: Line): void {
  let exports: Exports = {};
  let train: Train | null = null;
  const answer = (message: Answer) => line.send?.(message);
  here.isWorker = true;
  line.on("disconnect", () => line.exit(0));
  line.on("message", async (message) => {
    const order = message as Order;
    if (order.kind === "run") {
      const settings = receive(order.settings, exports) as { seed: number };
      answer({ kind: "finished", id: order.id, result: await runOnce(train!, settings) });
      return;
    }
    try {
      setDefaultDType(order.dtype);
      await setNumThreads(order.threads);
      exports = await importQuietly(order.url);
      train = exports[order.name] as Train;
      answer({ kind: "ready" });
    } catch (error) {
      answer({ kind: "unable", reason: messageOf(error) });
    }
  });
}

/** @throws Error where the module draws random numbers that differ in every process. */
async function importQuietly(url: string): Promise<Exports> {
  const before = defaultGenerator().state;
  here.isImporting = true;
  try {
    const exports = (await import(/* @vite-ignore */ url)) as Exports;
    const after = defaultGenerator().state;
    const isSeeded = String(before.key) !== String(after.key);
    if (!isSeeded && String(before.counter) !== String(after.counter))
      throw new Error(
        "the module draws random numbers when it is imported, which would differ from process to process: draw them in the function, or from a Generator with a seed",
      );
    return exports;
  } finally {
    here.isImporting = false;
  }
}
