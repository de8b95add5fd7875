/**
 * Where parameters live between calls: in the heap, from the first compiled function that uses them on.
 */
import type { Parameter, TypedArray } from "@chainrule/core";
import type { ParameterBuffer } from "@chainrule/core/internal";
import { bytesPer, type Heap } from "../wasm/heap.ts";

/** Blocks of the heap that go back to it when what they belong to is garbage. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
}

interface Held {
  readonly heap: Heap;
  readonly blocks: readonly Block[];
}

const registry = new FinalizationRegistry<Held>(({ heap, blocks }) => {
  for (const { address, bytes } of blocks) heap.free(address, bytes);
});

/** Frees the blocks once `owner` is garbage. */
export function freeWith(owner: object, heap: Heap, blocks: readonly Block[]): void {
  registry.register(owner, { heap, blocks });
}

/** A parameter's numbers in the heap. */
export class HeapBuffer implements ParameterBuffer {
  readonly address: number;
  readonly heap: Heap;
  stale = true;
  readonly #dtype: Parameter["dtype"];
  readonly #size: number;

  constructor(heap: Heap, { dtype, size }: Parameter) {
    const bytes = size * bytesPer(dtype);
    this.address = heap.allocate(bytes);
    this.heap = heap;
    this.#dtype = dtype;
    this.#size = size;
    freeWith(this, heap, [{ address: this.address, bytes }]);
  }

  download(): TypedArray {
    return this.heap.copy(this.#dtype, this.address, this.#size);
  }

  /** Brings in a value that was assigned outside, or that lies in another heap. */
  upload(parameter: Parameter): void {
    if (parameter.buffer === this && !this.stale) return;
    this.heap.write(this.#dtype, this.address, parameter.storage);
    parameter.buffer = this;
    this.stale = false;
  }
}

/** The parameter's buffer in this heap, made at its first use; up to date. */
export function bufferOf(parameter: Parameter, heap: Heap): HeapBuffer {
  const known = parameter.buffer as HeapBuffer | null;
  const buffer = known?.heap === heap ? known : new HeapBuffer(heap, parameter);
  buffer.upload(parameter);
  return buffer;
}
