/**
 * The frame around the rooms: navigation, links, hostile links, offline.
 */
import { describe, expect, inject, it } from "vitest";
import { rooms } from "../src/rooms/index.ts";
import { axeFinds, browser, screens, screenshot, visit } from "./visit.ts";

describe("the shell", () => {
  it("opens the first room without a hash, and each room by its link", async () => {
    await visit("", async (page) => {
      expect(await page.locator("h1").textContent()).toBe(rooms[0].title);
    });
    for (const { id, title } of rooms)
      await visit(`#${id}`, async (page) => {
        expect(await page.locator("h1").textContent()).toBe(title);
        expect(await axeFinds(page)).toEqual([]);
      });
  });

  it.each(Object.entries(screens))("every room fits the %s screen", async (name, screen) => {
    for (const { id } of rooms)
      await visit(
        `#${id}`,
        async (page) => {
          await page.waitForTimeout(300);
          const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
          expect(isWide, `${id} is wider than the screen`).toBe(false);
          expect(await axeFinds(page)).toEqual([]);
          await screenshot(page, `${id}-${name}`);
        },
        screen,
      );
  });

  it("says what of a hostile link is not understood, and does nothing else", async () => {
    const hostile = [
      "#nowhere?x=1",
      `#chain-rule?${"a".repeat(200_000)}`,
      "#chain-rule?__proto__=1&constructor=2",
      "#chain-rule?no=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
      "#chain-rule?no=z.%%%",
      "#%3Cscript%3Ealert(1)%3C/script%3E",
    ];
    for (const hash of hostile)
      await visit(hash, async (page) => {
        await page.locator(".notices p").first().waitFor();
        expect(await page.locator("h1").textContent()).toBe(rooms[0].title);
        expect(await page.locator(".notices img, .notices script").count()).toBe(0);
      });
  });

  it("opens a room that loads slowly while the room before it still writes its address", async () => {
    await visit("#chain-rule", async (page) => {
      await page.route("**/*.js", async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 600));
        await route.continue();
      });
      await page.evaluate(() => {
        // At once: the address is written a little later.
        document.querySelector<HTMLButtonElement>(".chain-transport .primary")?.click();
        document.querySelector<HTMLAnchorElement>('a[href="#cross-entropy"]')?.click();
      });
      await page.locator("h1", { hasText: "Cross-entropy" }).waitFor({ timeout: 10_000 });
      expect(new URL(page.url()).hash).toBe("#cross-entropy");
      await page.getByRole("link", { name: "The chain rule" }).click();
      await page.locator("h1", { hasText: "The chain rule" }).waitFor();
      await page.waitForTimeout(400);
      expect(new URL(page.url()).hash).toBe("#chain-rule?step=4");
    });
  });

  it("works without a network after the first visit", async () => {
    const context = await (await browser()).newContext();
    const page = await context.newPage();
    await page.goto(inject("address"));
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.waitForFunction(async () => {
      const [name] = await caches.keys();
      return name !== undefined && (await (await caches.open(name)).keys()).length > 5;
    });
    await context.setOffline(true);
    for (const { id, title } of rooms) {
      await page.goto(`${inject("address")}#${id}`);
      await page.reload();
      await page.locator("h1", { hasText: title }).waitFor();
    }
    await context.close();
  });
});
