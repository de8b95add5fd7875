/**
 * How much is loaded before the first interaction, and how long that takes, printed.
 *
 * Bytes are a promise, and tested; times are of this machine, and only told.
 */
import { gzipSync } from "node:zlib";
import { describe, expect, inject, it } from "vitest";
import { browser } from "./visit.ts";

const rounds = 5;

/** Opens the page in a fresh profile: milliseconds until the first room can be used, and what was loaded until then. */
async function coldVisit(): Promise<{ milliseconds: number; bytes: number; files: number }> {
  const context = await (await browser()).newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => sizes.push(response.body().then((body) => gzipSync(body).length)));
  await page.goto(inject("address"), { waitUntil: "commit" });
  await page.locator("main button:enabled, main input:enabled, main textarea:enabled").first().waitFor();
  const milliseconds = await page.evaluate(
    () => new Promise<number>((resolve) => requestAnimationFrame(() => resolve(performance.now()))),
  );
  await page.waitForTimeout(300);
  const loaded = await Promise.all(sizes);
  await context.close();
  return { milliseconds, bytes: loaded.reduce((sum, size) => sum + size, 0), files: loaded.length };
}

describe("figures", () => {
  it("before the first interaction at most 250 kB are loaded, gzipped", async () => {
    const visits = [];
    for (let i = 0; i < rounds; i++) visits.push(await coldVisit());
    const times = visits.map(({ milliseconds }) => Math.round(milliseconds)).sort((a, b) => a - b);
    const { bytes, files } = visits[0];
    console.log(
      `FIGURE first room usable after ${times[(rounds - 1) / 2]} ms (${times[0]} to ${times[rounds - 1]}, ${rounds} cold visits; to reach: 1500)`,
    );
    console.log(
      `FIGURE ${(bytes / 1000).toFixed(1)} kB gzipped in ${files} files before the first interaction (at most 250)`,
    );
    expect(bytes).toBeLessThanOrEqual(250_000);
  });
});
