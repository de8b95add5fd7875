/**
 * What a program keeps in the heap besides parameters: constants, tables, code for other threads. It is written anew where
 * it had to leave, which places the program anew.
 */
import type { Heap } from "../wasm/heap.ts";
import type { Arena } from "./arena.ts";
import { type Resident, type Residents, residentsOf } from "./residents.ts";

export class ProgramData implements Resident {
  lastRun = 0;
  isResident = false;
  readonly #residents: Residents;
  readonly #blocks: { readonly address: number; readonly bytes: number }[] = [];
  #arena: Arena | null = null;

  /** @param owner with what it becomes garbage. */
  constructor(heap: Heap, owner: object) {
    this.#residents = residentsOf(heap);
    this.#residents.add(this, owner);
  }

  get bytes(): number {
    return this.#blocks.reduce((total, { bytes }) => total + bytes, 0);
  }

  /** Whether anything is missing. */
  get isLost(): boolean {
    return !this.isResident && this.#blocks.length > 0;
  }

  /** A block that stays until all of it leaves. */
  allocate(bytes: number): number {
    const address = this.#residents.heap.allocate(bytes);
    this.#blocks.push({ address, bytes });
    return address;
  }

  /** The arena that the program runs in: it goes with the last of its users. */
  use(arena: Arena): void {
    this.#arena = arena;
    arena.users++;
  }

  save(): void {
    // Its program may live on, and come back to the arena.
    this.#arena = null;
  }

  free(heap: Heap): void {
    for (const { address, bytes } of this.#blocks) heap.free(address, bytes);
    if (this.#arena && --this.#arena.users === 0) this.#residents.release(this.#arena);
  }
}
