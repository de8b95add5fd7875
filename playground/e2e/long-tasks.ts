/**
 * What kept the page from answering.
 */
import type { Page } from "playwright-core";

type Watching = { longTasks: number[] };

/** From now on the page notes its tasks of more than 50 ms. */
export async function watchLongTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const found: number[] = [];
    (globalThis as unknown as Watching).longTasks = found;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) found.push(duration);
    }).observe({ type: "longtask" });
  });
}

/** How many milliseconds each of them took. */
export function longTasksOf(page: Page): Promise<number[]> {
  return page.evaluate(() => (globalThis as unknown as Watching).longTasks);
}
