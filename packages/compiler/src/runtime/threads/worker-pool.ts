/**
 * The pool of worker threads, in Node and in pages alike.
 */
import { JitError } from "@chainrule/core";
import type { Memory } from "../../wasm/host.ts";
import { control } from "./protocol.ts";

/** What Node's workers and those of pages are to us. */
interface HostWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref?(): void;
  on?(event: string, listener: (what: unknown) => void): void;
  addEventListener?(event: string, listener: (what: { data?: unknown; message?: string }) => void): void;
}

type WorkerClass = new (url: URL, options: { type: "module"; execArgv: string[] }) => HostWorker;

interface HostGlobals {
  readonly process?: { getBuiltinModule?(name: string): { Worker: WorkerClass } | undefined };
  readonly Worker?: WorkerClass;
  readonly crossOriginIsolated?: boolean;
  readonly SharedArrayBuffer?: unknown;
}

const host = globalThis as unknown as HostGlobals;

/** Node's class of workers, reached without an import that a bundle for pages would have to resolve; null elsewhere. */
function nodeWorker(): WorkerClass | null {
  return host.process?.getBuiltinModule?.("node:worker_threads")?.Worker ?? null;
}

/** Why there can be no threads that share memory here, as the parts of an error; null where there can. */
function missing(): { got: string; hint: string } | null {
  if (nodeWorker() === null) {
    if (host.Worker === undefined)
      return { got: "a host without workers", hint: "In Node, this takes version 20.16, 22.3, or newer." };
    if (host.crossOriginIsolated !== true)
      return {
        got: "a page that is not cross-origin isolated",
        hint:
          "Serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: " +
          "require-corp; without, stay with one thread.",
      };
  }
  if (host.SharedArrayBuffer === undefined)
    return { got: "a host without SharedArrayBuffer", hint: "Stay with one thread here." };
  return null;
}

/** @throws JitError where threads cannot share memory. */
export function checkHost(): void {
  const lack = missing();
  if (lack) throw noThreads(lack.got, lack.hint);
}

export function noThreads(got: string, hint: string): JitError {
  return new JitError({ where: "setNumThreads", expected: "workers that share memory with this thread", got, hint });
}

/** Whether this thread may sleep until another wakes it: a page's main thread may not. */
export function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/** Workers that take chunks of steps from a memory until they are stopped. */
export interface WorkerPool {
  /** How many are still there. */
  readonly size: number;
  stop(): void;
}

/**
 * Starts so many workers; resolves once all are at work. They do not keep the process alive.
 *
 * @param protocol the module of `protocol.ts`.
 * @throws JitError where one cannot be started.
 */
export async function startWorkers(
  size: number,
  memory: Memory,
  address: number,
  protocol: Uint8Array,
): Promise<WorkerPool> {
  const words = {
    program: address + control.program,
    run: address + control.run,
    table: address + control.table,
  };
  const workers = new Set<HostWorker>();
  const stop = () => {
    for (const worker of workers) worker.terminate();
    workers.clear();
  };
  try {
    const start = (thread: number) => startWorker({ memory, protocol, thread, words }, workers);
    await Promise.all(Array.from({ length: size }, (_, i) => start(i + 1)));
  } catch (error) {
    stop();
    throw noThreads(`"${error instanceof Error ? error.message : error}"`, "Stay with one thread here.");
  }
  return {
    get size() {
      return workers.size;
    },
    stop,
  };
}

/** Resolves when the worker says that it has begun; from then on it is among the workers as long as it lives. */
function startWorker(message: object, workers: Set<HostWorker>): Promise<void> {
  return new Promise((resolve, reject) => {
    const Worker = nodeWorker() ?? host.Worker!;
    // As it stands here, bundlers recognise it. Node's own options, such as loaders of TypeScript, are not for it.
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", execArgv: [] });
    workers.add(worker);
    const begun = () => {
      worker.unref?.();
      resolve();
    };
    const lost = (reason: unknown) => {
      workers.delete(worker);
      reject(reason);
    };
    if (worker.on) {
      worker.on("message", begun);
      worker.on("error", lost);
      worker.on("exit", (code) => lost(new Error(`a worker that ended with exit code ${code}`)));
    } else {
      worker.addEventListener?.("message", begun);
      worker.addEventListener?.("error", ({ message: text }) => lost(new Error(text ?? "a worker that failed")));
    }
    worker.postMessage(message);
  });
}
