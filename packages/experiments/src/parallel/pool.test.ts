/**
 * Processes that run for a sweep, from this one; whole programs do so in `test/parallel.test.ts`.
 */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { absolute, fragile, slow, train } from "../../test/programs/train.ts";
import { type SweepResults, sweep } from "../index.ts";
import { addressOf, importTrain } from "./module.ts";
import { processesToHave, runInPool } from "./pool.ts";

const module = new URL("../../test/programs/train.ts", import.meta.url);
/** The tests' own process compiles at the first step, and rounds otherwise than these. */
const numbers = ({ runs }: SweepResults) =>
  runs.map(({ label, seed, values, error }) => [label, seed, values.loss.toPrecision(6), error]);

describe("a module", () => {
  it("is known by its address or by its path", async () => {
    expect(addressOf(module)).toBe(module.href);
    expect(addressOf(fileURLToPath(module))).toBe(module.href);
    expect(addressOf("data:text/javascript,1")).toBe("data:text/javascript,1");
    expect((await importTrain(module, null)).name).toBe("train");
    expect((await importTrain(module, fragile as never)).name).toBe("fragile");
  });

  it.each([
    ["a function that it does not export", module, (x: number) => x, /among its exports, got absolute, /],
    ["nothing that trains", "data:text/javascript,export const trian = () => 1", null, /Did you mean "trian"/],
    ["no export at all", "data:text/javascript,1", null, /no exports/],
    ["a mistake", "data:text/javascript,throw new Error('broken')", null, /got an error: .*broken/],
  ])("with %s is refused", async (_name, given, f, message) => {
    await expect(importTrain(given, f as never)).rejects.toThrow(message);
  });
});

describe("processes", () => {
  const before = [...process.execArgv];
  // They run the sources, as this one does.
  beforeAll(() => void process.execArgv.splice(0, Number.POSITIVE_INFINITY, "--import", "tsx"));
  afterAll(() => void process.execArgv.splice(0, Number.POSITIVE_INFINITY, ...before));

  it("are as many as there are cores", () => expect(processesToHave()).toBeGreaterThan(0));

  it("compute what is computed in turn", { timeout: 60_000 }, async () => {
    const grid = { lr: [0.01, 0.1], loss: ["mse" as const, absolute], seed: 2 };
    const alone = await sweep(grid, train, { parallel: false });
    const together = await sweep(grid, train, { parallel: 2, module });
    expect(numbers(together as SweepResults)).toEqual(numbers(alone as SweepResults));
    expect(together.runs).toHaveLength(8);
  });

  it("that end are replaced, and the others' runs are done", { timeout: 60_000 }, async () => {
    const results = await sweep({ how: ["dies", "works"], seed: 3 }, fragile, { parallel: 1, module });
    expect(
      results.runs.filter(({ error }) => error !== null).map(({ label, seed, error }) => [label, seed, error]),
    ).toEqual([["how dies", 1, "the process ended with code 3"]]);
  });

  it("that cannot begin end the sweep, with what they said last", { timeout: 60_000 }, async () => {
    vi.spyOn(process.stderr, "write").mockImplementation(() => true);
    const broken = { ...(await importTrain(module, null)), url: new URL("gone.ts", module).href };
    const noted: unknown[] = [];
    const reason = await runInPool({
      module: broken,
      tasks: [{ settings: { seed: 0 } }],
      count: 1,
      onBegin() {},
      onFinish: (_task, result) => noted.push(result),
      stop: new Promise(() => {}),
    });
    vi.restoreAllMocks();
    expect(reason).toMatch(/gone\.ts/);
    expect(noted).toEqual([]);
  });

  it("are ended when they are to stop, whatever they do", { timeout: 60_000 }, async () => {
    let stop = () => {};
    const begun: number[] = [];
    const done = runInPool({
      module: await importTrain(module, slow as never),
      tasks: [2, 3].map((seed) => ({ settings: { seconds: 600, seed } })),
      count: 1,
      onBegin: ({ settings }) => {
        begun.push((settings as { seed: number }).seed);
        stop();
      },
      onFinish() {
        throw new Error("a run that was to stop has finished");
      },
      stop: new Promise((resolve) => {
        stop = resolve;
      }),
    });
    expect(await done).toBeNull();
    expect(begun).toEqual([2]);
  });
});
