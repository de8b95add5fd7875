/**
 * A compiled program at work: inputs go into the heap, its commands run, outputs come out.
 */
import { Tensor, type TensorSpec, type TypedArray } from "@chainrule/core";
import type { Graph } from "../ir/graph.ts";
import type { Heap } from "../wasm/heap.ts";
import { assignments } from "./assignments.ts";
import type { Command } from "./command.ts";
import type { Commands } from "./link.ts";
import type { MemoryLayout } from "./memory-layout.ts";
import { residentsOf } from "./residents.ts";

/** An output, and what copies its numbers out of the heap. */
interface Output {
  readonly spec: TensorSpec;
  read(): TypedArray;
}

/** A program's place in the heap, and what it runs there. */
export interface Placement {
  readonly layout: MemoryLayout;
  readonly commands: Commands;
}

export class Program {
  readonly #graph: Graph;
  readonly #heap: Heap;
  readonly #place: () => Placement;
  #layout!: MemoryLayout;
  #commands!: Commands;
  #outputs!: readonly Output[];
  #assignments!: readonly Command[];
  #isRunning = false;

  /** @param place finds a place in the heap for what the program needs. */
  constructor(graph: Graph, heap: Heap, place: () => Placement) {
    this.#graph = graph;
    this.#heap = heap;
    this.#place = place;
    const residents = residentsOf(heap);
    const outer = residents.begin();
    try {
      this.#settleAnew(null);
    } finally {
      residents.end(outer);
    }
  }

  get layout(): MemoryLayout {
    return this.#layout;
  }

  get heap(): Heap {
    return this.#heap;
  }

  /** Whether a kernel of it called what asks. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Each group of the program by itself, run serially on this thread. */
  get groups(): readonly Command[] {
    return this.#commands.groups;
  }

  /**
   * Runs it with these inputs, and returns the outputs' tensors.
   *
   * @throws what kernels throw, and guardFailure; parameters are then what they were.
   */
  run(inputs: readonly Tensor[]): Tensor[] {
    return this.inPlace((layout) => {
      for (const { index, dtype, address } of layout.inputs) layout.heap.write(dtype, address, inputs[index].storage);
      for (const command of this.#commands.commands) command();
      const outputs = this.#outputs.map(({ spec, read }) => new Tensor(read(), spec.shape, spec.dtype));
      for (const assign of this.#assignments) assign();
      // What lies in the heap counts from here on.
      for (const { parameter, assigned } of layout.parameters) if (assigned) parameter.held = null;
      return outputs;
    });
  }

  /** Does something while all of the program is in its place. */
  inPlace<Result>(work: (layout: MemoryLayout) => Result): Result {
    const { residents } = this.#layout;
    const outer = residents.begin();
    this.#isRunning = true;
    try {
      if (!this.#layout.settle()) this.#settleAnew(this.#layout);
      this.#layout.enter();
      try {
        return work(this.#layout);
      } finally {
        this.#layout.leave();
      }
    } finally {
      this.#isRunning = false;
      residents.end(outer);
    }
  }

  #settleAnew(before: MemoryLayout | null): void {
    const lost = before?.lost ?? 0;
    this.#heap.bound += lost;
    try {
      const { layout, commands } = this.#place();
      this.#layout = layout;
      this.#commands = commands;
    } finally {
      this.#heap.bound -= lost;
    }
    const layout = this.#layout;
    if (before) layout.replace(before);
    this.#outputs = this.#graph.outputs.map((spec) => ({ spec, read: layout.readerOf(spec) }));
    this.#assignments = assignments(this.#graph, layout);
  }
}
