/**
 * The other end of a sweep's line: what a process answers, without the process.
 */
import { EventEmitter } from "node:events";
import { getNumThreads } from "@chainrule/compiler";
import { getDefaultDType, setDefaultDType } from "@chainrule/core";
import { afterEach, describe, expect, it } from "vitest";
import type { Answer, Order } from "./protocol.ts";
import { send } from "./send.ts";
import { serveRuns } from "./serve.ts";
import { here } from "./state.ts";

const program = (name: string) => new URL(`../../test/programs/${name}`, import.meta.url).href;
const begin = (url: string, name = "train"): Order => ({ kind: "begin", url, name, dtype: "float64", threads: 1 });

/** A line and what came back on it. */
class Line extends EventEmitter {
  code: number | null = null;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  constructor() {
    super();
    serveRuns(this);
  }
  ask(order: Order): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.emit("message", order);
    });
  }
  send(answer: unknown): void {
    this.#waiting.shift()?.(answer as Answer);
  }
  exit(code: number): never {
    this.code = code;
    return undefined as never;
  }
}

afterEach(() => {
  here.isWorker = false;
  setDefaultDType("float32");
});

describe("a process that runs for a sweep", () => {
  it("says when it is ready, has the program's dtype and threads, and does one run after the other", async () => {
    const line = new Line();
    expect(here.isWorker).toBe(true);
    expect(await line.ask(begin(program("train.ts"), "fragile"))).toEqual({ kind: "ready" });
    expect([getDefaultDType(), getNumThreads()]).toEqual(["float64", 1]);
    for (const [seed, special] of [
      [0, Number.NaN],
      [1, -0],
    ]) {
      const answer = await line.ask({ kind: "run", id: seed, settings: send({ how: "works", seed }, {}) });
      expect(answer).toMatchObject({ kind: "finished", id: seed, result: { values: { seed, special }, error: null } });
    }
  });

  it("tells of a run that throws, and goes on", async () => {
    const line = new Line();
    await line.ask(begin(program("train.ts"), "fragile"));
    const run = (how: string) => line.ask({ kind: "run", id: 4, settings: send({ how, seed: 4 }, {}) });
    expect(await run("throws")).toMatchObject({ result: { values: {}, error: "RangeError: no luck with seed 4" } });
    expect(await run("works")).toMatchObject({ result: { error: null } });
  });

  it.each([
    ["a module that is not there", "missing.ts", /missing/],
    ["one that draws random numbers when it is imported", "draws.ts", /draws random numbers/],
    ["one that runs a sweep when it is imported", "sweeps.ts", /a sweep when it is imported/],
  ])("is unable to serve %s", async (_name, file, reason) => {
    const answer = await new Line().ask(begin(program(file)));
    expect(answer).toMatchObject({ kind: "unable", reason: expect.stringMatching(reason) });
    expect(here.isImporting).toBe(false);
  });

  it("ends when the sweep hangs up", () => {
    const line = new Line();
    line.emit("disconnect");
    expect(line.code).toBe(0);
  });
});
