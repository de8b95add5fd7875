/**
 * The main thread and its workers, which dispatches steps of compiled programs to all of them in parallel.
 */
import { JitError } from "@chainrule/core";
import { threadedCode } from "../../codegen/parallel.ts";
import type { FusedGraph } from "../../ir/fused-graph.ts";
import type { Phase } from "../../ir/phases.ts";
import type { InPlace } from "../../passes/in-place.ts";
import { type Limits, partition } from "../../passes/partition.ts";
import { scanRows } from "../../passes/scan-rows.ts";
import { assemble } from "../../wasm/assembler.ts";
import { cacheLine, Heap } from "../../wasm/heap.ts";
import { createSharedMemory, instantiate } from "../../wasm/host.ts";
import { fasterOf } from "./faster.ts";
import { setThreadGroup } from "./groups.ts";
import { controlBytes, type Protocol, protocolFunctions, protocolImports } from "./protocol.ts";
import { maySleep, noThreads, startWorkers, type WorkerPool } from "./worker-pool.ts";

/** Where the bytes of a module lie in the shared memory. */
export interface SharedModule {
  readonly id: number;
  readonly address: number;
  readonly bytes: number;
}

/** A program that all threads can run. */
export interface SharedProgram {
  /** The number of its module: other programs may share that. */
  readonly id: number;
  /** Where its table lies, at whose beginning stands where the modules are listed that it consists of. */
  readonly table: number;
}

/** One of a program's functions: does chunks until none is left, and says with 1 that all are done. */
export type SharedRun = (thread: number, step: number, table: number) => number;

export class ThreadGroup {
  /** How many threads there are, the main thread among them. */
  readonly size: number;
  readonly heap: Heap;
  readonly protocol: Protocol;
  /** From where on work is partitioned; as usual where it says nothing. */
  readonly limits: Limits | undefined;
  /** What modules import that threads share. */
  readonly imports = protocolImports;
  /** How code is written that they share. */
  readonly code = threadedCode;
  /** Which rows of a loop threads can cut. */
  readonly rowsOfScan = scanRows;
  /** Runs what all threads do, or what this one does alone, whichever is faster. */
  readonly fasterOf = fasterOf;
  readonly #workers: WorkerPool;
  #modules = 0;

  constructor(size: number, heap: Heap, protocol: Protocol, workers: WorkerPool, limits?: Limits) {
    this.size = size;
    this.heap = heap;
    this.protocol = protocol;
    this.#workers = workers;
    this.limits = limits;
  }

  /** How many threads there are at the moment: fewer than `size` once one was lost. */
  get present(): number {
    return 1 + this.#workers.size;
  }

  /** How the threads share the work of a program: see `passes/partition.ts`. */
  partition(fused: FusedGraph, inPlace: InPlace): Phase[] {
    return partition(fused, inPlace, this);
  }

  /** A number for a module, by which workers know it, wherever its bytes lie. */
  newModule(): number {
    return ++this.#modules;
  }

  /** Lays a module where workers find it, at an address with room for it. */
  publishModule(id: number, module: Uint8Array, address: number): SharedModule {
    this.heap.view("bool", address, module.length).set(module);
    return { id, address, bytes: module.length };
  }

  /** Writes down what a program consists of: modules that its own module imports from, and last that one. */
  publishProgram(modules: readonly SharedModule[], table: number, allocate: (bytes: number) => number): SharedProgram {
    const list = modules.flatMap(({ id, address, bytes }) => [id, address, bytes]);
    const description = allocate(4 * (1 + list.length));
    this.heap.write("int32", description, Int32Array.of(modules.length, ...list));
    this.heap.write("int32", table, Int32Array.of(description));
    return { id: modules.at(-1)!.id, table };
  }

  /**
   * Dispatches the program's function number `number` in parallel, to whatever threads have time.
   *
   * @throws what the function throws, and JitError where a worker failed.
   */
  dispatch({ id, table }: SharedProgram, number: number, run: SharedRun): void {
    const { protocol } = this;
    const step = protocol.begin(id, number, table);
    try {
      if (run(0, step, table) === 1) {
        protocol.end(step);
        return;
      }
    } catch (error) {
      // The chunks that others took are waited for, so that nobody writes any more.
      const isQuiet = protocol.arrive(step, protocol.end(step) - 1) === 1;
      protocol.release(step);
      if (!isQuiet) this.stop();
      throw error;
    }
    protocol.end(step);
    protocol.release(step);
    this.stop();
    throw workerLost();
  }

  /** Ends the workers. Programs still run, on this thread alone. */
  stop(): void {
    this.#workers.stop();
  }
}

function workerLost(): JitError {
  return new JitError({
    where: "jit",
    expected: "every thread to finish its part of the step",
    got: "one that failed, or did not answer for a minute",
    hint: "What the step was changing is undefined. Call setNumThreads again, and restore the parameters.",
  });
}

/** Addresses that shared memories reserve, in pages of 64 KiB: as many as the host grants. */
const reserves = [65536, 32768, 16384];

function sharedHeapOf(): Heap {
  for (const pages of reserves)
    try {
      return new Heap(createSharedMemory(16, pages), cacheLine);
    } catch {
      // No room for so many addresses: fewer.
    }
  throw noThreads("a host that grants no shared WebAssembly memory", "Stay with one thread here.");
}

/**
 * A heap in shared memory, and the threads that work on it.
 *
 * @throws JitError where they cannot be had.
 */
export async function createThreadGroup(size: number, limits?: Limits): Promise<ThreadGroup> {
  const heap = sharedHeapOf();
  const address = heap.allocate(controlBytes);
  heap.view("bool", address, controlBytes).fill(0);
  const module = (sleeps: boolean) => assemble(protocolFunctions(address, sleeps), [], { shared: true });
  const protocol = instantiate<Protocol>(module(maySleep()), heap.memory);
  const workers = await startWorkers(size - 1, heap.memory, address, module(true));
  const group = new ThreadGroup(size, heap, protocol, workers, limits);
  setThreadGroup(group);
  return group;
}
