/**
 * How fast the page trains and draws, printed.
 */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { longTasksOf, watchLongTasks } from "./long-tasks.ts";
import { browser, visit } from "./visit.ts";

const atStep = (page: Page, step: string) =>
  page.locator("#train-step", { hasText: new RegExp(`^${step}$`) }).waitFor();

describe("training", () => {
  it("draws 60 frames a second while it trains, and leaves the page free", async () => {
    await visit("#train?samples=250&layers=8,8&speed=max", async (page) => {
      await atStep(page, "0");
      await page.waitForTimeout(1000);
      await watchLongTasks(page);
      const tasks = await traceTasks(page);
      await page.getByRole("button", { name: "▶ Play" }).click();
      const rates: { steps: number; frames: number }[] = [];
      for (let i = 0; i < 6; i++) {
        await page.waitForTimeout(1000);
        const text = (await page.locator(".train-rates").textContent()) ?? "";
        const [, steps, frames] = /([\d,]+) steps, (\d+) frames/.exec(text) ?? [];
        if (steps) rates.push({ steps: Number(steps.replaceAll(",", "")), frames: Number(frames) });
      }
      const longTasks = await longTasksOf(page);
      await page.getByRole("button", { name: "Pause" }).click();
      const { longest, total, worker, seconds } = await tasks();
      const steps = Number((await page.locator("#train-step").textContent())?.replaceAll(",", ""));
      const middle = (numbers: number[]) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
      const frames = middle(rates.map(({ frames }) => frames));
      console.log(
        `FIGURE training 2-8-8-1 on 200 points: ${middle(rates.map(({ steps }) => steps)).toLocaleString("en")} steps a second (to reach: 5,000), ${frames} frames a second drawn (to reach: 60)`,
      );
      console.log(
        `FIGURE long tasks of the page while it trains: ${longTasks.length}${longTasks.length > 0 ? `, the longest ${Math.round(Math.max(...longTasks))} ms by the clock` : ""} (to reach: none over 50 ms)`,
      );
      console.log(
        `FIGURE of the processor's time, whatever runs beside: ${(total / (frames * seconds)).toFixed(1)} ms of the page's thread for a frame, the longest task ${longest.toFixed(1)} ms; ${Math.round(steps / worker).toLocaleString("en")} steps for a second of the worker's`,
      );
      expect(rates.length).toBeGreaterThan(0);
      // By the processor's time, a test does not hang on what else the machine does.
      expect(longest).toBeLessThan(50);
    });
  });
});

/** Records the tasks of the page's thread, in milliseconds of processor time; returns what ends it. */
async function traceTasks(page: Page) {
  const devtools = await (await browser()).newBrowserCDPSession();
  interface TraceEvent {
    readonly name: string;
    readonly ph: string;
    readonly pid: number;
    readonly tid: number;
    readonly tdur?: number;
    readonly args: { readonly name?: string; readonly data?: { readonly documentLoaderURL?: string } };
  }
  const events: TraceEvent[] = [];
  devtools.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await devtools.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["toplevel", "disabled-by-default-devtools.timeline", "devtools.timeline"] },
  });
  await page.evaluate(() => performance.mark("here"));
  const start = Date.now();
  return async () => {
    const seconds = (Date.now() - start) / 1000;
    const done = new Promise<void>((resolve) => devtools.once("Tracing.tracingComplete", () => resolve()));
    await devtools.send("Tracing.end");
    await done;
    const names = new Map(
      events.filter(({ name }) => name === "thread_name").map(({ pid, tid, args }) => [`${pid} ${tid}`, args.name]),
    );
    const timesOf = (thread: string) =>
      events
        .filter(({ name, ph, pid, tid }) => name === "RunTask" && ph === "X" && names.get(`${pid} ${tid}`) === thread)
        .map(({ tdur = 0 }) => tdur / 1000);
    const sum = (times: readonly number[]) => times.reduce((total, time) => total + time, 0);
    const page = timesOf("CrRendererMain");
    return {
      longest: Math.max(...page),
      total: sum(page),
      worker: sum(timesOf("DedicatedWorker thread")) / 1000,
      seconds,
    };
  };
}
