/**
 * Arenas: memory for what programs need only while they run, lent to one after another. A program knows its arena by the
 * address; it takes another where that is busy with a run that called this one, or gone.
 */
import type { Heap } from "../wasm/heap.ts";
import { type Resident, type Residents, residentsOf } from "./residents.ts";

export class Arena implements Resident {
  readonly address: number;
  readonly bytes: number;
  lastRun = 0;
  isResident = false;
  /** Whether a program is running in it. */
  isBusy = false;
  /** The number of the layout whose numbers lie in it. */
  tenant = 0;
  /** How many layouts are for it. */
  users = 0;

  constructor(address: number, bytes: number) {
    this.address = address;
    this.bytes = bytes;
  }

  save(): void {}

  free(heap: Heap): void {
    heap.free(this.address, this.bytes);
  }
}

const known = new WeakMap<Residents, Set<Arena>>();

/** The smallest arena that nobody is running in and that is large enough, or a new one. */
export function arenaOf(heap: Heap, bytes: number): Arena {
  const residents = residentsOf(heap);
  const arenas = known.get(residents) ?? new Set();
  known.set(residents, arenas);
  let found: Arena | null = null;
  for (const arena of arenas) {
    if (!arena.isResident) arenas.delete(arena);
    else if (!arena.isBusy && arena.bytes >= bytes && !(found && found.bytes <= arena.bytes)) found = arena;
  }
  if (!found) {
    found = newArena(heap, bytes);
    arenas.add(found);
    residents.add(found);
  }
  found.lastRun = residents.run;
  return found;
}

/** Larger than asked for by up to a quarter, so that programs of about the same size share one. */
function newArena(heap: Heap, bytes: number): Arena {
  const step = 2 ** Math.max(12, Math.floor(Math.log2(Math.max(1, bytes))) - 2);
  const generous = Math.ceil(Math.max(1, bytes) / step) * step;
  const address = heap.tryAllocate(generous);
  return address > 0 ? new Arena(address, generous) : new Arena(heap.allocate(bytes), bytes);
}
