/**
 * Where parameters live between calls: in the heap, from the first compiled function that uses them on.
 */
import type { TypedArray } from "../tensor/dtype.ts";
import type { Home, Parameter } from "../tensor/parameter.ts";
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

/** A parameter's place in the heap. */
export class HeapHome implements Home {
  readonly address: number;
  readonly heap: Heap;
  outdated = true;
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

  fetch(): TypedArray {
    return this.heap.copy(this.#dtype, this.address, this.#size);
  }

  /** Brings in a value that was assigned outside, or that has its home in another heap. */
  settle(parameter: Parameter): void {
    if (parameter.home === this && !this.outdated) return;
    this.heap.write(this.#dtype, this.address, parameter.storage);
    parameter.home = this;
    this.outdated = false;
  }
}

/** The parameter's home in this heap, made at its first use; up to date. */
export function homeOf(parameter: Parameter, heap: Heap): HeapHome {
  const known = parameter.home as HeapHome | null;
  const home = known?.heap === heap ? known : new HeapHome(heap, parameter);
  home.settle(parameter);
  return home;
}
