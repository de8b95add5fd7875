import { describe, expect, it } from "vitest";
import { Heap } from "../wasm/heap.ts";
import { createMemory } from "../wasm/host.ts";
import { type Resident, type Residents, residentsOf } from "./residents.ts";

/** Something small in the heap, needed by one run. */
function small(residents: Residents): Resident & { address: number } {
  const { heap } = residents;
  const resident = {
    address: heap.allocate(16),
    bytes: 16,
    lastRun: 0,
    isResident: false,
    save: () => {},
    free: () => heap.free(resident.address, 16),
  };
  residents.add(resident);
  return resident;
}

function during(residents: Residents, work: () => void): void {
  const outer = residents.begin();
  work();
  residents.end(outer);
}

describe("how many things stay in the heap", () => {
  it("does not grow with how many there have been", () => {
    const residents = residentsOf(new Heap(createMemory(1)));
    let most = 0;
    for (let i = 0; i < 20_000; i++) {
      during(residents, () => small(residents));
      most = Math.max(most, residents.heap.used / 16);
    }
    expect(most).toBeLessThan(3000);
  });

  it("is what one run needs, where that is more, in time that grows with it and no faster", () => {
    const residents = residentsOf(new Heap(createMemory(1)));
    during(residents, () => {
      for (let i = 0; i < 100_000; i++) small(residents);
    });
    expect(residents.heap.used).toBe(16 * 100_000);
    for (let i = 0; i < 110_000; i++) during(residents, () => small(residents));
    expect(residents.heap.used / 16).toBeLessThan(160_000);
    for (let i = 0; i < 60_000; i++) during(residents, () => small(residents));
    expect(residents.heap.used / 16).toBeLessThan(160_000);
  });

  it("goes up by what comes back", () => {
    const residents = residentsOf(new Heap(createMemory(1)));
    const kept = Array.from({ length: 4000 }, () => ({ now: small(residents) }));
    const useAll = () => {
      for (const each of kept)
        during(residents, () => {
          if (!each.now.isResident) {
            const again = small(residents);
            residents.welcome(again);
            each.now = again;
          }
          each.now.lastRun = residents.run;
        });
    };
    for (let i = 0; i < 8; i++) useAll();
    const { departures } = residents;
    useAll();
    expect(residents.departures).toBe(departures);
  });
});
