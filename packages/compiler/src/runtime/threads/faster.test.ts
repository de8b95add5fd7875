import { describe, expect, it } from "vitest";
import { fasterOf } from "./faster.ts";

/** Runs of two ways that take so many milliseconds, which may change, and how often each ran. */
function simulated(ms: { parallel: number; serial: number }) {
  let time = 0;
  const ran = { parallel: 0, serial: 0 };
  const way = (name: keyof typeof ms) => () => {
    time += ms[name];
    ran[name]++;
  };
  const run = fasterOf(way("parallel"), way("serial"), () => time);
  const after = (runs: number) => {
    Object.assign(ran, { parallel: 0, serial: 0 });
    for (let i = 0; i < runs; i++) run();
    return { ...ran };
  };
  return { run, after };
}

describe("a step on several threads", () => {
  it("stays there where that is faster, and tries the other way now and then", () => {
    const { after } = simulated({ parallel: 5, serial: 8 });
    expect(after(100)).toEqual({ parallel: 100, serial: 0 });
    const { parallel, serial } = after(10_000);
    expect(serial).toBeGreaterThan(0);
    expect(serial).toBeLessThan(0.02 * parallel);
  });

  it("goes on alone where the threads hold it up, and comes back", () => {
    const ms = { parallel: 9, serial: 8 };
    const { after } = simulated(ms);
    after(1000);
    // But for trials of eighteen runs.
    const { parallel, serial } = after(400);
    expect(parallel).toBeLessThanOrEqual(4 * 18);
    expect(serial).toBeGreaterThan(parallel);
    ms.parallel = 5;
    // Soon after.
    after(150);
    expect(after(400).parallel).toBeGreaterThanOrEqual(393);
  });

  it("is not led astray by a small difference, nor by some runs that take long", () => {
    const { after } = simulated({ parallel: 8, serial: 7.9 });
    expect(after(20_000).parallel).toBeGreaterThan(19_000);
    // Now and then the other core is gone for a while.
    let runs = 0;
    const slow = simulated({
      get parallel() {
        return runs++ % 130 < 20 ? 20 : 5;
      },
      serial: 8,
    });
    expect(slow.after(20_000).parallel).toBeGreaterThan(19_000);
  });

  it("goes on alone where one run in four waits for a core so long that the others gain less", () => {
    let runs = 0;
    const { after } = simulated({
      get parallel() {
        return runs++ % 4 === 0 ? 20 : 5;
      },
      serial: 8,
    });
    after(1000);
    const { parallel, serial } = after(10_000);
    expect(serial).toBeGreaterThan(7 * parallel);
  });

  it("comes back to threads although one run in thirty of them waits for a core", () => {
    let runs = 0;
    const ms = {
      slow: 9,
      get parallel() {
        return runs++ % 30 === 0 ? 20 : this.slow;
      },
      serial: 8,
    };
    const { after } = simulated(ms);
    after(1000);
    expect(after(400).serial).toBeGreaterThan(300);
    ms.slow = 4;
    after(400);
    expect(after(10_000).parallel).toBeGreaterThan(9500);
  });

  it("does not take the first runs of a program, which are slow, for those that follow", () => {
    let runs = 0;
    const { after } = simulated({
      get parallel() {
        return runs++ < 20 ? 200 : 5;
      },
      serial: 8,
    });
    expect(after(2000).serial).toBeLessThanOrEqual(4 * 7);
  });

  it("gives threads up at once in a trial where one run takes as long as many alone", () => {
    const ms = { parallel: 9, serial: 8 };
    const { after } = simulated(ms);
    after(1000);
    ms.parallel = 400;
    expect(after(1000).parallel).toBeLessThanOrEqual(8 * 3);
  });

  it("does not try for long where steps are short", () => {
    // 10 µs a step: a trial comes every 200 ms.
    const { after } = simulated({ parallel: 0.01, serial: 0.02 });
    expect(after(100_000).serial).toBeLessThanOrEqual(6 * 7);
  });

  it("throws what a way throws, and goes on", () => {
    let fails = true;
    const run = fasterOf(
      () => {
        if (fails) throw new Error("here");
      },
      () => {},
    );
    expect(run).toThrow("here");
    fails = false;
    run();
  });
});
