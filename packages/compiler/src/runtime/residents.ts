/**
 * What lies in a heap's memory between the runs of programs, and who gives way when there is no more room.
 *
 * Nobody says when a model is done with, and the garbage collector's word (`FinalizationRegistry`) comes only where a
 * script waits for something: not in a plain loop. So whatever has not been run for the longest time gives its memory
 * back once there is more than `leastBound`, and has its numbers in JavaScript from then on, where the collector needs no
 * help. What comes back after all was no garbage: the bound goes up by its size for as long as it stays.
 */
import type { Heap } from "../wasm/heap.ts";
import { suspectGarbage } from "./garbage.ts";

/** Something that can leave the memory, and is brought back by whoever needs it next. */
export interface Resident {
  readonly bytes: number;
  /** The number of the last run that needed it. */
  lastRun: number;
  /** Whether it lies in the memory. */
  isResident: boolean;
  /** Keeps elsewhere what it holds, before it leaves. */
  save(): void;
  /** Gives its memory back. */
  free(heap: Heap): void;
}

/** Bytes that stay in the memory whether they are needed or not. */
const leastBound = 2 ** 23;
/** How many things stay, at least: each is an object in JavaScript too. */
const leastCount = 2048;

const known = new WeakMap<Heap, Residents>();

export function residentsOf(heap: Heap): Residents {
  let residents = known.get(heap);
  if (!residents) {
    residents = new Residents(heap);
    known.set(heap, residents);
  }
  return residents;
}

/** Tells what is garbage, where the script waits for something at times. It holds what it tells of, not the owners. */
const garbage = new FinalizationRegistry<{ readonly residents: Residents; readonly resident: Resident }>(
  ({ residents, resident }) => residents.release(resident),
);

export class Residents {
  #heap: Heap | null;
  /** The number of the run that is on, or was last. */
  run = 0;
  /** How many have left the memory so far: where that has not changed, everything lies where it lay. */
  departures = 0;
  readonly #all = new Set<Resident>();
  /** What has come back, after it had to leave, and by how many bytes the bound has gone up for it. */
  readonly #returned = new Map<Resident, number>();
  /** Runs from this number on are going on: what they need cannot leave. */
  #firstGoingOn = Number.POSITIVE_INFINITY;
  /** Who leaves next, the last first, with the runs by which they were sorted. */
  #queue: { readonly resident: Resident; readonly lastRun: number }[] = [];
  #mostCount = leastCount;

  constructor(heap: Heap) {
    this.#heap = heap;
    heap.bound = leastBound;
    heap.makeRoom = () => this.#leaveOne();
  }

  get heap(): Heap {
    return this.#heap!;
  }

  /** Begins a run, inside another or not; what `end` must be given. */
  begin(): number {
    const outer = this.#firstGoingOn;
    this.run++;
    if (outer === Number.POSITIVE_INFINITY) this.#firstGoingOn = this.run;
    return outer;
  }

  end(outer: number): void {
    this.#firstGoingOn = outer;
  }

  /** Notes what lies in the memory from here on, for the run that is on, and until its owner is garbage. */
  add(resident: Resident, owner: object | null = null): void {
    resident.lastRun = this.run;
    resident.isResident = true;
    this.#all.add(resident);
    if (owner) garbage.register(owner, { residents: this, resident }, resident);
    if (this.#all.size <= this.#mostCount) return;
    let leaving = this.#all.size >> 2;
    while (leaving > 0 && this.#leaveOne()) leaving--;
    // Where the others are needed by the run that is on, they are not looked through again at once.
    this.#mostCount = leaving > 0 ? 2 * this.#all.size : leastCount + this.#returned.size;
  }

  /** Raises the bound for one that had to leave before and is wanted after all, for as long as it stays. */
  welcome(resident: Resident): void {
    if (this.#returned.has(resident)) return;
    this.#returned.set(resident, resident.bytes);
    this.heap.bound += resident.bytes;
  }

  /** Frees what nobody needs any more. */
  release(resident: Resident): void {
    if (resident.isResident) this.#remove(resident);
  }

  /** Lets everything leave that no run is going on with. */
  leaveAll(): void {
    while (this.#leaveOne());
  }

  /** Lets everything leave, and the heap be garbage: parameters hold on to this, which is small. */
  retire(): void {
    this.leaveAll();
    this.#heap = null;
  }

  /** Lets the one leave whose last run is the longest ago; false where none can. */
  #leaveOne(): boolean {
    let next = this.#nextInQueue();
    if (!next) {
      this.#queue = [...this.#all]
        .filter(({ lastRun }) => lastRun < this.#firstGoingOn)
        .map((resident) => ({ resident, lastRun: resident.lastRun }))
        .sort((a, b) => b.lastRun - a.lastRun);
      next = this.#nextInQueue();
    }
    if (!next) return false;
    this.departures++;
    next.save();
    this.#remove(next);
    suspectGarbage(next.bytes);
    return true;
  }

  /** Those that have run since they were queued, or are gone, are passed over. */
  #nextInQueue(): Resident | null {
    for (let next = this.#queue.pop(); next; next = this.#queue.pop())
      if (next.resident.lastRun === next.lastRun && next.resident.isResident) return next.resident;
    return null;
  }

  #remove(resident: Resident): void {
    resident.isResident = false;
    resident.free(this.heap);
    this.#all.delete(resident);
    garbage.unregister(resident);
    this.heap.bound -= this.#returned.get(resident) ?? 0;
    this.#returned.delete(resident);
  }
}
