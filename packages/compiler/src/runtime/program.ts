/**
 * A compiled program at work: inputs go into the heap, its commands run, outputs come out.
 */
import { Tensor, type TensorSpec, type TypedArray } from "@chainrule/core";
import type { Graph } from "../ir/graph.ts";
import type { Heap } from "../wasm/heap.ts";
import { assignments } from "./assignments.ts";
import type { Command } from "./command.ts";
import type { MemoryLayout } from "./memory-layout.ts";

/** An output, and what copies its numbers out of the heap. */
interface Output {
  readonly spec: TensorSpec;
  read(): TypedArray;
}

export class Program {
  readonly layout: MemoryLayout;
  readonly #commands: readonly Command[];
  readonly #outputs: readonly Output[];
  readonly #assignments: readonly Command[];
  #hasRun = false;

  constructor(graph: Graph, layout: MemoryLayout, commands: readonly Command[]) {
    this.layout = layout;
    this.#commands = commands;
    this.#outputs = graph.outputs.map((spec) => ({ spec, read: layout.readerOf(spec) }));
    this.#assignments = assignments(graph, layout);
  }

  get heap(): Heap {
    return this.layout.heap;
  }

  /** Whether it has run, so that its memory holds numbers of the user's. */
  get hasRun(): boolean {
    return this.#hasRun;
  }

  /** Runs it with these inputs, and returns the outputs' tensors. */
  run(inputs: readonly Tensor[]): Tensor[] {
    const { layout } = this;
    this.#hasRun = true;
    for (const { parameter, buffer } of layout.parameters)
      if (buffer.stale || parameter.buffer !== buffer) buffer.upload(parameter);
    for (const { index, dtype, address } of layout.inputs) layout.heap.write(dtype, address, inputs[index].storage);
    try {
      for (const command of this.#commands) command();
      const outputs = this.#outputs.map(({ spec, read }) => new Tensor(read(), spec.shape, spec.dtype));
      for (const assign of this.#assignments) assign();
      return outputs;
    } finally {
      // What lies in the heap counts from here on, even where a kernel threw halfway.
      for (const { parameter, assigned } of layout.parameters) if (assigned) parameter.held = null;
    }
  }
}
